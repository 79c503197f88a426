/* The answer, written piece by piece. */
#include "report/scaleway_json.h"

#include "apply/outcome.h"
#include "apply_scaleway/namespaces.h"
#include "config/config.h"
#include "inventory/inventory.h"
#include "inventory/order.h"
#include "plan/plan.h"
#include "report/run_json.h"
#include "report/scaleway_fields.h"
#include "scaleway/object.h"
#include "scan_scaleway/catalog.h"
#include "util/log.h"
#include "util/messages.h"
#include "util/secrets.h"
#include "util/xalloc.h"
#include "json/write.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* How many tags and namespaces became what. */
struct counts {
	size_t images, tags, chosen, deleted, errors;
	size_t namespaces_deleted, namespace_errors;
};

static void count(const struct report *report, struct counts *counts)
{
	const struct inventory *inventory = report->inventory;

	if (report->namespaces) {
		counts->namespaces_deleted = report->namespaces->deleted;
		counts->namespace_errors = report->namespaces->failed;
	}
	if (inventory) {
		counts->images = inventory->repository_count;
		counts->tags = inventory->tag_count;
		for (size_t t = 0; t < inventory->tag_count; t++)
			counts->chosen += report->outcome->tags[t] != TAG_KEPT;
		counts->deleted = report->outcome->tags_deleted;
		counts->errors = report->outcome->tags_failed + inventory->failures;
	}
	/* What else failed is one thing at least. */
	if (report->exit_code != 0 && counts->errors == 0 && counts->namespace_errors == 0)
		counts->errors = 1;
}

static void write_tag(const struct report *report, uint32_t tag, const char *separator,
		      FILE *stream)
{
	static const char *const STATUS[] = { [TAG_KEPT] = "kept",
					      [TAG_PLANNED] = "planned",
					      [TAG_DELETED] = "deleted",
					      [TAG_FAILED] = "error",
					      [TAG_CHANGED] = "changed" };

	fprintf(stream, "%s\n    { \"status\": \"%s\", ", separator,
		STATUS[report->outcome->tags[tag]]);
	scaleway_fields_write(report, tag, stream);
	fputs(" }", stream);
}

/* Every tag and every namespace that was to go. */
static void write_message(const struct report *report, FILE *stream)
{
	CLEANUP(free_p)
	uint32_t *order = report->inventory ? inventory_order_tags(report->inventory) : NULL;
	const struct scaleway_namespaces *spaces = report->namespaces;
	const char *separator = "";

	fputs("\"message\": [", stream);
	for (size_t i = 0; report->inventory && i < report->inventory->tag_count; i++) {
		if (report->outcome->tags[order[i]] == TAG_KEPT)
			continue;
		write_tag(report, order[i], separator, stream);
		separator = ",";
	}
	for (size_t i = 0; spaces && i < spaces->count; i++) {
		fprintf(stream, "%s\n    { ", separator);
		scaleway_fields_namespace(&spaces->items[i], stream);
		fputs(" }", stream);
		separator = ",";
	}
	fputs(" ]", stream);
}

/* The id of what NAMED names among COUNT OBJECTS, else NAMED itself. */
static const char *id_of(const char *named, const struct scaleway_object *objects, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(objects[i].id, named) == 0 || strcmp(objects[i].name, named) == 0)
			return objects[i].id;
	return *named ? named : NULL;
}

static void write_criteria(const struct report *report, FILE *stream)
{
	static const struct scaleway_catalog NOTHING = { 0 };
	const struct config *config = report->config;
	const struct scaleway_catalog *catalog = report->scaleway ? report->scaleway : &NOTHING;
	const char *pattern = config->cleanup.tag_name_pattern;

	fprintf(stream, "\"criteria_used\": { \"delete_old_tags\": %s, \"tag_name_pattern\": ",
		config->cleanup.days_to_keep && config->cleanup.delete_old_tags ? "true" : "false");
	json_write_string(stream, *pattern ? pattern : NULL);
	fprintf(stream, ", \"delete_unused_namespaces\": %s, \"target_namespace_id\": ",
		config->cleanup.delete_empty_namespaces ? "true" : "false");
	json_write_string(stream, id_of(config->registry.namespace, catalog->namespaces,
					catalog->namespace_count));
	fputs(", \"target_image_id\": ", stream);
	json_write_string(stream,
			  id_of(config->registry.image, catalog->images, catalog->image_count));
	fputs(" }", stream);
}

static void write_numbers(const struct counts *counts, bool dry_run, FILE *stream)
{
	fprintf(stream,
		"\"summary\": { \"total_images_analyzed\": %zu, \"total_tags_analyzed\": %zu, "
		"\"total_tags_found\": %zu,\n    \"successfully_deleted\": %zu, \"errors\": %zu, "
		"\"namespaces_deleted\": %zu, \"namespace_errors\": %zu, \"dry_run\": %s",
		counts->images, counts->tags, counts->chosen, counts->deleted, counts->errors,
		counts->namespaces_deleted, counts->namespace_errors, dry_run ? "true" : "false");
}

/* TEXT, or the first error of the log; without secrets. */
static void write_error(const char *text, FILE *stream)
{
	const struct messages *messages = log_messages();
	CLEANUP(free_p) char *masked = NULL;

	for (size_t i = 0; i < messages->count && !text; i++)
		if (messages->items[i].is_error)
			text = messages->items[i].text;
	masked = secrets_masked(text ? text : "not all could be done: the log tells why");
	fputs("\"error\": ", stream);
	json_write_string(stream, masked);
	fputs(",\n  ", stream);
}

static int end(FILE *stream, struct err *err)
{
	if (fflush(stream) == 0 && !ferror(stream))
		return 0;
	return err_set(err, ERR_IO, "the answer could not be written: %s", strerror(errno));
}

int scaleway_json_write(const struct report *report, const char *why, FILE *stream, struct err *err)
{
	struct counts counts = { 0 };

	count(report, &counts);
	fputs("{ \"body\": {\n  ", stream);
	if (report->exit_code != 0)
		write_error(why, stream);
	write_message(report, stream);
	fputs(",\n  ", stream);
	write_numbers(&counts, report->dry_run, stream);
	fputs(",\n    ", stream);
	write_criteria(report, stream);
	fprintf(stream, " } },\n  \"statusCode\": %d }\n", report->exit_code == 0 ? 200 : 500);
	return end(stream, err);
}

int scaleway_json_refuse(const char *why, FILE *stream, struct err *err)
{
	fputs("{ \"body\": {\n  ", stream);
	write_error(why, stream);
	fputs("\"message\": [],\n  ", stream);
	write_numbers(&(struct counts){ .errors = 1 }, false, stream);
	fputs(",\n    \"criteria_used\": null } },\n  \"statusCode\": 500 }\n", stream);
	return end(stream, err);
}
