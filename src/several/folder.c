/* Who can put a file into the folder decides what is deleted. */
#include "several/folder.h"

#include "util/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char SUFFIX[] = ".json";

/* Editors' backups end otherwise (.json~, .json.bak), or are hidden. */
static bool is_configuration(const char *name)
{
	size_t length = strlen(name), suffix = sizeof SUFFIX - 1;

	return *name != '.' && *name != '#' && length > suffix &&
	       strcmp(name + length - suffix, SUFFIX) == 0;
}

static int check_rights(const char *path, int fd, struct err *err)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return err_set(err, ERR_USAGE, "%s: %s", path, strerror(errno));
	if (status.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, ERR_USAGE,
			       "%s: it can be written by others than its owner; run: chmod go-w %s",
			       path, path);
	if (status.st_uid != 0 && status.st_uid != geteuid())
		return err_set(err, ERR_USAGE,
			       "%s: it must belong to root or to the user who runs this", path);
	return 0;
}

static int read_names(const char *path, DIR *folder, struct string_list *names, struct err *err)
{
	const struct dirent *entry;

	while ((entry = (errno = 0, readdir(folder)))) {
		if (is_configuration(entry->d_name))
			string_list_add(names, xstrdup(entry->d_name));
	}
	if (errno)
		return err_set(err, ERR_USAGE, "%s: %s", path, strerror(errno));
	if (names->count == 0)
		return err_set(err, ERR_USAGE, "%s: no configuration (*.json) is in this folder",
			       path);
	if (names->count > FOLDER_MOST)
		return err_set(err, ERR_USAGE,
			       "%s: %zu configurations; at most %d can be worked on", path,
			       names->count, FOLDER_MOST);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int folder_list(const char *path, struct string_list *names, struct err *err)
{
	DIR *folder = opendir(path);
	int result;

	if (!folder)
		return err_set(err, ERR_USAGE, "%s: %s", path, strerror(errno));
	result = check_rights(path, dirfd(folder), err);
	if (result == 0)
		result = read_names(path, folder, names, err);
	closedir(folder);
	if (result == 0)
		qsort(names->items, names->count, sizeof *names->items, by_name);
	return result;
}
