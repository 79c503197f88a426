/* The journal of the collector: one line for each repository, in the order of their numbers, then
 * one for each blob; before all, the storage that it is about.
 *
 *	storage INODE PATH
 *	repository NAME
 *	blob DIGEST INODE SIZE SECONDS.NANOSECONDS SINCE open|closed LINK…
 *
 * LINK is the number of a repository, with "=DIGEST" where the link's folder names another digest
 * than the blob's. */
#include "native/journal.h"

#include "lists/checksummed.h"
#include "native/collect.h"
#include "native/store.h"
#include "oci/digest.h"
#include "state/state.h"
#include "storage/layout.h"
#include "util/buf.h"
#include "util/strtab.h"
#include "util/u64map.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define HEADER     "clean-registry collector 1\n"
#define STORAGE    "storage "
#define REPOSITORY "repository "
#define BLOB       "blob "
#define LIMIT      ((size_t)1 << 30)

struct reading {
	struct native_journal *journal;
	uint32_t *repositories; /* numbers of texts */
	size_t count, capacity;
};

static struct native_journal *new_journal(void)
{
	struct native_journal *journal = xcalloc(1, sizeof *journal);

	journal->texts = strtab_new();
	journal->storage = xstrdup("");
	return journal;
}

void native_journal_free(struct native_journal *journal)
{
	if (!journal)
		return;
	strtab_free(journal->texts);
	free(journal->storage);
	free(journal->entries);
	free(journal->links);
	free(journal);
}

const char *native_journal_text(const struct native_journal *journal, uint32_t number)
{
	return strtab_text(journal->texts, number);
}

const char *native_journal_digest(const struct native_journal *journal, size_t entry)
{
	return strtab_text(journal->texts, journal->entries[entry].digest);
}

static uint32_t add_text(struct native_journal *journal, const char *text)
{
	return strtab_add(journal->texts, text, strlen(text));
}

uint32_t native_journal_add(struct native_journal *journal, const char *digest)
{
	GROW(journal->entries, journal->count, journal->capacity);
	journal->entries[journal->count] =
		(struct native_entry){ .digest = add_text(journal, digest),
				       .first_link = (uint32_t)journal->link_count };
	return (uint32_t)journal->count++;
}

static void add_link(struct native_journal *journal, uint32_t repository, uint32_t named)
{
	GROW(journal->links, journal->link_count, journal->link_capacity);
	journal->links[journal->link_count++] =
		(struct native_taken){ .repository = repository, .named = named };
	journal->entries[journal->count - 1].link_count++;
}

void native_journal_add_link(struct native_journal *journal, const char *repository,
			     const char *named)
{
	add_link(journal, add_text(journal, repository), add_text(journal, named));
}

/* The next word of LINE, which ends at a blank or at the end; NULL when there is none. */
static char *next_word(char **line)
{
	char *word = *line ? strsep(line, " ") : NULL;

	return word && *word ? word : NULL;
}

static bool read_number(const char *word, uint64_t *value)
{
	return word && units_parse_u64(word, value);
}

/* "SECONDS.NANOSECONDS", both never negative. */
static bool read_time(char *word, struct timespec *time)
{
	char *point = word ? strchr(word, '.') : NULL;
	uint64_t seconds = 0, nanoseconds = 0;

	if (!point)
		return false;
	*point = '\0';
	if (!read_number(word, &seconds) || !read_number(point + 1, &nanoseconds) ||
	    seconds > INT64_MAX / 2 || nanoseconds > 999999999)
		return false;
	*time = (struct timespec){ .tv_sec = (time_t)seconds, .tv_nsec = (long)nanoseconds };
	return true;
}

static bool is_digest(const char *text)
{
	return text && digest_valid(text, strlen(text));
}

static bool read_link(struct reading *reading, char *word, const char *digest)
{
	char *named = strchr(word, '=');
	uint64_t repository = 0;

	if (named)
		*named++ = '\0';
	if (!read_number(word, &repository) || repository >= reading->count ||
	    (named && !is_digest(named)))
		return false;
	add_link(reading->journal, reading->repositories[repository],
		 add_text(reading->journal, named ? named : digest));
	return true;
}

