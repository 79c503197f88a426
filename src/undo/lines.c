/* Lines of a journal, as undo/journal.h shows them. No I/O but to the stream. */
#include "undo/lines.h"

#include "undo/base64.h"
#include "util/date.h"
#include "util/xalloc.h"
#include "json/write.h"

#include <stdio.h>

static void write_strings(FILE *stream, const struct string_list *list)
{
	fputc('[', stream);
	for (size_t i = 0; i < list->count; i++) {
		fputs(i ? "," : "", stream);
		json_write_string(stream, list->items[i]);
	}
	fputc(']', stream);
}

/* Of rules by pulls; most have none. */
static void write_known_time(FILE *stream, const char *name, int64_t date)
{
	if (!date_known(date))
		return;
	fprintf(stream, ",\"%s\":", name);
	json_write_time(stream, date);
}

static void write_tag(FILE *stream, const struct undo_tag *tag)
{
	fputs("\"name\":", stream);
	json_write_string(stream, tag->name);
	fputs(",\"reasons\":", stream);
	write_strings(stream, &tag->reasons);
	fputs(",\"created_at\":", stream);
	json_write_time(stream, tag->created_at);
	fputs(",\"pushed_at\":", stream);
	json_write_time(stream, tag->pushed_at);
	write_known_time(stream, "seen_at", tag->seen_at);
	write_known_time(stream, "pulled_at", tag->pulled_at);
}

static void write_body(FILE *stream, const struct undo_manifest *manifest)
{
	CLEANUP(free_p) char *text = NULL;

	fputs(",\"media_type\":", stream);
	json_write_string(stream, manifest->media_type);
	fputs(",\"body\":", stream);
	if (manifest->body) {
		text = base64_encode(manifest->body, manifest->body_length);
		fprintf(stream, "\"%s\"", text);
	} else {
		fputs("null", stream);
	}
}

static void write_what(FILE *stream, const char *repository, const char *digest)
{
	fputs("\"repository\":", stream);
	json_write_string(stream, repository);
	fputs(",\"digest\":", stream);
	json_write_string(stream, digest);
}

void lines_head(FILE *stream, const char *run, const struct undo_about *about)
{
	fprintf(stream, "{\"version\":1,\"run\":\"%s\",\"registry\":", run);
	json_write_string(stream, about->registry);
	fputs(",\"started_at\":", stream);
	json_write_time(stream, about->started_at);
	fputs(",\"command\":", stream);
	json_write_string(stream, about->command);
	fputs(about->opaque ? ",\"kind\":\"scaleway\"}\n" : "}\n", stream);
}

void lines_manifest(FILE *stream, const struct undo_manifest *manifest)
{
	fputs("{\"manifest\":{", stream);
	write_what(stream, manifest->repository, manifest->digest);
	write_body(stream, manifest);
	fputs(",\"tags\":[", stream);
	for (size_t i = 0; i < manifest->tag_count; i++) {
		fputs(i ? ",{" : "{", stream);
		write_tag(stream, &manifest->tags[i]);
		fputc('}', stream);
	}
	fputs("],\"reasons\":", stream);
	write_strings(stream, &manifest->reasons);
	fputs(",\"children\":", stream);
	write_strings(stream, &manifest->children);
	fputs(",\"subject\":", stream);
	json_write_string(stream, manifest->subject);
	fputs("}}\n", stream);
}

void lines_tags(FILE *stream, const struct undo_manifest *manifest)
{
	struct undo_manifest rest = *manifest;

	for (size_t i = 0; i < manifest->tag_count; i++) {
		fputs("{\"tag\":{", stream);
		write_what(stream, manifest->repository, manifest->digest);
		fputc(',', stream);
		write_tag(stream, &manifest->tags[i]);
		write_body(stream, &rest);
		fputs("}}\n", stream);
		/* Once is enough. */
		rest.body = NULL;
	}
}

void lines_listed(FILE *stream, const struct undo_listed *listed)
{
	fputs("{\"listed\":{", stream);
	write_what(stream, listed->repository, listed->digest);
	fputs(",\"image_id\":", stream);
	json_write_string(stream, listed->image_id);
	fputs(",\"tag_id\":", stream);
	json_write_string(stream, listed->tag_id);
	fputc(',', stream);
	write_tag(stream, listed->tag);
	fputs("}}\n", stream);
}

void lines_fate(FILE *stream, enum undo_fate fate, const char *repository, const char *digest,
		const char *tag)
{
	fprintf(stream, "{\"%s\":{\"repository\":", fate == UNDO_DELETED ? "deleted" : "kept");
	json_write_string(stream, repository);
	fputs(tag ? ",\"tag\":" : ",\"digest\":", stream);
	json_write_string(stream, tag ? tag : digest);
	fputs("}}\n", stream);
}

static void begin_collection(FILE *stream, const char *word,
			     const struct undo_collection *collection)
{
	fprintf(stream, "{\"%s\":{\"at\":", word);
	json_write_time(stream, collection->at);
	fputs(",\"method\":", stream);
	json_write_string(stream, collection->method);
}

void lines_collecting(FILE *stream, const struct undo_collection *collection)
{
	begin_collection(stream, "collecting", collection);
	fputs("}}\n", stream);
}

void lines_collected(FILE *stream, const struct undo_collection *collection)
{
	begin_collection(stream, "collected", collection);
	fputs(",\"blobs_deleted\":", stream);
	json_write_number(stream, collection->blobs);
	fputs(",\"freed_bytes\":", stream);
	json_write_number(stream, collection->freed);
	fputs(",\"until\":", stream);
	json_write_time(stream, collection->until);
	fputs("}}\n", stream);
}

void lines_end(FILE *stream, const struct undo_run *run)
{
	fputs("{\"end\":{\"at\":", stream);
	json_write_time(stream, run->ended_at);
	fprintf(stream, ",\"exit_code\":%d,\"tags_deleted\":", run->exit_code);
	json_write_number(stream, run->tags_deleted);
	fputs(",\"freed_bytes\":", stream);
	json_write_number(stream, run->freed_bytes);
	fputs("}}\n", stream);
}
