/* The parts of a run's JSON report that are about the storage. For src/report/run_json.c only. */
#ifndef REPORT_STORAGE_JSON_H
#define REPORT_STORAGE_JSON_H

#include <stdio.h>

struct report; /* report/run_json.h */

/* "storage": { … }, */
void storage_json_write(const struct report *report, FILE *stream);
/* "untagged_listed": where the storage is not read, what the collector keeps and no tag leads to;
 * else null. */
void storage_json_write_listed(const struct report *report, FILE *stream);

#endif