static bool read_blob(struct reading *reading, char *line)
{
	const char *digest = next_word(&line);
	struct native_entry entry = { 0 }, *added = NULL;
	uint64_t inode = 0, since = 0;
	uint32_t number = 0;
	const char *word = NULL;
	bool whole = is_digest(digest) && read_number(next_word(&line), &inode) &&
		     read_number(next_word(&line), &entry.size) &&
		     read_time(next_word(&line), &entry.mtime) &&
		     read_number(next_word(&line), &since) && since <= INT64_MAX / 2 &&
		     (word = next_word(&line));

	if (!whole || (strcmp(word, "open") != 0 && strcmp(word, "closed") != 0))
		return false;
	number = native_journal_add(reading->journal, digest);
	added = &reading->journal->entries[number];
	added->inode = (ino_t)inode;
	added->size = entry.size;
	added->mtime = entry.mtime;
	added->since = (int64_t)since;
	added->open = strcmp(word, "open") == 0;
	while (line) {
		char *link = next_word(&line);

		if (!link || !read_link(reading, link, digest))
			return false;
	}
	return true;
}

static bool read_storage(struct reading *reading, char *line)
{
	uint64_t inode = 0;

	if (*reading->journal->storage || !read_number(next_word(&line), &inode) || !line || !*line)
		return false;
	free(reading->journal->storage);
	reading->journal->storage = xstrdup(line);
	reading->journal->inode = (ino_t)inode;
	return true;
}

static bool read_line(struct reading *reading, char *line)
{
	if (strncmp(line, STORAGE, strlen(STORAGE)) == 0)
		return read_storage(reading, line + strlen(STORAGE));
	/* It is the first. */
	if (!*reading->journal->storage)
		return false;
	if (strncmp(line, BLOB, strlen(BLOB)) == 0)
		return read_blob(reading, line + strlen(BLOB));
	if (strncmp(line, REPOSITORY, strlen(REPOSITORY)) != 0 ||
	    !layout_is_repository(line + strlen(REPOSITORY)))
		return false;
	GROW(reading->repositories, reading->count, reading->capacity);
	reading->repositories[reading->count++] =
		add_text(reading->journal, line + strlen(REPOSITORY));
	return true;
}

static int parse(struct native_journal *journal, struct buf *text, struct err *err)
{
	struct reading reading = { .journal = journal };
	char sum[DIGEST_TEXT];
	size_t body = 0;
	char *line = NULL, *end = NULL;
	bool whole = true;

	if (checksummed_open(HEADER, text->data ? text->data : "", text->length, &body, sum, err) !=
	    0)
		return -1;
	line = text->data + strlen(HEADER);
	end = line + body;
	while (whole && line < end) {
		char *newline = memchr(line, '\n', (size_t)(end - line));

		*newline = '\0';
		whole = read_line(&reading, line);
		line = newline + 1;
	}
	free(reading.repositories);
	return whole ? 0 : err_set(err, ERR_IO, "damaged");
}

struct native_journal *native_journal_load(const struct state *state, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct native_journal *journal = NULL;
	struct err why = { 0 };

	if (state_read_file(state, NATIVE_JOURNAL, LIMIT, &text, &why) != 0) {
		if (errno == ENOENT)
			return new_journal();
		err_set(err, ERR_COLLECTOR,
			"%s: it says which layer links were taken, and nothing is collected "
			"without it",
			why.msg);
		return NULL;
	}
	journal = new_journal();
	if (parse(journal, &text, &why) == 0)
		return journal;
	native_journal_free(journal);
	err_set(err, ERR_COLLECTOR,
		"%s/" NATIVE_JOURNAL ": %s; nothing is collected. It says which layer links were "
		"taken: restore it, or remove it, and what is needed gets its links back at the "
		"end of the next collection",
		state_path(state), why.msg);
	return NULL;
}

