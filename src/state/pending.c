/* The pending deletes of one registry: a table of manifests, and its text. */
#include "state/pending.h"

#include "oci/digest.h"
#include "registry/api.h"
#include "state/collecting.h"
#include "util/date.h"
#include "util/log.h"
#include "util/strtab.h"
#include "util/u64map.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <string.h>

/* Version 2 has lines that one who knows version 1 alone must not pass over. */
#define HEADER        "clean-registry debts 2\n"
#define HEADER_OLD    "clean-registry debts 1\n"
#define HEADER_LENGTH (sizeof HEADER - 1)

struct entry {
	uint32_t repository;
	uint32_t digest;
	enum pending_status status;
	uint32_t period; /* the account's, when it was set */
	int64_t since;   /* of what is owed: when that was planned, or DATE_ABSENT */
};

struct account {
	uint32_t owed;
	uint32_t period; /* counts how often the repository was settled */
	bool gone;       /* something is gone in this period */
};

struct pending {
	struct strtab *repositories;
	struct strtab *digests;
	struct u64map *positions; /* (repository, digest) to its place in items */
	struct entry *items;
	size_t count;
	size_t capacity;
	struct account *accounts; /* one for each repository */
	size_t account_count;
	size_t account_capacity;
	bool collection;
	bool is_collecting;
	struct collecting collecting; /* where IS_COLLECTING */
};

/* How a line about a manifest begins; a repository, a blank and a digest follow, and what is owed
 * may have a blank and the time when that was planned, in seconds since 1970. */
static const char *const VERBS[] = {
	[PENDING_NONE] = "stays ",
	[PENDING_DELETE] = "owe ",
	[PENDING_GONE] = "gone ",
};
#define VERB_COUNT (sizeof VERBS / sizeof *VERBS)
#define SETTLED    "settled "

struct pending *pending_new(void)
{
	struct pending *pending = xcalloc(1, sizeof *pending);

	pending->repositories = strtab_new();
	pending->digests = strtab_new();
	pending->positions = u64map_new();
	return pending;
}

void pending_free(struct pending *pending)
{
	if (!pending)
		return;
	strtab_free(pending->repositories);
	strtab_free(pending->digests);
	u64map_free(pending->positions);
	free(pending->items);
	free(pending->accounts);
	collecting_clear(&pending->collecting);
	free(pending);
}

static uint64_t key_of(uint32_t repository, uint32_t digest)
{
	return (uint64_t)repository << 32 | digest;
}

static uint32_t intern_repository(struct pending *pending, const char *name, size_t length)
{
	uint32_t id = strtab_add(pending->repositories, name, length);

	if (id == pending->account_count) {
		GROW(pending->accounts, pending->account_count, pending->account_capacity);
		pending->accounts[pending->account_count++] = (struct account){ 0 };
	}
	return id;
}

/* The place of a manifest, made if it is new. */
static size_t intern_manifest(struct pending *pending, uint32_t repository, uint32_t digest)
{
	uint64_t key = key_of(repository, digest);
	uint32_t position = u64map_get(pending->positions, key);

	if (position != U64MAP_NONE)
		return position;
	if (pending->count == U64MAP_NONE)
		die_internal("%zu pending deletes are too many", pending->count);
	u64map_set(pending->positions, key, (uint32_t)pending->count);
	GROW(pending->items, pending->count, pending->capacity);
	pending->items[pending->count] =
		(struct entry){ .repository = repository, .digest = digest, .since = DATE_ABSENT };
	return pending->count++;
}

static void set_status(struct pending *pending, const char *repository, size_t repository_length,
		       const char *digest, size_t digest_length, enum pending_status status,
		       int64_t since)
{
	uint32_t id = intern_repository(pending, repository, repository_length);
	uint32_t digest_id = strtab_add(pending->digests, digest, digest_length);
	size_t position = intern_manifest(pending, id, digest_id);
	struct entry *entry = &pending->items[position];
	struct account *account = &pending->accounts[id];

	account->owed -= entry->status == PENDING_DELETE;
	account->owed += status == PENDING_DELETE;
	account->gone |= status == PENDING_GONE;
	entry->status = status;
	entry->since = since;
	entry->period = account->period;
}

void pending_add(struct pending *pending, const char *repository, const char *digest, int64_t since)
{
	if (pending_has(pending, repository, digest))
		return;
	set_status(pending, repository, strlen(repository), digest, strlen(digest), PENDING_DELETE,
		   since);
}

