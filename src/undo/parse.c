/* Each line is one strict JSON object. The first says what the file is; every other one has one
 * member, whose name says what it tells. */
#include "undo/parse.h"

#include "oci/digest.h"
#include "oci/mediatype.h"
#include "registry/api.h"
#include "undo/base64.h"
#include "undo/fields.h"
#include "undo/index.h"
#include "util/xalloc.h"
#include "json/scan.h"

#include <limits.h>
#include <string.h>

static int damaged(const char *what, struct err *err)
{
	return err_set(err, ERR_IO, "%s is not as a run writes it", what);
}

/* The name of a tag is taken by TO. */
static bool fill_tag(struct undo_tag *to, const struct json_value *values)
{
	return fields_take_list(&values[FIELD_REASONS], NULL, &to->reasons) &&
	       fields_take_time(&values[FIELD_CREATED_AT], &to->created_at) &&
	       fields_take_time(&values[FIELD_PUSHED_AT], &to->pushed_at) &&
	       fields_take_known_time(&values[FIELD_SEEN_AT], &to->seen_at) &&
	       fields_take_known_time(&values[FIELD_PULLED_AT], &to->pulled_at);
}

static struct undo_tag *add_tag(struct undo_run *run, struct undo_manifest *manifest,
				const struct json_value *values)
{
	CLEANUP(free_p) char *name = NULL;
	struct undo_tag *tag;

	if (!fields_take_text(&values[FIELD_NAME], &name) || !api_tag_valid(name))
		return NULL;
	tag = undo_index_tag(run, manifest, steal(&name));
	return fill_tag(tag, values) ? tag : NULL;
}

static bool add_tags(struct undo_run *run, struct undo_manifest *manifest,
		     const struct json_value *list)
{
	struct json_value item, values[FIELDS];
	struct json_scan scan;

	if (list->type != JSON_LIST)
		return false;
	json_scan_inside(&scan, list);
	while (json_scan_item(&scan, &item)) {
		if (!fields_of(&item, values) || !add_tag(run, manifest, values))
			return false;
	}
	return true;
}

/* A body that does not hash to its digest is none. */
static int take_body(const struct parsing *parsing, struct undo_manifest *to,
		     const struct json_value *values, struct err *err)
{
	const struct json_value *body = &values[FIELD_BODY];

	free(to->media_type);
	if (!fields_take_text(&values[FIELD_MEDIA_TYPE], &to->media_type) ||
	    !fields_is_media_type(to->media_type) || body->type != JSON_STRING || body->escaped)
		return damaged("a manifest", err);
	to->schema1 = mediatype_parse(to->media_type) == MEDIATYPE_DOCKER_SCHEMA1;
	if (!parsing->wanted->bodies)
		return 0;
	free(to->body);
	to->body = base64_decode(body->at, body->length, &to->body_length);
	if (!to->body)
		return damaged("the body of a manifest", err);
	if (!to->schema1 && !digest_matches(to->digest, to->body, to->body_length))
		return err_set(err, ERR_IO, "the body of manifest %s does not hash to its digest",
			       to->digest);
	return 0;
}

/* The entry that VALUES are about, in ENTRY, or NULL where it is not wanted. */
static bool find_entry(const struct parsing *parsing, const struct json_value *values,
		       struct undo_manifest **entry)
{
	CLEANUP(free_p) char *repository = NULL, *digest = NULL;

	*entry = NULL;
	if (!fields_take_repository(&values[FIELD_REPOSITORY], &repository) ||
	    !fields_take_digest(&values[FIELD_DIGEST], &digest))
		return false;
	if (!parsing->wanted->repository || strcmp(parsing->wanted->repository, repository) == 0)
		*entry = undo_index_manifest(parsing->run, repository, digest);
	return true;
}

static int parse_manifest(struct parsing *parsing, const struct json_value *values, struct err *err)
{
	struct undo_manifest *entry;

	if (!find_entry(parsing, values, &entry))
		return damaged("a manifest", err);
	if (!entry)
		return 0;
	undo_index_renew(entry);
	entry->whole = true;
	if (!add_tags(parsing->run, entry, &values[FIELD_TAGS]) ||
	    !fields_take_list(&values[FIELD_REASONS], NULL, &entry->reasons) ||
	    !fields_take_list(&values[FIELD_CHILDREN], fields_is_digest, &entry->children) ||
	    (values[FIELD_SUBJECT].type != JSON_NULL &&
	     !fields_take_digest(&values[FIELD_SUBJECT], &entry->subject)))
		return damaged("a manifest", err);
	return take_body(parsing, entry, values, err);
}

