/* A text with the manifests' bodies in it; what is not exactly as it was written counts for
 * nothing.
 */
#include "apply/record.h"

#include "apply/worker.h"
#include "oci/digest.h"
#include "registry/api.h"
#include "state/state.h"
#include "util/strtab.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <stdbool.h>
#include <string.h>

#define HEADER "clean-registry batch 1\n"
/* A batch is bounded by what the manifests have; their tags are at most as many as there are. */
#define LIMIT (APPLY_BATCH_BYTES + API_MANIFEST_LIMIT + ((size_t)64 << 20))

void record_clear(struct record *record)
{
	for (size_t i = 0; i < record->count; i++) {
		free(record->manifests[i].digest);
		free(record->manifests[i].type);
		buf_free(&record->manifests[i].body);
		strtab_free(record->manifests[i].tags);
	}
	free(record->manifests);
	*record = (struct record){ 0 };
}

struct record_manifest *record_add(struct record *record, const char *digest, const char *type,
				   const char *body, size_t length)
{
	struct record_manifest *manifest;

	GROW(record->manifests, record->count, record->capacity);
	manifest = &record->manifests[record->count++];
	*manifest = (struct record_manifest){ .digest = xstrdup(digest),
					      .type = xstrdup(type),
					      .tags = strtab_new() };
	buf_add(&manifest->body, body, length);
	return manifest;
}

/* The name of a repository may be longer than that of a file. */
static char *file_name(const char *repository)
{
	char digest[DIGEST_TEXT];

	return xasprintf("batch-%.32s",
			 strchr(digest_of(repository, strlen(repository), digest), ':') + 1);
}

int record_write(const struct record *record, struct state *state, const char *repository,
		 struct err *err)
{
	CLEANUP(free_p) char *file = file_name(repository);
	CLEANUP(buf_free) struct buf text = { 0 };

	buf_format(&text, HEADER "%s\n", repository);
	for (size_t i = 0; i < record->count; i++) {
		const struct record_manifest *manifest = &record->manifests[i];

		buf_format(&text, "manifest %s %zu %s\n", manifest->digest, manifest->body.length,
			   manifest->type);
		for (uint32_t t = 0; t < strtab_count(manifest->tags); t++)
			buf_format(&text, "tag %s\n", strtab_text(manifest->tags, t));
		buf_text(&text, "body\n");
		buf_add(&text, buf_string(&manifest->body), manifest->body.length);
		buf_text(&text, "\n");
	}
	return state_replace_needed(state, file, &text, err);
}

void record_remove(struct state *state, const char *repository)
{
	CLEANUP(free_p) char *file = file_name(repository);

	state_remove_file(state, file);
}

/* Takes the line at *AT, without its newline, if it begins with PREFIX: what follows that, with a
 * NUL in the newline's place. */
static char *take_line(char **at, char *end, const char *prefix)
{
	size_t length = strlen(prefix);
	char *newline = memchr(*at, '\n', (size_t)(end - *at));
	char *line = *at;

	if (!newline || (size_t)(newline - line) < length || memcmp(line, prefix, length) != 0)
		return NULL;
	*newline = '\0';
	*at = newline + 1;
	return line + length;
}

static bool read_manifest(struct record *record, char **at, char *end)
{
	char *digest = take_line(at, end, "manifest ");
	char *number = digest ? strchr(digest, ' ') : NULL;
	char *type = number ? strchr(number + 1, ' ') : NULL;
	struct record_manifest *manifest;
	uint64_t length = 0;
	char *tag;

	if (!type)
		return false;
	*number = *type = '\0';
	if (!digest_valid(digest, strlen(digest)) || !units_parse_u64(number + 1, &length) ||
	    !type[1])
		return false;
	manifest = record_add(record, digest, type + 1, "", 0);
	while ((tag = take_line(at, end, "tag "))) {
		if (!api_tag_valid(tag))
			return false;
		strtab_add(manifest->tags, tag, strlen(tag));
	}
	if (!take_line(at, end, "body") || length >= (uint64_t)(end - *at) ||
	    (*at)[length] != '\n' || !digest_matches(digest, *at, (size_t)length))
		return false;
	buf_add(&manifest->body, *at, (size_t)length);
	*at += length + 1;
	return true;
}

void record_read(struct record *record, const struct state *state, const char *repository)
{
	CLEANUP(free_p) char *file = file_name(repository);
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err;
	char *at, *end, *name;
	bool good;

	if (state_read_file(state, file, LIMIT, &text, &err) != 0 || text.length == 0)
		return;
	at = text.data;
	end = text.data + text.length;
	good = take_line(&at, end, "clean-registry batch 1") != NULL;
	name = good ? take_line(&at, end, "") : NULL;
	good = name && strcmp(name, repository) == 0;
	while (good && at < end)
		good = read_manifest(record, &at, end);
	if (!good)
		record_clear(record);
}
