/* util/log: the forms of a line: JSON, with a mark for the journal, for syslog. Each case runs in a
 * process of its own whose stdout and stderr are files, in a folder of its own. */
#include "util/log.h"
#include "json/document.h"

#include "log_folder.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/file.h"
#include "util/journal.h"
#include "util/secrets.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <pty.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINES 1000 /* more than the queue of a socket holds */

static void read_file(const char *path, struct buf *text)
{
	struct err err;

	if (access(path, F_OK) == 0)
		assert_int_equal(file_read(AT_FDCWD, path, 1 << 22, text, &err), 0);
	unlink(path);
}

static void run_apart(void (*function)(void))
{
	int status;

	unsetenv("JOURNAL_STREAM");
	status = log_run_apart(function);
	if (status != 0)
		fail_msg("wait status %#x", (unsigned)status);
}

static void assert_matches(const char *sentence, const char *text, const char *pattern)
{
	regex_t regex;

	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	if (regexec(&regex, text, 0, NULL, 0) != 0)
		fail_msg("%s:\n%s\n-- no match for --\n%s", sentence, text, pattern);
	regfree(&regex);
}

/* JSON. */

static const struct {
	const char *sentence;
	const char *message;  /* as it is logged */
	const char *expected; /* as a reader of the JSON gets it */
} MESSAGES[] = {
	{ "plain", "deleted app:old", "deleted app:old" },
	{ "quotes and backslashes", "a \"b\" \\ c\\", "a \"b\" \\ c\\" },
	{ "members cannot be forged", "x\",\"level\":\"error\",\"y\":\"",
	  "x\",\"level\":\"error\",\"y\":\"" },
	{ "lines cannot be forged", "a\n{\"time\":\"1\"}\r\t\x01",
	  "a\\x0a{\"time\":\"1\"}\\x0d\\x09\\x01" },
	{ "no UTF-8", "\xff|\xc0\xaf|\xed\xa0\x80|\xe2\x82",
	  "\\xff|\\xc0\\xaf|\\xed\\xa0\\x80|"
	  "\\xe2\\x82" },
	{ "C1 controls",
	  "\xc2\x9b"
	  "1m",
	  "\\xc2\\x9b1m" },
	{ "other letters", "é € 😀 \xe2\x80\xa8", "é € 😀 \xe2\x80\xa8" },
	{ "nothing", "", "" },
	{ "a secret", "it said hunter22", "it said ********" },
	{ "a secret with quotes", "it said a\"b\\cd", "it said ******" },
};
#define MESSAGE_COUNT (sizeof MESSAGES / sizeof *MESSAGES)

static void say_messages(void)
{
	secrets_add("hunter22");
	secrets_add_login("user", "a\"b\\cd");
	log_open("log", (struct log_options){ .json = true, .name = "ea\"st" });
	for (size_t i = 0; i < MESSAGE_COUNT; i++)
		log_about(
			LOG_LEVEL_INFO,
			(const struct log_field[]){ { .name = "tag", .text = MESSAGES[i].message },
						    { .name = "bytes", .number = UINT64_MAX },
						    { 0 } },
			"%s", MESSAGES[i].message);
	log_close();
}

static const char *member(const struct json_object *object, const char *key)
{
	const char *text = NULL;
	struct err err;

	assert_int_equal(document_string(object, key, &text, &err), 0);
	return text;
}

static void assert_line(size_t i, const char *line, size_t length)
{
	struct json_object *object = NULL;
	struct err err;

	if (document_parse(line, length, &object, &err) < 0)
		fail_msg("%s: %s: %.*s", MESSAGES[i].sentence, err.msg, (int)length, line);
	assert_string_equal(member(object, "message"), MESSAGES[i].expected);
	assert_string_equal(member(object, "tag"), MESSAGES[i].expected);
	assert_string_equal(member(object, "level"), "info");
	assert_string_equal(member(object, "registry"), "ea\"st");
	assert_int_equal(json_object_object_length(object), 7);
	assert_true(json_object_get_uint64(document_get(object, "bytes")) == UINT64_MAX);
	assert_true(json_object_get_int(document_get(object, "pid")) > 0);
	assert_matches(MESSAGES[i].sentence, member(object, "time"),
		       "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}"
		       "[-+][0-9]{2}:[0-9]{2}$");
	assert_true(log_is_object(line, length));
	document_put(&object);
}

