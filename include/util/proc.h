/* Children: argv arrays, no shell, own process group, stdin from /dev/null or a short text, nothing
 * inherited but stdout and stderr. */
#ifndef UTIL_PROC_H
#define UTIL_PROC_H

#include "util/buf.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>

#define PROC_INPUT 4096 /* a pipe holds as much before anybody reads */

enum proc_end {
	PROC_EXITED,    /* STATUS is its exit status */
	PROC_SIGNALLED, /* STATUS is the signal that ended it */
	/* It was still running when its time was over, and was killed with its group; STATUS is 0
	 * if it was left running, as below. */
	PROC_TIMEOUT,
	/* Stop signals came. STATUS is 0 if it was left running, its output read and dropped by a
	 * small process that stays behind with it; else the signal that killed it. */
	PROC_ABANDONED,
};

struct proc_result {
	enum proc_end end;
	int status;
	/* It ended, but something that it started still has its stdout, and may say more. */
	bool goes_on;
};

/* Called for each line (without its newline; bytes after 64 KiB of one line are dropped). */
typedef void (*proc_line)(void *ctx, const char *line, size_t length);

struct proc_options {
	const char *const *argv;  /* NULL-terminated; argv[0] is looked up in PATH */
	unsigned timeout_seconds; /* 0: none */
	/* How many stop signals (util/stop_signal.h), counted from the start of this child, make us
	 * leave it: 1 for a short question (it is killed then), 2 for the collector (it is left
	 * running), 0: none do. */
	unsigned patience;
	bool kill_when_abandoned;
	bool leave_at_timeout; /* it is left running then, as at the second stop signal */
	/* What it reads from stdin, at most PROC_INPUT bytes; NULL: nothing. */
	const char *input;
	/* Instead of that a file that it reads, from where its descriptor stands; 0: none. */
	int input_file;
	proc_line on_stdout; /* may be NULL: drained and dropped */
	proc_line on_stderr;
	/* Asked about every WATCH_MS while it runs, may run other children; false: it is ended
	 * with its group (PROC_TIMEOUT). NULL: nobody is asked. */
	bool (*watch)(void *ctx);
	unsigned watch_ms;
	void *ctx;
};

/* Runs a child to its end. -1 (ERR_IO) only when it could not be started: the message then says
 * why (`docker: command not found`, `permission denied`). */
int proc_run(const struct proc_options *options, struct proc_result *result, struct err *err)
	__attribute__((warn_unused_result));

/* Whether PROGRAM, as argv[0] above, is there and could be started, for all that its file shows. -1
 * (ERR_IO): why not, in the words of proc_run. */
int proc_find(const char *program, struct err *err) __attribute__((warn_unused_result));
/* PROGRAM cannot be started because of the errno NUMBER: sets ERR, and returns -1. */
int proc_find_failed(const char *program, int number, struct err *err);

/* Runs a short child, its stdout and stderr (each cut at LIMIT bytes) into OUT and ERRORS; both are
 * binary-safe, NULs included. Patience 1. As proc_run otherwise. */
int proc_capture(const char *const *argv, unsigned timeout_seconds, size_t limit, struct buf *out,
		 struct buf *errors, struct proc_result *result, struct err *err)
	__attribute__((warn_unused_result));

/* A question that a short child answers, and what came of it. */
struct proc_answer {
	struct buf out, errors;
	struct proc_result result;
	unsigned timeout_seconds;
};

/* As proc_capture, into ANSWER, which is the caller's in any case (proc_answer_clear). */
int proc_ask(const char *const *argv, unsigned timeout_seconds, size_t limit,
	     struct proc_answer *answer, struct err *err) __attribute__((warn_unused_result));
/* The same for a child that reads INPUT (as in proc_options) from stdin. */
int proc_ask_with(const char *const *argv, const char *input, unsigned timeout_seconds,
		  size_t limit, struct proc_answer *answer, struct err *err)
	__attribute__((warn_unused_result));
void proc_answer_clear(struct proc_answer *answer);
/* It ended with exit status 0. */
bool proc_succeeded(const struct proc_answer *answer);
/* How it ended, and the first line of what it complained of, or else of what it printed: "exit
 * status 1: no such container"; into TEXT, which is returned. */
const char *proc_failure(const struct proc_answer *answer, char *text, size_t size);

/* How it ended, in words: "exit status 3", "killed by signal 9 (Killed)", "no answer within 5 s",
 * "left running", "killed because we were asked to stop"; into TEXT. */
void proc_describe(const struct proc_result *result, unsigned timeout_seconds, char *text,
		   size_t size);

/* ARGV as one line for the log, words with blanks or quotes quoted; returned memory is the
 * caller's. */
char *proc_command_line(const char *const *argv);

#endif
