/* Questions about the journal's entries that several phases ask. For src/native only. */
#ifndef NATIVE_NEEDED_H
#define NATIVE_NEEDED_H

#include <stdbool.h>

struct native_entry;   /* native/journal.h */
struct native_journal; /* native/journal.h */
struct native_marks;   /* native/marks.h */

/* Whether the blob is marked, or any link names it or holds it, or one of the other digests under
 * which its links were taken: a reference by that cannot be resolved while the link is away. */
bool native_is_needed(const struct native_journal *journal, const struct native_entry *entry,
		      const struct native_marks *marks);
/* The same of the other digests alone: marked. */
bool native_is_needed_by_alias(const struct native_journal *journal,
			       const struct native_entry *entry, const struct native_marks *marks);

#endif
