/* Which log it is, and how its lines come. */
#include "pulls/log.h"

#include "config/config.h"
#include "engine/engine.h"
#include "oci/digest.h"
#include "pulls/files.h"
#include "pulls/pulls.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/proc.h"
#include "util/string_list.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BACK_SECONDS \
	3600 /* what is read again, so that no clock hides the proof of the run before */
#define TAIL_SECONDS 600 /* the same of the proof of this run, while it is waited for */
#define LOG_SECONDS  3600
#define COMPLAINT    400

struct reading {
	struct pulls *pulls;
	char complaint[COMPLAINT]; /* the last line that a journal's reader had to say */
};

static void on_line(void *ctx, const char *line, size_t length)
{
	struct reading *reading = ctx;

	pulls_line(reading->pulls, line, length);
}

static void on_error_line(void *ctx, const char *line, size_t length)
{
	struct reading *reading = ctx;

	pulls_line(reading->pulls, line, length);
	snprintf(reading->complaint, sizeof reading->complaint, "%.*s", (int)(length & 0xffff),
		 line);
}

/* Runs ARGV, whose standard output and error are the log. */
static int run(struct pulls *pulls, const char *const *argv, proc_line on_stdout, struct err *err)
{
	struct reading reading = { .pulls = pulls };
	struct proc_options options = { .argv = argv,
					.timeout_seconds = LOG_SECONDS,
					.patience = 1,
					.kill_when_abandoned = true,
					.on_stdout = on_stdout,
					.on_stderr = on_error_line,
					.ctx = &reading };
	struct proc_result result;
	char text[256];

	if (proc_run(&options, &result, err) < 0)
		return -1;
	if (result.end == PROC_ABANDONED)
		return err_set(err, ERR_STOPPED, "stopped while reading the access log");
	if (result.end == PROC_EXITED && result.status == 0)
		return 0;
	proc_describe(&result, LOG_SECONDS, text, sizeof text);
	return err_set(err, ERR_IO, "%s %s: %s: %s", argv[0], argv[1], text, reading.complaint);
}

/* `docker logs` of the container that registry.exec is about. */
static int read_container(struct pulls *pulls, const struct config *config, int64_t since,
			  struct err *err)
{
	CLEANUP(engine_target_clear) struct engine_target target;
	CLEANUP(free_p) const char **argv = NULL;
	char moment[32];
	const char *words[] = { "logs", "--since", moment, "--", NULL, NULL };

	engine_target_read((const char *const *)config->registry.exec.items, &target);
	words[4] = target.container;
	snprintf(moment, sizeof moment, "%" PRId64, date_known(since) ? since : 0);
	argv = engine_command(&target, words);
	return run(pulls, argv, on_line, err);
}

/* What journald writes about a service that writes more than RateLimitBurst= allows
 * (journald.conf(5)): "Suppressed 1234 messages from NAME.service". */
static void on_journal_line(void *ctx, const char *line, size_t length)
{
	static const char SUPPRESSED[] = "Suppressed ", MESSAGES[] = " messages from ";
	struct reading *reading = ctx;

	if (length > sizeof SUPPRESSED && memcmp(line, SUPPRESSED, sizeof SUPPRESSED - 1) == 0 &&
	    memmem(line, length, MESSAGES, sizeof MESSAGES - 1))
		pulls_lost(reading->pulls);
	else
		pulls_line(reading->pulls, line, length);
}

static int read_journal(struct pulls *pulls, const struct config *config, int64_t since,
			struct err *err)
{
	CLEANUP(free_p) char *unit = xasprintf("--unit=%s", config->pulled.unit);
	char moment[48];
	const char *const argv[] = { "journalctl", unit,         "--output=cat", "--all",
				     "--quiet",    "--no-pager", moment,         NULL };

	snprintf(moment, sizeof moment, "--since=@%" PRId64, date_known(since) ? since : 0);
	return run(pulls, argv, on_journal_line, err);
}

static int read_lines(struct pulls *pulls, const struct config *config, int64_t since,
		      struct err *err)
{
	return config->pulled.from == PULLED_CONTAINER ? read_container(pulls, config, since, err)
						       : read_journal(pulls, config, since, err);
}

int pulls_log_read(struct pulls *pulls, const struct config *config, struct err *err)
{
	int64_t since = pulls_read_until(pulls), until = time_monotonic_ms() + PULLS_LOG_WAIT_MS;
	int64_t tail = pulls_now(pulls) - TAIL_SECONDS;
	int result;

	if (date_known(since))
		since -= BACK_SECONDS;
	if (config->pulled.from == PULLED_LOG)
		return files_read(pulls, config->paths.access_log, since, err);
	result = read_lines(pulls, config, since, err);
	/* They come a moment later. */
	while (result == 0 && !pulls_proved(pulls) && !time_is_up(until)) {
		result = files_pause(err);
		if (result == 0)
			result = read_lines(pulls, config, tail, err);
	}
	return result;
}

static void add_word(struct buf *all, const char *word)
{
	buf_add(all, word, strlen(word) + 1);
}

static void add_list(struct buf *all, const struct string_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		add_word(all, list->items[i]);
	add_word(all, "");
}

const char *pulls_log_source(const struct config *config, char *text)
{
	CLEANUP(buf_free) struct buf all = { 0 };
	static const struct string_list nothing;
	char digest[DIGEST_TEXT];

	buf_format(&all, "%d ", (int)config->pulled.from);
	add_word(&all, config->pulled.from == PULLED_LOG ? config->paths.access_log : "");
	add_word(&all, config->pulled.from == PULLED_JOURNAL ? config->pulled.unit : "");
	add_list(&all, config->pulled.from == PULLED_CONTAINER ? &config->registry.exec : &nothing);
	add_list(&all, &config->pulled.ignore_agents);
	snprintf(text, PULLS_SOURCE_SIZE, "%s",
		 strchr(digest_of(buf_string(&all), all.length, digest), ':') + 1);
	return text;
}

void pulls_log_name(const struct config *config, struct buf *out)
{
	switch (config->pulled.from) {
	case PULLED_LOG:
		buf_text(out, config->paths.access_log);
		break;
	case PULLED_CONTAINER:
		buf_format(out, "the log of the container %s", config->registry.container);
		break;
	case PULLED_JOURNAL:
		buf_format(out, "the journal of %s", config->pulled.unit);
		break;
	}
}
