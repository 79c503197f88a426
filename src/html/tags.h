/* Tables of tags, a part that folds for each repository. */
#ifndef HTML_TAGS_H
#define HTML_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct inventory; /* inventory/inventory.h */
struct plan;      /* plan/plan.h */

#define HTML_TAGS_ROWS   2000 /* in all tables of one list together */
#define HTML_TAGS_GROUPS 500  /* repositories that are named in one */

/* All is borrowed. */
struct html_tags {
	const struct inventory *inventory;
	const struct plan *plan;
	const uint64_t *alone; /* as INVENTORY's tags: bytes; NULL: not known, and no column */
	/* As INVENTORY's tags, enum tag_status, and which of them are meant (bit N: status N);
	 * NULL: those that go by PLAN. */
	const uint8_t *status;
	unsigned wanted;
	bool tells_fate;     /* for those that were to go, and stay: by STATUS */
	const char *caption; /* of each table, before the name of its repository */
};

/* How many there are. */
size_t html_tags_count(const struct html_tags *tags);
/* Writes them: rows for so many that the page stays bounded, and for the others how many they are
 * and why they are there. */
void html_tags_write(const struct html_tags *tags, FILE *out);

#endif
