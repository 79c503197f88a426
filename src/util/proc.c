/* Children as their users see them: in lines, captured whole, and in words. */
#include "util/proc.h"

#include "util/child.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

#define LINE_LIMIT ((size_t)64 * 1024)

/* Cuts what comes into lines. */
struct lines {
	proc_line take;
	void *ctx;
	struct buf text; /* the beginning of a line whose end has not come yet */
};

static void add_to_line(struct lines *lines, const char *bytes, size_t length)
{
	size_t room = LINE_LIMIT - lines->text.length;

	buf_add(&lines->text, bytes, length < room ? length : room);
}

static void end_line(struct lines *lines)
{
	lines->take(lines->ctx, buf_string(&lines->text), lines->text.length);
	buf_clear(&lines->text);
}

static void take_lines(void *self, const char *bytes, size_t length)
{
	struct lines *lines = self;
	const char *end = bytes + length;

	while (bytes < end) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));

		add_to_line(lines, bytes, (size_t)((newline ? newline : end) - bytes));
		if (!newline)
			return;
		end_line(lines);
		bytes = newline + 1;
	}
}

int proc_run(const struct proc_options *options, struct proc_result *result, struct err *err)
{
	struct lines lines[] = { { .take = options->on_stdout, .ctx = options->ctx },
				 { .take = options->on_stderr, .ctx = options->ctx } };
	const struct proc_sink sinks[] = { { lines[0].take ? take_lines : NULL, &lines[0] },
					   { lines[1].take ? take_lines : NULL, &lines[1] } };
	int status = child_run(options, sinks, result, err);

	for (int i = 0; i < 2; i++) {
		if (lines[i].text.length > 0)
			end_line(&lines[i]);
		buf_free(&lines[i].text);
	}
	return status;
}

struct capture {
	struct buf *buf;
	size_t limit;
};

static void take_bytes(void *self, const char *bytes, size_t length)
{
	struct capture *capture = self;
	size_t room = capture->limit - capture->buf->length;

	buf_add(capture->buf, bytes, length < room ? length : room);
}

static int capture(const struct proc_options *options, size_t limit, struct buf *out,
		   struct buf *errors, struct proc_result *result, struct err *err)
{
	struct capture captures[] = { { out, limit }, { errors, limit } };
	const struct proc_sink sinks[] = { { take_bytes, &captures[0] },
					   { take_bytes, &captures[1] } };

	buf_clear(out);
	buf_clear(errors);
	return child_run(options, sinks, result, err);
}

static struct proc_options short_child(const char *const *argv, unsigned timeout_seconds)
{
	return (struct proc_options){
		.argv = argv,
		.timeout_seconds = timeout_seconds,
		.patience = 1,
		.kill_when_abandoned = true,
	};
}

int proc_capture(const char *const *argv, unsigned timeout_seconds, size_t limit, struct buf *out,
		 struct buf *errors, struct proc_result *result, struct err *err)
{
	const struct proc_options options = short_child(argv, timeout_seconds);

	return capture(&options, limit, out, errors, result, err);
}

static const char *signal_name(int number)
{
	const char *name = sigdescr_np(number);

	return name ? name : "unknown";
}

void proc_describe(const struct proc_result *result, unsigned timeout_seconds, char *text,
		   size_t size)
{
	switch (result->end) {
	case PROC_EXITED:
		snprintf(text, size, "exit status %d", result->status);
		return;
	case PROC_SIGNALLED:
		snprintf(text, size, "killed by signal %d (%s)", result->status,
			 signal_name(result->status));
		return;
	case PROC_TIMEOUT:
		snprintf(text, size, "no answer within %u s", timeout_seconds);
		return;
	case PROC_ABANDONED:
		snprintf(text, size, "%s",
			 result->status ? "killed because we were asked to stop" : "left running");
		return;
	}
	die_internal("a child ended in way %d", (int)result->end);
}

int proc_ask(const char *const *argv, unsigned timeout_seconds, size_t limit,
	     struct proc_answer *answer, struct err *err)
{
	*answer = (struct proc_answer){ .timeout_seconds = timeout_seconds };
	return proc_capture(argv, timeout_seconds, limit, &answer->out, &answer->errors,
			    &answer->result, err);
}

int proc_ask_with(const char *const *argv, const char *input, unsigned timeout_seconds,
		  size_t limit, struct proc_answer *answer, struct err *err)
{
	struct proc_options options = short_child(argv, timeout_seconds);

	options.input = input;
	*answer = (struct proc_answer){ .timeout_seconds = timeout_seconds };
	return capture(&options, limit, &answer->out, &answer->errors, &answer->result, err);
}

void proc_answer_clear(struct proc_answer *answer)
{
	buf_free(&answer->out);
	buf_free(&answer->errors);
}

bool proc_succeeded(const struct proc_answer *answer)
{
	return answer->result.end == PROC_EXITED && answer->result.status == 0;
}

const char *proc_failure(const struct proc_answer *answer, char *text, size_t size)
{
	const struct buf *from = answer->errors.length ? &answer->errors : &answer->out;
	CLEANUP(free_p) char *said = xstrndup(from->data ? from->data : "", from->length);
	size_t length = strcspn(said, "\r\n");
	char end[128];

	proc_describe(&answer->result, answer->timeout_seconds, end, sizeof end);
	snprintf(text, size, "%s%s%.*s", end, length ? ": " : "", (int)length, said);
	return text;
}

static void add_word(struct buf *line, const char *word)
{
	if (*word != '\0' && !strpbrk(word, " \t\r\n\"'\\$`*?[](){}<>|&;#~!")) {
		buf_text(line, word);
		return;
	}
	buf_text(line, "'");
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			buf_text(line, "'\\''");
		else
			buf_add(line, word, 1);
	}
	buf_text(line, "'");
}

char *proc_command_line(const char *const *argv)
{
	struct buf line = { 0 };

	for (size_t i = 0; argv[i]; i++) {
		if (i > 0)
			buf_text(&line, " ");
		add_word(&line, argv[i]);
	}
	return line.data ? line.data : xstrdup("");
}
