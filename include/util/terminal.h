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

#endif
