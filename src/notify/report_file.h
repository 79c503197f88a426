/* The report as JSON, in a file without a name, so that it takes no memory and leaves nothing
 * behind. Private to src/notify. */
#ifndef NOTIFY_REPORT_FILE_H
#define NOTIFY_REPORT_FILE_H

#include "util/err.h"

#include <stddef.h>

struct report; /* report/run_json.h */

struct report_file {
	int fd;        /* -1: there is none */
	size_t length; /* bytes */
};
#define REPORT_FILE_NONE ((struct report_file){ .fd = -1 })

/* Writes REPORT whole on the disk. -1 (ERR_IO): there is no room, say. */
int report_file_whole(const struct report *report, struct report_file *out, struct err *err)
	__attribute__((warn_unused_result));
/* Writes it without its lists, in memory: it has some kilobytes, whatever the registry has. */
int report_file_brief(const struct report *report, struct report_file *out, struct err *err)
	__attribute__((warn_unused_result));
/* A descriptor of its own for who reads FILE from the beginning, and cannot change it. The
 * caller's. -1 (ERR_IO). */
int report_file_open(const struct report_file *file, struct err *err)
	__attribute__((warn_unused_result));
void report_file_close(struct report_file *file);

#endif
