/* A run as one page for people: HTML without scripts, which loads nothing. */
#ifndef HTML_HTML_H
#define HTML_HTML_H

#include "util/err.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct inventory; /* inventory/inventory.h */
struct notes;     /* util/notes.h */
struct plan;      /* plan/plan.h */
struct report;    /* report/run_json.h */

#define HTML_UNKNOWN UINT64_MAX

/* What a run left; what is not known is HTML_UNKNOWN. */
struct html_point {
	int64_t at;             /* when it ended, seconds since 1970 */
	uint64_t storage_bytes; /* that the storage held, or its images */
	uint64_t freed_bytes;
	uint64_t tags_deleted;
	int exit_code;
};

/* What a later run would do, if nothing is pushed until then. */
struct html_next {
	int64_t at;                        /* when it is taken to begin, seconds since 1970 */
	const struct inventory *inventory; /* of what there will be */
	const struct plan *plan;           /* of INVENTORY at that time */
	const uint64_t *alone;             /* as INVENTORY's tags: bytes that each alone holds */
	const struct notes *refused; /* the limits that would refuse it; none of them: empty */
};

/* All is borrowed. */
struct html_page {
	const struct report *report; /* complete, but for what the page itself makes worse */
	/* What was there at last, to tell what each repository holds; NULL: it was not read. */
	const struct inventory *inventory;
	/* What ended the run early, masked; NULL: nothing did. */
	const char *failure;
	/* Runs, the oldest first; this one, unless it is a dry one, is the last. */
	const struct html_point *points;
	size_t point_count;
	const struct html_next *next; /* NULL: that is not known */
};

/* Writes the page piece by piece. However large the registry is, it has a bounded number of rows,
 * and says what it leaves out. -1 (ERR_IO) when STREAM took not all of it. */
int html_write(const struct html_page *page, FILE *stream, struct err *err)
	__attribute__((warn_unused_result));

#endif
