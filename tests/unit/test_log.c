/* util/log: what is written where. Each case runs in a process of its own whose stdout and stderr
 * are files, in a folder of its own; `log` is the log file. Times are compared by their shape. */
#include "util/log.h"

#include "log_folder.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/file.h"
#include "util/progress.h"
#include "util/secrets.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Replaces each line's time by T where it has the shape of one. */
static void add_without_times(struct buf *out, const char *text)
{
	static const char shape[] = "0000-00-00 00:00:00 ";

	while (*text != '\0') {
		size_t length = strcspn(text, "\n");
		size_t same = 0;

		while (shape[same] != '\0' &&
		       (shape[same] == '0' ? text[same] >= '0' && text[same] <= '9'
					   : text[same] == shape[same]))
			same++;
		if (shape[same] == '\0') {
			buf_text(out, "T ");
			text += same;
			length -= same;
		}
		buf_add(out, text, length + (text[length] == '\n'));
		text += length + (text[length] == '\n');
	}
}

static void assert_wrote(const char *sentence, const char *path, const char *expected)
{
	struct buf text = { 0 };
	struct buf plain = { 0 };
	struct err err;

	if (access(path, F_OK) == 0)
		assert_int_equal(file_read(AT_FDCWD, path, 1 << 20, &text, &err), 0);
	add_without_times(&plain, buf_string(&text));
	if (strcmp(buf_string(&plain), expected) != 0)
		fail_msg("%s: %s holds\n%s\ninstead of\n%s", sentence, path, buf_string(&plain),
			 expected);
	buf_free(&text);
	buf_free(&plain);
	unlink(path);
}

static void all_levels(void)
{
	log_debug("d %d", 1);
	log_info("i %s", "2");
	log_warning("w");
	log_error("e");
}

static void plainly(void)
{
	log_open("log", (struct log_options){ 0 });
	all_levels();
	log_close();
}

static void debugging(void)
{
	log_open("log", (struct log_options){ .debug = true });
	all_levels();
	log_close();
}

static void quietly(void)
{
	log_open("log", (struct log_options){ .debug = true, .quiet = true });
	all_levels();
	log_close();
}

/* As "2>&1" has it. */
static void into_one_stream(void)
{
	if (dup2(STDOUT_FILENO, STDERR_FILENO) != STDERR_FILENO)
		_exit(100);
	log_open("log", (struct log_options){ 0 });
	log_info("i 2");
	printf("printed\n");
	log_warning("w");
	log_error("e");
	log_close();
	log_info("after");
}

static void off_stdout(void)
{
	log_open("log", (struct log_options){ .debug = true, .off_stdout = true });
	all_levels();
	log_close();
	log_info("after");
	log_error("after");
	log_open(NULL, (struct log_options){ 0 });
	log_info("on it again");
	log_close();
}

static void off_stdout_unopenable(void)
{
	log_open("absent/log", (struct log_options){ .off_stdout = true });
	log_info("goes on");
	log_close();
}

static void off_stdout_full_disk(void)
{
	log_open("/dev/full", (struct log_options){ .off_stdout = true });
	log_info("one");
	log_info("two");
	log_close();
}

static void without_file(void)
{
	log_open(NULL, (struct log_options){ 0 });
	log_info("only here");
	log_close();
}

static void before_open_and_after_close(void)
{
	log_info("before");
	log_open("log", (struct log_options){ 0 });
	log_info("open");
	log_close();
	log_info("after");
}

static void opened_again(void)
{
	log_open("log", (struct log_options){ 0 });
	log_info("first");
	log_open("log", (struct log_options){ .quiet = true });
	log_info("second");
	log_close();
}

static void hostile(void)
{
	log_open("log", (struct log_options){ .quiet = true });
	log_info("a\n2026-01-01 00:00:00 [INFO] b\r\t\033[2J\x7f\xc2\x9b"
		 "1mé\xc2\xa0|%s",
		 "%n");
	log_close();
}

static void no_utf8(void)
{
	log_open("log", (struct log_options){ .quiet = true });
	log_info("\xff|\xc0\xaf|\xed\xa0\x80|\xf4\x90\x80\x80|\xe2\x82|€|😀");
	log_close();
}

static void unopenable(void)
{
	log_open("absent/log", (struct log_options){ 0 });
	log_info("goes on");
	log_close();
	if (log_warnings() != 1)
		_exit(101);
}

