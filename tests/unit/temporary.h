/* Temporary folders for tests. Everything here fails the test when it does not work. */
#ifndef TESTS_TEMPORARY_H
#define TESTS_TEMPORARY_H

#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

/* A new folder that others may enter; the path is the caller's. */
static inline char *temporary_folder(void)
{
	const char *parent = getenv("TMPDIR");
	char *path =
		xasprintf("%s/clean-registry-test.XXXXXX", parent && *parent ? parent : "/tmp");

	assert_non_null(mkdtemp(path));
	assert_int_equal(chmod(path, 0755), 0);
	return path;
}

/* Removes it with all that is in it, however deep, and releases the path. */
static inline void temporary_remove(char *path)
{
	char *argv[] = { (char[]){ "rm" }, (char[]){ "-rf" }, (char[]){ "--" }, path, NULL };
	pid_t child = 0;
	int status = 0;

	assert_int_equal(posix_spawnp(&child, "rm", NULL, NULL, argv, environ), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	free(path);
}

/* Makes the folder ROOT/PATH and what is missing between them. */
static inline void temporary_mkdir(const char *root, const char *path)
{
	CLEANUP(free_p) char *full = xasprintf("%s/%s/", root, path);

	for (char *slash = strchr(full + strlen(root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(full, 0755) != 0)
			assert_int_equal(errno, EEXIST);
		*slash = '/';
	}
}

/* Writes the file ROOT/PATH, its folders too. */
static inline void temporary_write(const char *root, const char *path, const void *bytes,
				   size_t length)
{
	CLEANUP(free_p) char *full = xasprintf("%s/%s", root, path);
	const char *slash = strrchr(path, '/');
	FILE *file = NULL;

	if (slash) {
		CLEANUP(free_p) char *folder = xstrndup(path, (size_t)(slash - path));

		temporary_mkdir(root, folder);
	}
	file = fopen(full, "we");
	assert_non_null(file);
	if (length > 0)
		assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static inline void temporary_text(const char *root, const char *path, const char *text)
{
	temporary_write(root, path, text, strlen(text));
}

#endif
