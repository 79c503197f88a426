/* Reads what an earlier run wrote down, and believes nothing that is not exactly as we write it. */
#include "scan_api/cache.h"

#include "inventory/image_dates.h"
#include "inventory/inventory.h"
#include "lists/checksummed.h"
#include "registry/api.h"
#include "util/date.h"
#include "util/strtab.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <string.h>

struct reader {
	struct inventory *known;
	struct image_dates *dates;
	char *line;          /* what is left of it */
	uint32_t *manifests; /* of the numbers in the text */
	size_t manifest_count, manifest_capacity;
	uint32_t current; /* the manifest that c and s belong to */
	uint32_t repository;
	char **names; /* of its tags, and what these point at */
	uint32_t *targets;
	size_t tag_count, name_capacity, target_capacity;
};

/* The next field of the line, or NULL. */
static char *next_field(struct reader *reader)
{
	char *field = reader->line;
	char *blank = field ? strchr(field, ' ') : NULL;

	if (blank)
		*blank++ = '\0';
	reader->line = blank;
	return field;
}

static const char *next_digest(struct reader *reader)
{
	const char *text = next_field(reader);

	return text && digest_valid(text, strlen(text)) ? text : NULL;
}

static bool next_number(struct reader *reader, uint64_t limit, uint64_t *value)
{
	const char *text = next_field(reader);

	return text && units_parse_u64(text, value) && *value <= limit;
}

/* True when the next field is YES or "-"; VALUE says which. */
static bool next_flag(struct reader *reader, const char *yes, bool *value)
{
	const char *text = next_field(reader);

	if (!text)
		return false;
	*value = strcmp(text, yes) == 0;
	return *value || strcmp(text, "-") == 0;
}

static bool next_date(struct reader *reader, int64_t *created)
{
	const char *text = next_field(reader);
	uint64_t seconds;

	if (!text)
		return false;
	*created = strcmp(text, "-") == 0 ? DATE_ABSENT : DATE_INVALID;
	if (strcmp(text, "-") == 0 || strcmp(text, "?") == 0)
		return true;
	if (!units_parse_u64(text, &seconds) || seconds > INT64_MAX)
		return false;
	*created = (int64_t)seconds;
	return date_known(*created);
}

static bool read_blob(struct reader *reader)
{
	struct inventory *known = reader->known;
	size_t before = known->blob_count;
	const char *digest = next_digest(reader);
	uint64_t size;
	bool foreign;
	uint32_t id;
	int64_t created;

	if (!digest || !next_number(reader, UINT64_MAX, &size) || !next_flag(reader, "f", &foreign))
		return false;
	id = inventory_blob(known, digest, size);
	if (id != before)
		return false;
	known->blobs[id].foreign = foreign;
	if (!reader->line)
		return true;
	if (!next_date(reader, &created))
		return false;
	image_dates_enter(reader->dates, id, created);
	return true;
}

static bool next_kind(struct reader *reader, uint8_t *kind)
{
	const char *text = next_field(reader);

	if (!text || !*text || text[1])
		return false;
	*kind = text[0] == 'i'   ? MANIFEST_IMAGE
		: text[0] == 'a' ? MANIFEST_ARTIFACT
		: text[0] == 'x' ? MANIFEST_INDEX
				 : MANIFEST_UNSEEN;
	return *kind != MANIFEST_UNSEEN;
}

/* An image has a config that was read; an index has no date of its own. */
static bool is_consistent(const struct reader *reader, uint32_t id)
{
	const struct inventory_manifest *manifest = &reader->known->manifests[id];
	int64_t created;

	switch (manifest->kind) {
	case MANIFEST_IMAGE:
		return manifest->blob_count > 0 &&
		       image_dates_of(reader->dates, reader->known->references[manifest->blobs],
				      &created);
	case MANIFEST_INDEX:
		return !date_known(manifest->created);
	default:
		return true;
	}
}

static bool read_manifest(struct reader *reader)
{
	struct inventory *known = reader->known;
	const char *digest = next_digest(reader);
	struct inventory_manifest values = { 0 };
	uint64_t length, blob;
	uint32_t id;

	if (!digest || !next_kind(reader, &values.kind) ||
	    !next_number(reader, UINT32_MAX, &length) ||
	    !next_number(reader, UINT64_MAX, &values.size) || !next_date(reader, &values.created))
		return false;
	values.length = (uint32_t)length;
	id = inventory_manifest(known, INVENTORY_CACHE_SHELF, digest);
	if (known->manifests[id].kind != MANIFEST_UNSEEN)
		return false;
	inventory_restore(known, id, &values);
	while (reader->line) {
		if (!next_number(reader, UINT32_MAX, &blob) || blob >= known->blob_count)
			return false;
		inventory_restore_blob(known, id, (uint32_t)blob);
	}
	GROW(reader->manifests, reader->manifest_count, reader->manifest_capacity);
	reader->manifests[reader->manifest_count++] = id;
	reader->current = id;
	return is_consistent(reader, id);
}

