/* The same as usage_text.c, for programs: bytes to the last one, null for what is not known. */
#include "report/usage_json.h"

#include "forecast/usage.h"
#include "forecast/usage_tags.h"
#include "inventory/inventory.h"
#include "storage/uploads.h"
#include "util/date.h"
#include "json/write.h"

#include <inttypes.h>

static void write_part(const struct space_view *view, const struct space_part *part, FILE *out)
{
	fprintf(out, "\"tags\": %" PRIu32 ", \"manifests\": %" PRIu32 ", \"untagged_manifests\": ",
		part->tags, part->manifests);
	json_write_number(out, view->space->complete ? part->untagged : JSON_WRITE_UNKNOWN);
	fprintf(out, ", \"alone_bytes\": %" PRIu64 ", \"shared_bytes\": %" PRIu64, part->alone,
		part->shared);
}

static void write_repository(const struct space_view *view, uint32_t repository, FILE *out)
{
	fputs("{ \"repository\": ", out);
	json_write_string(out, view->inventory->repositories[repository].name);
	fputs(", ", out);
	write_part(view, &view->space->repositories[repository], out);
	fputs(" }", out);
}

static void write_repositories(const struct space_view *view, FILE *out)
{
	size_t count = view->inventory->repository_count, lines = space_view_lines(view, count);
	struct space_part rest;

	fputs("  \"repositories\": [", out);
	for (size_t i = 0; i < lines; i++) {
		fputs(i ? ",\n    " : "\n    ", out);
		write_repository(view, view->space->order[i], out);
	}
	fputs("\n  ],\n  \"rest\": ", out);
	if (lines == count) {
		fputs("null\n", out);
		return;
	}
	rest = usage_rest(view->inventory, view->space, lines);
	fprintf(out, "{ \"repositories\": %zu, ", count - lines);
	write_part(view, &rest, out);
	fputs(" }\n", out);
}

static void write_tag(const struct space_view *view, const struct space_tag *tag, FILE *out)
{
	const struct inventory_tag *entry = &view->inventory->tags[tag->tag];
	bool known = entry->manifest != INVENTORY_NONE;

	fputs("{ \"tag\": ", out);
	json_write_string(out, entry->name);
	fputs(", \"digest\": ", out);
	json_write_string(out, known ? inventory_digest(view->inventory, entry->manifest) : NULL);
	fputs(", \"created_at\": ", out);
	json_write_time(out, tag->created);
	fputs(", \"pushed_at\": ", out);
	json_write_time(out, entry->pushed);
	fputs(", \"bytes\": ", out);
	json_write_number(out, known ? tag->bytes : JSON_WRITE_UNKNOWN);
	fputs(", \"exclusive_bytes\": ", out);
	json_write_number(out, known ? tag->exclusive : JSON_WRITE_UNKNOWN);
	fputs(" }", out);
}

static void write_tags(const struct space_view *view, FILE *out)
{
	const struct usage_tags *tags = view->tags;
	size_t lines = space_view_lines(view, tags->count);

	fputs("  \"repository\": ", out);
	write_repository(view, view->repository, out);
	fprintf(out, ",\n  \"bytes\": %" PRIu64 ",\n  \"tags\": [", tags->bytes);
	for (size_t i = 0; i < lines; i++) {
		fputs(i ? ",\n    " : "\n    ", out);
		write_tag(view, &tags->items[i], out);
	}
	fputs("\n  ],\n  \"rest\": ", out);
	if (lines < tags->count)
		fprintf(out, "{ \"tags\": %zu, \"bytes\": %" PRIu64 " }\n", tags->count - lines,
			usage_tags_rest(view->inventory, tags, lines));
	else
		fputs("null\n", out);
}

static void write_uploads(const struct uploads *uploads, FILE *out)
{
	bool any = uploads && uploads->newest != INT64_MIN;

	fputs("  \"uploads\": ", out);
	if (!uploads) {
		fputs("null,\n", out);
		return;
	}
	fprintf(out,
		"{ \"count\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"newest_at\": ", uploads->count,
		uploads->bytes);
	json_write_time(out, any ? uploads->newest : DATE_ABSENT);
	fputs(", \"newest_repository\": ", out);
	json_write_string(out, any ? uploads->newest_repository : NULL);
	fputs(" },\n", out);
}

static void write_totals(const struct space_view *view, FILE *out)
{
	const struct usage *space = view->space;
	const struct space_part *all = &space->all;

	fprintf(out,
		"  \"bytes\": %" PRIu64 ", \"blobs\": %" PRIu64 ", \"alone_bytes\": %" PRIu64
		", \"shared_bytes\": %" PRIu64 ",\n  \"garbage_bytes\": ",
		space->bytes, space->blobs, all->alone, all->shared);
	json_write_number(out, space->complete ? space->garbage : JSON_WRITE_UNKNOWN);
	fputs(", \"garbage_blobs\": ", out);
	json_write_number(out, space->complete ? space->garbage_blobs : JSON_WRITE_UNKNOWN);
	fprintf(out,
		",\n  \"tags\": %" PRIu32 ", \"manifests\": %" PRIu32 ", \"untagged_manifests\": ",
		all->tags, all->manifests);
	json_write_number(out, space->complete ? all->untagged : JSON_WRITE_UNKNOWN);
	fputs(",\n", out);
	write_uploads(view->uploads, out);
}

void usage_json(const struct space_view *view, FILE *out)
{
	fputs("{ \"version\": 1,\n  \"at\": ", out);
	json_write_time(out, view->at);
	fputs(", \"registry\": ", out);
	json_write_string(out, view->registry);
	fprintf(out,
		", \"source\": \"%s\", \"storage\": ", view->space->complete ? "storage" : "api");
	json_write_string(out, view->storage);
	fprintf(out, ",\n  \"errors\": %zu,\n", view->failures);
	if (view->tags) {
		write_tags(view, out);
	} else {
		write_totals(view, out);
		write_repositories(view, out);
	}
	fputs("}\n", out);
}
