/* The same facts under the same names, as JSON and as CSV: one table of what they are. */
#include "history/history.h"
#include "history/show.h"

#include "session/exit_code.h"
#include "util/date.h"
#include "util/time.h"
#include "json/write.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

enum kind { TIME, TEXT, CODE, WORDS, SECONDS, NUMBER, TRUTH };

#define MEMBER(name, kind, field)                                 \
	{                                                         \
		name, kind, offsetof(struct history_entry, field) \
	}

static const struct member {
	const char *name;
	enum kind kind;
	size_t offset;
} MEMBERS[] = {
	MEMBER("started_at", TIME, started_at),
	MEMBER("finished_at", TIME, finished_at),
	MEMBER("command", TEXT, command),
	MEMBER("exit_code", CODE, exit_code),
	MEMBER("outcome", WORDS, exit_code),
	MEMBER("seconds", SECONDS, duration_ms),
	MEMBER("repositories", NUMBER, repositories),
	MEMBER("tags", NUMBER, tags),
	MEMBER("tags_kept", NUMBER, tags_kept),
	MEMBER("tags_deleted", NUMBER, tags_deleted),
	MEMBER("manifests_deleted", NUMBER, manifests_deleted),
	MEMBER("tags_damaged", NUMBER, tags_damaged),
	MEMBER("warnings", NUMBER, warnings),
	MEMBER("errors", NUMBER, errors),
	MEMBER("collected", TRUTH, collected),
	MEMBER("freed_bytes", NUMBER, bytes_freed),
	MEMBER("freed_blobs", NUMBER, blobs_freed),
	MEMBER("storage_bytes", NUMBER, storage_bytes),
	MEMBER("image_bytes", NUMBER, image_bytes),
	MEMBER("garbage_bytes", NUMBER, garbage_bytes),
	MEMBER("untagged_bytes", NUMBER, untagged_bytes),
	MEMBER("trash_bytes", NUMBER, trash_bytes),
	MEMBER("file_system_free", NUMBER, free_bytes),
};
#define MEMBER_COUNT (sizeof MEMBERS / sizeof *MEMBERS)

static const void *field(const struct member *member, const struct history_entry *entry)
{
	return (const char *)entry + member->offset;
}

static uint64_t number_of(const struct member *member, const struct history_entry *entry)
{
	return *(const uint64_t *)field(member, entry);
}

/* Plain text: words have no quotes in them. Nothing where it is not known. */
static void put_plain(const struct member *member, const struct history_entry *entry, FILE *out)
{
	char text[TIME_TEXT];
	uint64_t number = member->kind >= SECONDS ? number_of(member, entry) : 0;

	if (number == HISTORY_UNKNOWN)
		return;
	switch (member->kind) {
	case TIME:
		fputs(time_utc(*(const int64_t *)field(member, entry), text), out);
		break;
	case TEXT:
		fputs(field(member, entry), out);
		break;
	case CODE:
		fprintf(out, "%d", *(const int *)field(member, entry));
		break;
	case WORDS:
		fputs(exit_code_words(*(const int *)field(member, entry)), out);
		break;
	case SECONDS:
		fprintf(out, "%" PRIu64 ".%03" PRIu64, number / 1000, number % 1000);
		break;
	case NUMBER:
		fprintf(out, "%" PRIu64, number);
		break;
	case TRUTH:
		fputs(number ? "true" : "false", out);
		break;
	}
}

static void put_json(const struct member *member, const struct history_entry *entry, FILE *out)
{
	bool quoted = member->kind == TEXT || member->kind == WORDS;

	fprintf(out, "\"%s\": ", member->name);
	if (member->kind == TIME) {
		json_write_time(out, *(const int64_t *)field(member, entry));
		return;
	}
	if (member->kind >= SECONDS && number_of(member, entry) == HISTORY_UNKNOWN) {
		fputs("null", out);
		return;
	}
	fputs(quoted ? "\"" : "", out);
	put_plain(member, entry, out);
	fputs(quoted ? "\"" : "", out);
}

void history_json(const struct history_view *view, FILE *out)
{
	const struct history *history = view->history;

	fputs("{ \"version\": 1, \"registry\": ", out);
	json_write_string(out, view->registry);
	fprintf(out, ", \"damaged_lines\": %zu, \"runs\": [", history->damaged);
	for (size_t i = view->first; i < history->count; i++) {
		fputs(i > view->first ? ",\n{ " : "\n{ ", out);
		for (size_t m = 0; m < MEMBER_COUNT; m++) {
			fputs(m ? ", " : "", out);
			put_json(&MEMBERS[m], &history->entries[i], out);
		}
		fputs(" }", out);
	}
	fputs(history->count > view->first ? "\n] }\n" : "] }\n", out);
}

/* Words may have a comma in them. */
static void put_csv(const struct member *member, const struct history_entry *entry, FILE *out)
{
	fputs(member->kind == WORDS ? "\"" : "", out);
	put_plain(member, entry, out);
	fputs(member->kind == WORDS ? "\"" : "", out);
}

void history_csv(const struct history_view *view, FILE *out)
{
	for (size_t m = 0; m < MEMBER_COUNT; m++)
		fprintf(out, "%s%s", m ? "," : "", MEMBERS[m].name);
	fputs("\r\n", out);
	for (size_t i = view->first; i < view->history->count; i++) {
		for (size_t m = 0; m < MEMBER_COUNT; m++) {
			fputs(m ? "," : "", out);
			put_csv(&MEMBERS[m], &view->history->entries[i], out);
		}
		fputs("\r\n", out);
	}
}
