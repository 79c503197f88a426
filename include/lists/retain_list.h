/* One of `retain_lists`: ids, and which revisions of them stay. */
#ifndef LISTS_RETAIN_LIST_H
#define LISTS_RETAIN_LIST_H

#include <stddef.h>
#include <stdint.h>

struct notes;       /* util/notes.h */
struct string_list; /* util/string_list.h */
struct retain_list; /* opaque */

/* What is wrong with PATTERN, as a phrase, or NULL. It is REPOSITORY:TAG with {id} once, anywhere,
 * and {revision} once, in the tag; the rest could stand in such names. */
const char *retain_list_pattern_problem(const char *pattern);

/* Reads FILE (lists/list_file.h), whose tags are named by PATTERNS, at least one, each without a
 * problem: lines `ID REVISION…`; no REVISION: none is kept. An id has the letters that names of
 * repositories and tags may have; a revision is digits, and a number: zeros in front do not count.
 * NULL: FAULTS got a line for each fault, "FILE: line N: …"; an id given twice is one, and a file
 * without any id. */
struct retain_list *retain_list_load(const char *file, const struct string_list *patterns,
				     struct notes *faults);
/* The same with LENGTH bytes at TEXT as what is in the file. */
struct retain_list *retain_list_parse(const char *file, const struct string_list *patterns,
				      const char *text, size_t length, struct notes *faults);
void retain_list_free(struct retain_list *list); /* NULL is fine */

enum retain_answer {
	RETAIN_NOT_LISTED, /* the tag is of no id in the list */
	RETAIN_GOES,       /* of a listed id, and its revision is not to be kept */
	RETAIN_STAYS,      /* its revision is listed, in one of the ways to read the tag */
};
/* Where {id} and {revision} can be told apart in several ways, all of them are tried, with each
 * pattern. ID (may be NULL) gets the place of the id in the list: 0 … retain_list_count - 1; it is
 * left alone with RETAIN_NOT_LISTED. */
enum retain_answer retain_list_ask(const struct retain_list *list, const char *repository,
				   const char *tag, size_t *id);

/* Calls EACH with every tag that the list keeps, REPOSITORY:TAG, its revision without zeros in
 * front. */
void retain_list_each(const struct retain_list *list,
		      void (*each)(void *ctx, const char *reference), void *ctx);

size_t retain_list_count(const struct retain_list *list);
const char *retain_list_id(const struct retain_list *list, size_t id);

#endif
