/* Whether an entry of the journal is needed after all. */
#include "native/needed.h"

#include "native/digests.h"
#include "native/journal.h"
#include "native/marks.h"

static bool has_flag(const struct native_marks *marks, const char *digest, unsigned flags)
{
	uint32_t number = native_digests_find_text(marks->digests, digest);

	return number != NATIVE_NONE && (marks->flags[number] & flags);
}

static bool alias_has(const struct native_journal *journal, const struct native_entry *entry,
		      const struct native_marks *marks, unsigned flags)
{
	for (uint32_t i = 0; i < entry->link_count; i++) {
		uint32_t named = journal->links[entry->first_link + i].named;

		if (named != entry->digest &&
		    has_flag(marks, native_journal_text(journal, named), flags))
			return true;
	}
	return false;
}

bool native_is_needed_by_alias(const struct native_journal *journal,
			       const struct native_entry *entry, const struct native_marks *marks)
{
	return alias_has(journal, entry, marks, NATIVE_MARKED);
}

bool native_is_needed(const struct native_journal *journal, const struct native_entry *entry,
		      const struct native_marks *marks)
{
	return has_flag(marks, native_journal_text(journal, entry->digest),
			NATIVE_MARKED | NATIVE_LINKED) ||
	       alias_has(journal, entry, marks, NATIVE_MARKED | NATIVE_LINKED);
}
