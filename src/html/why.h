/* Why a tag goes, in words. */
#ifndef HTML_WHY_H
#define HTML_WHY_H

#include <stdint.h>
#include <stdio.h>

struct inventory; /* inventory/inventory.h */
struct plan;      /* plan/plan.h */

/* "older than allowed: created 2026-01-02 (322 days ago), by cleanup.days_to_keep 30" */
void html_why(const struct inventory *inventory, const struct plan *plan, uint32_t tag, FILE *out);
/* The bit (plan/reason.h) under which a tag that goes for REASONS is counted; PLAN_REASONS: none.
 */
unsigned html_why_counted(uint64_t reasons);
/* That in words: "older than allowed". Static. */
const char *html_why_words(unsigned bit);

#endif