static int parse_tag(struct parsing *parsing, const struct json_value *values, struct err *err)
{
	struct undo_manifest *entry;
	struct undo_tag *tag;

	if (!find_entry(parsing, values, &entry))
		return damaged("a tag", err);
	if (!entry)
		return 0;
	tag = add_tag(parsing->run, entry, values);
	if (!tag)
		return damaged("a tag", err);
	tag->by_name = true;
	if (values[FIELD_BODY].type != JSON_NULL)
		return take_body(parsing, entry, values, err);
	return entry->media_type ? 0 : err_set(err, ERR_IO, "no line before has a tag's manifest");
}

/* Its manifest is nowhere. */
static int parse_listed(struct parsing *parsing, const struct json_value *values, struct err *err)
{
	struct undo_manifest *entry;
	struct undo_tag *tag;

	if (!parsing->run->opaque || !find_entry(parsing, values, &entry) ||
	    values[FIELD_IMAGE_ID].type != JSON_STRING || values[FIELD_TAG_ID].type != JSON_STRING)
		return damaged("a tag", err);
	if (!entry)
		return 0;
	tag = add_tag(parsing->run, entry, values);
	if (!tag)
		return damaged("a tag", err);
	tag->by_name = true;
	return 0;
}

static int set_fate(struct parsing *parsing, const struct json_value *values, enum undo_fate fate,
		    struct err *err)
{
	const struct json_value *digest = &values[FIELD_DIGEST];
	struct undo_manifest *entry;
	CLEANUP(free_p) char *repository = NULL, *name = NULL;
	struct undo_tag *tag;

	if (digest->type != JSON_ABSENT) {
		if (!find_entry(parsing, values, &entry))
			return damaged("what was deleted", err);
		if (!entry)
			return 0;
		entry->fate = fate;
		for (size_t t = 0; t < entry->tag_count; t++) {
			if (!entry->tags[t].by_name)
				entry->tags[t].fate = fate;
		}
		return entry->whole ? 0
				    : err_set(err, ERR_IO, "no line before has what was deleted");
	}
	if (!fields_take_repository(&values[FIELD_REPOSITORY], &repository) ||
	    !fields_take_text(&values[FIELD_TAG], &name))
		return damaged("what was deleted", err);
	if (parsing->wanted->repository && strcmp(parsing->wanted->repository, repository) != 0)
		return 0;
	tag = undo_index_find_tag(parsing->run, repository, name);
	if (!tag)
		return err_set(err, ERR_IO, "no line before has what was deleted");
	tag->fate = fate;
	return 0;
}

static int parse_deleted(struct parsing *parsing, const struct json_value *values, struct err *err)
{
	return set_fate(parsing, values, UNDO_DELETED, err);
}

static int parse_kept(struct parsing *parsing, const struct json_value *values, struct err *err)
{
	return set_fate(parsing, values, UNDO_KEPT, err);
}

static int parse_collecting(struct parsing *parsing, const struct json_value *values,
			    struct err *err)
{
	struct undo_collection *to = undo_index_collection(parsing->run);

	return fields_take_time(&values[FIELD_AT], &to->at) &&
			       fields_take_text(&values[FIELD_METHOD], &to->method)
		       ? 0
		       : damaged("a collection", err);
}

/* Ends the one that was begun last. */
static int parse_collected(struct parsing *parsing, const struct json_value *values,
			   struct err *err)
{
	struct undo_run *run = parsing->run;
	struct undo_collection *to = run->collection_count
					     ? &run->collections[run->collection_count - 1]
					     : undo_index_collection(run);

	if (to->ended)
		to = undo_index_collection(run);
	free(to->method);
	to->ended = true;
	return fields_take_time(&values[FIELD_AT], &to->at) &&
			       fields_take_text(&values[FIELD_METHOD], &to->method) &&
			       fields_take_number(&values[FIELD_BLOBS_DELETED], &to->blobs) &&
			       fields_take_number(&values[FIELD_FREED_BYTES], &to->freed) &&
			       fields_take_time(&values[FIELD_UNTIL], &to->until)
		       ? 0
		       : damaged("a collection", err);
}

