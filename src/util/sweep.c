/* Who writes a temporary file has a lock on it, which ends with the process. */
#include "util/sweep.h"

#include "util/file.h"
#include "util/xalloc.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_temporary(const char *entry, const char *name)
{
	size_t tail = strlen(SWEEP_MARK) + SWEEP_LETTERS, length = strlen(entry);
	const char *mark = NULL;

	if (length <= tail)
		return false;
	mark = entry + length - tail;
	if (strncmp(mark, SWEEP_MARK, strlen(SWEEP_MARK)) != 0)
		return false;
	for (const char *letter = mark + strlen(SWEEP_MARK); *letter; letter++)
		if (!isalnum((unsigned char)*letter))
			return false;
	return !name || (strlen(name) == (size_t)(mark - entry) &&
			 memcmp(entry, name, (size_t)(mark - entry)) == 0);
}

static void sweep(int folder, const char *entry)
{
	int fd = openat(folder, entry, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;

	if (fd < 0)
		return;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)unlinkat(folder, entry, 0);
	close(fd);
}

void sweep_folder(const char *folder, const char *name)
{
	DIR *entries = opendir(folder);
	const struct dirent *entry = NULL;

	while (entries && (entry = readdir(entries)))
		if (is_temporary(entry->d_name, name))
			sweep(dirfd(entries), entry->d_name);
	if (entries)
		closedir(entries);
}

void sweep_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(free_p) char *folder = file_folder(path);

	sweep_folder(folder, slash ? slash + 1 : path);
}