static void full_disk(void)
{
	log_open("/dev/full", (struct log_options){ 0 });
	log_info("one");
	log_info("two");
	log_close();
	if (log_warnings() != 1 || log_errors() != 0)
		_exit(101);
}

static void full_stdout(void)
{
	redirect(STDOUT_FILENO, "/dev/full");
	log_open("log", (struct log_options){ 0 });
	log_info("one");
	log_info("two");
	log_close();
}

static void full_stderr(void)
{
	redirect(STDERR_FILENO, "/dev/full");
	log_open("log", (struct log_options){ 0 });
	log_warning("one");
	log_error("two");
	log_info("three");
	log_close();
}

static void closed_stdout(void)
{
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	if (pipe(ends) < 0 || dup2(ends[1], STDOUT_FILENO) < 0)
		_exit(100);
	close(ends[0]);
	close(ends[1]);
	log_open("log", (struct log_options){ 0 });
	log_info("one");
	log_info("two");
	log_close();
}

static void both_full(void)
{
	redirect(STDOUT_FILENO, "/dev/full");
	log_open("/dev/full", (struct log_options){ 0 });
	log_info("one");
	log_info("two");
	log_close();
}

/* The file may grow to 61 bytes and no further, and later again. */
static void torn_line(void)
{
	struct rlimit limit;
	struct rlimit small;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	log_open("log", (struct log_options){ 0 });
	redirect(STDOUT_FILENO, "/dev/null");
	redirect(STDERR_FILENO, "/dev/null");
	log_info("whole");
	small = (struct rlimit){ .rlim_cur = 61, .rlim_max = limit.rlim_max };
	setrlimit(RLIMIT_FSIZE, &small);
	log_info("torn, because there is no room for it");
	log_info("lost");
	setrlimit(RLIMIT_FSIZE, &limit);
	log_info("whole again");
	log_close();
}

/* A reader that is slow and a stdout that does not block: nothing may be lost. */
static void stdout_that_does_not_block(void)
{
	int ends[2];
	pid_t reader;
	char chunk[1000];
	size_t total = 0;
	ssize_t got;
	int status = 0;

	if (pipe(ends) < 0)
		_exit(100);
	reader = fork();
	if (reader == 0) {
		close(ends[1]);
		while ((got = read(ends[0], chunk, sizeof chunk)) > 0)
			total += (size_t)got;
		_exit(total == 5000 * sizeof("2026-01-01 00:00:00 [INFO] 0123456789") ? 7 : 8);
	}
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[0]);
	close(ends[1]);
	log_open(NULL, (struct log_options){ 0 });
	for (int i = 0; i < 5000; i++)
		log_info("0123456789");
	close(STDOUT_FILENO);
	if (waitpid(reader, &status, 0) != reader || status != 7 << 8)
		_exit(101);
}

/* Makes FD the writing end of a pipe that is full, and returns the other end. */
static int fill_pipe(int fd)
{
	static const char BYTES[4096];
	int ends[2];

	if (pipe(ends) < 0 || dup2(ends[1], fd) != fd)
		_exit(100);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	while (write(ends[1], BYTES, sizeof BYTES) > 0)
		continue;
	fcntl(ends[1], F_SETFL, 0);
	close(ends[1]);
	return ends[0];
}

static void drain_pipe(int fd)
{
	char chunk[4096];

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (read(fd, chunk, sizeof chunk) > 0)
		continue;
}

/* Nobody reads stdout: the file gets all, and in the end how much is missing. */
static void stuck_stdout(void)
{
	fill_pipe(STDOUT_FILENO);
	log_open("log", (struct log_options){ .wait_ms = 20 });
	for (int i = 0; i < 3; i++)
		log_info("%d", i);
	log_close();
}

/* For a while. */
static void stuck_stdout_for_a_while(void)
{
	int reader = fill_pipe(STDOUT_FILENO);
	char said[4096];
	ssize_t got;

	log_open("log", (struct log_options){ .wait_ms = 20 });
	log_info("lost");
	log_info("lost");
	drain_pipe(reader);
	log_info("read");
	log_close();
	got = read(reader, said, sizeof said - 1);
	if (got <= 0)
		_exit(101);
	said[got] = '\0';
	if (!strstr(said, "[INFO] read\n") || strstr(said, "[WARNING]"))
		_exit(102);
}

