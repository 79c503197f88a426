/* A plan as a file, to be looked at before it is carried out: JSON Lines, a header and then a line
 * for each tag, and for each manifest without a tag that is selected for that. Whoever looks at it
 * may remove lines, or change "delete" to "keep". */
#ifndef PLAN_FILE_WRITE_H
#define PLAN_FILE_WRITE_H

#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct forecast;
struct inventory;
struct plan;
struct approved;

/* A line that wants something gone. */
struct plan_file_line {
	const char *repository;
	const char *tag; /* NULL: a manifest without a tag */
	const char *digest;
};

struct plan_file {
	char *registry; /* registry.url */
	char *container;
	int64_t created_at; /* seconds since 1970 */
	/* Of the run that it was planned for: */
	struct string_list jobs; /* names of those that were due */
	bool jobs_alone;
	struct string_list only; /* --repository */
	char *only_namespace;    /* or NULL */
	char *repositories_file; /* "": none; NULL: not known */

	struct plan_file_line *lines;
	size_t line_count;
	struct approved *wanted; /* the same as a set */
	struct arena *arena;     /* owns the strings of LINES */
};

/* Writes what PLAN, made of INVENTORY, does with every tag. Write errors are the caller's to look
 * for. */
void plan_file_write(const struct inventory *inventory, const struct plan *plan,
		     const struct forecast *forecast, FILE *stream);

/* Reads PATH, under the rules of util/secure_file.h. -1: FAULTS has a line "PATH: line N: …" for
 * each fault, up to a limit. FILE is the caller's to clear either way. */
int plan_file_read(const char *path, struct plan_file *file, struct notes *faults)
	__attribute__((warn_unused_result));
/* The same for LENGTH bytes at TEXT that stood in PATH. */
int plan_file_parse(const char *path, const char *text, size_t length, struct plan_file *file,
		    struct notes *faults) __attribute__((warn_unused_result));
/* Logs what of FILE, that PLAN of INVENTORY was made for, stays after all, and why. */
void plan_file_log(const struct plan_file *file, const struct inventory *inventory,
		   const struct plan *plan);
void plan_file_clear(struct plan_file *file);

#endif