void pending_clear(struct pending *pending, const char *repository, const char *digest, bool gone)
{
	set_status(pending, repository, strlen(repository), digest, strlen(digest),
		   gone ? PENDING_GONE : PENDING_NONE, DATE_ABSENT);
}

bool pending_has(const struct pending *pending, const char *repository, const char *digest)
{
	uint32_t repository_id = strtab_find(pending->repositories, repository, strlen(repository));
	uint32_t digest_id = strtab_find(pending->digests, digest, strlen(digest));
	uint32_t position = U64MAP_NONE;

	if (repository_id != STRTAB_NONE && digest_id != STRTAB_NONE)
		position = u64map_get(pending->positions, key_of(repository_id, digest_id));
	return position != U64MAP_NONE && pending->items[position].status == PENDING_DELETE;
}

static void settle(struct pending *pending, uint32_t repository)
{
	struct account *account = &pending->accounts[repository];

	if (account->owed > 0)
		return;
	account->period++;
	account->gone = false;
}

bool pending_checkpoint(struct pending *pending, const char *repository)
{
	uint32_t id = strtab_find(pending->repositories, repository, strlen(repository));

	if (id == STRTAB_NONE || !pending->accounts[id].gone || pending->accounts[id].owed > 0)
		return false;
	settle(pending, id);
	return true;
}

void pending_set_collection(struct pending *pending, bool owed)
{
	pending->collection = owed;
}

bool pending_collection(const struct pending *pending)
{
	return pending->collection;
}

void pending_set_collecting(struct pending *pending, const struct collecting *collecting)
{
	collecting_clear(&pending->collecting);
	pending->is_collecting = collecting;
	if (collecting)
		collecting_copy(&pending->collecting, collecting);
}

const struct collecting *pending_collecting(const struct pending *pending)
{
	return pending->is_collecting ? &pending->collecting : NULL;
}

void pending_visit(const struct pending *pending, enum pending_status status, debts_each each,
		   void *ctx)
{
	for (size_t i = 0; i < pending->count; i++) {
		const struct entry *entry = &pending->items[i];

		if (entry->status == status &&
		    (status == PENDING_DELETE ||
		     entry->period == pending->accounts[entry->repository].period))
			each(ctx, strtab_text(pending->repositories, entry->repository),
			     strtab_text(pending->digests, entry->digest), entry->since);
	}
}

/* Blanks and control characters would make the line say something else. */
static bool is_plain(const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)name[i] <= ' ' || name[i] == 0x7f)
			return false;
	return length > 0;
}

static void add_line(struct buf *out, enum pending_status status, const char *repository,
		     const char *digest, int64_t since)
{
	buf_text(out, VERBS[status]);
	buf_text(out, repository);
	buf_add(out, " ", 1);
	buf_text(out, digest);
	if (date_known(since))
		buf_format(out, " %" PRId64, since);
	buf_add(out, "\n", 1);
}

int pending_line(struct buf *out, enum pending_status status, const char *repository,
		 const char *digest, int64_t since, struct err *err)
{
	if (!is_plain(repository, strlen(repository)))
		return err_set(err, ERR_IO, "\"%s\" is no name of a repository", repository);
	if (!digest_valid(digest, strlen(digest)))
		return err_set(err, ERR_IO, "\"%s\" is not a digest", digest);
	add_line(out, status, repository, digest, since);
	return 0;
}

void pending_checkpoint_line(struct buf *out, const char *repository)
{
	buf_format(out, SETTLED "%s\n", repository);
}

static void print_owed(void *ctx, const char *repository, const char *digest, int64_t since)
{
	add_line(ctx, PENDING_DELETE, repository, digest, since);
}

static void print_gone(void *ctx, const char *repository, const char *digest, int64_t since)
{
	add_line(ctx, PENDING_GONE, repository, digest, since);
}

void pending_print(const struct pending *pending, struct buf *out)
{
	buf_text(out, HEADER);
	if (pending->collection)
		buf_text(out, PENDING_COLLECT);
	if (pending->is_collecting)
		collecting_line(out, &pending->collecting);
	pending_visit(pending, PENDING_DELETE, print_owed, out);
	pending_visit(pending, PENDING_GONE, print_gone, out);
}