/* Nobody reads stderr: neither lines nor the progress hold the program. */
static void stuck_stderr(void)
{
	fill_pipe(STDERR_FILENO);
	log_open("log", (struct log_options){ .wait_ms = 20 });
	log_warning("0");
	log_error("1");
	log_close();
}

/* The log is a FIFO, and its reader does not read. */
static void stuck_fifo(void)
{
	static const char BYTES[4096];
	int fd;

	if (mkfifo("fifo", 0600) < 0)
		_exit(100);
	fd = open("fifo", O_RDWR | O_NONBLOCK);
	while (write(fd, BYTES, sizeof BYTES) > 0)
		continue;
	log_open("fifo", (struct log_options){ .wait_ms = 20 });
	log_info("one");
	log_close();
	unlink("fifo");
}

/* A blocked reader of stderr does not hold the progress. */
static void stuck_terminal(void)
{
	int master, slave;
	char bytes[1024];

	if (openpty(&master, &slave, NULL, NULL, NULL) < 0 || dup2(slave, STDERR_FILENO) < 0)
		_exit(100);
	memset(bytes, 'x', sizeof bytes);
	fcntl(slave, F_SETFL, O_NONBLOCK);
	while (write(slave, bytes, sizeof bytes) > 0)
		continue;
	fcntl(slave, F_SETFL, 0);
	log_open(NULL, (struct log_options){ .wait_ms = 20 });
	progress("1 of 2");
	log_info("goes on");
	log_close();
}

static void counts(void)
{
	log_open("log", (struct log_options){ 0 });
	if (log_warnings() != 0 || log_errors() != 0 || log_debugging())
		_exit(101);
	all_levels();
	log_error("again");
	if (log_warnings() != 1 || log_errors() != 2)
		_exit(102);
	log_open(NULL, (struct log_options){ .debug = true, .quiet = true });
	if (log_warnings() != 0 || log_errors() != 0 || !log_debugging())
		_exit(103);
}

static void file_as_promised(void)
{
	struct stat about;

	umask(0);
	log_open("log", (struct log_options){ .quiet = true });
	if (stat("log", &about) < 0 || (about.st_mode & 07777) != 0640)
		_exit(101);
	/* The lowest free descriptor before is the one that it took. */
	if (fcntl(STDERR_FILENO + 1, F_GETFD) != FD_CLOEXEC ||
	    (fcntl(STDERR_FILENO + 1, F_GETFL) & O_APPEND) == 0)
		_exit(102);
	log_close();
}

static void progress_without_terminal(void)
{
	log_open(NULL, (struct log_options){ .quiet = true });
	progress("%d of %d", 1, 2);
	progress_end();
	log_close();
}

#define INFO_TWO      "T [INFO] i 2\n"
#define TROUBLE       "T [WARNING] w\nT [ERROR] e\n"
#define NO_ROOM(name) "T [WARNING] cannot write the log to " name ": No space left on device\n"
#define NO_FILE       "T [WARNING] absent/log: No such file or directory; this run has no log file\n"
#define TWO_LINES(name)                                                                       \
	"T [WARNING] 2 lines could not be written to standard " name ", because nobody read " \
	"there\n"
#define BROKEN "T [WARNING] cannot write the log to standard output: Broken pipe\n"