static int parse_end(struct parsing *parsing, const struct json_value *values, struct err *err)
{
	struct undo_run *run = parsing->run;
	int64_t code = 0;

	if (run->ended)
		return err_set(err, ERR_IO, "the run has ended before");
	run->ended = true;
	if (!fields_take_time(&values[FIELD_AT], &run->ended_at) ||
	    !json_integer(&values[FIELD_EXIT_CODE], &code) || code < 0 || code > UCHAR_MAX ||
	    !fields_take_number(&values[FIELD_TAGS_DELETED], &run->tags_deleted) ||
	    !fields_take_number(&values[FIELD_FREED_BYTES], &run->freed_bytes))
		return damaged("the end", err);
	run->exit_code = (int)code;
	return 0;
}

typedef int (*parse_kind)(struct parsing *parsing, const struct json_value *values,
			  struct err *err);

enum { KINDS = 8 };
static const struct json_name KIND_NAMES[KINDS] = {
	JSON_EXACT_NAME("manifest"), JSON_EXACT_NAME("tag"),        JSON_EXACT_NAME("deleted"),
	JSON_EXACT_NAME("kept"),     JSON_EXACT_NAME("collecting"), JSON_EXACT_NAME("collected"),
	JSON_EXACT_NAME("end"),      JSON_EXACT_NAME("listed"),
};
static const parse_kind KIND_PARSERS[KINDS] = { parse_manifest, parse_tag,        parse_deleted,
						parse_kept,     parse_collecting, parse_collected,
						parse_end,      parse_listed };

/* Pulls the members of LINE. -1: it is not strict JSON. */
static int pull(const char *line, size_t length, const struct json_name *names, size_t count,
		struct json_value *values, struct err *err)
{
	struct json_scan scan;

	json_scan_open(&scan, line, length);
	(void)json_scan_members(&scan, names, count, values);
	return json_scan_close(&scan, err);
}

enum head_field {
	HEAD_VERSION,
	HEAD_RUN,
	HEAD_REGISTRY,
	HEAD_STARTED_AT,
	HEAD_COMMAND,
	HEAD_KIND,
	HEADS
};
static const struct json_name HEAD_NAMES[HEADS] = {
	[HEAD_VERSION] = JSON_EXACT_NAME("version"),
	[HEAD_RUN] = JSON_EXACT_NAME("run"),
	[HEAD_REGISTRY] = JSON_EXACT_NAME("registry"),
	[HEAD_STARTED_AT] = JSON_EXACT_NAME("started_at"),
	[HEAD_COMMAND] = JSON_EXACT_NAME("command"),
	[HEAD_KIND] = JSON_EXACT_NAME("kind"),
};

static int parse_head(struct parsing *parsing, const char *line, size_t length, struct err *err)
{
	struct json_value values[HEADS];
	struct undo_run *run = parsing->run;
	int64_t version = 0;

	if (pull(line, length, HEAD_NAMES, HEADS, values, err) < 0)
		return -1;
	if (!json_integer(&values[HEAD_VERSION], &version))
		return damaged("the first line", err);
	if (version != 1)
		return err_set(err, ERR_IO, "it is of another version of clean-registry");
	if (!json_string_is(&values[HEAD_RUN], run->run))
		return err_set(err, ERR_IO, "it is of another run than the file's name says");
	run->opaque = values[HEAD_KIND].type != JSON_ABSENT;
	if (run->opaque && !json_string_is(&values[HEAD_KIND], "scaleway"))
		return err_set(err, ERR_IO, "it is of a kind of registry that is not known");
	return fields_take_text(&values[HEAD_REGISTRY], &run->registry) &&
			       fields_take_text(&values[HEAD_COMMAND], &run->command) &&
			       fields_take_time(&values[HEAD_STARTED_AT], &run->started_at)
		       ? 0
		       : damaged("the first line", err);
}

int parse_line(struct parsing *parsing, const char *line, size_t length, struct err *err)
{
	struct json_value kinds[KINDS], values[FIELDS];

	if (!parsing->begun) {
		parsing->begun = true;
		return parse_head(parsing, line, length, err);
	}
	if (pull(line, length, KIND_NAMES, KINDS, kinds, err) < 0)
		return -1;
	for (size_t i = 0; i < KINDS; i++) {
		if (kinds[i].type == JSON_ABSENT)
			continue;
		if (!fields_of(&kinds[i], values))
			break;
		return KIND_PARSERS[i](parsing, values, err);
	}
	return err_set(err, ERR_IO, "it is no line of a journal");
}
