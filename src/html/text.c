/* The only way in which texts from outside get into a page. */
#include "html/text.h"

#include "html/html.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/printable.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

/* Characters that turn the direction of what follows (Unicode, UAX 9), as UTF-8. */
static size_t direction_length(const char *at)
{
	static const struct {
		const char *first, *last;
	} TURNING[] = {
		{ "\xd8\x9c", "\xd8\x9c" },         /* U+061C */
		{ "\xe2\x80\x8e", "\xe2\x80\x8f" }, /* U+200E and U+200F */
		{ "\xe2\x80\xaa", "\xe2\x80\xae" }, /* U+202A to U+202E */
		{ "\xe2\x81\xa6", "\xe2\x81\xa9" }, /* U+2066 to U+2069 */
	};

	for (size_t i = 0; i < sizeof TURNING / sizeof *TURNING; i++) {
		size_t length = strlen(TURNING[i].first);

		if (strncmp(at, TURNING[i].first, length) >= 0 &&
		    strncmp(at, TURNING[i].last, length) <= 0)
			return length;
	}
	return 0;
}

/* What stands for the character, which would be markup; or NULL. */
static const char *entity(char character)
{
	switch (character) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void html_text(FILE *out, const char *text)
{
	CLEANUP(buf_free) struct buf shown = { 0 };
	const char *at;

	printable_add(&shown, text);
	for (at = buf_string(&shown); *at; at++) {
		const char *instead = entity(*at);
		size_t turning = direction_length(at);

		if (instead)
			fputs(instead, out);
		else if (turning == 0)
			putc(*at, out);
		for (size_t i = 0; i < turning; i++)
			fprintf(out, "\\x%02x", (unsigned char)at[i]);
		at += turning ? turning - 1 : 0;
	}
}

void html_begin_box(FILE *out, const char *label)
{
	fputs("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"", out);
	html_text(out, label);
	fputs("\">", out);
}

void html_name(FILE *out, const char *text)
{
	fputs("<bdi>", out);
	html_text(out, text);
	fputs("</bdi>", out);
}

void html_code(FILE *out, const char *text)
{
	fputs("<code><bdi>", out);
	html_text(out, text);
	fputs("</bdi></code>", out);
}

void html_number(FILE *out, uint64_t number)
{
	char digits[UNITS_SIZE];
	int length = snprintf(digits, sizeof digits, "%" PRIu64, number);

	for (int i = 0; i < length; i++)
		fprintf(out, "%s%c", i > 0 && (length - i) % 3 == 0 ? "," : "", digits[i]);
}

void html_count(FILE *out, uint64_t number, const char *noun)
{
	html_number(out, number);
	fprintf(out, " %s%s", noun, units_s(number));
}

void html_bytes(FILE *out, uint64_t bytes)
{
	char text[UNITS_SIZE];

	char *space;

	if (bytes == HTML_UNKNOWN) {
		fputs("not known", out);
		return;
	}
	space = strchr(units_bytes(bytes, text), ' ');
	if (space)
		*space = '\0';
	fprintf(out, "%s%s%s", text, space ? "&nbsp;" : "", space ? space + 1 : "");
}

#define CELL "<td class=\"n\">"

void html_number_cell(FILE *out, uint64_t number)
{
	fputs(CELL, out);
	html_number(out, number);
	fputs("</td>", out);
}

void html_bytes_cell(FILE *out, uint64_t bytes)
{
	fputs(CELL, out);
	html_bytes(out, bytes);
	fputs("</td>", out);
}

/* LENGTH characters of the local time. */
static void write_time(FILE *out, int64_t seconds, int length)
{
	char utc[TIME_TEXT], local[TIME_TEXT];

	if (!date_known(seconds)) {
		fputs("not known", out);
		return;
	}
	fprintf(out, "<time datetime=\"%s\">%.*s</time>", time_utc(seconds, utc), length,
		time_local(seconds, local));
}

void html_time(FILE *out, int64_t seconds)
{
	write_time(out, seconds, (int)sizeof "2026-01-31 23:59:59" - 1);
}

void html_day(FILE *out, int64_t seconds)
{
	write_time(out, seconds, (int)sizeof "2026-01-31" - 1);
}
