/* What people read first, in a few lines. */
#include "notify/message.h"

#include "apply/apply.h"
#include "apply_scaleway/namespaces.h"
#include "config/config.h"
#include "inventory/inventory.h"
#include "notify/event.h"
#include "report/run_json.h"
#include "report/space.h"
#include "session/exit_code.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/messages.h"
#include "util/printable.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define LINE_MOST 500 /* bytes of one error or warning */

static const struct outcome NOTHING = { 0 };

static const struct outcome *outcome_of(const struct report *report)
{
	return report->outcome ? report->outcome : &NOTHING;
}

/* Of Scaleway's registry. */
static size_t namespaces_deleted(const struct report *report)
{
	return report->namespaces ? report->namespaces->deleted : 0;
}

bool message_changed(const struct report *report)
{
	const struct outcome *outcome = outcome_of(report);
	const struct report_native *native = &report->native;

	return outcome->tags_deleted > 0 || outcome->manifests_deleted > 0 ||
	       report->gc.blobs_deleted > 0 || namespaces_deleted(report) > 0 ||
	       report->repositories_removed.count > 0 || native->detached.count > 0 ||
	       native->moved.count > 0 || native->freed.count > 0;
}

size_t message_cut(const char *text, size_t most)
{
	size_t length = strnlen(text, most + 1);

	if (length <= most)
		return length;
	for (length = most; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80;)
		length--;
	return length;
}

static void add_part(struct buf *parts, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add_part(struct buf *parts, const char *format, ...)
{
	CLEANUP(free_p) char *part = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&part, format, arguments) < 0)
		die_internal("a part of a message cannot be written");
	va_end(arguments);
	buf_format(parts, "%s%s", parts->length ? ", " : "", part);
}

/* Seen in the folder, or from what the collector said that it removed. */
static void add_freed(const struct report *report, struct buf *parts)
{
	struct report_space freed = report_freed(report);
	char size[UNITS_SIZE];

	if (freed.bytes != MEASURE_UNKNOWN)
		add_part(parts, "%s%s freed", freed.at_least ? "at least " : "",
			 units_bytes(freed.bytes, size));
}

static void add_verified(const struct report *report, struct buf *parts)
{
	const struct verify_result *result = &report->verification;

	if (!report->verified)
		return;
	add_part(parts, "%zu tag%s whole", result->whole, units_s(result->whole));
	if (result->damaged)
		add_part(parts, "%zu damaged", result->damaged);
	if (result->unverified)
		add_part(parts, "%zu could not be verified", result->unverified);
}

/* What was done, in one line. */
static void add_done(const struct report *report, struct buf *parts)
{
	const struct outcome *outcome = outcome_of(report);
	size_t removed = report->repositories_removed.count;
	size_t spaces = namespaces_deleted(report);

	if (message_changed(report)) {
		if (outcome->tags_deleted || outcome->manifests_deleted)
			add_part(parts, "%zu tag%s deleted", outcome->tags_deleted,
				 units_s(outcome->tags_deleted));
		add_freed(report, parts);
		if (removed)
			add_part(parts, "%zu empty repositor%s removed", removed,
				 removed == 1 ? "y" : "ies");
		if (spaces)
			add_part(parts, "%zu empty namespace%s deleted", spaces, units_s(spaces));
		if (parts->length == 0)
			add_part(parts, "layers collected");
	} else if (report->inventory) {
		add_part(parts, "nothing was deleted");
	}
}

static const char *host_of(const struct report *report)
{
	const char *url = report->config->registry.url, *scheme = strstr(url, "://");

	return scheme ? scheme + 3 : url;
}

static char *make_subject(const struct report *report, const struct notify_message *message)
{
	CLEANUP(buf_free) struct buf parts = { 0 };
	const char *words = exit_code_words(report->exit_code);

	if (message->trouble)
		return xasprintf("clean-registry: %s: %s FAILED with exit code %d: %s",
				 host_of(report), report->command, report->exit_code, words);
	if (!event_counts(report->exit_code))
		return xasprintf("clean-registry: %s: %s did nothing (exit code %d): %s",
				 host_of(report), report->command, report->exit_code, words);
	add_done(report, &parts);
	add_verified(report, &parts);
	if (parts.length == 0)
		add_part(&parts, "%s ended well", report->command);
	return xasprintf("clean-registry: %s: %s%s%s", host_of(report),
			 message->recovered ? report->command : "",
			 message->recovered ? " works again: " : "", buf_string(&parts));
}

