/* Lines of cells that stand below each other, and bars behind them where a terminal shows them. */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include "util/terminal.h"

#include <stdint.h>
#include <stdio.h>

#define TABLE_UNKNOWN UINT64_MAX /* a number that is not known: "-" */
#define TABLE_BYTES   8          /* columns of a number of bytes */

/* NAME, the first column, is as wide as the longest name unless a terminal has no room for that. */
struct table {
	FILE *out;
	struct terminal terminal;
	unsigned name_width;
	unsigned others;    /* columns of all cells but the name and the bar */
	unsigned bar_width; /* 0: no bars */
	uint64_t largest;   /* what a whole bar stands for */
	unsigned spaces;    /* that are due before the next text of this line */
};

/* NAME_WIDTH: of the longest name. OTHERS: the columns of all other cells, the two in front of each
 * included. */
struct table table_new(FILE *out, struct terminal terminal, unsigned name_width, unsigned others);

/* The first cell of a line; what is no printable ASCII becomes '?'. */
void table_name(struct table *table, const char *name);
/* A cell that is WIDTH columns wide: text to the left, numbers to the right. */
void table_text(struct table *table, const char *text, unsigned width);
void table_title(struct table *table, const char *title, unsigned width); /* to the right */
void table_count(struct table *table, uint64_t count, unsigned width);
void table_bytes(struct table *table, uint64_t bytes);
/* The last cell: a bar in two tones. */
void table_bar(struct table *table, uint64_t dark, uint64_t light);
/* The same as a title that tells what the tones are. */
void table_legend(struct table *table, const char *dark, const char *light);
void table_end(struct table *table);
/* A line across all cells, without the bars. */
void table_rule(struct table *table);
/* Text between these two is bold, on a terminal with colours. */
void table_bold(struct table *table, bool on);

/* How many columns the number takes. */
unsigned table_digits(uint64_t count);

#endif
