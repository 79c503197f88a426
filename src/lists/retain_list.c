/* Retain lists: the file becomes tables of ids and revisions, tags are taken apart by patterns. */
#include "lists/retain_list.h"

#include "lists/list_file.h"
#include "registry/api.h"
#include "util/buf.h"
#include "util/string_list.h"
#include "util/strtab.h"
#include "util/u64map.h"
#include "util/xalloc.h"

#include <stdbool.h>
#include <string.h>

#define ID         "{id}"
#define REVISION   "{revision}"
#define DIGITS     "0123456789"
#define ID_LIMIT   255 /* no name is longer */
#define ID_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "._-/"

/* A text with at most one placeholder left in it. */
struct frame {
	char *before; /* the placeholder, or the whole text */
	char *after;  /* NULL: there is none */
};

struct pattern {
	struct frame repository; /* its placeholder is {id} */
	char *before;            /* the first placeholder of the tag */
	char *between;           /* both of them; NULL: the tag has {revision} alone */
	char *after;             /* the last one */
	bool revision_first;
};

struct retain_list {
	struct pattern *patterns;
	size_t pattern_count;
	struct strtab *ids;
	struct strtab *revisions; /* without zeros in front */
	struct u64map *kept;      /* keys: pair_of an id and a revision */
	uint64_t *pairs;          /* the same keys */
	size_t pair_count, pair_capacity;
};

/* A way to read a tag. */
struct reading {
	const char *id, *revision;
	size_t id_length, revision_length;
};

static uint64_t pair_of(uint32_t id, uint32_t revision)
{
	return (uint64_t)id << 32 | revision;
}

static size_t count_of(const char *text, const char *word)
{
	size_t count = 0;

	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
		count++;
	return count;
}

/* Adds LENGTH bytes of TEXT with an id and a revision in place of the placeholders. */
static void add_example(struct buf *example, const char *text, size_t length)
{
	for (size_t i = 0; i < length;) {
		bool is_id = strncmp(text + i, ID, strlen(ID)) == 0;
		bool is_revision = strncmp(text + i, REVISION, strlen(REVISION)) == 0;

		buf_add(example, is_id || is_revision ? "0" : text + i, 1);
		i += is_id ? strlen(ID) : is_revision ? strlen(REVISION) : 1;
	}
}

const char *retain_list_pattern_problem(const char *pattern)
{
	const char *colon = strchr(pattern, ':');
	const char *revision = strstr(pattern, REVISION);
	CLEANUP(buf_free) struct buf repository = { 0 }, tag = { 0 };

	if (!colon || strchr(colon + 1, ':'))
		return "must be REPOSITORY:TAG, without a host";
	if (count_of(pattern, ID) != 1)
		return "must have {id} once";
	if (!revision || revision < colon || count_of(pattern, REVISION) != 1)
		return "must have {revision} once, in the tag";
	if (count_of(pattern, "{") != 2)
		return "has a placeholder other than {id} and {revision}";
	add_example(&repository, pattern, (size_t)(colon - pattern));
	add_example(&tag, colon + 1, strlen(colon + 1));
	if (!api_repository_valid(buf_string(&repository)))
		return "can be of no repository: their names have small letters, digits, '.', '_', "
		       "'-' and '/'";
	if (!api_tag_valid(buf_string(&tag)))
		return "can be of no tag: letters, digits, '_', '.' and '-', at most 128, the "
		       "first of them neither '.' nor '-'";
	return NULL;
}

static struct pattern compile(const char *text)
{
	struct pattern pattern = { 0 };
	const char *colon = strchr(text, ':');
	const char *id = strstr(text, ID);
	const char *revision = strstr(text, REVISION);
	const char *first = revision, *rest = revision + strlen(REVISION);

