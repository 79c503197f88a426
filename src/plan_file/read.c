/* Reads plan files, strictly: what is not understood ends the run before anything is sent. */
#include "plan_file/write.h"

#include "cli/values.h"
#include "config/value.h"
#include "lists/approved.h"
#include "oci/digest.h"
#include "registry/api.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/notes.h"
#include "util/secure_file.h"
#include "util/string_list.h"
#include "util/strtab.h"
#include "util/xalloc.h"
#include "json/document.h"
#include "json/strict.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VERSION_KEY  "clean_registry_plan"
#define FAULTS_LIMIT 20                  /* what is no plan at all has a fault on every line */
#define BLOCK        ((size_t)64 * 1024) /* bytes that are read at a time */

struct reader {
	const char *path;
	struct plan_file *file;
	struct notes *faults;
	size_t line;
	struct strtab *seen; /* what there was a line for */
	const char *problem; /* of the line that is read, or NULL */
	char text[80];       /* of a problem with a field */
	bool hopeless;       /* nothing that follows can be understood */
};

static bool fail(struct reader *reader, const char *problem)
{
	if (!reader->problem)
		reader->problem = problem;
	return false;
}

static bool fail_field(struct reader *reader, const char *key, const char *problem)
{
	if (!reader->problem) {
		snprintf(reader->text, sizeof reader->text, "\"%s\" %s", key, problem);
		reader->problem = reader->text;
	}
	return false;
}

/* The text of KEY, or NULL, which is a fault unless it may be absent. */
static const char *text_of(struct reader *reader, struct json_object *object, const char *key,
			   bool optional)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value)) {
		if (!optional)
			fail_field(reader, key, "is missing");
		return NULL;
	}
	if (json_object_get_type(value) == json_type_string &&
	    strlen(json_object_get_string(value)) == (size_t)json_object_get_string_len(value))
		return json_object_get_string(value);
	if (!(optional && !value))
		fail_field(reader, key, "should be a string");
	return NULL;
}

static bool read_texts(struct reader *reader, struct json_object *object, const char *key,
		       struct string_list *out)
{
	struct json_object *list;

	if (!json_object_object_get_ex(object, key, &list))
		return true;
	if (json_object_get_type(list) != json_type_array)
		return fail_field(reader, key, "should be a list");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		if (json_object_get_type(item) != json_type_string)
			return fail_field(reader, key, "should hold strings");
		string_list_add(out, xstrdup(json_object_get_string(item)));
	}
	return true;
}