/* Numbers of the repositories in the file: their texts' numbers are keys. */
static struct u64map *print_repositories(const struct native_journal *journal, struct buf *out)
{
	struct u64map *numbers = u64map_new();
	uint32_t count = 0;

	for (size_t i = 0; i < journal->link_count; i++) {
		uint32_t text = journal->links[i].repository;

		if (u64map_get(numbers, text) != U64MAP_NONE)
			continue;
		u64map_set(numbers, text, count++);
		buf_format(out, REPOSITORY "%s\n", native_journal_text(journal, text));
	}
	return numbers;
}

static void print_blob(const struct native_journal *journal, const struct native_entry *entry,
		       const struct u64map *numbers, struct buf *out)
{
	buf_format(out, BLOB "%s %" PRIu64 " %" PRIu64 " %" PRId64 ".%09ld %" PRId64 " %s",
		   native_journal_text(journal, entry->digest), (uint64_t)entry->inode, entry->size,
		   (int64_t)entry->mtime.tv_sec, entry->mtime.tv_nsec, entry->since,
		   entry->open ? "open" : "closed");
	for (uint32_t i = 0; i < entry->link_count; i++) {
		const struct native_taken *link = &journal->links[entry->first_link + i];

		buf_format(out, " %" PRIu32, u64map_get(numbers, link->repository));
		if (link->named != entry->digest)
			buf_format(out, "=%s", native_journal_text(journal, link->named));
	}
	buf_text(out, "\n");
}

/* Path, as a line has it, and inode of STORE's folder. 0 or an errno. */
static int identify(const struct native_store *store, char **path, ino_t *inode)
{
	struct stat status;

	if (fstat(native_store_fd(store), &status) != 0)
		return errno;
	*inode = status.st_ino;
	*path = xstrdup(native_store_path(store));
	for (char *at = *path; *at; at++)
		if ((unsigned char)*at < ' ')
			*at = '?';
	return 0;
}

int native_journal_check(const struct native_journal *journal, const struct state *state,
			 const struct native_store *store, struct err *err)
{
	CLEANUP(free_p) char *path = NULL;
	ino_t inode = 0;
	int error = identify(store, &path, &inode);

	if (error != 0)
		return err_set(err, ERR_COLLECTOR, "%s: %s", native_store_path(store),
			       strerror(error));
	if (journal->count == 0 || (strcmp(journal->storage, path) == 0 && journal->inode == inode))
		return 0;
	return err_set(err, ERR_COLLECTOR,
		       "%s/" NATIVE_JOURNAL " is about %s (inode %" PRIu64
		       "), but the storage is %s (inode %" PRIu64
		       "): nothing is collected. If the storage was moved or restored, remove that "
		       "file: what is needed gets its links back at the end of the next collection",
		       state_path(state), journal->storage, (uint64_t)journal->inode, path,
		       (uint64_t)inode);
}

int native_journal_save(const struct native_journal *journal,
			const struct native_collection *collection, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	CLEANUP(free_p) char *path = NULL;
	struct u64map *numbers = NULL;
	char sum[DIGEST_TEXT];
	ino_t inode = 0;
	int error = identify(collection->store, &path, &inode);

	if (error != 0)
		return err_set(err, ERR_COLLECTOR, "%s: %s", native_store_path(collection->store),
			       strerror(error));
	buf_format(&text, HEADER STORAGE "%" PRIu64 " %s\n", (uint64_t)inode, path);
	numbers = print_repositories(journal, &text);
	for (size_t i = 0; i < journal->count; i++)
		print_blob(journal, &journal->entries[i], numbers, &text);
	u64map_free(numbers);
	checksummed_close(&text, sum);
	if (state_replace_needed(collection->state, NATIVE_JOURNAL, &text, err) == 0)
		return 0;
	err->kind = ERR_USAGE;
	return -1;
}

void native_journal_drop_struck(struct native_journal *journal)
{
	size_t kept = 0;

	for (size_t i = 0; i < journal->count; i++)
		if (!journal->entries[i].struck)
			journal->entries[kept++] = journal->entries[i];
	journal->count = kept;
}
