/* The page for people (html/html.h): report.html_file, --html. */
#ifndef RUN_PAGE_H
#define RUN_PAGE_H

#include "util/err.h"

struct run; /* run/context.h */

/* Opens its file, if there is to be one. A dry run writes none but that of --html. -1: ERR_USAGE,
 * ERR_IO; the message begins with the option or key. */
int run_page_open(struct run *run, struct err *err) __attribute__((warn_unused_result));
/* Writes it, whatever came of RUN; WHY it ended early, or NULL: it did not. -1: ERR_IO. */
int run_page_write(struct run *run, const char *why, struct err *err)
	__attribute__((warn_unused_result));

#endif
