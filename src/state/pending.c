/* The debts of one registry: a table of manifests, each owed or gone, and its text. */
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

struct debt {
	uint32_t repository;
	uint32_t digest;
	enum debt_status status;
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
	struct debt *items;
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
	[DEBT_NONE] = "stays ",
	[DEBT_OWED] = "owe ",
	[DEBT_GONE] = "gone ",
};
#define VERB_COUNT (sizeof VERBS / sizeof *VERBS)
#define SETTLED    "settled "

struct pending *pending_new(void)
{
	struct pending *debts = xcalloc(1, sizeof *debts);

	debts->repositories = strtab_new();
	debts->digests = strtab_new();
	debts->positions = u64map_new();
	return debts;
}

void pending_free(struct pending *debts)
{
	if (!debts)
		return;
	strtab_free(debts->repositories);
	strtab_free(debts->digests);
	u64map_free(debts->positions);
	free(debts->items);
	free(debts->accounts);
	collecting_clear(&debts->collecting);
	free(debts);
}

static uint64_t key_of(uint32_t repository, uint32_t digest)
{
	return (uint64_t)repository << 32 | digest;
}

static uint32_t intern_repository(struct pending *debts, const char *name, size_t length)
{
	uint32_t id = strtab_add(debts->repositories, name, length);

	if (id == debts->account_count) {
		GROW(debts->accounts, debts->account_count, debts->account_capacity);
		debts->accounts[debts->account_count++] = (struct account){ 0 };
	}
	return id;
}

/* The place of a manifest, made if it is new. */
static size_t intern_manifest(struct pending *debts, uint32_t repository, uint32_t digest)
{
	uint64_t key = key_of(repository, digest);
	uint32_t position = u64map_get(debts->positions, key);

	if (position != U64MAP_NONE)
		return position;
	if (debts->count == U64MAP_NONE)
		die_internal("%zu debts are too many", debts->count);
	u64map_set(debts->positions, key, (uint32_t)debts->count);
	GROW(debts->items, debts->count, debts->capacity);
	debts->items[debts->count] =
		(struct debt){ .repository = repository, .digest = digest, .since = DATE_ABSENT };
	return debts->count++;
}

static void set_status(struct pending *debts, const char *repository, size_t repository_length,
		       const char *digest, size_t digest_length, enum debt_status status,
		       int64_t since)
{
	uint32_t id = intern_repository(debts, repository, repository_length);
	uint32_t digest_id = strtab_add(debts->digests, digest, digest_length);
	size_t position = intern_manifest(debts, id, digest_id);
	struct debt *debt = &debts->items[position];
	struct account *account = &debts->accounts[id];

	account->owed -= debt->status == DEBT_OWED;
	account->owed += status == DEBT_OWED;
	account->gone |= status == DEBT_GONE;
	debt->status = status;
	debt->since = since;
	debt->period = account->period;
}

void pending_add(struct pending *debts, const char *repository, const char *digest, int64_t since)
{
	if (pending_has(debts, repository, digest))
		return;
	set_status(debts, repository, strlen(repository), digest, strlen(digest), DEBT_OWED, since);
}

void pending_clear(struct pending *debts, const char *repository, const char *digest, bool gone)
{
	set_status(debts, repository, strlen(repository), digest, strlen(digest),
		   gone ? DEBT_GONE : DEBT_NONE, DATE_ABSENT);
}

bool pending_has(const struct pending *debts, const char *repository, const char *digest)
{
	uint32_t repository_id = strtab_find(debts->repositories, repository, strlen(repository));
	uint32_t digest_id = strtab_find(debts->digests, digest, strlen(digest));
	uint32_t position = U64MAP_NONE;

	if (repository_id != STRTAB_NONE && digest_id != STRTAB_NONE)
		position = u64map_get(debts->positions, key_of(repository_id, digest_id));
	return position != U64MAP_NONE && debts->items[position].status == DEBT_OWED;
}

static void settle(struct pending *debts, uint32_t repository)
{
	struct account *account = &debts->accounts[repository];

	if (account->owed > 0)
		return;
	account->period++;
	account->gone = false;
}

bool pending_checkpoint(struct pending *debts, const char *repository)
{
	uint32_t id = strtab_find(debts->repositories, repository, strlen(repository));

	if (id == STRTAB_NONE || !debts->accounts[id].gone || debts->accounts[id].owed > 0)
		return false;
	settle(debts, id);
	return true;
}

void pending_set_collection(struct pending *debts, bool owed)
{
	debts->collection = owed;
}

bool pending_collection(const struct pending *debts)
{
	return debts->collection;
}

void pending_set_collecting(struct pending *debts, const struct collecting *collecting)
{
	collecting_clear(&debts->collecting);
	debts->is_collecting = collecting;
	if (collecting)
		collecting_copy(&debts->collecting, collecting);
}