static bool is_repository(const char *text, size_t length)
{
	CLEANUP(free_p) char *name = xstrndup(text, length);

	return is_plain(text, length) && api_repository_valid(name);
}

/* The time at TEXT, which ends at END; a newline stands there. */
static bool parse_time(const char *text, const char *end, int64_t *time)
{
	uint64_t seconds = 0;

	if (!units_read_u64(&text, &seconds) || text != end || seconds > INT64_MAX)
		return false;
	*time = (int64_t)seconds;
	return date_known(*time);
}

static bool parse_manifest(struct pending *pending, enum pending_status status, const char *text,
			   size_t length)
{
	const char *end = text + length;
	const char *name_end = memchr(text, ' ', length);
	const char *digest = name_end ? name_end + 1 : end;
	const char *digest_end = memchr(digest, ' ', (size_t)(end - digest));
	int64_t since = DATE_ABSENT;

	if (digest_end && (status != PENDING_DELETE || !parse_time(digest_end + 1, end, &since)))
		return false;
	if (!digest_end)
		digest_end = end;
	if (!name_end || !is_repository(text, (size_t)(name_end - text)) ||
	    !digest_valid(digest, (size_t)(digest_end - digest)))
		return false;
	set_status(pending, text, (size_t)(name_end - text), digest, (size_t)(digest_end - digest),
		   status, since);
	return true;
}

static bool is_line(const char *line, size_t length, const char *whole)
{
	return length + 1 == strlen(whole) && memcmp(line, whole, length) == 0;
}

/* A line about the collection that was begun. False when it is none. */
static bool parse_collecting(struct pending *pending, const char *line, size_t length)
{
	struct collecting begun = { 0 };

	if (is_line(line, length, PENDING_ENDED)) {
		pending_set_collecting(pending, NULL);
		return true;
	}
	if (!collecting_parse(&begun, line, length))
		return false;
	pending_set_collecting(pending, &begun);
	collecting_clear(&begun);
	return true;
}

/* LINE without its newline. False when it is none of ours. */
static bool parse_line(struct pending *pending, const char *line, size_t length)
{
	for (size_t i = 0; i < VERB_COUNT; i++) {
		size_t verb = strlen(VERBS[i]);

		if (length > verb && memcmp(line, VERBS[i], verb) == 0)
			return parse_manifest(pending, (enum pending_status)i, line + verb,
					      length - verb);
	}
	if (length > strlen(SETTLED) && memcmp(line, SETTLED, strlen(SETTLED)) == 0)
		settle(pending, intern_repository(pending, line + strlen(SETTLED),
						  length - strlen(SETTLED)));
	else if (is_line(line, length, PENDING_COLLECT))
		pending->collection = true;
	else if (is_line(line, length, PENDING_COLLECTED))
		pending->collection = false;
	else
		return parse_collecting(pending, line, length);
	return true;
}

static void warn_of_line(const char *path, size_t number)
{
	log_warning("%s, line %zu: not understood and ignored; a collection counts as owed", path,
		    number);
}

/* The lines after the first. True when all were understood. */
static bool parse_lines(struct pending *pending, const char *path, const char *text, size_t length)
{
	const char *end = text + length;
	const char *newline = NULL;
	bool understood = true;

	for (size_t number = 2; (newline = memchr(text, '\n', (size_t)(end - text))); number++) {
		if (!parse_line(pending, text, (size_t)(newline - text))) {
			warn_of_line(path, number);
			understood = false;
		}
		text = newline + 1;
	}
	return understood;
}

int pending_parse(struct pending *pending, const char *path, const char *text, size_t length,
		  struct err *err)
{
	bool whole = length >= HEADER_LENGTH;
	size_t compared = whole ? HEADER_LENGTH : length;

	if (length > 0 && memcmp(text, HEADER, compared) != 0 &&
	    memcmp(text, HEADER_OLD, compared) != 0)
		return err_set(err, ERR_USAGE,
			       "%s was not written by this version of clean-registry: run the one "
			       "that wrote it, or remove the file (what an interrupted run left to "
			       "delete is then forgotten)",
			       path);
	if (!whole)
		warn_of_line(path, 1);
	/* Set last: a damaged journal always leaves a collection pending. */
	if (!whole || !parse_lines(pending, path, text + HEADER_LENGTH, length - HEADER_LENGTH))
		pending->collection = true;
	return 0;
}
