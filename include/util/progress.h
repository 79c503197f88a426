/* What is being done, how far, and for how long: one row on the terminal (log_row). */
#ifndef UTIL_PROGRESS_H
#define UTIL_PROGRESS_H

#include <stdint.h>

/* Shows what is being done, at most ten times a second. What is before the first colon of
 * FORMAT names the phase, as it stands there; from its third second on the row says how long it
 * takes. */
void progress(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The phase is over, and its row is wiped. */
void progress_end(void);

/* A loop that waits asks for how long it may, of MS milliseconds or without an end (-1), and calls
 * progress_tick when it has waited: so the row goes on to count, and is there again after a line of
 * the log. */
int progress_wait(int ms);
void progress_tick(void);

#endif