const struct collecting *pending_collecting(const struct pending *debts)
{
	return debts->is_collecting ? &debts->collecting : NULL;
}

void pending_visit(const struct pending *debts, enum debt_status status, debts_each each, void *ctx)
{
	for (size_t i = 0; i < debts->count; i++) {
		const struct debt *debt = &debts->items[i];

		if (debt->status == status &&
		    (status == DEBT_OWED ||
		     debt->period == debts->accounts[debt->repository].period))
			each(ctx, strtab_text(debts->repositories, debt->repository),
			     strtab_text(debts->digests, debt->digest), debt->since);
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

static void add_line(struct buf *out, enum debt_status status, const char *repository,
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

int pending_line(struct buf *out, enum debt_status status, const char *repository,
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
	add_line(ctx, DEBT_OWED, repository, digest, since);
}

static void print_gone(void *ctx, const char *repository, const char *digest, int64_t since)
{
	add_line(ctx, DEBT_GONE, repository, digest, since);
}

void pending_print(const struct pending *debts, struct buf *out)
{
	buf_text(out, HEADER);
	if (debts->collection)
		buf_text(out, DEBTS_COLLECT);
	if (debts->is_collecting)
		collecting_line(out, &debts->collecting);
	pending_visit(debts, DEBT_OWED, print_owed, out);
	pending_visit(debts, DEBT_GONE, print_gone, out);
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

static bool parse_manifest(struct pending *debts, enum debt_status status, const char *text,
			   size_t length)
{
	const char *end = text + length;
	const char *name_end = memchr(text, ' ', length);
	const char *digest = name_end ? name_end + 1 : end;
	const char *digest_end = memchr(digest, ' ', (size_t)(end - digest));
	int64_t since = DATE_ABSENT;

	if (digest_end && (status != DEBT_OWED || !parse_time(digest_end + 1, end, &since)))
		return false;
	if (!digest_end)
		digest_end = end;
	if (!name_end || !is_repository(text, (size_t)(name_end - text)) ||
	    !digest_valid(digest, (size_t)(digest_end - digest)))
		return false;
	set_status(debts, text, (size_t)(name_end - text), digest, (size_t)(digest_end - digest),
		   status, since);
	return true;
}

static bool is_line(const char *line, size_t length, const char *whole)
{
	return length + 1 == strlen(whole) && memcmp(line, whole, length) == 0;
}

/* A line about the collection that was begun. False when it is none. */
static bool parse_collecting(struct pending *debts, const char *line, size_t length)
{
	struct collecting begun = { 0 };

	if (is_line(line, length, DEBTS_ENDED)) {
		pending_set_collecting(debts, NULL);
		return true;
	}
	if (!collecting_parse(&begun, line, length))
		return false;
	pending_set_collecting(debts, &begun);
	collecting_clear(&begun);
	return true;
}

/* LINE without its newline. False when it is none of ours. */
static bool parse_line(struct pending *debts, const char *line, size_t length)
{
	for (size_t i = 0; i < VERB_COUNT; i++) {
		size_t verb = strlen(VERBS[i]);

		if (length > verb && memcmp(line, VERBS[i], verb) == 0)
			return parse_manifest(debts, (enum debt_status)i, line + verb,
					      length - verb);
	}
	if (length > strlen(SETTLED) && memcmp(line, SETTLED, strlen(SETTLED)) == 0)
		settle(debts,
		       intern_repository(debts, line + strlen(SETTLED), length - strlen(SETTLED)));
	else if (is_line(line, length, DEBTS_COLLECT))
		debts->collection = true;
	else if (is_line(line, length, DEBTS_COLLECTED))
		debts->collection = false;
	else
		return parse_collecting(debts, line, length);
	return true;
}

static void warn_of_line(const char *path, size_t number)
{
	log_warning("%s, line %zu: not understood and ignored; a collection counts as owed", path,
		    number);
}

/* The lines after the first. True when all were understood. */
static bool parse_lines(struct pending *debts, const char *path, const char *text, size_t length)
{
	const char *end = text + length;
	const char *newline = NULL;
	bool understood = true;

	for (size_t number = 2; (newline = memchr(text, '\n', (size_t)(end - text))); number++) {
		if (!parse_line(debts, text, (size_t)(newline - text))) {
			warn_of_line(path, number);
			understood = false;
		}
		text = newline + 1;
	}
	return understood;
}

int pending_parse(struct pending *debts, const char *path, const char *text, size_t length,
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
	/* Said last: no "collected" settles what the damage hides. */
	if (!whole || !parse_lines(debts, path, text + HEADER_LENGTH, length - HEADER_LENGTH))
		debts->collection = true;
	return 0;
}
