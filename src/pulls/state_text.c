/* The file of the state:
 *   covered SINCE UNTIL PROOF SOURCE
 *   r REPOSITORY, before the lines of its tags:
 *   t TAG DIGEST PULLED SEEN
 *   x NAME PULLED PUSHED, of what no run saw as a tag
 * with times in seconds since 1970, or - for none; sealed (lists/checksummed.h). */
#include "pulls/record.h"

#include "inventory/inventory.h"
#include "lists/checksummed.h"
#include "oci/digest.h"
#include "pulls/target.h"
#include "registry/api.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/strtab.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <string.h>

#define HEADER "clean-registry pulls 1\n"
#define WORDS  5
#define DAY    INT64_C(86400)

/* A line, its words cut off by NULs. */
struct words {
	char *text;
	const char *at[WORDS];
	size_t count;
};

static bool split(const char *line, size_t length, struct words *words)
{
	char *at;

	*words = (struct words){ .text = xstrndup(line, length) };
	words->at[0] = words->text;
	for (at = words->text; at && words->count < WORDS; words->count++) {
		words->at[words->count] = at;
		at = strchr(at, ' ');
		if (at)
			*at++ = '\0';
	}
	return !at;
}

static bool read_date(const char *text, int64_t *date)
{
	uint64_t seconds;

	*date = DATE_ABSENT;
	if (strcmp(text, "-") == 0)
		return true;
	if (!units_parse_u64(text, &seconds) || seconds > INT64_MAX ||
	    !date_known((int64_t)seconds))
		return false;
	*date = (int64_t)seconds;
	return true;
}

bool pulls_name_valid(const char *name, size_t length)
{
	size_t end = target_repository(name);
	CLEANUP(free_p) char *repository = xstrndup(name, end);

	if (end >= length || !api_repository_valid(repository))
		return false;
	return name[end] == '@' ? digest_valid(name + end + 1, length - end - 1)
				: api_tag_valid(name + end + 1);
}

/* Another source may have had pulls that nobody read. */
static bool forget_coverage(struct pulls *pulls)
{
	pulls->source_changed = true;
	pulls->since = pulls->until = DATE_ABSENT;
	pulls->before[0] = '\0';
	return true;
}

/* Without a source, as it once was, it is taken for another one. */
static bool read_covered(struct pulls *pulls, const struct words *words)
{
	size_t length = strlen(words->at[3]);

	if (!read_date(words->at[1], &pulls->since) || !read_date(words->at[2], &pulls->until) ||
	    length == 0 || length >= sizeof pulls->before)
		return false;
	memcpy(pulls->before, words->at[3], length + 1);
	return words->count == 5 && strcmp(words->at[4], pulls->options.source) == 0
		       ? true
		       : forget_coverage(pulls);
}

static bool read_entry(struct pulls *pulls, const char *name, const char *pulled,
		       const char *second, const char *digest)
{
	struct pulls_entry *entry;
	int64_t times[2];

	if (!pulls_name_valid(name, strlen(name)) || !read_date(pulled, &times[0]) ||
	    !read_date(second, &times[1]) || (digest && !digest_valid(digest, strlen(digest))))
		return false;
	entry = pulls_entry_add(pulls, name, strlen(name));
	if (!entry)
		return false;
	entry->pulled = times[0];
	*(digest ? &entry->seen : &entry->pushed) = times[1];
	if (digest)
		entry->digest = strtab_add(pulls->digests, digest, strlen(digest));
	return true;
}

/* REPOSITORY is of the line "r" before, or "". */
static bool read_words(struct pulls *pulls, const struct words *words, char **repository)
{
	const char *kind = words->at[0];
	CLEANUP(free_p) char *name = NULL;

	if (strcmp(kind, "covered") == 0 && words->count >= 4)
		return read_covered(pulls, words);
	if (strcmp(kind, "x") == 0 && words->count == 4)
		return read_entry(pulls, words->at[1], words->at[2], words->at[3], NULL);
	if (strcmp(kind, "r") == 0 && words->count == 2) {
		free(*repository);
		*repository = xstrdup(words->at[1]);
		return true;
	}
	if (strcmp(kind, "t") != 0 || words->count != 5)
		return false;
	name = xasprintf("%s:%s", *repository, words->at[1]);
	return read_entry(pulls, name, words->at[3], words->at[4], words->at[2]);
}

