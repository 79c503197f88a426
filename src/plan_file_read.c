/* Reads plan files, strictly: what is not understood ends the run before anything is sent. */
#include "plan_file.h"

#include "cli_values.h"
#include "config_value.h"
#include "json_text.h"
#include "oci/date.h"
#include "oci/digest.h"
#include "trusted_file.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/strtab.h"
#include "util/xalloc.h"
#include "wanted.h"

#include <json-c/json.h>
#include <string.h>

#define VERSION_KEY  "clean_registry_plan"
#define SIZE_GIB     2
#define SIZE_LIMIT   ((size_t)SIZE_GIB << 30)
#define FAULTS_LIMIT 20 /* what is no plan at all has a fault on every line */

struct reader {
	const char *path;
	struct plan_file *file;
	struct config_notes *faults;
	size_t line;
	struct strtab *seen; /* what there was a line for */
	const char *problem; /* of the line that is read, or NULL */
};

static void put_object(struct json_object **object)
{
	json_object_put(*object);
}

static bool fail(struct reader *reader, const char *problem)
{
	if (!reader->problem)
		reader->problem = problem;
	return false;
}

/* The text of KEY, or NULL, which is a fault unless it may be absent. */
static const char *text_of(struct reader *reader, struct json_object *object, const char *key,
			   bool optional)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value)) {
		if (!optional)
			fail(reader, "a field is missing: repository, digest and decision are "
				     "needed, in the header registry, container and created_at");
		return NULL;
	}
	if (json_object_get_type(value) == json_type_string &&
	    strlen(json_object_get_string(value)) == (size_t)json_object_get_string_len(value))
		return json_object_get_string(value);
	if (!(optional && !value))
		fail(reader, "a field that should be a string is none");
	return NULL;
}

static bool read_texts(struct reader *reader, struct json_object *object, const char *key,
		       struct string_list *out)
{
	struct json_object *list;

	if (!json_object_object_get_ex(object, key, &list))
		return true;
	if (json_object_get_type(list) != json_type_array)
		return fail(reader, "a field that should be a list is none");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		if (json_object_get_type(item) != json_type_string)
			return fail(reader, "a list that should hold strings holds something else");
		cli_add(out, xstrdup(json_object_get_string(item)));
	}
	return true;
}

/* What the plan was made for; nothing of it is needed. */
static bool read_policy(struct reader *reader, struct json_object *header)
{
	struct plan_file *file = reader->file;
	struct json_object *policy, *alone;
	const char *space;

	if (!json_object_object_get_ex(header, "policy", &policy) ||
	    json_object_get_type(policy) != json_type_object)
		return fail(reader, "the header has no policy");
	if (!read_texts(reader, policy, "jobs", &file->jobs) ||
	    !read_texts(reader, policy, "repositories", &file->only))
		return false;
	if (json_object_object_get_ex(policy, "jobs_alone", &alone)) {
		if (json_object_get_type(alone) != json_type_boolean)
			return fail(reader, "jobs_alone is neither true nor false");
		file->jobs_alone = json_object_get_boolean(alone);
	}
	space = text_of(reader, policy, "namespace", true);
	file->only_namespace = space ? xstrdup(space) : NULL;
	return !reader->problem;
}

static bool read_header(struct reader *reader, struct json_object *object)
{
	struct plan_file *file = reader->file;
	struct json_object *version;
	const char *registry, *container, *date;

	if (!json_object_object_get_ex(object, VERSION_KEY, &version))
		return fail(reader, "the first line must be a plan's header, with the field "
				    "\"" VERSION_KEY "\"");
	if (json_object_get_type(version) != json_type_int || json_object_get_int64(version) != 1)
		return fail(reader, "the plan has a version that is not known here");
	registry = text_of(reader, object, "registry", false);
	container = text_of(reader, object, "container", false);
	date = text_of(reader, object, "created_at", false);
	if (!registry || !container || !date)
		return false;
	file->created_at = date_parse(date, strlen(date));
	if (!date_known(file->created_at))
		return fail(reader, "created_at is no time as in RFC 3339");
	file->registry = xstrdup(registry);
	file->container = xstrdup(container);
	return read_policy(reader, object);
}

