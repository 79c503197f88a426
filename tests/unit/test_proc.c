/* util/proc: children, their output and their end. What the children leave behind is counted after
 * each case: this process adopts orphans, so that it sees them end. */
#include "util/proc.h"

#include "util/stop_signal.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHELL(script) ((const char *const[]){ "sh", "-c", (script), NULL })

static char folder[] = "/tmp/test_proc.XXXXXX";
static unsigned open_files;

static unsigned count_open_files(void)
{
	DIR *files = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(files);
	while (readdir(files))
		count++;
	closedir(files);
	return count;
}

static int enter_folder(void **state)
{
	(void)state;
	stop_signal_init();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	open_files = count_open_files();
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
	(void)state;
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

static int nothing_is_left(void **state)
{
	(void)state;
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(count_open_files(), open_files);
	return 0;
}

/* Both outputs, each line in brackets. */
struct seen {
	struct buf out;
	struct buf errors;
	/* Sent to ourselves when the line comes. */
	const char *when_line;
	const char *when_line_too;
};

static void add_line(struct buf *buf, const char *line, size_t length)
{
	assert_int_equal(line[length], 0);
	buf_text(buf, "[");
	buf_add(buf, line, length);
	buf_text(buf, "]");
}

static void see_out(void *ctx, const char *line, size_t length)
{
	struct seen *seen = ctx;

	add_line(&seen->out, line, length);
	if (seen->when_line && strcmp(line, seen->when_line) == 0)
		kill(getpid(), SIGINT);
	if (seen->when_line_too && strcmp(line, seen->when_line_too) == 0)
		kill(getpid(), SIGTERM);
}

static void see_error(void *ctx, const char *line, size_t length)
{
	add_line(&((struct seen *)ctx)->errors, line, length);
}

static void free_seen(struct seen *seen)
{
	buf_free(&seen->out);
	buf_free(&seen->errors);
}

static struct proc_result run(const struct proc_options *options)
{
	struct proc_result result = { .end = PROC_ABANDONED, .status = -1 };
	struct err err = { 0 };

	if (proc_run(options, &result, &err) < 0)
		fail_msg("%s", err.msg);
	return result;
}

static struct proc_result run_script(const char *script, struct seen *seen)
{
	return run(&(struct proc_options){ .argv = SHELL(script),
					   .timeout_seconds = 30,
					   .patience = 1,
					   .kill_when_abandoned = true,
					   .on_stdout = see_out,
					   .on_stderr = see_error,
					   .ctx = seen });
}

static void ends_and_lines_are_told(void **state)
{
	static const struct {
		const char *sentence;
		const char *script;
		enum proc_end end;
		int status;
		const char *out;
		const char *errors;
	} rows[] = {
		{ "nothing happens", ":", PROC_EXITED, 0, "", "" },
		{ "an exit status is passed on", "exit 3", PROC_EXITED, 3, "", "" },
		{ "127 of the child is no failure to start", "exit 127", PROC_EXITED, 127, "", "" },
		{ "a signal is passed on", "kill -9 $$", PROC_SIGNALLED, SIGKILL, "", "" },
		{ "the two outputs are apart", "echo a; echo b >&2; echo c", PROC_EXITED, 0,
		  "[a][c]", "[b]" },
		{ "the last line needs no newline", "printf 'a\\n\\nb'; printf x >&2", PROC_EXITED,
		  0, "[a][][b]", "[x]" },
		{ "carriage returns stay", "printf 'a\\r\\n'", PROC_EXITED, 0, "[a\r]", "" },
		{ "stdin is empty", "cat; echo end", PROC_EXITED, 0, "[end]", "" },
		{ "it leads a process group of its own",
		  "read -r a b c d pgid rest </proc/$$/stat; [ $pgid = $$ ] && echo leads",
		  PROC_EXITED, 0, "[leads]", "" },
		/* But for 32 and 33: they are glibc's, and who was started by make ignores them. */
		{ "no signal is ignored or blocked",
		  "while read -r name set; do case $name in SigBlk:|SigIgn:) "
		  "echo $name $((0x$set & ~0x180000000));; esac; done </proc/self/status",
		  PROC_EXITED, 0, "[SigBlk: 0][SigIgn: 0]", "" },
		{ "a pipe that was closed ends it", "exec 2>&-; kill -13 $$", PROC_SIGNALLED,
		  SIGPIPE, "", "" },
	};

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct seen seen = { 0 };
		struct proc_result result = run_script(rows[i].script, &seen);

		if (result.end != rows[i].end || result.status != rows[i].status ||
		    strcmp(buf_string(&seen.out), rows[i].out) != 0 ||
		    strcmp(buf_string(&seen.errors), rows[i].errors) != 0)
			fail_msg("%s: end %d, status %d, stdout %s, stderr %s", rows[i].sentence,
				 (int)result.end, result.status, buf_string(&seen.out),
				 buf_string(&seen.errors));
		free_seen(&seen);
	}
}