static int read_lines(struct pulls *pulls, const char *at, const char *end, struct err *err)
{
	CLEANUP(free_p) char *repository = xstrdup("");

	for (size_t number = 2; at < end; number++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		struct words words;
		bool good = split(at, (size_t)(newline - at), &words) &&
			    read_words(pulls, &words, &repository);

		free(words.text);
		if (!good)
			return err_set(err, ERR_IO, "damaged in line %zu", number);
		at = newline + 1;
	}
	return 0;
}

int pulls_parse(struct pulls *pulls, const char *text, size_t length, struct err *err)
{
	struct pulls *read = pulls_new(&pulls->options);
	const char *at = text + strlen(HEADER);
	char sum[DIGEST_TEXT];
	size_t body = 0;
	int result = checksummed_open(HEADER, text, length, &body, sum, err);

	if (result == 0)
		result = read_lines(read, at, at + body, err);
	if (result == 0) {
		struct pulls old = *pulls;

		*pulls = *read;
		*read = old;
	}
	pulls_free(read);
	return result;
}

static void print_date(struct buf *out, int64_t date)
{
	if (date_known(date))
		buf_format(out, " %" PRId64, date);
	else
		buf_text(out, " -");
}

static void print_tags(const struct inventory *inventory, uint32_t r, struct buf *out)
{
	const struct inventory_repository *repository = &inventory->repositories[r];

	buf_format(out, "r %s\n", repository->name);
	for (uint32_t t = 0; t < repository->tag_count; t++) {
		const struct inventory_tag *tag = &inventory->tags[repository->first_tag + t];

		if (tag->state != TAG_READ)
			continue;
		buf_format(out, "t %s %s", tag->name, inventory_digest(inventory, tag->manifest));
		print_date(out, tag->pulled);
		print_date(out, tag->seen);
		buf_text(out, "\n");
	}
}

/* A pull by digest is of no use any more once all tags of its repository were read. */
static bool is_digest_of_whole(const struct inventory *inventory, const char *name)
{
	size_t end = target_repository(name);
	CLEANUP(free_p) char *repository = NULL;
	uint32_t r;

	if (name[end] != '@')
		return false;
	repository = xstrndup(name, end);
	r = inventory_repository_find(inventory, repository);
	return r != INVENTORY_NONE && !inventory->repositories[r].trouble;
}

static void print_rest(const struct pulls *pulls, const struct pulls_entry *entry, const char *name,
		       struct buf *out)
{
	size_t end = target_repository(name);

	if (entry->digest == STRTAB_NONE) {
		buf_format(out, "x %s", name);
		print_date(out, entry->pulled);
		print_date(out, entry->pushed);
	} else {
		buf_format(out, "r %.*s\nt %s %s", (int)end, name, name + end + 1,
			   strtab_text(pulls->digests, entry->digest));
		print_date(out, entry->pulled);
		print_date(out, entry->pushed > entry->seen ? entry->pushed : entry->seen);
	}
	buf_text(out, "\n");
}

void pulls_print(const struct pulls *pulls, const struct inventory *inventory, long days,
		 struct buf *out)
{
	int64_t oldest = pulls->options.now - days * DAY;
	char sum[DIGEST_TEXT];

	buf_text(out, HEADER);
	buf_text(out, "covered");
	print_date(out, pulls->verdict.since);
	print_date(out, pulls->options.now);
	buf_format(out, " %s %s\n", pulls->options.proof, pulls->options.source);
	for (uint32_t r = 0; r < inventory->repository_count; r++)
		print_tags(inventory, r, out);
	for (uint32_t i = 0; i < pulls->count; i++) {
		const struct pulls_entry *entry = &pulls->entries[i];
		const char *name = strtab_text(pulls->names, i);

		if (!entry->settled && (entry->pulled >= oldest || entry->pushed >= oldest) &&
		    !is_digest_of_whole(inventory, name))
			print_rest(pulls, entry, name, out);
	}
	checksummed_close(out, sum);
}