	if (id < colon) {
		pattern.repository.before = xstrndup(text, (size_t)(id - text));
		id += strlen(ID);
		pattern.repository.after = xstrndup(id, (size_t)(colon - id));
	} else {
		const char *end;

		pattern.repository.before = xstrndup(text, (size_t)(colon - text));
		pattern.revision_first = revision < id;
		first = pattern.revision_first ? revision : id;
		end = first + strlen(pattern.revision_first ? REVISION : ID);
		rest = pattern.revision_first ? id : revision;
		pattern.between = xstrndup(end, (size_t)(rest - end));
		rest += strlen(pattern.revision_first ? ID : REVISION);
	}
	pattern.before = xstrndup(colon + 1, (size_t)(first - colon - 1));
	pattern.after = xstrdup(rest);
	return pattern;
}

static struct retain_list *list_new(const struct string_list *patterns)
{
	struct retain_list *list = xcalloc(1, sizeof *list);

	list->patterns = xcalloc(patterns->count + 1, sizeof *list->patterns);
	list->pattern_count = patterns->count;
	for (size_t i = 0; i < patterns->count; i++)
		list->patterns[i] = compile(patterns->items[i]);
	list->ids = strtab_new();
	list->revisions = strtab_new();
	list->kept = u64map_new();
	return list;
}

void retain_list_free(struct retain_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->pattern_count; i++) {
		free(list->patterns[i].repository.before);
		free(list->patterns[i].repository.after);
		free(list->patterns[i].before);
		free(list->patterns[i].between);
		free(list->patterns[i].after);
	}
	free(list->patterns);
	strtab_free(list->ids);
	strtab_free(list->revisions);
	u64map_free(list->kept);
	free(list->pairs);
	free(list);
}

static void keep(struct retain_list *list, uint32_t id, uint32_t revision)
{
	uint64_t pair = pair_of(id, revision);

	if (u64map_get(list->kept, pair) != U64MAP_NONE)
		return;
	u64map_set(list->kept, pair, 1);
	GROW(list->pairs, list->pair_count, list->pair_capacity);
	list->pairs[list->pair_count++] = pair;
}

static void read_line(struct retain_list *list, struct list_file *file)
{
	const char *name = file->fields[0];
	size_t length = strlen(name);
	uint32_t id;

	if (length > ID_LIMIT || strspn(name, ID_LETTERS) != length) {
		list_file_fault(file, "\"%.100s\" can be no id: it could stand in no name", name);
		return;
	}
	id = list_file_add_name(file, list->ids);
	for (size_t i = 1; i < file->count && id != STRTAB_NONE; i++) {
		const char *digits = file->fields[i];

		if (strspn(digits, DIGITS) != strlen(digits)) {
			list_file_fault(file, "\"%.100s\" is no revision: it must be digits",
					digits);
			return;
		}
		digits += strspn(digits, "0");
		keep(list, id, strtab_add(list->revisions, digits, strlen(digits)));
	}
}

static struct retain_list *read_list(const struct string_list *patterns, struct list_file *file)
{
	struct retain_list *list = list_new(patterns);

	while (list_file_next(file))
		read_line(list, file);
	if (strtab_count(list->ids) == 0 && file->faults == 0)
		list_file_fault_all(file, "lists no id");
	if (file->faults == 0)
		return list;
	retain_list_free(list);
	return NULL;
}

struct retain_list *retain_list_load(const char *file, const struct string_list *patterns,
				     struct notes *faults)
{
	CLEANUP(list_file_close) struct list_file lines;

	if (list_file_open(&lines, file, faults) < 0)
		return NULL;
	return read_list(patterns, &lines);
}

struct retain_list *retain_list_parse(const char *file, const struct string_list *patterns,
				      const char *text, size_t length, struct notes *faults)
{
	CLEANUP(list_file_close) struct list_file lines;

	list_file_of(&lines, file, text, length, faults);
	return read_list(patterns, &lines);
}

/* Whether TEXT of LENGTH bytes begins with BEFORE and ends with AFTER; if so, what is between. */
static bool strip(const char *before, const char *after, const char **text, size_t *length)
{
	size_t before_length = strlen(before), after_length = strlen(after);

	if (*length < before_length + after_length || memcmp(*text, before, before_length) != 0 ||
	    memcmp(*text + *length - after_length, after, after_length) != 0)
		return false;
	*text += before_length;
	*length -= before_length + after_length;
	return true;
}

