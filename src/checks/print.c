/* Answers for people, and for programs. */
#include "checks/checks.h"

#include "util/buf.h"
#include "util/printable.h"
#include "util/terminal.h"
#include "json/write.h"

#include <inttypes.h>
#include <stdint.h>

#define DETAILS 5 /* lines below one answer */

static const char *const MARKS[][2] = {
	[CHECK_OK] = { "ok", "✓" },
	[CHECK_TROUBLE] = { "NO", "✗" },
	[CHECK_NOT_ASKED] = { "- ", "–" },
};

static const char *const NAMES[] = {
	[CHECK_OK] = "ok",
	[CHECK_TROUBLE] = "trouble",
	[CHECK_NOT_ASKED] = "not_asked",
};

/* What the registry or a file said may hold control characters. */
static void print_printable(FILE *out, const char *text)
{
	struct buf shown = { 0 };

	printable_add(&shown, text);
	fputs(buf_string(&shown), out);
	buf_free(&shown);
}

static void print_details(const struct check_answer *answer, FILE *out)
{
	for (size_t i = 0; i < answer->detail_count && i < DETAILS; i++) {
		fputs("     ", out);
		print_printable(out, answer->details[i]);
		fputc('\n', out);
	}
	if (answer->detail_count > DETAILS)
		fprintf(out, "     and %zu more\n", answer->detail_count - DETAILS);
}

static void print_line(const struct check_answer *answer, bool utf8, FILE *out)
{
	fprintf(out, "%s %s", MARKS[answer->verdict][utf8], answer->question);
	if (answer->said.msg[0]) {
		fputs(": ", out);
		print_printable(out, answer->said.msg);
	}
	fputc('\n', out);
	if (answer->verdict != CHECK_NOT_ASKED)
		print_details(answer, out);
}

static size_t count(const struct checks_view *view, enum check_verdict verdict)
{
	size_t found = 0;

	for (size_t i = 0; i < view->count; i++)
		found += view->answers[i].verdict == verdict;
	return found;
}

void checks_print_text(const struct checks_view *view, struct terminal terminal, FILE *out)
{
	for (size_t i = 0; i < view->count; i++)
		print_line(&view->answers[i], terminal.utf8, out);
	fprintf(out, "%zu ok, %zu to mend, %zu not asked\n", count(view, CHECK_OK),
		count(view, CHECK_TROUBLE), count(view, CHECK_NOT_ASKED));
}

static void write_answer(const struct check_answer *answer, FILE *out)
{
	fputs("    { \"name\": ", out);
	json_write_string(out, answer->name);
	fputs(", \"question\": ", out);
	json_write_string(out, answer->question);
	fputs(", \"verdict\": ", out);
	json_write_string(out, NAMES[answer->verdict]);
	fputs(", \"text\": ", out);
	json_write_string(out, answer->said.msg);
	fputs(", \"details\": [", out);
	for (size_t i = 0; i < answer->detail_count; i++) {
		fputs(i ? ", " : "", out);
		json_write_string(out, answer->details[i]);
	}
	fputs("] }", out);
}

void checks_print_json(const struct checks_view *view, FILE *out)
{
	fputs("{\n  \"version\": 1,\n  \"registry\": ", out);
	json_write_string(out, view->registry);
	fprintf(out, ",\n  \"exit_code\": %d,\n  \"checks\": [\n", view->exit_code);
	for (size_t i = 0; i < view->count; i++) {
		write_answer(&view->answers[i], out);
		fputs(i + 1 < view->count ? ",\n" : "\n", out);
	}
	fputs("  ]\n}\n", out);
}