static const struct {
	const char *sentence;
	void (*function)(void);
	const char *file;
	const char *out;
	const char *errors;
} rows[] = {
	{ "lines go to the file, and trouble to stderr", plainly, INFO_TWO TROUBLE, INFO_TWO,
	  TROUBLE },
	{ "debug lines go where lines without trouble go", debugging,
	  "T [DEBUG] d 1\n" INFO_TWO TROUBLE, "T [DEBUG] d 1\n" INFO_TWO, TROUBLE },
	{ "quiet leaves nothing on stdout", quietly, "T [DEBUG] d 1\n" INFO_TWO TROUBLE, "",
	  TROUBLE },
	{ "both streams into one keep the order, also of what was printed", into_one_stream,
	  INFO_TWO TROUBLE, INFO_TWO "printed\n" TROUBLE "T [INFO] after\n", "" },
	{ "off stdout trouble goes to stderr", off_stdout, "T [DEBUG] d 1\n" INFO_TWO TROUBLE,
	  "T [INFO] on it again\n", TROUBLE "T [ERROR] after\n" },
	{ "off stdout a file that cannot be opened is told on stderr", off_stdout_unopenable, "",
	  "", NO_FILE },
	{ "off stdout a full disk is told once, on stderr", off_stdout_full_disk, "", "",
	  NO_ROOM("/dev/full") },
	{ "no file, stdout only", without_file, "", "T [INFO] only here\n", "" },
	{ "without an open file lines go to stdout", before_open_and_after_close, "T [INFO] open\n",
	  "T [INFO] before\nT [INFO] open\nT [INFO] after\n", "" },
	{ "a file is appended to", opened_again, "T [INFO] first\nT [INFO] second\n",
	  "T [INFO] first\n", "" },
	{ "no message can forge a line", hostile,
	  "T [INFO] a\\x0a2026-01-01 00:00:00 [INFO] "
	  "b\\x0d\\x09\\x1b[2J\\x7f\\xc2\\x9b1mé\xc2\xa0|%n\n",
	  "", "" },
	{ "a file that cannot be opened is a warning", unopenable, "", "T [INFO] goes on\n",
	  NO_FILE },
	{ "a full disk is told once, on stderr", full_disk, "", "T [INFO] one\nT [INFO] two\n",
	  NO_ROOM("/dev/full") },
	{ "a full stderr is told once, in the file", full_stderr,
	  "T [WARNING] one\n" NO_ROOM("standard error") "T [ERROR] two\nT [INFO] three\n",
	  "T [INFO] three\n", "" },
	{ "a full stdout is told once, in the file and on stderr", full_stdout,
	  "T [INFO] one\n" NO_ROOM("standard output") "T [INFO] two\n", "",
	  NO_ROOM("standard output") },
	{ "a closed stdout is told once, in the file and on stderr", closed_stdout,
	  "T [INFO] one\n" BROKEN "T [INFO] two\n", "", BROKEN },
	{ "when both fail, stderr hears of both", both_full, "", "",
	  NO_ROOM("/dev/full") NO_ROOM("standard output") },
	{ "a line that was cut does not spoil the next", torn_line,
	  "T [INFO] whole\nT [INFO] t\nT [INFO] whole again\n", "", "" },
	{ "a stdout that does not block gets all", stdout_that_does_not_block, "", "", "" },
	{ "a stdout that nobody reads loses lines, and that is told", stuck_stdout,
	  "T [INFO] 0\nT [INFO] 1\nT [INFO] 2\n"
	  "T [WARNING] 3 lines could not be written to standard output, because nobody read "
	  "there\n",
	  "",
	  "T [WARNING] 3 lines could not be written to standard output, because nobody read "
	  "there\n" },
	{ "when stdout is read again, what is missing is told", stuck_stdout_for_a_while,
	  "T [INFO] lost\nT [INFO] lost\nT [INFO] read\n" TWO_LINES("output"), "",
	  TWO_LINES("output") },
	{ "a stderr that nobody reads loses lines, and that is told", stuck_stderr,
	  "T [WARNING] 0\nT [ERROR] 1\n" TWO_LINES("error"), "", "" },
	{ "a FIFO that nobody reads does not hold the program", stuck_fifo, "", "T [INFO] one\n",
	  "T [WARNING] 1 line could not be written to fifo, because nobody read there\n" },
	{ "a terminal that stands still does not hold the program", stuck_terminal, "",
	  "T [INFO] goes on\n", "" },
	{ "bytes that are no UTF-8 are escaped", no_utf8,
	  "T [INFO] \\xff|\\xc0\\xaf|\\xed\\xa0\\x80|\\xf4\\x90\\x80\\x80|\\xe2\\x82|€|😀\n", "",
	  "" },
	{ "trouble is counted since log_open", counts, INFO_TWO TROUBLE "T [ERROR] again\n",
	  INFO_TWO, TROUBLE "T [ERROR] again\n" },
	{ "the file is 0640, appended to, and not inherited", file_as_promised, "", "", "" },
	{ "progress needs a terminal", progress_without_terminal, "", "", "" },
};

static void run_apart(const char *sentence, void (*function)(void))
{
	int status = log_run_apart(function);

	if (status != 0) {
		unlink("log");
		unlink("out");
		unlink("errors");
		fail_msg("%s: wait status %#x", sentence, (unsigned)status);
	}
}

