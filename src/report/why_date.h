/* Where the date of what has none was looked for. For src/report/why.c only. */
#ifndef REPORT_WHY_DATE_H
#define REPORT_WHY_DATE_H

#include <stdint.h>

struct buf;
struct inventory;
struct plan;

/* Appends to OUT, on one line, where the date of MANIFEST, which has none, was looked for: of an
 * index, in the first that it lists and that has none either. */
void why_date_undated(const struct inventory *inventory, const struct plan *plan, uint32_t manifest,
		      struct buf *out);

#endif