static void a_short_text_is_its_stdin(void **state)
{
	CLEANUP(proc_answer_clear) struct proc_answer answer = { 0 };
	CLEANUP(free_p) char *text = xcalloc(PROC_INPUT + 1, 1);
	struct err err = { 0 };

	(void)state;
	memset(text, 'x', PROC_INPUT);
	assert_int_equal(
		proc_ask_with(SHELL("cat; echo end >&2"), text, 10, 1 << 20, &answer, &err), 0);
	assert_true(proc_succeeded(&answer));
	assert_string_equal(buf_string(&answer.out), text);
	assert_string_equal(buf_string(&answer.errors), "end\n");
	proc_answer_clear(&answer);
	/* Whoever does not read it is not ended by that. */
	assert_int_equal(proc_ask_with(SHELL("exit 3"), text, 10, 1 << 20, &answer, &err), 0);
	assert_int_equal(answer.result.status, 3);
}

static void lines_hold_nul_bytes(void **state)
{
	struct seen seen = { 0 };

	(void)state;
	run_script("printf 'a\\0b\\n\\0\\n'", &seen);
	assert_int_equal(seen.out.length, 8);
	assert_memory_equal(seen.out.data, "[a\0b][\0]", 8);
	free_seen(&seen);
}

static void a_line_is_cut_at_64_kib(void **state)
{
	struct seen seen = { 0 };

	(void)state;
	run_script("head -c 200000 /dev/zero | tr '\\0' x; echo; echo next;"
		   "head -c 65536 /dev/zero | tr '\\0' y; echo",
		   &seen);
	assert_int_equal(seen.out.length, 2 * (65536 + 2) + 6);
	assert_int_equal(strspn(seen.out.data + 1, "x"), 65536);
	assert_memory_equal(seen.out.data + 65537, "][next][y", 9);
	assert_int_equal(strspn(seen.out.data + 65545, "y"), 65536);
	free_seen(&seen);
}

static void much_on_both_outputs_does_not_stall(void **state)
{
	struct seen seen = { 0 };
	struct proc_result result;

	(void)state;
	result = run_script("for i in 1 2 3 4; do"
			    "  head -c 500000 /dev/zero | tr '\\0' '\\n' >&2;"
			    "  head -c 500000 /dev/zero | tr '\\0' '\\n'; done",
			    &seen);
	assert_int_equal(result.end, PROC_EXITED);
	assert_int_equal(seen.out.length, 4 * 500000 * 2);
	assert_int_equal(seen.errors.length, 4 * 500000 * 2);
	free_seen(&seen);
}

static void output_without_a_reader_is_dropped(void **state)
{
	struct proc_result result;

	(void)state;
	result = run(&(struct proc_options){
		.argv = SHELL("head -c 500000 /dev/zero; head -c 500000 /dev/zero >&2; exit 4") });
	assert_int_equal(result.end, PROC_EXITED);
	assert_int_equal(result.status, 4);
}