static void lines_go_where_they_should(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		run_apart(rows[i].sentence, rows[i].function);
		assert_wrote(rows[i].sentence, "log", rows[i].file);
		assert_wrote(rows[i].sentence, "out", rows[i].out);
		assert_wrote(rows[i].sentence, "errors", rows[i].errors);
	}
}

static void show(void)
{
	log_open(NULL, (struct log_options){ 0 });
	progress("a:%d\n%d", 1, 20);
	progress("a:%d\n%d", 2, 20);
	log_info("line");
	log_info("line");
	progress_end();
	log_close();
}

static void show_twice(void)
{
	int64_t begin;

	log_open(NULL, (struct log_options){ 0 });
	progress("a: %d", 1);
	begin = time_monotonic_ms();
	do
		progress("a: %d", 2);
	while (time_monotonic_ms() - begin < 150);
	progress_end();
	progress_end();
	log_close();
}

/* What waits shows its row again after a line, and for how long it has gone on. */
static void show_waiting(void)
{
	int64_t begin = time_monotonic_ms();

	log_open(NULL, (struct log_options){ 0 });
	if (progress_wait(-1) != -1 || progress_wait(70000) != 70000)
		_exit(103);
	progress("a: %d", 1);
	if (progress_wait(-1) != 1000 || progress_wait(20) != 20 || progress_wait(70000) != 1000)
		_exit(104);
	log_info("line");
	while (time_monotonic_ms() - begin < 3500)
		progress_tick();
	progress("b: %d", 2);
	progress_end();
	progress_tick();
	log_close();
}

static void show_long(void)
{
	log_open(NULL, (struct log_options){ 0 });
	progress("0123456é89");
	log_close();
}

static void show_quietly(void)
{
	log_open(NULL, (struct log_options){ .quiet = true });
	progress("nothing");
	log_close();
}

/* Runs FUNCTION with a terminal of nine columns as stderr and reads what it wrote there. */
static void assert_shows(const char *sentence, void (*function)(void), const char *expected)
{
	struct winsize window = { .ws_row = 25, .ws_col = 9 };
	struct buf shown = { 0 };
	char chunk[256];
	int master;
	int slave;
	pid_t pid;
	ssize_t got;

	assert_int_equal(openpty(&master, &slave, NULL, NULL, &window), 0);
	pid = fork();
	if (pid == 0) {
		dup2(slave, STDERR_FILENO);
		redirect(STDOUT_FILENO, "/dev/null");
		function();
		_exit(0);
	}
	close(slave);
	/* A terminal that nobody has open any more ends with EIO. */
	while ((got = read(master, chunk, sizeof chunk)) > 0)
		buf_add(&shown, chunk, (size_t)got);
	close(master);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	if (strcmp(buf_string(&shown), expected) != 0)
		fail_msg("%s: \"%s\" instead of \"%s\"", sentence, buf_string(&shown), expected);
	buf_free(&shown);
}

#define WIPE "\r\033[K"

static void progress_is_one_line_on_a_terminal(void **state)
{
	(void)state;
	assert_shows("shown once, wiped by the next line", show, WIPE "a:1\\x0a2" WIPE);
	assert_shows("ten a second", show_twice, WIPE "a: 1" WIPE "a: 2" WIPE);
	assert_shows("goes on while it waits", show_waiting,
		     WIPE "a: 1" WIPE WIPE "a: 1" WIPE "a: 1" WIPE "a: 1 (3 " WIPE "b: 2" WIPE);
	assert_shows("cut before the edge, between characters", show_long, WIPE "0123456" WIPE);
	assert_shows("not when quiet", show_quietly, "");
}

static void secrets_are_hidden(void **state)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	char path[] = "/tmp/clean-registry-log.XXXXXX";
	int fd = mkstemp(path);
	struct err err = { 0 };

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	log_open(path, (struct log_options){ .quiet = true });
	secrets_add("hunter22");
	log_info("it said %s and hunter22", "hunter22");
	secrets_clear();
	log_close();
	assert_int_equal(file_read(AT_FDCWD, path, 4096, &text, &err), 0);
	unlink(path);
	assert_null(strstr(buf_string(&text), "hunter22"));
	assert_non_null(strstr(buf_string(&text), "it said ******** and ********"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_go_where_they_should),
		cmocka_unit_test(progress_is_one_line_on_a_terminal),
		cmocka_unit_test(secrets_are_hidden),
	};

	return cmocka_run_group_tests_name("log", tests, enter_folder, leave_folder);
}