/* What the plan was made for; nothing of it is needed. */
static bool read_policy(struct reader *reader, struct json_object *header)
{
	struct plan_file *file = reader->file;
	struct json_object *policy, *alone;
	const char *space, *repositories;

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
	repositories = text_of(reader, policy, "repositories_file", true);
	file->repositories_file = repositories ? xstrdup(repositories) : NULL;
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
	const char *last = file->line_count ? file->lines[file->line_count - 1].repository : "";
	struct plan_file_line line = {
		.repository = strcmp(last, repository) == 0
				      ? last
				      : arena_string(file->arena, repository, strlen(repository)),
		.tag = tag ? arena_string(file->arena, tag, strlen(tag)) : NULL,
		.digest = arena_string(file->arena, digest, strlen(digest)),
	};

	if ((file->line_count & (file->line_count - 1)) == 0)
		file->lines =
			xreallocarray(file->lines, file->line_count ? 2 * file->line_count : 1,
				      sizeof *file->lines);
	file->lines[file->line_count++] = line;
	approved_add(file->wanted, line.repository, line.tag, line.digest);
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

/* Why there can be no such repository or tag, or NULL. */
static const char *name_problem(const char *repository, const char *tag)
{
	if (!api_repository_valid(repository))
		return "no repository can have this name";
	return tag && !api_tag_valid(tag) ? "no tag can have this name" : NULL;
}

static bool read_line(struct reader *reader, struct json_object *object)
{
	const char *repository = text_of(reader, object, "repository", false);
	const char *tag = text_of(reader, object, "tag", true);
	const char *decision = text_of(reader, object, "decision", false);
	bool goes = decision && strcmp(decision, "delete") == 0;
	const char *digest = text_of(reader, object, "digest", !goes);
	const char *strange;

	if (reader->problem || !repository || !decision || (goes && !digest))
		return false;
	if (!goes && strcmp(decision, "keep") != 0)
		return fail(reader, "the decision must be \"delete\" or \"keep\"");
	if (digest && !digest_valid(digest, strlen(digest)))
		return fail_field(reader, "digest",
				  "is none: sha256:, sha384: or sha512: and hex digits");
	if (!tag && !digest)
		return fail(reader, "it names neither a tag nor a digest");
	strange = name_problem(repository, tag);
	if (strange && goes)
		return fail(reader, strange);
	/* What stays may be called anything: the storage has names that no registry would take. */
	if (!strange && !is_first(reader, repository, tag, digest))
		return fail(reader, "there was a line for that tag or manifest before");
	if (goes)
		add_line(reader, repository, tag, digest);
	return true;
}

static bool read_object(struct reader *reader, const char *text, size_t length)
{
	CLEANUP(document_put) struct json_object *object = NULL;
	struct json_repeats repeats = { 0 };
	size_t repeated;
	struct err err;

	if (json_strict_parse(text, length, &object, &repeats, &err) < 0)
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

static void end_line(struct reader *reader, const char *text, size_t length, bool whole)
{
	reader->line++;
	reader->problem = NULL;
	if (!whole)
		fail(reader, length > JSON_STRICT_SIZE_LIMIT
				     ? "it is longer than 1 MiB"
				     : "it does not end with a newline: the file is cut");
	else
		read_object(reader, text, length);
	if (reader->problem)
		notes_add(reader->faults, "%s: line %zu: %s", reader->path, reader->line,
			  reader->problem);
	/* Without a header nothing else can be understood. */
	reader->hopeless = !whole || (reader->line == 1 && reader->problem) ||
			   reader->faults->count >= FAULTS_LIMIT;
}

/* Reads the lines that are whole, and says how many bytes they have. */
static size_t read_lines(struct reader *reader, const char *text, size_t length)
{
	const char *at = text, *end = text + length, *newline;

	while (!reader->hopeless && at < end && (newline = memchr(at, '\n', (size_t)(end - at)))) {
		end_line(reader, at, (size_t)(newline - at), true);
		at = newline + 1;
	}
	return (size_t)(at - text);
}

static struct reader begin(const char *path, struct plan_file *file, struct notes *faults)
{
	*file = (struct plan_file){ .arena = arena_new(), .wanted = approved_new() };
	return (struct reader){
		.path = path, .file = file, .faults = faults, .seen = strtab_new()
	};
}

/* REST is what follows the last newline. */
static int finish(struct reader *reader, const char *rest, size_t length)
{
	if (!reader->hopeless && length > 0)
		end_line(reader, rest, length, false);
	else if (reader->line == 0 && reader->faults->count == 0)
		notes_add(reader->faults, "%s: it is empty", reader->path);
	strtab_free(reader->seen);
	return reader->faults->count ? -1 : 0;
}

int plan_file_parse(const char *path, const char *text, size_t length, struct plan_file *file,
		    struct notes *faults)
{
	struct reader reader = begin(path, file, faults);
	size_t read = read_lines(&reader, text, length);

	return finish(&reader, text + read, length - read);
}

/* As read(), to the end of TEXT. */
static ssize_t read_block(int fd, struct buf *text)
{
	ssize_t count;

	do
		count = read(fd, buf_reserve(text, BLOCK), BLOCK);
	while (count < 0 && errno == EINTR);
	buf_extend(text, count > 0 ? (size_t)count : 0);
	return count;
}

/* Not as a whole: a million tags are hundreds of megabytes. */
static void read_file(struct reader *reader, int fd, struct buf *text)
{
	ssize_t count = 1;

	while (!reader->hopeless && text->length <= JSON_STRICT_SIZE_LIMIT &&
	       (count = read_block(fd, text)) > 0) {
		size_t done = read_lines(reader, text->data, text->length);

		text->length -= done;
		memmove(text->data, text->data + done, text->length);
	}
	if (count >= 0)
		return;
	notes_add(reader->faults, "%s: %s", reader->path, strerror(errno));
	reader->hopeless = true;
}

int plan_file_read(const char *path, struct plan_file *file, struct notes *faults)
{
	struct reader reader = begin(path, file, faults);
	CLEANUP(buf_free) struct buf text = { 0 };
	struct stat status;
	int fd = secure_file_open(path, &status, faults);

	if (fd >= 0) {
		read_file(&reader, fd, &text);
		close(fd);
	}
	return finish(&reader, buf_string(&text), text.length);
}

void plan_file_clear(struct plan_file *file)
{
	free(file->registry);
	free(file->container);
	string_list_clear(&file->jobs);
	string_list_clear(&file->only);
	free(file->only_namespace);
	free(file->repositories_file);
	free(file->lines);
	approved_free(file->wanted);
	arena_free(file->arena);
	*file = (struct plan_file){ 0 };
}
