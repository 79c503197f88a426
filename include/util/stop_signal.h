/* Signals that ask us to stop (INT, TERM, HUP), read from a signalfd in the poll loops. */
#ifndef UTIL_STOP_SIGNAL_H
#define UTIL_STOP_SIGNAL_H

/* Blocks the three signals and opens the descriptor (close-on-exec). Call once, before any child.
 * A HUP that was ignored when we started (nohup) stays ignored. */
void stop_signal_init(void);
/* The descriptor to poll for reading; -1 before stop_signal_init. */
int stop_signal_fd(void);
/* Reads what has arrived (never blocks) and returns how many stop signals came so far: 0, 1, 2, …
 */
unsigned stop_signal_count(void);
/* The first signal that arrived, or 0. */
int stop_signal(void);
/* One signal that has arrived (never blocks), or 0. It is counted nowhere: for who tells them
 * apart, and whose children shall count their own. */
int stop_signal_take(void);
/* In a child between fork and exec: unblocks everything, restores default actions. */
void stop_signal_reset_in_child(void);

#endif
