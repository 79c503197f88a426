/* Texts from elsewhere are made printable first, so that in JSON only quotes and backslashes are
 * left to be escaped. */
#include "util/log_line.h"

#include "util/buf.h"
#include "util/printable.h"
#include "util/secrets.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* Bytes of a line for syslog, as it is sent: most daemons take 8 KiB of one. */
#define SYSLOG_LINE 7168
#define DAEMON      (3 << 3) /* the facility (RFC 5424, 6.2.1) */

static const struct {
	const char *word; /* in lines of text */
	const char *name; /* in JSON */
	int severity;     /* RFC 5424, 6.2.1 */
} LEVELS[] = {
	[LOG_LEVEL_DEBUG] = { "DEBUG", "debug", 7 },
	[LOG_LEVEL_INFO] = { "INFO", "info", 6 },
	[LOG_LEVEL_WARNING] = { "WARNING", "warning", 4 },
	[LOG_LEVEL_ERROR] = { "ERROR", "error", 3 },
};

/* The local time, worked out once a second. */
static const char *time_text(int64_t seconds)
{
	static char text[TIME_TEXT];
	static int64_t known = -1;

	if (seconds != known)
		time_local(seconds, text);
	known = seconds;
	return text;
}

/* At most LENGTH bytes of MESSAGE, whole characters, and that it was cut. The caller's. */
static char *cut(const char *message, size_t length)
{
	size_t whole = length;

	/* A character has at most three bytes that go on with it; more are none. */
	while (whole > 0 && length - whole < 3 && ((unsigned char)message[whole] & 0xc0) == 0x80)
		whole--;
	return xasprintf("%.*s ...", (int)whole, message);
}

static void add_string(struct buf *out, const char *text)
{
	CLEANUP(buf_free) struct buf plain = { 0 };

	printable_add(&plain, text);
	buf_text(out, "\"");
	for (const char *at = buf_string(&plain); *at;) {
		size_t length = strcspn(at, "\"\\");

		buf_add(out, at, length);
		at += length;
		if (*at)
			buf_format(out, "\\%c", *at++);
	}
	buf_text(out, "\"");
}

static void add_field(struct buf *out, const struct log_field *field)
{
	CLEANUP(free_p) char *text = field->text ? secrets_masked(field->text) : NULL;

	buf_format(out, ",\"%s\":", field->name);
	if (text)
		add_string(out, text);
	else
		buf_format(out, "%" PRIu64, field->number);
}

static void add_object(struct buf *out, const struct log_line *line)
{
	char text[TIME_TEXT];

	buf_format(out, LOG_JSON_BEGIN "%s\",\"level\":\"%s\",\"pid\":%d",
		   time_offset(line->at_ms, text), LEVELS[line->level].name, (int)getpid());
	if (line->name) {
		buf_text(out, ",\"registry\":");
		add_string(out, line->name);
	}
	buf_text(out, ",\"message\":");
	add_string(out, line->message);
	for (const struct log_field *field = line->about; field && field->name; field++)
		add_field(out, field);
	if (line->cut)
		buf_text(out, ",\"cut\":true");
	buf_text(out, "}");
}

static void add_text(struct buf *out, const struct log_line *line, enum log_place place)
{
	if (place == LOG_PLACE_FILE || place == LOG_PLACE_STREAM)
		buf_format(out, "%s ", time_text(line->at_ms / 1000));
	buf_format(out, "[%s] ", LEVELS[line->level].word);
	if (line->name && (place == LOG_PLACE_FILE || place == LOG_PLACE_SYSLOG))
		printable_add(out, line->name), buf_text(out, ": ");
	printable_add(out, line->message);
}

static void add_line(struct buf *out, const struct log_line *line, enum log_place place, bool json)
{
	int severity = LEVELS[line->level].severity;
	char now[TIME_TEXT];

	if (place == LOG_PLACE_JOURNAL)
		buf_format(out, "<%d>", severity);
	else if (place == LOG_PLACE_SYSLOG)
		buf_format(out, "<%d>%s clean-registry[%d]: ", DAEMON | severity,
			   time_syslog(line->at_ms / 1000, now), (int)getpid());
	if (json)
		add_object(out, line);
	else
		add_text(out, line, place);
	if (place != LOG_PLACE_SYSLOG)
		buf_text(out, "\n");
}

/* OUT becomes LINE for syslog with LENGTH bytes of its message; whether that fits. */
static bool fits(struct buf *out, const struct log_line *line, size_t length, bool json)
{
	struct log_line shorter = *line;
	CLEANUP(free_p) char *message = cut(line->message, length);

	shorter.message = message;
	shorter.cut = true;
	buf_clear(out);
	add_line(out, &shorter, LOG_PLACE_SYSLOG, json);
	return out->length <= SYSLOG_LINE;
}

/* How long a text is once it is escaped is known when it is; so the longest message that fits is
 * searched for. What a line is about is left out where that alone is too long. */
static void add_cut(struct buf *out, const struct log_line *line, bool json)
{
	struct log_line bare = *line;
	size_t least = 0, most = strnlen(line->message, SYSLOG_LINE);

	if (!fits(out, &bare, 0, json))
		bare.about = NULL;
	while (least < most) {
		size_t middle = most - (most - least) / 2;

		if (fits(out, &bare, middle, json))
			least = middle;
		else
			most = middle - 1;
	}
	(void)fits(out, &bare, least, json);
}

void log_line_add(struct buf *out, const struct log_line *line, enum log_place place, bool json)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	add_line(&text, line, place, json);
	if (place == LOG_PLACE_SYSLOG && text.length > SYSLOG_LINE)
		add_cut(&text, line, json);
	buf_add(out, text.data, text.length);
}
