/* A run that was read: what it has, and how that is found; for src/undo alone. */
#ifndef UNDO_INDEX_H
#define UNDO_INDEX_H

#include "undo/journal.h"

#include <stddef.h>

struct undo_run *undo_index_new_run(void);
/* The entry of DIGEST in REPOSITORY, added where it is new; until the next is added. */
struct undo_manifest *undo_index_manifest(struct undo_run *run, const char *repository,
					  const char *digest);
/* Releases what MANIFEST has but for its repository and digest, before it is told anew. */
void undo_index_renew(struct undo_manifest *manifest);
/* Adds a tag to MANIFEST, of RUN: filled by the caller, which owns NAME no longer. */
struct undo_tag *undo_index_tag(struct undo_run *run, struct undo_manifest *manifest, char *name);
/* The tag of that name, as it was told last, or NULL. */
struct undo_tag *undo_index_find_tag(const struct undo_run *run, const char *repository,
				     const char *name);
struct undo_collection *undo_index_collection(struct undo_run *run);

#endif