static void json_is_one_valid_object_a_line(void **state)
{
	CLEANUP(buf_free) struct buf file = { 0 };
	CLEANUP(buf_free) struct buf out = { 0 };
	const char *at;

	(void)state;
	run_apart(say_messages);
	read_file("log", &file);
	read_file("out", &out);
	read_file("errors", &out);
	/* Every place has the same lines, with the same times. */
	assert_string_equal(buf_string(&out), buf_string(&file));
	at = buf_string(&file);
	for (size_t i = 0; i < MESSAGE_COUNT; i++) {
		size_t length = strcspn(at, "\n");

		assert_line(i, at, length);
		at += length + 1;
	}
	assert_string_equal(at, "");
	assert_false(log_is_object("{\"time\":1}", 10));
	assert_false(log_is_object("{", 1));
}

static void say_trouble_in_json(void)
{
	log_open("/dev/full", (struct log_options){ .json = true, .quiet = true });
	log_info("i");
	log_error("e");
	log_close();
}

static void what_is_told_of_the_log_itself_is_json_too(void **state)
{
	CLEANUP(buf_free) struct buf errors = { 0 };

	(void)state;
	run_apart(say_trouble_in_json);
	read_file("errors", &errors);
	unlink("out");
	assert_matches(
		"full", buf_string(&errors),
		"^\\{\"time\":\"[^\"]*\",\"level\":\"warning\",\"pid\":[0-9]+,\"message\":\""
		"cannot write the log to /dev/full: No space left on device\"\\}\n"
		"\\{\"time\":\"[^\"]*\",\"level\":\"error\",\"pid\":[0-9]+,\"message\":\"e\"\\}"
		"\n$");
}

static void say_on_a_terminal(void)
{
	int master, slave;
	char text[256];
	ssize_t got;

	if (openpty(&master, &slave, NULL, NULL, NULL) < 0 || dup2(slave, STDOUT_FILENO) < 0)
		_exit(100);
	log_find_readers();
	/* As in the child for one of several, whose output the terminal's reader gets through us.
	 */
	redirect(STDOUT_FILENO, "out");
	log_open("log", (struct log_options){ .json = true });
	log_info("i");
	log_close();
	if (dup2(slave, STDOUT_FILENO) < 0)
		_exit(101);
	log_open(NULL, (struct log_options){ .json = true });
	log_info("i");
	log_close();
	got = read(master, text, sizeof text - 1);
	text[got > 0 ? got : 0] = '\0';
	if (!strstr(text, " [INFO] i"))
		_exit(102);
}

static void a_terminal_gets_text(void **state)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	CLEANUP(buf_free) struct buf file = { 0 };

	(void)state;
	run_apart(say_on_a_terminal);
	read_file("out", &out);
	read_file("log", &file);
	unlink("errors");
	assert_matches("terminal", buf_string(&out), "^[-0-9]+ [:0-9]+ \\[INFO\\] i\n$");
	assert_true(log_is_object(buf_string(&file), file.length));
}

/* The journal. */

/* The variable of the journal for FD, with other texts around the two numbers. */
static void set_texts(int fd, const char *before, const char *between, const char *behind)
{
	char text[80];
	struct stat status;

	fstat(fd, &status);
	(void)snprintf(text, sizeof text, "%s%lu%s%lu%s", before, (unsigned long)status.st_dev,
		       between, (unsigned long)status.st_ino, behind);
	setenv("JOURNAL_STREAM", text, 1);
}

static void set_stream(int fd)
{
	set_texts(fd, "", ":", "");
}

