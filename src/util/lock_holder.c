/* /proc/locks names each lock by the device of its file system and the inode. On some file systems
 * (btrfs, overlay) stat(2) tells another device; the one meant is that of the mount. */
#include "util/lock_holder.h"

#include "util/buf.h"
#include "util/file.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIMIT ((size_t)16 << 20)
#define WORD  64

struct place {
	uint64_t major, minor, inode;
};

static int read_proc(const char *path, struct buf *text, struct err *err)
{
	return file_read(AT_FDCWD, path, LIMIT, text, err);
}

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

/* The number behind LABEL at the beginning of LINE. */
static bool read_labelled(const char *line, const char *label, uint64_t *number)
{
	size_t length = strlen(label);

	if (strncmp(line, label, length) != 0)
		return false;
	line += length;
	line += strspn(line, " \t");
	return units_read_u64(&line, number);
}

/* "mnt_id:\t29" of what is open as FD. */
static int find_mount(int fd, uint64_t *mount, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	char path[64];

	snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
	if (read_proc(path, &text, err) < 0)
		return -1;
	for (const char *line = buf_string(&text); *line; line = next_line(line))
		if (read_labelled(line, "mnt_id:", mount))
			return 0;
	return err_set(err, ERR_IO, "%s does not tell the mount", path);
}

/* "29 1 254:1 / / rw,…": mount, parent, device. */
static bool read_mount(const char *line, uint64_t *mount, struct place *place)
{
	uint64_t parent = 0;

	return units_read_u64(&line, mount) && *line++ == ' ' && units_read_u64(&line, &parent) &&
	       *line++ == ' ' && units_read_u64(&line, &place->major) && *line++ == ':' &&
	       units_read_u64(&line, &place->minor);
}

static int find_device(uint64_t mount, struct place *place, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	uint64_t found = 0;

	if (read_proc("/proc/self/mountinfo", &text, err) < 0)
		return -1;
	for (const char *line = buf_string(&text); *line; line = next_line(line))
		if (read_mount(line, &found, place) && found == mount)
			return 0;
	return err_set(err, ERR_IO, "/proc/self/mountinfo does not tell the device");
}

static int find_place(int fd, struct place *place, struct err *err)
{
	struct stat status;
	uint64_t mount = 0;

	if (fstat(fd, &status) != 0)
		return err_set(err, ERR_IO, "%s", strerror(errno));
	place->inode = (uint64_t)status.st_ino;
	return find_mount(fd, &mount, err) < 0 ? -1 : find_device(mount, place, err);
}

/* The next word of a line at *AT, cut to fit into WORD; moves *AT behind it. */
static bool read_word(const char **at, char word[WORD])
{
	const char *begin = *at + strspn(*at, " ");
	size_t length = strcspn(begin, " \n");

	snprintf(word, WORD, "%.*s", (int)length, begin);
	*at = begin + length;
	return length > 0;
}

/* "1: FLOCK  ADVISORY  WRITE 1234 fd:01:131073 0 EOF"; of one that waits "->" is in front of the
 * kind. */
static bool is_lock_of(const char *line, const char *wanted, long *pid)
{
	char words[6][WORD];

	for (size_t i = 0; i < 6; i++)
		if (!read_word(&line, words[i]))
			return false;
	if (strcmp(words[1], "FLOCK") != 0 || strcmp(words[3], "WRITE") != 0 ||
	    strcmp(words[5], wanted) != 0)
		return false;
	*pid = strtol(words[4], NULL, 10);
	return true;
}

static int look(int fd, long *pid, struct err *err)
{
	CLEANUP(buf_free) struct buf locks = { 0 };
	struct place place = { 0 };
	char wanted[WORD];

	if (find_place(fd, &place, err) < 0 || read_proc("/proc/locks", &locks, err) < 0)
		return -1;
	/* As fs/locks.c prints them. */
	snprintf(wanted, sizeof wanted, "%02" PRIx64 ":%02" PRIx64 ":%" PRIu64, place.major,
		 place.minor, place.inode);
	for (const char *line = buf_string(&locks); *line; line = next_line(line))
		if (is_lock_of(line, wanted, pid))
			return 1;
	return 0;
}

int lock_holder_find(const char *path, long *pid, struct err *err)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	int result;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
	result = look(fd, pid, err);
	close(fd);
	return result;
}