/* What the pipe still holds when the child has ended is not lost, however slow we are. */
static void see_slowly(void *ctx, const char *line, size_t length)
{
	struct seen *seen = ctx;

	if (seen->out.length == 0)
		waitid(P_ALL, 0, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	add_line(&seen->out, line, length);
}

static void what_was_said_last_is_heard(void **state)
{
	struct seen seen = { 0 };

	(void)state;
	run(&(struct proc_options){
		.argv = SHELL("head -c 60000 /dev/zero | tr '\\0' '\\n'; echo last"),
		.on_stdout = see_slowly,
		.ctx = &seen });
	assert_int_equal(seen.out.length, 2 * 60000 + 6);
	assert_string_equal(seen.out.data + seen.out.length - 6, "[last]");
	free_seen(&seen);
}

static void nothing_else_is_inherited(void **state)
{
	struct seen seen = { 0 };
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(dup2(file, 50), 50);
	assert_int_equal(fcntl(50, F_GETFD), 0);
	run_script("for fd in /proc/$$/fd/*; do [ -e $fd ] && echo ${fd##*/}; done", &seen);
	assert_string_equal(buf_string(&seen.out), "[0][1][2]");
	close(50);
	close(file);
	free_seen(&seen);
}

static void assert_cannot_start(const char *program, const char *message)
{
	const char *const argv[] = { program, NULL };
	struct proc_result result;
	struct err err = { 0 };

	assert_int_equal(proc_run(&(struct proc_options){ .argv = argv }, &result, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_string_equal(err.msg, message);
}

/* What is found without being started is what execvp finds. */
static void a_command_is_found_as_it_is_started(void **state)
{
	static const struct {
		const char *path, *program;
		bool there;
	} rows[] = {
		{ "/bin:/usr/bin", "true", true }, { "/nowhere:/usr/bin:/bin", "true", true },
		{ "/nowhere", "true", false },     { "/nowhere", "/bin/true", true },
		{ "here", "mine", true },          { "here:", "none", false },
		{ "/nowhere:", "own", true },      { ":/nowhere", "own", true },
		{ "here", "plain", false },        { "here:there", "plain", true },
		{ "here", "folder", false },
	};
	CLEANUP(free_p) char *before = xstrdup(getenv("PATH"));

	(void)state;
	assert_int_equal(mkdir("here", 0700) | mkdir("there", 0700) | mkdir("here/folder", 0700),
			 0);
	assert_int_equal(symlink("/bin/true", "here/mine") | symlink("/bin/true", "own") |
				 symlink("/bin/true", "there/plain") |
				 symlink("/dev/null", "here/plain"),
			 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *const argv[] = { rows[i].program, NULL };
		struct proc_result result;
		struct err found, started;

		setenv("PATH", rows[i].path, 1);
		if ((proc_find(rows[i].program, &found) == 0) != rows[i].there)
			fail_msg("%s in %s", rows[i].program, rows[i].path);
		if ((proc_run(&(struct proc_options){ .argv = argv }, &result, &started) == 0) !=
		    rows[i].there)
			fail_msg("%s in %s, started", rows[i].program, rows[i].path);
		if (!rows[i].there)
			assert_string_equal(found.msg, started.msg);
	}
	setenv("PATH", before, 1);
	assert_int_equal(unlink("here/mine") | unlink("here/plain") | unlink("there/plain") |
				 unlink("own") | rmdir("here/folder") | rmdir("here") |
				 rmdir("there"),
			 0);
}

static void what_cannot_start_is_an_error(void **state)
{
	static const struct {
		const char *program;
		const char *message;
	} rows[] = {
		{ "no-such-command", "no-such-command: command not found" },
		{ "", ": command not found" },
		{ "./absent", "./absent: No such file or directory" },
		{ "/dev/null", "/dev/null: permission denied" },
		{ "/dev/null/x", "/dev/null/x: Not a directory" },
		{ "./loop", "./loop: Too many levels of symbolic links" },
	};

	(void)state;
	assert_int_equal(symlink("loop", "loop"), 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err err;

		assert_cannot_start(rows[i].program, rows[i].message);
		/* The same is known without a try. */
		assert_int_equal(proc_find(rows[i].program, &err), -1);
		assert_string_equal(err.msg, rows[i].message);
	}
	unlink("loop");
}

/* With room for 0, 1, 2, ... descriptors another step of the start fails each time. */
static void a_start_without_descriptors_is_an_error(void **state)
{
	struct rlimit limit;
	int lowest = dup(STDERR_FILENO);

	(void)state;
	close(lowest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	for (rlim_t room = 0; room < 7; room++) {
		struct rlimit small = { .rlim_cur = (rlim_t)lowest + room,
					.rlim_max = limit.rlim_max };

		assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
		assert_cannot_start("true", "true: Too many open files");
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		nothing_is_left(NULL);
	}
}

static void ignored_children_are_waited_for(void **state)
{
	struct seen seen = { 0 };
	struct proc_result result;

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	result = run_script("exit 3", &seen);
	assert_int_equal(result.end, PROC_EXITED);
	assert_int_equal(result.status, 3);
}

/* Waits for a grandchild that we adopted, and says how it ended. */
static int wait_status(const char *bracketed_pid)
{
	int status = -1;
	pid_t pid = (pid_t)strtol(bracketed_pid + 1, NULL, 10);

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static struct proc_result run_with_timeout(const char *script, struct seen *seen, int64_t *took)
{
	int64_t begin = time_monotonic_ms();
	struct proc_result result = run(&(struct proc_options){
		.argv = SHELL(script), .timeout_seconds = 1, .on_stdout = see_out, .ctx = seen });

	*took = time_monotonic_ms() - begin;
	return result;
}

static void a_timeout_ends_the_child_with_term(void **state)
{
	struct seen seen = { 0 };
	struct proc_result result;
	int64_t took;

	(void)state;
	result = run_with_timeout("echo a; exec sleep 100", &seen, &took);
	assert_int_equal(result.end, PROC_TIMEOUT);
	assert_int_equal(result.status, SIGTERM);
	assert_string_equal(buf_string(&seen.out), "[a]");
	assert_in_range(took, 1000, 2500);
	free_seen(&seen);
}

static void a_timeout_ends_the_group_with_kill(void **state)
{
	struct seen seen = { 0 };
	struct proc_result result;
	int64_t took;

	(void)state;
	result =
		run_with_timeout("trap '' TERM; sleep 100 & echo $!; exec sleep 100", &seen, &took);
	assert_int_equal(result.end, PROC_TIMEOUT);
	assert_int_equal(result.status, SIGKILL);
	assert_in_range(took, 3000, 5000);
	assert_int_equal(wait_status(buf_string(&seen.out)), SIGKILL);
	free_seen(&seen);
}

/* The leader obeys TERM at once, its child never: it has its two seconds and is not forgotten. */
static void a_timeout_ends_those_that_outlive_the_child(void **state)
{
	struct seen seen = { 0 };
	struct proc_result result;
	int64_t took;

	(void)state;
	result = run_with_timeout("(trap '' TERM; echo ready; exec sleep 100) & echo $!;"
				  " exec sleep 100",
				  &seen, &took);
	assert_int_equal(result.end, PROC_TIMEOUT);
	assert_in_range(took, 3000, 5000);
	assert_int_equal(wait_status(strpbrk(buf_string(&seen.out), "123456789") - 1), SIGKILL);
	free_seen(&seen);
}

static void who_obeys_term_may_say_why(void **state)
{
	struct seen seen = { 0 };
	struct proc_result result;
	int64_t took;

	(void)state;
	result = run_with_timeout("trap 'echo bye; exit 5' TERM; while :; do sleep 0.05; done",
				  &seen, &took);
	assert_int_equal(result.end, PROC_TIMEOUT);
	assert_string_equal(buf_string(&seen.out), "[bye]");
	assert_in_range(took, 1000, 2500);
	free_seen(&seen);
}

static void grandchildren_are_not_waited_for(void **state)
{
	static const char *const scripts[] = {
		"sleep 100 & echo $!",
		"while :; do echo; done & echo $!",
		"while :; do echo; sleep 0.05; done & echo $!",
	};

	(void)state;
	for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
		struct seen seen = { 0 };
		int64_t begin = time_monotonic_ms();
		struct proc_result result = run_script(scripts[i], &seen);
		const char *pid = strpbrk(buf_string(&seen.out), "123456789");

		assert_int_equal(result.end, PROC_EXITED);
		assert_int_equal(result.status, 0);
		assert_in_range(time_monotonic_ms() - begin, 0, 5000);
		assert_non_null(pid);
		kill((pid_t)strtol(pid, NULL, 10), SIGKILL);
		wait_status(pid - 1);
		while (waitpid(-1, NULL, 0) > 0)
			;
		free_seen(&seen);
	}
}

static void a_stop_ends_a_short_child(void **state)
{
	struct seen seen = { .when_line = "ready" };
	int64_t begin = time_monotonic_ms();
	struct proc_result result = run_script("echo ready; exec sleep 100", &seen);

	(void)state;
	assert_int_equal(result.end, PROC_ABANDONED);
	assert_int_equal(result.status, SIGTERM);
	assert_in_range(time_monotonic_ms() - begin, 0, 1500);
	free_seen(&seen);
}

static void stops_before_the_start_do_not_count(void **state)
{
	struct seen seen = { 0 };
	unsigned before = stop_signal_count();
	struct proc_result result;

	(void)state;
	kill(getpid(), SIGHUP);
	result = run_script("sleep 0.2; exit 6", &seen);
	assert_int_equal(result.end, PROC_EXITED);
	assert_int_equal(result.status, 6);
	assert_int_equal(stop_signal_count(), before + 1);
	free_seen(&seen);
}

static struct proc_result run_patiently(const char *script, unsigned patience, struct seen *seen)
{
	return run(&(struct proc_options){
		.argv = SHELL(script), .patience = patience, .on_stdout = see_out, .ctx = seen });
}

static void fewer_stops_than_patience_are_only_noticed(void **state)
{
	static const unsigned patience[] = { 2, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof patience / sizeof patience[0]; i++) {
		struct seen seen = { .when_line = "one" };
		unsigned before = stop_signal_count();
		struct proc_result result =
			run_patiently("echo one; sleep 0.3; echo two; exit 8", patience[i], &seen);

		assert_int_equal(result.end, PROC_EXITED);
		assert_int_equal(result.status, 8);
		assert_string_equal(buf_string(&seen.out), "[one][two]");
		assert_int_equal(stop_signal_count(), before + 1);
		free_seen(&seen);
	}
}

/* It writes once more after we have gone: a closed pipe would end it with SIGPIPE. */
static void the_last_stop_leaves_the_child_running(void **state)
{
	struct seen seen = { .when_line = "one", .when_line_too = "two" };
	struct proc_result result =
		run_patiently("echo one; echo two; echo $$; while [ ! -e go ]; do sleep 0.02; done;"
			      "head -c 200000 /dev/zero && head -c 200000 /dev/zero >&2 && exit 7",
			      2, &seen);
	int status = -1;
	unsigned others = 0;

	(void)state;
	assert_int_equal(result.end, PROC_ABANDONED);
	assert_int_equal(result.status, 0);
	close(open("go", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	for (int ended; waitpid(-1, &ended, 0) > 0;) {
		if (WIFEXITED(ended) && WEXITSTATUS(ended) == 7)
			status = 7;
		else
			others += ended != 0;
	}
	assert_int_equal(status, 7);
	assert_int_equal(others, 0);
	unlink("go");
	free_seen(&seen);
}

static void capture_takes_all_bytes_up_to_the_limit(void **state)
{
	struct buf out = { 0 };
	struct buf errors = { 0 };
	struct proc_result result;
	struct err err;

	(void)state;
	buf_text(&out, "from before");
	assert_int_equal(proc_capture(SHELL("printf 'a\\0b\\nc'; printf 'd\\0' >&2; exit 2"), 30,
				      1000, &out, &errors, &result, &err),
			 0);
	assert_int_equal(result.end, PROC_EXITED);
	assert_int_equal(result.status, 2);
	assert_int_equal(out.length, 5);
	assert_memory_equal(out.data, "a\0b\nc", 6);
	assert_int_equal(errors.length, 2);
	assert_memory_equal(errors.data, "d\0", 3);
	assert_int_equal(proc_capture(SHELL("head -c 300000 /dev/zero; printf 123456789 >&2"), 30,
				      5, &out, &errors, &result, &err),
			 0);
	assert_int_equal(result.status, 0);
	assert_int_equal(out.length, 5);
	assert_string_equal(buf_string(&errors), "12345");
	buf_free(&out);
	buf_free(&errors);
}

static void capture_tells_what_cannot_start(void **state)
{
	static const char *const argv[] = { "no-such-command", NULL };
	struct buf out = { 0 };
	struct buf errors = { 0 };
	struct proc_result result;
	struct err err;

	(void)state;
	assert_int_equal(proc_capture(argv, 1, 10, &out, &errors, &result, &err), -1);
	assert_string_equal(err.msg, "no-such-command: command not found");
}

static void capture_has_a_timeout(void **state)
{
	struct buf out = { 0 };
	struct buf errors = { 0 };
	struct proc_result result;
	struct err err;

	(void)state;
	assert_int_equal(proc_capture(SHELL("printf a; exec sleep 100"), 1, 10, &out, &errors,
				      &result, &err),
			 0);
	assert_int_equal(result.end, PROC_TIMEOUT);
	assert_string_equal(buf_string(&out), "a");
	buf_free(&out);
}

static void ends_have_words(void **state)
{
	static const struct {
		struct proc_result result;
		const char *words;
	} rows[] = {
		{ { .end = PROC_EXITED, .status = 3 }, "exit status 3" },
		{ { .end = PROC_SIGNALLED, .status = SIGKILL }, "killed by signal 9 (Killed)" },
		{ { .end = PROC_SIGNALLED, .status = 33 }, "killed by signal 33 (unknown)" },
		{ { .end = PROC_TIMEOUT, .status = SIGTERM }, "no answer within 5 s" },
		{ { .end = PROC_ABANDONED, .status = 0 }, "left running" },
		{ { .end = PROC_ABANDONED, .status = SIGTERM },
		  "killed because we were asked to stop" },
	};
	char text[80];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		proc_describe(&rows[i].result, 5, text, sizeof text);
		assert_string_equal(text, rows[i].words);
	}
	proc_describe(&rows[0].result, 5, text, 5);
	assert_string_equal(text, "exit");
}

static void command_lines_can_be_read_back(void **state)
{
	static const struct {
		const char *argv[5];
		const char *line;
	} rows[] = {
		{ { NULL }, "" },
		{ { "docker", "exec", "registry-1", "du", NULL }, "docker exec registry-1 du" },
		{ { "a b", "", "c", NULL }, "'a b' '' c" },
		{ { "it's", "\"x\"", NULL }, "'it'\\''s' '\"x\"'" },
		{ { "--format={{.Id}}", "$HOME", "*", NULL }, "'--format={{.Id}}' '$HOME' '*'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *line = proc_command_line(rows[i].argv);

		assert_string_equal(line, rows[i].line);
		free(line);
	}
}

#define TEST(function) cmocka_unit_test_teardown(function, nothing_is_left)

static void keep_line(void *ctx, const char *line, size_t length)
{
	buf_add(ctx, line, length);
	buf_text(ctx, "\n");
}

/* More than a pipe holds: nobody need write it while the child reads, or does not. */
static void a_child_reads_a_file_from_where_it_stands(void **state)
{
	static const char *const SCRIPTS[] = { "wc -c", "exec <&-; echo nothing" };
	static const char *const WANTED[] = { "299999\n", "nothing\n" };
	char *text = xcalloc(1, 300000);
	int fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	assert_true(write(fd, text, 300000) == 300000);
	for (size_t i = 0; i < sizeof SCRIPTS / sizeof *SCRIPTS; i++) {
		struct proc_options options = { .argv = SHELL(SCRIPTS[i]), .timeout_seconds = 20 };
		CLEANUP(buf_free) struct buf said = { 0 };
		struct proc_result result;
		struct err err;

		assert_true(lseek(fd, 1, SEEK_SET) == 1);
		options.input_file = fd;
		options.on_stdout = keep_line;
		options.ctx = &said;
		assert_int_equal(proc_run(&options, &result, &err), 0);
		assert_int_equal(result.end, PROC_EXITED);
		assert_string_equal(buf_string(&said), WANTED[i]);
	}
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink("file"), 0);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ends_and_lines_are_told),
		TEST(a_short_text_is_its_stdin),
		TEST(lines_hold_nul_bytes),
		TEST(a_line_is_cut_at_64_kib),
		TEST(much_on_both_outputs_does_not_stall),
		TEST(output_without_a_reader_is_dropped),
		TEST(what_was_said_last_is_heard),
		TEST(nothing_else_is_inherited),
		TEST(what_cannot_start_is_an_error),
		TEST(a_command_is_found_as_it_is_started),
		TEST(a_start_without_descriptors_is_an_error),
		TEST(ignored_children_are_waited_for),
		TEST(a_timeout_ends_the_child_with_term),
		TEST(a_timeout_ends_the_group_with_kill),
		TEST(a_timeout_ends_those_that_outlive_the_child),
		TEST(who_obeys_term_may_say_why),
		TEST(grandchildren_are_not_waited_for),
		TEST(a_stop_ends_a_short_child),
		TEST(stops_before_the_start_do_not_count),
		TEST(fewer_stops_than_patience_are_only_noticed),
		TEST(the_last_stop_leaves_the_child_running),
		TEST(capture_takes_all_bytes_up_to_the_limit),
		TEST(capture_tells_what_cannot_start),
		TEST(capture_has_a_timeout),
		TEST(ends_have_words),
		TEST(command_lines_can_be_read_back),
		TEST(a_child_reads_a_file_from_where_it_stands),
	};

	return cmocka_run_group_tests_name("proc", tests, enter_folder, leave_folder);
}
