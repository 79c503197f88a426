/* What the tests of config.json share: a file in a folder of its own, and its notes as text. */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include "config/config.h"
#include "util/buf.h"
#include "util/xalloc.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define REGISTRY "\"registry\": {\"url\": \"http://h:5000\", \"container\": \"c\"}"
#define CLEANUP_ "\"cleanup\": {\"days_to_keep\": 30}"
#define PATHS    "\"paths\": {\"config\": \"/c.yml\"}"

struct loaded {
	int status;
	struct config config;
	struct notes faults;
	struct notes warnings;
};

static char folder[] = "/tmp/test_config.XXXXXX";
static char *file;

static inline int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	file = xasprintf("%s/config.json", folder);
	return 0;
}

static inline int remove_folder(void **state)
{
	int status;

	(void)state;
	unlink(file);
	status = rmdir(folder);
	free(file);
	return status;
}

static inline void write_file(const char *text, size_t length, mode_t mode)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_true(write(fd, text, length) == (ssize_t)length);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static inline struct loaded load_file(const char *path)
{
	struct loaded loaded = { 0 };

	loaded.status = config_load(path, NULL, &loaded.config, &loaded.faults, &loaded.warnings);
	assert_int_equal(loaded.status, loaded.faults.count == 0 ? 0 : -1);
	return loaded;
}

static inline struct loaded load(const char *text)
{
	write_file(text, strlen(text), 0600);
	return load_file(file);
}

static inline void clear(struct loaded *loaded)
{
	if (loaded->status == 0)
		config_clear(&loaded->config);
	notes_clear(&loaded->faults);
	notes_clear(&loaded->warnings);
}

static inline char *joined(const struct notes *notes)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < notes->count; i++)
		buf_format(&text, "%s%s", i > 0 ? "\n" : "", notes->lines[i]);
	return text.data ? text.data : xstrdup("");
}

static inline void assert_notes(const struct notes *notes, const char *wanted)
{
	CLEANUP(free_p) char *lines = joined(notes);

	assert_string_equal(lines, wanted);
}

#endif