static void the_journal_is_known_by_device_and_inode(void **state)
{
	static const struct {
		const char *before, *between, *behind;
		bool expected;
	} rows[] = {
		{ "", ":", "", true },   { "", ":", "1", false }, { "1", ":", "", false },
		{ "", ":", " ", false }, { "", " ", "", false },  { "-", ":", "", false },
		{ "x", ":", "", false }, { "", "", "", false },   { "", ":", ":1", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		set_texts(STDIN_FILENO, rows[i].before, rows[i].between, rows[i].behind);
		if (journal_reads(STDIN_FILENO) != rows[i].expected)
			fail_msg("\"%s\"", getenv("JOURNAL_STREAM"));
	}
	set_stream(STDIN_FILENO);
	assert_false(journal_reads(-1));
	unsetenv("JOURNAL_STREAM");
	assert_false(journal_reads(STDIN_FILENO));
	assert_int_equal(journal_mark_length("<4>x", 4), 3);
	assert_int_equal(journal_mark_length("<4>", 2), 0);
	assert_int_equal(journal_mark_length("<8>x", 4), 0);
	assert_int_equal(journal_mark_length("x<4>", 4), 0);
}

static void say_all(const char *path, struct log_options options)
{
	CLEANUP(free_p) char *complaint = NULL;

	log_find_readers();
	complaint = log_complaint("no");
	fputs(complaint, stderr);
	log_open(path, options);
	log_debug("d");
	log_info("i\n<0>forged");
	log_warning("w");
	log_error("e");
	log_close();
}

/* stdout is another file. */
static void say_to_the_journal(void)
{
	set_stream(STDERR_FILENO);
	say_all("log", (struct log_options){ .debug = true, .name = "east" });
}

static void say_all_to_the_journal(void)
{
	if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(100);
	set_stream(STDERR_FILENO);
	say_all("log", (struct log_options){ .debug = true });
}

static void say_json_to_the_journal(void)
{
	set_stream(STDERR_FILENO);
	say_all(NULL, (struct log_options){ .json = true, .quiet = true });
}

#define TIMED(rest) "[-0-9]{10} [:0-9]{8} " rest "\n"

static const struct {
	const char *sentence;
	void (*function)(void);
	const char *file, *out, *errors; /* patterns, or "" for nothing */
} JOURNAL[] = {
	{ "only the stream that it reads has marks, and no time", say_to_the_journal,
	  "^" TIMED("\\[DEBUG\\] east: d") TIMED("\\[INFO\\] east: i\\\\x0a<0>forged")
		  TIMED("\\[WARNING\\] east: w") TIMED("\\[ERROR\\] east: e") "$",
	  "^" TIMED("\\[DEBUG\\] d") TIMED("\\[INFO\\] i\\\\x0a<0>forged") "$",
	  "^<3>clean-registry: no\n<4>\\[WARNING\\] w\n<3>\\[ERROR\\] e\n$" },
	{ "both streams", say_all_to_the_journal, "^" TIMED("\\[DEBUG\\] d"), "^$",
	  "^<3>clean-registry: no\n<7>\\[DEBUG\\] d\n<6>\\[INFO\\] i\\\\x0a<0>forged\n<4>\\["
	  "WARNING\\] w\n<3>\\[ERROR\\] e\n$" },
	{ "objects have marks, and their time", say_json_to_the_journal, "^$", "^$",
	  "^<3>clean-registry: no\n<4>\\{\"time\":\"[^\"]+\",\"level\":\"warning\"[^\n]*\\}\n<3>\\{"
	  "\"time\":[^\n]*\\}\n$" },
};

static void the_journal_gets_priorities(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof JOURNAL / sizeof *JOURNAL; i++) {
		CLEANUP(buf_free) struct buf file = { 0 };
		CLEANUP(buf_free) struct buf out = { 0 };
		CLEANUP(buf_free) struct buf errors = { 0 };

		run_apart(JOURNAL[i].function);
		read_file("log", &file);
		read_file("out", &out);
		read_file("errors", &errors);
		assert_matches(JOURNAL[i].sentence, buf_string(&file), JOURNAL[i].file);
		assert_matches(JOURNAL[i].sentence, buf_string(&out), JOURNAL[i].out);
		assert_matches(JOURNAL[i].sentence, buf_string(&errors), JOURNAL[i].errors);
	}
}

/* syslog. */

/* A daemon's socket at ./syslog. */
static int listen_to_syslog(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "syslog" };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	unlink("syslog");
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
		_exit(110);
	return fd;
}

