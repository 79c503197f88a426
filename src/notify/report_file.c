/* O_TMPFILE, or a file that loses its name at once; or memory. */
#include "notify/report_file.h"

#include "report/run_json.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* FD is OUT's from here on, or closed. */
static int write_to(int fd, const struct report *report, struct report_file *out, struct err *err)
{
	FILE *stream = fdopen(fd, "w");
	struct stat status;
	int kept = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	int result = -1;

	*out = (struct report_file){ .fd = kept };
	if (!stream || kept < 0)
		err_set(err, ERR_IO, "%s", strerror(errno));
	else
		result = report_write(report, stream, err);
	if (stream)
		(void)fclose(stream);
	else
		(void)close(fd);
	if (result == 0 && fstat(kept, &status) == 0)
		out->length = (size_t)status.st_size;
	else
		report_file_close(out);
	return out->fd < 0 ? -1 : 0;
}

/* A file that no other process can open. */
static int open_nameless(void)
{
	const char *folder = getenv("TMPDIR");
	CLEANUP(free_p) char *path = NULL;
	int fd;

	if (!folder || *folder != '/')
		folder = "/tmp";
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	path = xasprintf("%s/clean-registry-XXXXXX", folder);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path);
	return fd;
}

int report_file_whole(const struct report *report, struct report_file *out, struct err *err)
{
	int fd = open_nameless();

	*out = REPORT_FILE_NONE;
	if (fd < 0)
		return err_set(err, ERR_IO, "no temporary file: %s", strerror(errno));
	return write_to(fd, report, out, err);
}

int report_file_brief(const struct report *report, struct report_file *out, struct err *err)
{
	struct report brief = *report;
	int fd = memfd_create("report", MFD_CLOEXEC);

	*out = REPORT_FILE_NONE;
	brief.brief = true;
	if (fd < 0)
		return err_set(err, ERR_IO, "no memory: %s", strerror(errno));
	return write_to(fd, &brief, out, err);
}

int report_file_open(const struct report_file *file, struct err *err)
{
	CLEANUP(free_p) char *path = xasprintf("/proc/self/fd/%d", file->fd);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 ? fd : err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
}

void report_file_close(struct report_file *file)
{
	file_close(&file->fd);
	file->length = 0;
}
