/* Puts back what was judged possible: parts before their indexes, what describes behind what it
 * describes, tags last. Nothing is written but manifests of the list (S7). */
#ifndef RESTORE_WRITE_H
#define RESTORE_WRITE_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>

struct restore_list;
struct session;

struct restore_writer {
	struct session *session;
	struct restore_list *list;
	bool overwrite; /* tags that point at something else meanwhile */
	size_t sent;    /* manifests and tags that were put, or may have been */
};

/* What cannot be put has failed, with the reason, and is named in the log. -1: ERR_UNREACHABLE, the
 * registry refuses the first of all, or is away; ERR_STOPPED. */
int restore_write(struct restore_writer *writer, struct err *err)
	__attribute__((warn_unused_result));

#endif