/* Fails unless the next datagram matches PATTERN. */
static void expect(int fd, const char *pattern)
{
	static char text[65536];
	ssize_t got = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
	regex_t regex;

	text[got > 0 ? got : 0] = '\0';
	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		_exit(111);
	if (got < 0 || regexec(&regex, text, 0, NULL, 0) != 0) {
		fprintf(stderr, "%s\n-- no match for --\n%s\n", text, pattern);
		_exit(112);
	}
	regfree(&regex);
}

#define HEAD(priority) \
	"^<" priority  \
	">[A-Z][a-z]{2} [ 1-3][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} clean-registry\\[[0-9]+\\]: "

static const struct log_options SYSLOG = {
	.debug = true, .quiet = true, .syslog = "syslog", .wait_ms = 20
};

static void syslog_gets_all(void)
{
	struct log_options options = SYSLOG;
	int daemon = listen_to_syslog();

	options.name = "east";
	say_all("log", options);
	expect(daemon, HEAD("31") "\\[DEBUG\\] east: d$");
	expect(daemon, HEAD("30") "\\[INFO\\] east: i\\\\x0a<0>forged$");
	expect(daemon, HEAD("28") "\\[WARNING\\] east: w$");
	expect(daemon, HEAD("27") "\\[ERROR\\] east: e$");
	options.json = true;
	say_all(NULL, options);
	expect(daemon,
	       HEAD("31") "\\{\"time\":\"[^\"]+\",\"level\":\"debug\",\"pid\":[0-9]+,\"registry"
			  "\":\"east\",\"message\":\"d\"\\}$");
}

static void syslog_long_lines_are_cut(void)
{
	char text[20001];
	int daemon = listen_to_syslog();

	for (size_t i = 0; i < sizeof text - 2; i += 2)
		memcpy(text + i, "é", 2);
	text[sizeof text - 1] = '\0';
	log_open("log", SYSLOG);
	log_info("x%s", text);
	log_close();
	expect(daemon, HEAD("30") "\\[INFO\\] x(é)+ \\.\\.\\.$");
}

/* Each is longer than a daemon takes, as it is or once it is escaped. */
static const struct {
	const char *sentence, *repeated;
} LONG[] = {
	{ "letters", "a" },
	{ "controls", "\x01" },
	{ "quotes and backslashes", "\"\\" },
	{ "characters of several bytes", "😀" },
	{ "bytes that are no UTF-8", "\x80" },
};
#define LONG_BYTES 7000

static void say_long(const char *repeated)
{
	char text[LONG_BYTES + 1] = "";

	for (size_t length = 0; length + strlen(repeated) < sizeof text;)
		length += (size_t)snprintf(text + length, sizeof text - length, "%s", repeated);
	log_about(LOG_LEVEL_INFO, (const struct log_field[]){ { .name = "n", .number = 7 }, { 0 } },
		  "%s%s", text, text);
}

/* The object of the next datagram, which a daemon takes. */
static struct json_object *next_object(int fd)
{
	static char text[65536];
	ssize_t got = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
	struct json_object *object = NULL;
	struct err err;
	const char *begin;

	if (got <= 0 || got > 8000)
		_exit(113);
	text[got] = '\0';
	begin = strchr(text, '{');
	if (!begin || document_parse(begin, strlen(begin), &object, &err) < 0)
		_exit(114);
	return object;
}

static void syslog_long_objects_are_cut(void)
{
	struct log_options options = SYSLOG;
	int daemon = listen_to_syslog();

	options.json = true;
	options.name = "east";
	log_open(NULL, options);
	for (size_t i = 0; i < sizeof LONG / sizeof *LONG; i++) {
		struct json_object *object;
		const char *message;

		say_long(LONG[i].repeated);
		object = next_object(daemon);
		message = member(object, "message");
		if (!json_object_get_boolean(document_get(object, "cut")) ||
		    json_object_get_int(document_get(object, "n")) != 7 || strlen(message) < 2000 ||
		    strcmp(message + strlen(message) - 4, " ...") != 0) {
			fprintf(stderr, "%s: %s\n", LONG[i].sentence, message);
			_exit(115);
		}
		document_put(&object);
	}
	log_info("short");
	expect(daemon, "\"message\":\"short\"\\}$");
	log_close();
}