/* What an index says of a child. */
static bool next_child(struct reader *reader, struct inventory_child *child)
{
	const char *text = next_field(reader);

	if (!text || !*text || text[1])
		return false;
	*child = (struct inventory_child){ .attestation = *text == 'a' || *text == 'b',
					   .artifact = *text == 't' || *text == 'b' };
	return strchr("abt-", *text);
}

static bool read_child(struct reader *reader)
{
	const char *digest = next_digest(reader);
	struct inventory_child child;

	if (!digest || !next_child(reader, &child) || reader->current == INVENTORY_NONE ||
	    reader->known->manifests[reader->current].kind != MANIFEST_INDEX)
		return false;
	inventory_restore_child(reader->known, reader->current, digest, child);
	return true;
}

static bool read_subject(struct reader *reader)
{
	const char *digest = next_digest(reader);

	if (!digest || reader->current == INVENTORY_NONE ||
	    reader->known->manifests[reader->current].subject != INVENTORY_NONE)
		return false;
	inventory_restore_subject(reader->known, reader->current, digest);
	return true;
}

/* Enters the tags of the repository that ends here. False if two have the same name. */
static bool end_repository(struct reader *reader)
{
	struct inventory *known = reader->known;
	struct strtab *names = strtab_new();
	size_t first = known->tag_count;
	bool unique;

	for (size_t i = 0; i < reader->tag_count; i++)
		strtab_add(names, reader->names[i], strlen(reader->names[i]));
	unique = strtab_count(names) == reader->tag_count;
	strtab_free(names);
	inventory_tags(known, reader->repository, reader->names, reader->tag_count);
	for (size_t i = 0; i < reader->tag_count; i++) {
		known->tags[first + i].state = TAG_READ;
		known->tags[first + i].manifest = reader->targets[i];
	}
	reader->tag_count = 0;
	return unique;
}

static bool read_repository(struct reader *reader)
{
	const char *name = next_field(reader);
	size_t before = reader->known->repository_count;

	if (!name || !api_repository_valid(name) || !end_repository(reader))
		return false;
	reader->repository = inventory_repository(reader->known, name);
	return reader->repository == before;
}

static bool read_tag(struct reader *reader)
{
	char *name = next_field(reader);
	size_t count = reader->tag_count;
	uint64_t number;

	if (!name || !api_tag_valid(name) || reader->repository == INVENTORY_CACHE_SHELF ||
	    !next_number(reader, UINT32_MAX, &number) || number >= reader->manifest_count)
		return false;
	GROW(reader->names, count, reader->name_capacity);
	GROW(reader->targets, count, reader->target_capacity);
	reader->names[count] = name;
	reader->targets[count] = reader->manifests[number];
	reader->tag_count = count + 1;
	return true;
}

static bool read_line(struct reader *reader)
{
	const char *verb = next_field(reader);
	bool known = false;

	if (verb[0] && verb[1])
		return false;
	switch (verb[0]) {
	case 'b':
		known = read_blob(reader);
		break;
	case 'm':
		known = read_manifest(reader);
		break;
	case 'c':
		known = read_child(reader);
		break;
	case 's':
		known = read_subject(reader);
		break;
	case 'r':
		known = read_repository(reader);
		break;
	case 't':
		known = read_tag(reader);
		break;
	default:
		break;
	}
	return known && !reader->line;
}

/* Cuts TEXT, which ends with a newline, into lines. The number of the first that is wrong, or 0. */
static size_t read_lines(struct cache *cache, char *text, size_t length)
{
	struct reader reader = { .known = cache->known,
				 .dates = cache->known_dates,
				 .current = INVENTORY_NONE };
	char *end = text + length;
	size_t number = 2; /* behind the header */
	bool good = true;

	for (char *at = text; good && at < end; number += good) {
		char *newline = memchr(at, '\n', (size_t)(end - at));

		*newline = '\0';
		reader.line = at;
		good = read_line(&reader);
		at = newline + 1;
	}
	good = good && end_repository(&reader);
	free(reader.manifests);
	free(reader.names);
	free(reader.targets);
	return good ? 0 : number;
}

int cache_parse(struct cache *cache, char *text, size_t length, struct err *err)
{
	char sum[DIGEST_TEXT];
	size_t body, line;

	if (checksummed_open(INVENTORY_CACHE_HEADER, text, length, &body, sum, err) < 0)
		return -1;
	line = read_lines(cache, text + strlen(INVENTORY_CACHE_HEADER), body);
	if (line) {
		cache_clear(cache);
		return err_set(err, ERR_IO, "damaged in line %zu", line);
	}
	memcpy(cache->sum, sum, sizeof sum);
	return 0;
}
