/* A plan for people: what each repository loses. */
#ifndef REPORT_PLAN_TABLE_H
#define REPORT_PLAN_TABLE_H

#include "util/terminal.h"

#include <stdio.h>

struct forecast;
struct inventory;
struct plan;

/* One line for each repository that loses something, most bytes first, with the dates of the oldest
 * and the youngest tag that goes; the others together; what several repositories share and what is
 * garbage already; and all of it. Write errors are the caller's to look for. */
void plan_table(const struct inventory *inventory, const struct plan *plan,
		const struct forecast *forecast, struct terminal terminal, FILE *out);

#endif