/* What a line is about may be too long by itself. */
static void syslog_long_members_are_left_out(void)
{
	char bytes[9000] = "";
	struct log_options options = SYSLOG;
	int daemon = listen_to_syslog();

	memset(bytes, 1, sizeof bytes - 1);
	options.json = true;
	log_open(NULL, options);
	log_about(LOG_LEVEL_INFO,
		  (const struct log_field[]){ { .name = "t", .text = bytes }, { 0 } }, "said");
	expect(daemon, "\"message\":\"said \\.\\.\\.\",\"cut\":true\\}$");
	log_close();
}

/* Without a daemon it is told once; one that comes later gets the lines from then on. */
static void syslog_comes_later(void)
{
	int daemon;

	log_open("log", SYSLOG);
	log_info("nobody hears");
	log_info("nobody hears");
	daemon = listen_to_syslog();
	log_info("heard");
	expect(daemon, HEAD("30") "\\[INFO\\] heard$");
	close(daemon);
	log_info("between");
	daemon = listen_to_syslog();
	log_info("heard again");
	expect(daemon, HEAD("30") "\\[INFO\\] heard again$");
	log_close();
	if (log_warnings() != 1)
		_exit(120);
}

static void syslog_hangs(void)
{
	int daemon = listen_to_syslog();
	int64_t begin = time_monotonic_ms();
	char text[4096];

	log_open("log", SYSLOG);
	for (int i = 0; i < LINES; i++)
		log_info("%d", i);
	if (time_monotonic_ms() - begin > 5000 || log_warnings() != 0)
		_exit(130);
	while (recv(daemon, text, sizeof text, MSG_DONTWAIT) > 0)
		continue;
	log_info("goes on");
	expect(daemon, HEAD("30") "\\[INFO\\] goes on$");
	expect(daemon, HEAD("28") "\\[WARNING\\] [1-9][0-9]* lines could not be written to syslog, "
				  "because nobody read there$");
	log_close();
}

static const struct {
	void (*function)(void);
	size_t lines; /* of the file */
	const char *file, *errors;
} SYSLOGS[] = {
	{ syslog_gets_all, 4, "\\[ERROR\\] east: e\n$", "^clean-registry: no\n.*\\[ERROR\\] e" },
	{ syslog_long_lines_are_cut, 1, "(é)+\n$", "^$" },
	{ syslog_long_objects_are_cut, 0, "^$", "^$" },
	{ syslog_long_members_are_left_out, 0, "^$", "^$" },
	{ syslog_comes_later, 6,
	  "\\[WARNING\\] cannot write the log to syslog: No such file or directory\n",
	  "\\[WARNING\\] cannot write the log to syslog: No such file or directory\n$" },
	{ syslog_hangs, LINES + 1, "\\[INFO\\] goes on\n$", "^$" },
};

static void syslog_gets_datagrams(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof SYSLOGS / sizeof *SYSLOGS; i++) {
		CLEANUP(buf_free) struct buf file = { 0 };
		CLEANUP(buf_free) struct buf errors = { 0 };
		size_t lines = 0;

		run_apart(SYSLOGS[i].function);
		read_file("log", &file);
		read_file("errors", &errors);
		unlink("out");
		unlink("syslog");
		for (const char *at = buf_string(&file); *at; at++)
			lines += *at == '\n';
		assert_int_equal(lines, SYSLOGS[i].lines);
		assert_matches("file", buf_string(&file), SYSLOGS[i].file);
		assert_matches("errors", buf_string(&errors), SYSLOGS[i].errors);
	}
	assert_int_equal(log_try_syslog("absent"), ENOENT);
	assert_int_equal(log_try_syslog("/"), ECONNREFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_one_valid_object_a_line),
		cmocka_unit_test(what_is_told_of_the_log_itself_is_json_too),
		cmocka_unit_test(a_terminal_gets_text),
		cmocka_unit_test(the_journal_is_known_by_device_and_inode),
		cmocka_unit_test(the_journal_gets_priorities),
		cmocka_unit_test(syslog_gets_datagrams),
	};

	return cmocka_run_group_tests_name("log forms", tests, enter_folder, leave_folder);
}
