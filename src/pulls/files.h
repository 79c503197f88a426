/* The files of an access log, rotated ones too. For src/pulls only. */
#ifndef PULLS_FILES_H
#define PULLS_FILES_H

#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

struct pulls;

/* Gives PULLS all lines of the files that PATTERN names: one path, to which what logrotate made of
 * it belongs (PATH.1, PATH-20261130.gz, …), or a glob. Files that were not written to since SINCE
 * (DATE_ABSENT: any) are left out. At the end of the newest the proof is waited for. -1: ERR_IO,
 * ERR_STOPPED. */
int files_read(struct pulls *pulls, const char *pattern, int64_t since, struct err *err);

/* Waits a moment: -1 (ERR_STOPPED). */
int files_pause(struct err *err);

/* Whether SUFFIX, behind a log's path, is that of a rotated file. */
bool files_is_rotated(const char *suffix);

#endif
