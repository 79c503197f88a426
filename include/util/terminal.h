/* What a descriptor's terminal can show. */
#ifndef UTIL_TERMINAL_H
#define UTIL_TERMINAL_H

#include <stdbool.h>

/* All zero: no terminal, only plain text. */
struct terminal {
	unsigned width; /* columns; 0: no terminal, or one that can do nothing (TERM=dumb) */
	bool utf8;      /* the locale's text is UTF-8 */
	bool color;     /* escape codes for colours are wanted (NO_COLOR is not set) */
};

struct terminal terminal_of(int fd);
/* Whether the locale's text is UTF-8, wherever it goes. */
bool terminal_utf8(void);
/* How many columns what is written to FD may have: COLUMNS where that is given, else those of the
 * terminal. 0: it is none. */
unsigned terminal_width(int fd);

#endif
