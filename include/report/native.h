/* What is told of the native collector: figures of a run, before and after. */
#ifndef REPORT_NATIVE_H
#define REPORT_NATIVE_H

#include "util/string_list.h"

#include <stdbool.h>
#include <stdint.h>

struct report_native_blobs {
	uint64_t count;
	uint64_t bytes; /* of their files */
};

struct report_native {
	/* Before anything was done: what a run would free, by the journal and the trash, and what
	 * nothing refers to, or was due, or not due yet, by then: that goes in later runs. */
	bool looked;
	struct report_native_blobs frees, later;
	int64_t later_at; /* when the first of it can go, seconds since 1970; 0: not known */

	/* What was done. */
	bool collected;
	struct report_native_blobs detached; /* its links were taken */
	int64_t detached_until;              /* when it can go; seconds since 1970 */
	struct report_native_blobs moved;    /* to the trash; what had lost its links before */
	struct report_native_blobs freed;    /* unlinked from the trash */
	uint64_t links_put_back, blobs_put_back;
	/* What lies in the trash now; KEPT_UNTIL: when the first of it goes, seconds since 1970, or
	 * 0. */
	bool trash_known;
	struct report_native_blobs trash;
	int64_t kept_until;

	/* Repositories that contradict themselves, each once, and why. */
	struct string_list unclear, reasons;
	bool unreadable; /* a blob could not be looked at, which was told */
};

#endif
