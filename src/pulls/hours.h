/* In which hours a log has a line. Pure. For src/pulls only. */
#ifndef PULLS_HOURS_H
#define PULLS_HOURS_H

#include <stdint.h>

#define HOURS_COUNT (INT64_C(10) * 366 * 24) /* ten years; what is older says nothing */

struct hours {
	int64_t first; /* the hour since 1970 of bit 0 */
	uint8_t bits[HOURS_COUNT / 8 + 1];
};

/* Ends at NOW, seconds since 1970. */
struct hours *hours_new(int64_t now);
void hours_mark(struct hours *hours, int64_t time);

/* Going back from NOW, the time since which no silence was longer than SILENCE hours: FROM, where
 * that holds since then (there was a line), or the end of the hour of the first line behind the
 * last such silence; DATE_ABSENT: there is none. *SILENT gets the hours of that silence, 0: before
 * it was nothing. FROM may be DATE_ABSENT: nothing is known of a line before. */
int64_t hours_whole_since(const struct hours *hours, int64_t now, int64_t from, int silence,
			  int64_t *silent);

#endif
