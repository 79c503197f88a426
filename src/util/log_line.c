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

/* Bytes of a message for syslog: most daemons take 8 KiB of a line. */
#define SYSLOG_MESSAGE 7168
#define DAEMON         (3 << 3) /* the facility (RFC 5424, 6.2.1) */

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

/* Whole characters of MESSAGE, and that it was cut; NULL: it fits. The caller's. */
static char *cut(const char *message)
{
	size_t length = SYSLOG_MESSAGE;

	if (strnlen(message, length + 1) <= length)
		return NULL;
	while (length > 0 && ((unsigned char)message[length] & 0xc0) == 0x80)
		length--;
	return xasprintf("%.*s ...", (int)length, message);
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

void log_line_add(struct buf *out, const struct log_line *line, enum log_place place, bool json)
{
	struct log_line fitting = *line;
	CLEANUP(free_p) char *shorter = place == LOG_PLACE_SYSLOG ? cut(line->message) : NULL;
	int severity = LEVELS[line->level].severity;
	char now[TIME_TEXT];

	if (shorter)
		fitting.message = shorter;
	if (place == LOG_PLACE_JOURNAL)
		buf_format(out, "<%d>", severity);
	else if (place == LOG_PLACE_SYSLOG)
		buf_format(out, "<%d>%s clean-registry[%d]: ", DAEMON | severity,
			   time_syslog(line->at_ms / 1000, now), (int)getpid());
	if (json)
		add_object(out, &fitting);
	else
		add_text(out, &fitting, place);
	if (place != LOG_PLACE_SYSLOG)
		buf_text(out, "\n");
}
