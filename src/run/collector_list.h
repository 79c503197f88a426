/* The collector's list in the place of a folder: what it marks in a storage that this host cannot
 * read. */
#ifndef RUN_COLLECTOR_LIST_H
#define RUN_COLLECTOR_LIST_H

#include "util/err.h"

#include <stdbool.h>

struct run; /* run/context.h */

/* Where RUN's storage is not read, takes from its rehearsal's answer what the API does not tell:
 *
 *  - repositories that the catalog does not name: each is named, nothing goes in it, and the
 * catalog counts as incomplete (S2); those of it that the collector does not come across end the
 * run;
 *  - where something is to be deleted, the manifests that no tag leads to: they are read through
 *    the API, and RUN is planned anew with them (S3, S4);
 *  - how much of what the collector would remove is known, and which manifests have no tag.
 *
 * 1: done, or there is no need. 0: something does not fit, and may have been pushed meanwhile (not
 * when LAST). -1: ERR_COLLECTOR, ERR_STOPPED, ERR_UNREACHABLE, or a limit that the new plan breaks.
 */
int collector_list_take(struct run *run, bool last, struct err *err)
	__attribute__((warn_unused_result));

/* Before another answer of the collector: what was taken from the last one is of no use. */
void collector_list_forget(struct run *run);

#endif
