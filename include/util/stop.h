/* Signals that ask us to stop (INT, TERM, HUP), read from a signalfd in the poll loops. */
#ifndef UTIL_STOP_H
#define UTIL_STOP_H

/* Blocks the three signals and opens the descriptor (close-on-exec). Call once, before any child.
 * A HUP that was ignored when we started (nohup) stays ignored. */
void stop_init(void);
/* The descriptor to poll for reading; -1 before stop_init. */
int stop_fd(void);
/* Reads what has arrived (never blocks) and returns how many stop signals came so far: 0, 1, 2, …
 */
unsigned stop_count(void);
/* The first signal that arrived, or 0. */
int stop_signal(void);
/* In a child between fork and exec: unblocks everything, restores default actions. */
void stop_reset_in_child(void);

#endif
