/* Whether a program could be started: what execvp would find, without starting it. */
#include "util/proc.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* 0, or the errno with which it could not be. */
static int try_to_start(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return errno;
	if (!S_ISREG(status.st_mode) || faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) != 0)
		return EACCES;
	return 0;
}

/* As in environ(7): an empty part of PATH is the working directory. */
static int search(const char *program)
{
	const char *path = getenv("PATH");
	int found = ENOENT;

	for (const char *at = path ? path : "/bin:/usr/bin";; at++) {
		size_t length = strcspn(at, ":");
		CLEANUP(free_p)
		char *place =
			xasprintf("%.*s%s%s", (int)length, at, length > 0 ? "/" : "", program);
		int number = try_to_start(place);

		if (number == 0)
			return 0;
		if (number == EACCES)
			found = number;
		at += length;
		if (!*at)
			return found;
	}
}

int proc_find_failed(const char *program, int number, struct err *err)
{
	const char *reason = strerror(number);

	if (number == ENOENT && !strchr(program, '/'))
		reason = "command not found";
	else if (number == EACCES)
		reason = "permission denied";
	else if (number == ENOSYS)
		reason = "the kernel lacks pidfd_open (Linux 5.3)";
	return err_set(err, ERR_IO, "%s: %s", program, reason);
}

int proc_find(const char *program, struct err *err)
{
	int number = strchr(program, '/') || !*program ? try_to_start(program) : search(program);

	return number == 0 ? 0 : proc_find_failed(program, number, err);
}
