/* Writes cells one after the other. Spaces are written only before something else, so that no line
 * ends with them. */
#include "report/table.h"

#include "util/units.h"

#include <inttypes.h>
#include <string.h>

#define NAME_LEAST 17 /* columns that a name gets if it needs them, however narrow the terminal */
#define BAR_LEAST  8  /* fewer say nothing */
#define BAR_MOST   60
#define BAR_COLOR  "\033[36m"
#define BOLD       "\033[1m"
#define PLAIN      "\033[0m"
#define EIGHTHS    8 /* of a column: what a bar's end is exact to */

struct table table_new(FILE *out, struct terminal terminal, unsigned name_width, unsigned others)
{
	struct table table = {
		.out = out, .terminal = terminal, .name_width = name_width, .others = others
	};
	/* Columns left for a name, the gap and a bar; the last column stays free. */
	unsigned room = terminal.width > others + 1 ? terminal.width - others - 1 : 0;
	unsigned for_name = room > 2 + BAR_LEAST ? room - 2 - BAR_LEAST : 0;

	if (terminal.width == 0)
		return table;
	if (for_name < NAME_LEAST)
		for_name = NAME_LEAST;
	if (table.name_width > for_name)
		table.name_width = for_name;
	if (room >= table.name_width + 2 + BAR_LEAST)
		table.bar_width = room - table.name_width - 2;
	if (table.bar_width > BAR_MOST)
		table.bar_width = BAR_MOST;
	return table;
}

static void put_spaces(struct table *table)
{
	if (table->spaces > 0)
		fprintf(table->out, "%*s", (int)table->spaces, "");
	table->spaces = 0;
}

static void put(struct table *table, const char *text)
{
	if (!*text)
		return;
	put_spaces(table);
	fputs(text, table->out);
}

static void put_times(struct table *table, const char *text, unsigned times)
{
	while (times-- > 0)
		put(table, text);
}

static void put_printable(struct table *table, const char *text, size_t length)
{
	put_spaces(table);
	for (size_t i = 0; i < length; i++)
		putc(text[i] >= ' ' && text[i] <= '~' ? text[i] : '?', table->out);
}

void table_name(struct table *table, const char *name)
{
	size_t length = strlen(name);

	if (length <= table->name_width) {
		put_printable(table, name, length);
		table->spaces += table->name_width - (unsigned)length;
		return;
	}
	/* The end of a long name tells more than its beginning. */
	put(table, table->terminal.utf8 ? "…" : "~");
	put_printable(table, name + length - (table->name_width - 1), table->name_width - 1);
}

void table_text(struct table *table, const char *text, unsigned width)
{
	unsigned length = (unsigned)strlen(text);

	table->spaces += 2;
	put(table, text);
	table->spaces += width > length ? width - length : 0;
}

void table_title(struct table *table, const char *title, unsigned width)
{
	unsigned length = (unsigned)strlen(title);

	table->spaces += 2 + (width > length ? width - length : 0);
	put(table, title);
}

void table_count(struct table *table, uint64_t count, unsigned width)
{
	char text[UNITS_SIZE];

	snprintf(text, sizeof text, "%" PRIu64, count);
	table_title(table, count == TABLE_UNKNOWN ? "-" : text, width);
}

/* "1.5 KiB" and " 71 B  ": units stand below each other, too. */
void table_bytes(struct table *table, uint64_t bytes)
{
	char text[UNITS_SIZE];
	const char *unit = NULL;

	if (bytes == TABLE_UNKNOWN) {
		table_title(table, "-", TABLE_BYTES);
		return;
	}
	unit = strchr(units_bytes(bytes, text), ' ');
	table_title(table, text, TABLE_BYTES - 3 + (unsigned)strlen(unit + 1));
	table->spaces += 3 - (unsigned)strlen(unit + 1);
}

/* How much of the whole bar VALUE is. */
static unsigned eighths(const struct table *table, uint64_t value)
{
	double part = table->largest ? (double)value / (double)table->largest : 0;

	return (unsigned)((part < 1 ? part : 1) * table->bar_width * EIGHTHS + 0.5);
}

/* Returns how many columns it took. */
static unsigned put_dark(struct table *table, uint64_t value)
{
	static const char *const PARTS[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	unsigned length = eighths(table, value);

	if (!table->terminal.utf8) {
		put_times(table, "#", (length + EIGHTHS / 2) / EIGHTHS);
		return (length + EIGHTHS / 2) / EIGHTHS;
	}
	/* Anything above zero gets at least one character. */
	if (value > 0 && length == 0)
		length = 1;
	put_times(table, "█", length / EIGHTHS);
	put(table, PARTS[length % EIGHTHS]);
	return (length + EIGHTHS - 1) / EIGHTHS;
}

void table_bar(struct table *table, uint64_t dark, uint64_t light)
{
	uint64_t both = dark + light < dark ? UINT64_MAX : dark + light;
	unsigned end = (eighths(table, both) + EIGHTHS / 2) / EIGHTHS, length = 0;

	if (table->bar_width == 0 || both == 0)
		return;
	table->spaces += 2;
	if (table->terminal.color)
		put(table, BAR_COLOR);
	length = put_dark(table, dark);
	put_times(table, table->terminal.utf8 ? "░" : ".", end > length ? end - length : 0);
	if (table->terminal.color)
		put(table, PLAIN);
}

void table_legend(struct table *table, const char *dark, const char *light)
{
	const char *blocks[] = { table->terminal.utf8 ? "█ " : "# ",
				 table->terminal.utf8 ? " ░ " : " . " };

	/* "█ " and " ░ " are five columns. */
	if (table->bar_width < 5 + strlen(dark) + strlen(light))
		return;
	table->spaces += 2;
	put(table, blocks[0]);
	put(table, dark);
	put(table, blocks[1]);
	put(table, light);
}

void table_end(struct table *table)
{
	table->spaces = 0;
	putc('\n', table->out);
}

void table_rule(struct table *table)
{
	put_times(table, table->terminal.width && table->terminal.utf8 ? "─" : "-",
		  table->name_width + table->others);
	table_end(table);
}

void table_bold(struct table *table, bool on)
{
	if (table->terminal.color)
		fputs(on ? BOLD : PLAIN, table->out);
}

unsigned table_digits(uint64_t count)
{
	unsigned digits = 1;

	for (; count >= 10; count /= 10)
		digits++;
	return digits;
}
