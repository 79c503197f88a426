/* A table of manifests, each with a time, and its text. */
#include "inventory/untagged_seen.h"

#include "inventory/inventory.h"
#include "lists/checksummed.h"
#include "oci/digest.h"
#include "registry/api.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/strtab.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <string.h>

#define HEADER "clean-registry untagged 1\n"

struct untagged_seen {
	struct strtab *names; /* "REPOSITORY DIGEST": number = index into since */
	int64_t *since;       /* DATE_ABSENT: struck off */
	size_t count, capacity;
};

struct untagged_seen *untagged_seen_new(void)
{
	struct untagged_seen *seen = xcalloc(1, sizeof *seen);

	seen->names = strtab_new();
	return seen;
}

static void clear(struct untagged_seen *seen)
{
	strtab_free(seen->names);
	free(seen->since);
}

void untagged_seen_free(struct untagged_seen *seen)
{
	if (!seen)
		return;
	clear(seen);
	free(seen);
}

static void set(struct untagged_seen *seen, const char *name, size_t length, int64_t since)
{
	uint32_t number = strtab_add(seen->names, name, length);

	if (number < seen->count) {
		seen->since[number] = since;
		return;
	}
	GROW(seen->since, seen->count, seen->capacity);
	seen->since[seen->count++] = since;
}

static char *name_of(const char *repository, const char *digest)
{
	return xasprintf("%s %s", repository, digest);
}

int64_t untagged_seen_since(const struct untagged_seen *seen, const char *repository,
			    const char *digest)
{
	CLEANUP(free_p) char *name = name_of(repository, digest);
	uint32_t number = strtab_find(seen->names, name, strlen(name));

	return number == STRTAB_NONE ? DATE_ABSENT : seen->since[number];
}

void untagged_seen_add(struct untagged_seen *seen, const char *repository, const char *digest,
		       int64_t since)
{
	CLEANUP(free_p) char *name = name_of(repository, digest);

	set(seen, name, strlen(name), since);
}

/* NAME, LENGTH bytes, is a repository, a blank and a digest. */
static bool is_name(const char *name, size_t length)
{
	const char *blank = memchr(name, ' ', length);
	CLEANUP(free_p) char *repository = NULL;

	if (!blank || !digest_valid(blank + 1, length - (size_t)(blank + 1 - name)))
		return false;
	repository = xstrndup(name, (size_t)(blank - name));
	return api_repository_valid(repository);
}

/* LINE, LENGTH bytes, without its newline. */
static bool read_line(struct untagged_seen *seen, const char *line, size_t length)
{
	const char *at = line;
	uint64_t seconds;

	if (!units_read_u64(&at, &seconds) || seconds > INT64_MAX ||
	    !date_known((int64_t)seconds) || at >= line + length || *at++ != ' ' ||
	    !is_name(at, length - (size_t)(at - line)))
		return false;
	set(seen, at, length - (size_t)(at - line), (int64_t)seconds);
	return true;
}

int untagged_seen_parse(struct untagged_seen *seen, const char *text, size_t length,
			struct err *err)
{
	struct untagged_seen read = { .names = strtab_new() };
	char sum[DIGEST_TEXT];
	size_t body = 0, number = 2;
	const char *at = text + strlen(HEADER);
	int result = checksummed_open(HEADER, text, length, &body, sum, err);

	for (const char *end = at + body; result == 0 && at < end; number++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		if (!read_line(&read, at, (size_t)(newline - at)))
			result = err_set(err, ERR_IO, "damaged in line %zu", number);
		at = newline + 1;
	}
	if (result == 0) {
		clear(seen);
		*seen = read;
	} else {
		clear(&read);
	}
	return result;
}

void untagged_seen_print(const struct untagged_seen *seen, struct buf *out)
{
	char sum[DIGEST_TEXT];

	buf_text(out, HEADER);
	for (uint32_t i = 0; i < seen->count; i++) {
		if (date_known(seen->since[i]))
			buf_format(out, "%" PRId64 " %s\n", seen->since[i],
				   strtab_text(seen->names, i));
	}
	checksummed_close(out, sum);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void untagged_seen_settle(struct untagged_seen *seen, struct inventory *inventory, int64_t now)
{
	struct untagged_seen next = { .names = strtab_new() };

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		struct inventory_manifest *manifest = &inventory->manifests[m];
		const struct inventory_repository *repository =
			&inventory->repositories[manifest->repository];
		const char *digest = inventory_digest(inventory, m);
		int64_t links = manifest->untagged_since, first;

		if (!date_known(links))
			continue;
		first = untagged_seen_since(seen, repository->name, digest);
		if (!date_known(first) || first < links || first > now)
			first = now;
		manifest->untagged_since =
			date_known(repository->tags_changed)
				? later(links, earlier(repository->tags_changed, first))
				: DATE_ABSENT;
		/* It may have tags that cannot be read. */
		if (!repository->trouble)
			untagged_seen_add(&next, repository->name, digest, first);
	}
	clear(seen);
	*seen = next;
}

void untagged_seen_strike(struct untagged_seen *seen, const struct inventory *inventory)
{
	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		const struct inventory_tag *tag = &inventory->tags[t];
		const char *repository = inventory_tag_repository(inventory, t);

		if (tag->manifest == INVENTORY_NONE)
			continue;
		if (date_known(untagged_seen_since(seen, repository,
						   inventory_digest(inventory, tag->manifest))))
			untagged_seen_add(seen, repository,
					  inventory_digest(inventory, tag->manifest), DATE_ABSENT);
	}
}
