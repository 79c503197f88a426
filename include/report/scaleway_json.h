/* The answer of Scaleway Registry Purge, a function whose callers read it: the same fields, with
 * true numbers. */
#ifndef REPORT_SCALEWAY_JSON_H
#define REPORT_SCALEWAY_JSON_H

#include "util/err.h"

#include <stdio.h>

struct config; /* config/config.h */
struct report; /* report/run_json.h */

/* Writes to STREAM, as one JSON object, what became of each tag and each namespace that was to go,
 * and how many: statusCode 200 where the exit code is 0, else 500 and in body.error WHY, or, where
 * that is NULL, the first error that was logged. -1 (ERR_IO): STREAM took not all of it. */
int scaleway_json_write(const struct report *report, const char *why, FILE *stream, struct err *err)
	__attribute__((warn_unused_result));
/* The same of a run that could not begin, since its configuration is at fault as WHY says. */
int scaleway_json_refuse(const char *why, FILE *stream, struct err *err)
	__attribute__((warn_unused_result));

#endif
