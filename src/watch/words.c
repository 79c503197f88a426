/* The schedule and ends of runs, in words. */
#include "watch/words.h"

#include "session/exit_code.h"
#include "util/buf.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <string.h>

char *words_what(bool rules, const struct string_list *jobs)
{
	struct buf text = { 0 };

	if (rules)
		return xstrdup("all rules");
	buf_format(&text, "the job%s ", jobs->count == 1 ? "" : "s");
	for (size_t i = 0; i < jobs->count; i++)
		buf_format(&text, "%s%s", i > 0 ? ", " : "", jobs->items[i]);
	return text.data;
}

static const char *why(const struct schedule_due *due)
{
	if (due->kind == LOCAL_TIME_SKIPPED)
		return ", as clocks are put forward over watch.at on that day";
	if (due->kind == LOCAL_TIME_TWICE)
		return ", the first of the two times that it is watch.at on that day";
	return "";
}

char *words_next(const struct schedule *schedule, const struct schedule_due *due)
{
	CLEANUP(string_list_clear) struct string_list jobs = { 0 };
	CLEANUP(free_p) char *what = NULL;
	char at[TIME_TEXT];

	if (due->at == INT64_MAX)
		return xstrdup("none");
	schedule_due_jobs(schedule, due->at, &jobs);
	what = words_what(due->rules, &jobs);
	return xasprintf("%s at %s%s", what, time_local(due->at, at), why(due));
}

char *words_end(int code, int signal)
{
	if (signal)
		return xasprintf("killed by signal %d (%s)", signal, strsignal(signal));
	return xasprintf("exit code %d (%s)", code, exit_code_words(code));
}
