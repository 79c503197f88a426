/* A child that reads a file: however it reads, or does not, nobody waits for it to. */
#include "notify/command.h"

#include "config/config.h"
#include "notify/deadline.h"
#include "notify/message.h"
#include "util/file.h"
#include "util/log.h"
#include "util/proc.h"
#include "util/secrets.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

#define WATCH_MS  200
#define SAID_MOST 200 /* bytes of what it complains of */

struct watch {
	struct deadline *deadline;
	char said[SAID_MOST + 1]; /* the first line that it wrote */
};

static bool has_time(void *ctx)
{
	const struct watch *watch = ctx;

	return deadline_left(watch->deadline) > 0;
}

static void take_line(void *ctx, const char *line, size_t length)
{
	struct watch *watch = ctx;

	CLEANUP(free_p) char *whole = NULL;

	if (*watch->said || length == 0)
		return;
	/* Before it is cut. */
	whole = xstrndup(line, length);
	secrets_mask(whole);
	snprintf(watch->said, sizeof watch->said, "%s", whole);
}

static int failed(const struct proc_result *result, const struct watch *watch, struct err *err)
{
	char words[128];

	if (result->end == PROC_TIMEOUT || result->end == PROC_ABANDONED)
		return err_set(err, ERR_IO, "%s",
			       deadline_words(watch->deadline, words, sizeof words));
	proc_describe(result, 0, words, sizeof words);
	return err_set(err, ERR_IO, "%s%s%s", words, *watch->said ? ": " : "", watch->said);
}

int command_run(const struct string_list *argv, int file, const struct notify_message *message,
		struct err *err)
{
	struct watch watch = { .deadline = message->deadline };
	struct proc_result result = { 0 };
	struct proc_options options = {
		.argv = (const char *const *)argv->items,
		.input_file = file,
		.on_stderr = take_line,
		.watch = has_time,
		.watch_ms = WATCH_MS,
		.ctx = &watch,
	};

	if (deadline_left(message->deadline) == 0)
		return failed(&(struct proc_result){ .end = PROC_TIMEOUT }, &watch, err);
	if (proc_run(&options, &result, err) < 0)
		return -1;
	return result.end == PROC_EXITED && result.status == 0 ? 0 : failed(&result, &watch, err);
}

int command_tell(const struct config_notify *item, const struct notify_message *message,
		 struct err *err)
{
	const struct report_file *report =
		message->whole.fd >= 0 ? &message->whole : &message->brief;
	int file = report->fd >= 0 ? report_file_open(report, err) : 0;
	int result;

	if (file < 0)
		return -1;
	if (file == 0)
		log_warning("%s gets no report on its standard input: it could not be written",
			    item->command.items[0]);
	result = command_run(&item->command, file, message, err);
	if (file > 0)
		file_close(&file);
	return result;
}
