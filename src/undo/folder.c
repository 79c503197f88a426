/* Journals by their names. Whoever can write one decides what a restore pushes. */
#include "undo/folder.h"

#include "state/state.h"
#include "undo/journal.h"
#include "util/date.h"
#include "util/file.h"
#include "util/log.h"
#include "util/xalloc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX          ".jsonl"
#define SECONDS_PER_DAY 86400

char *undo_folder_path(const struct state *state, const char *run)
{
	return xasprintf("%s/" UNDO_FOLDER "/%s" SUFFIX, state_path(state), run);
}

int undo_folder_check(const char *path, const struct stat *status, struct err *err)
{
	if (status->st_uid != 0 && status->st_uid != geteuid())
		return err_set(err, ERR_IO,
			       "%s: it belongs to another user (uid %u), who could decide what is "
			       "restored; it must belong to root or to the user who runs this",
			       path, (unsigned)status->st_uid);
	if (status->st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, ERR_IO,
			       "%s: others than its owner can write it, and could decide what is "
			       "restored; look at it, then run: chmod go-w %s",
			       path, path);
	return 0;
}

static int fail(const char *path, struct err *err)
{
	int number = errno;

	err_set(err, ERR_IO, "%s: %s", path,
		number == ELOOP || number == ENOTDIR ? "it is not a folder" : strerror(number));
	errno = number;
	return -1;
}

static void close_keeping_errno(int fd)
{
	int number = errno;

	file_close(&fd);
	errno = number;
}

int undo_folder_open(const struct state *state, bool make, struct err *err)
{
	CLEANUP(free_p) char *path = xasprintf("%s/" UNDO_FOLDER, state_path(state));
	struct stat status;
	int folder;

	if (make && mkdir(path, 0700) != 0 && errno != EEXIST)
		return fail(path, err);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0 || fstat(folder, &status) != 0) {
		(void)fail(path, err);
	} else if (undo_folder_check(path, &status, err) < 0) {
		errno = EPERM;
	} else {
		return folder;
	}
	close_keeping_errno(folder);
	return -1;
}

/* Moves *AT behind COUNT digits; 0: behind as many as there are. False: not so many. */
static bool take_digits(const char **at, size_t count)
{
	size_t found = 0;

	while (isdigit((unsigned char)(*at)[found]) && (count == 0 || found < count))
		found++;
	*at += found;
	return count == 0 ? found > 0 : found == count;
}

static bool take(const char **at, char character)
{
	return *(*at)++ == character;
}

bool undo_run_valid(const char *name)
{
	const char *at = name;

	if (strlen(name) >= UNDO_RUN_NAME || !take_digits(&at, 8) || !take(&at, 'T') ||
	    !take_digits(&at, 6) || !take(&at, 'Z') || !take(&at, '-') || !take_digits(&at, 0))
		return false;
	if (*at == '-') {
		at++;
		if (!take_digits(&at, 0))
			return false;
	}
	return *at == '\0';
}

int64_t undo_run_began(const char *name)
{
	char text[32];

	/* 20261130T182645Z */
	snprintf(text, sizeof text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", name, name + 4, name + 6,
		 name + 9, name + 11, name + 13);
	return date_parse(text, strlen(text));
}

/* By time; within a second by the numbers of the processes. */
static int by_time(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(DIR *entries, struct string_list *names)
{
	const struct dirent *entry;

	while ((entry = (errno = 0, readdir(entries)))) {
		size_t length = strlen(entry->d_name);
		CLEANUP(free_p) char *name = NULL;

		if (length <= strlen(SUFFIX) ||
		    strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) != 0)
			continue;
		name = xstrndup(entry->d_name, length - strlen(SUFFIX));
		if (undo_run_valid(name))
			string_list_add(names, steal(&name));
	}
	if (names->count > 1)
		qsort(names->items, names->count, sizeof *names->items, by_time);
	return errno;
}

int undo_journal_list(const struct state *state, struct string_list *names, struct err *err)
{
	struct err why = { 0 };
	int folder = undo_folder_open(state, false, &why);
	DIR *entries = folder < 0 ? NULL : fdopendir(folder);
	int number = errno;

	if (folder < 0 && number == ENOENT)
		return 0;
	if (folder < 0) {
		*err = why;
		return -1;
	}
	if (!entries) {
		number = errno;
		close(folder);
	} else {
		number = read_names(entries, names);
		closedir(entries);
	}
	return number == 0 ? 0
			   : err_set(err, ERR_IO, "%s/" UNDO_FOLDER ": %s", state_path(state),
				     strerror(number));
}

/* Whether a journal, of that name and STATUS, is older than LIMIT; what is not known is not. */
static bool is_old(const char *name, const struct stat *status, int64_t limit)
{
	int64_t start = undo_run_began(name);

	return date_known(start) && start < limit && status->st_mtime < limit;
}

void undo_journal_forget(const struct state *state, const char *keep, int64_t now, unsigned days)
{
	struct string_list names = { 0 };
	struct err err = { 0 };
	int64_t limit = now - (int64_t)days * SECONDS_PER_DAY;

	if (undo_journal_list(state, &names, &err) < 0)
		log_warning("%s", err.msg);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(free_p) char *path = undo_folder_path(state, names.items[i]);
		struct stat status;

		if ((keep && strcmp(keep, names.items[i]) == 0) || lstat(path, &status) != 0 ||
		    !is_old(names.items[i], &status, limit))
			continue;
		if (unlink(path) != 0)
			log_warning("%s: %s", path, strerror(errno));
		else
			log_debug("%s is older than undo.keep_days, and removed", path);
	}
	string_list_clear(&names);
}
