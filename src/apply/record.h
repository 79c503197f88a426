/* What a batch was about to delete, in paths.state: with it the next run finishes a DELETE that was
 * cut, which takes the manifest before its tags (registry notes, section 1). For apply alone. */
#ifndef APPLY_RECORD_H
#define APPLY_RECORD_H

#include "util/buf.h"
#include "util/err.h"

#include <stddef.h>

struct state;
struct strtab;

struct record_manifest {
	char *digest, *type;
	struct buf body;
	struct strtab *tags; /* that pointed at it */
};

/* Of one repository. Zero-initialised is empty. */
struct record {
	struct record_manifest *manifests;
	size_t count, capacity;
};

void record_clear(struct record *record);
/* Adds a manifest without tags; the pointer is good until the next. */
struct record_manifest *record_add(struct record *record, const char *digest, const char *type,
				   const char *body, size_t length);
/* Replaces what is written for REPOSITORY, and fsyncs. -1 (ERR_IO). */
int record_write(const struct record *record, struct state *state, const char *repository,
		 struct err *err) __attribute__((warn_unused_result));
/* Nothing is owed there any more. */
void record_remove(struct state *state, const char *repository);
/* What was written for REPOSITORY; nothing where that is not there, damaged, or does not hash to
 * its digests: then it is not known what the tags had. */
void record_read(struct record *record, const struct state *state, const char *repository);

#endif