static void add_message(struct buf *text, const struct message *message)
{
	CLEANUP(buf_free) struct buf line = { 0 };
	size_t length;

	printable_add(&line, message->text);
	length = message_cut(buf_string(&line), LINE_MOST);
	buf_format(text, "%s: %.*s%s\n", message->is_error ? "ERROR" : "WARNING", (int)length,
		   buf_string(&line), length < line.length ? " ..." : "");
}

/* Errors first: what is cut off are warnings. */
static void add_messages(struct buf *text, const char *log_file)
{
	const struct messages *messages = log_messages();
	size_t all = messages->errors + messages->warnings, told = 0;

	if (all > 0)
		buf_text(text, "\n");
	for (int errors = 1; errors >= 0; errors--) {
		for (size_t i = 0; i < messages->count && told < MESSAGE_LINES; i++) {
			if (messages->items[i].is_error != (errors == 1))
				continue;
			add_message(text, &messages->items[i]);
			told++;
		}
	}
	if (all > told)
		buf_format(text, "and %zu more%s%s\n", all - told, *log_file ? ": see " : "",
			   log_file);
}

static void add_times(struct buf *text, const struct report *report)
{
	char began[TIME_TEXT], took[UNITS_SIZE];

	buf_format(text, "began:     %s, took %s\n", time_local(report->started_at, began),
		   units_duration(report->seconds, took));
}

static void add_tags(struct buf *text, const struct report *report)
{
	const struct outcome *outcome = outcome_of(report);
	struct report_counts counts;

	if (!report->inventory || !report->plan)
		return;
	report_count(report, &counts);
	buf_format(text,
		   "tags:      %zu deleted, %zu kept, %zu failed, %zu changed meanwhile, %zu left "
		   "for later\n",
		   outcome->tags_deleted, counts.kept, outcome->tags_failed, outcome->tags_changed,
		   outcome->tags_planned);
}

static void add_line(struct buf *text, const char *name, const struct buf *parts)
{
	if (parts->length)
		buf_format(text, "%-10s %s\n", name, buf_string(parts));
}

static char *make_text(const struct report *report, const char *why)
{
	CLEANUP(buf_free) struct buf done = { 0 }, verified = { 0 }, reason = { 0 };
	struct buf text = { 0 };
	char host[256] = "";

	if (gethostname(host, sizeof host - 1) != 0)
		snprintf(host, sizeof host, "this host");
	buf_format(&text, "registry:  %s\ncommand:   %s, on %s\n", report->config->registry.url,
		   report->command, host);
	add_times(&text, report);
	buf_format(&text, "exit code: %d (%s)\n", report->exit_code,
		   exit_code_words(report->exit_code));
	add_done(report, &done);
	add_line(&text, "done:", &done);
	add_tags(&text, report);
	add_verified(report, &verified);
	add_line(&text, "verified:", &verified);
	if (why) {
		printable_add(&reason, why);
		add_line(&text, "why:", &reason);
	}
	add_messages(&text, report->config->log.file);
	return text.data;
}

void message_make(struct notify_message *message, const struct report *report, unsigned kinds,
		  const char *why)
{
	message->trouble = kinds >> NOTIFY_TROUBLE & 1;
	message->recovered = kinds >> NOTIFY_RECOVERY & 1;
	message->subject = make_subject(report, message);
	message->text = make_text(report, why);
}

void message_clear(struct notify_message *message)
{
	free(message->subject);
	free(message->text);
	report_file_close(&message->whole);
	report_file_close(&message->brief);
	*message = (struct notify_message){ .whole = REPORT_FILE_NONE, .brief = REPORT_FILE_NONE };
}