/* True when the answer is final. */
static bool judge(const struct retain_list *list, const struct reading *reading,
		  enum retain_answer *answer, size_t *id)
{
	const char *digits = reading->revision;
	size_t zeros = 0, length = reading->revision_length;
	uint32_t number, revision;

	if (length == 0)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return false;
	}
	number = strtab_find(list->ids, reading->id, reading->id_length);
	if (number == STRTAB_NONE)
		return false;
	while (zeros < length && digits[zeros] == '0')
		zeros++;
	revision = strtab_find(list->revisions, digits + zeros, length - zeros);
	if (revision != STRTAB_NONE &&
	    u64map_get(list->kept, pair_of(number, revision)) != U64MAP_NONE)
		*answer = RETAIN_STAYS;
	else if (*answer == RETAIN_NOT_LISTED)
		*answer = RETAIN_GOES;
	else
		return false;
	if (id)
		*id = number;
	return *answer == RETAIN_STAYS;
}

/* Tries every place of what stands between the placeholders. */
static bool judge_splits(const struct retain_list *list, const struct pattern *pattern,
			 const char *text, size_t length, enum retain_answer *answer, size_t *id)
{
	size_t between = strlen(pattern->between);

	for (size_t first = 1; first + between < length; first++) {
		const char *second = text + first + between;
		size_t rest = length - first - between;
		struct reading reading = { text, second, first, rest };

		if (pattern->revision_first)
			reading = (struct reading){ second, text, rest, first };
		if (memcmp(text + first, pattern->between, between) == 0 &&
		    judge(list, &reading, answer, id))
			return true;
	}
	return false;
}

static bool judge_pattern(const struct retain_list *list, const struct pattern *pattern,
			  const char *repository, const char *tag, enum retain_answer *answer,
			  size_t *id)
{
	size_t repository_length = strlen(repository), tag_length = strlen(tag);

	if (!strip(pattern->before, pattern->after, &tag, &tag_length))
		return false;
	if (pattern->between)
		return strcmp(repository, pattern->repository.before) == 0 &&
		       judge_splits(list, pattern, tag, tag_length, answer, id);
	if (!strip(pattern->repository.before, pattern->repository.after, &repository,
		   &repository_length))
		return false;
	return judge(list, &(struct reading){ repository, tag, repository_length, tag_length },
		     answer, id);
}

enum retain_answer retain_list_ask(const struct retain_list *list, const char *repository,
				   const char *tag, size_t *id)
{
	enum retain_answer answer = RETAIN_NOT_LISTED;

	for (size_t i = 0; i < list->pattern_count; i++) {
		if (judge_pattern(list, &list->patterns[i], repository, tag, &answer, id))
			break;
	}
	return answer;
}

static char *reference_of(const struct pattern *pattern, const char *id, const char *digits)
{
	const char *revision = *digits ? digits : "0";

	if (!pattern->between)
		return xasprintf("%s%s%s:%s%s%s", pattern->repository.before, id,
				 pattern->repository.after, pattern->before, revision,
				 pattern->after);
	return xasprintf("%s:%s%s%s%s%s", pattern->repository.before, pattern->before,
			 pattern->revision_first ? revision : id, pattern->between,
			 pattern->revision_first ? id : revision, pattern->after);
}

void retain_list_each(const struct retain_list *list,
		      void (*each)(void *ctx, const char *reference), void *ctx)
{
	for (size_t p = 0; p < list->pattern_count; p++) {
		for (size_t i = 0; i < list->pair_count; i++) {
			uint32_t id = (uint32_t)(list->pairs[i] >> 32);
			uint32_t revision = (uint32_t)list->pairs[i];
			CLEANUP(free_p)
			char *reference =
				reference_of(&list->patterns[p], strtab_text(list->ids, id),
					     strtab_text(list->revisions, revision));

			each(ctx, reference);
		}
	}
}

size_t retain_list_count(const struct retain_list *list)
{
	return strtab_count(list->ids);
}

const char *retain_list_id(const struct retain_list *list, size_t id)
{
	return strtab_text(list->ids, (uint32_t)id);
}