static void add_line(struct reader *reader, const char *repository, const char *tag,
		     const char *digest)
{
	struct plan_file *file = reader->file;
	struct plan_file_line line = {
		.repository = arena_string(file->arena, repository, strlen(repository)),
		.tag = tag ? arena_string(file->arena, tag, strlen(tag)) : NULL,
		.digest = arena_string(file->arena, digest, strlen(digest)),
	};

	if ((file->line_count & (file->line_count - 1)) == 0)
		file->lines =
			xreallocarray(file->lines, file->line_count ? 2 * file->line_count : 1,
				      sizeof *file->lines);
	file->lines[file->line_count++] = line;
	wanted_add(file->wanted, line.repository, line.tag, line.digest);
}

/* False: there was a line for that before. */
static bool is_first(struct reader *reader, const char *repository, const char *tag,
		     const char *digest)
{
	CLEANUP(buf_free) struct buf key = { 0 };
	uint32_t count = strtab_count(reader->seen);

	buf_format(&key, "%s%c%s", repository, tag ? ':' : '@', tag ? tag : digest);
	return strtab_add(reader->seen, key.data, key.length) == count;
}

static bool read_line(struct reader *reader, struct json_object *object)
{
	const char *repository = text_of(reader, object, "repository", false);
	const char *tag = text_of(reader, object, "tag", true);
	const char *decision = text_of(reader, object, "decision", false);
	bool goes = decision && strcmp(decision, "delete") == 0;
	const char *digest = text_of(reader, object, "digest", !goes);

	if (reader->problem)
		return false;
	if (!goes && strcmp(decision, "keep") != 0)
		return fail(reader, "the decision must be \"delete\" or \"keep\"");
	if (!*repository || (tag && !*tag))
		return fail(reader, "a name is empty");
	if (digest && !digest_valid(digest, strlen(digest)))
		return fail(reader, "the digest is none");
	if (!tag && !digest)
		return fail(reader, "it names neither a tag nor a digest");
	if (!is_first(reader, repository, tag, digest))
		return fail(reader, "there was a line for that tag or manifest before");
	if (goes)
		add_line(reader, repository, tag, digest);
	return true;
}

static bool read_object(struct reader *reader, const char *text, size_t length)
{
	CLEANUP(put_object) struct json_object *object = NULL;
	struct json_repeats repeats = { 0 };
	size_t repeated;
	struct err err;

	if (json_text_parse(text, length, &object, &repeats, &err) < 0)
		return fail(reader, "it is no JSON");
	repeated = repeats.count;
	json_repeats_clear(&repeats);
	if (repeated)
		return fail(reader, "a field is given twice");
	if (json_object_get_type(object) != json_type_object)
		return fail(reader, "it is no JSON object");
	if (reader->line == 1)
		return read_header(reader, object);
	if (json_object_object_get_ex(object, VERSION_KEY, NULL))
		return fail(reader, "a second header");
	return read_line(reader, object);
}

static void read_lines(struct reader *reader, const struct buf *text)
{
	const char *at = text->data, *end = at + text->length;

	while (at < end && reader->faults->count < FAULTS_LIMIT) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		reader->line++;
		reader->problem = NULL;
		if (!newline)
			fail(reader, "it does not end with a newline: the file is cut");
		else
			read_object(reader, at, (size_t)(newline - at));
		if (reader->problem)
			config_note(reader->faults, "%s: line %zu: %s", reader->path, reader->line,
				    reader->problem);
		/* Without a header nothing else can be understood. */
		if (!newline || (reader->line == 1 && reader->problem))
			return;
		at = newline + 1;
	}
}

int plan_file_read(const char *path, struct plan_file *file, struct config_notes *faults)
{
	struct reader reader = { .path = path, .file = file, .faults = faults };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct stat status;

	*file = (struct plan_file){ .arena = arena_new(), .wanted = wanted_new() };
	if (trusted_file_read(path, SIZE_LIMIT, &text, &status, faults) < 0)
		return -1;
	if (text.length == 0 || text.length > SIZE_LIMIT) {
		config_note(faults, text.length ? "%s: longer than 2 GiB" : "%s: it is empty",
			    path);
		return -1;
	}
	reader.seen = strtab_new();
	read_lines(&reader, &text);
	strtab_free(reader.seen);
	return faults->count ? -1 : 0;
}

void plan_file_clear(struct plan_file *file)
{
	free(file->registry);
	free(file->container);
	cli_clear_list(&file->jobs);
	cli_clear_list(&file->only);
	free(file->only_namespace);
	free(file->lines);
	wanted_free(file->wanted);
	arena_free(file->arena);
	*file = (struct plan_file){ 0 };
}
