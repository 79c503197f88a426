/* One reading of a list, page by page, and whether two agree: pure. Private to src/scaleway. */
#ifndef SCALEWAY_READING_H
#define SCALEWAY_READING_H

#include "scaleway/page.h"

#define READING_PAGE_SIZE 100 /* what is asked for; the most that the API gives */
#define READING_FAULT     256

struct strtab;

/* Zero-initialised is none. */
struct scaleway_reading {
	struct scaleway_object *items;
	size_t count, capacity;
	struct strtab *ids; /* item N has number N */
	struct strtab *names;
	int64_t total; /* what the pages tell; -1: nothing so far */
};

void scaleway_reading_begin(struct scaleway_reading *reading);
void scaleway_reading_clear(struct scaleway_reading *reading);
/* Takes the entries of PAGE, the next one. True: it goes on with another page. False: it is at its
 * end, good where FAULT stays "". */
bool scaleway_reading_add(struct scaleway_reading *reading, struct scaleway_page *page,
			  char fault[READING_FAULT]);
/* True when both have the same entries, unchanged, in any order; otherwise WHY says what differs.
 */
bool scaleway_reading_same(const struct scaleway_reading *a, const struct scaleway_reading *b,
			   char why[READING_FAULT]);

#endif
