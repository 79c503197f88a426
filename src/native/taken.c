/* Questions to the journal as a whole. */
#include "native/candidates.h"
#include "native/journal.h"
#include "util/strtab.h"
#include "util/u64map.h"

#include <string.h>

/* Keys of taken links: both numbers are of 32 bits. */
static uint64_t taken_key(uint32_t repository, uint32_t named)
{
	return (uint64_t)repository << 32 | named;
}

struct u64map *native_taken_table(const struct native_journal *journal)
{
	struct u64map *table = u64map_new();

	for (size_t i = 0; i < journal->link_count; i++)
		u64map_set(table, taken_key(journal->links[i].repository, journal->links[i].named),
			   1);
	return table;
}

bool native_was_taken(const struct u64map *table, const struct native_journal *journal,
		      const char *repository, const char *named)
{
	uint32_t place = strtab_find(journal->texts, repository, strlen(repository));
	uint32_t digest = strtab_find(journal->texts, named, strlen(named));

	return place != STRTAB_NONE && digest != STRTAB_NONE &&
	       u64map_get(table, taken_key(place, digest)) != U64MAP_NONE;
}

struct native_journal_summary native_journal_summary(const struct native_journal *journal,
						     const struct timespec *now,
						     int64_t grace_seconds)
{
	struct native_journal_summary summary = { .entries = journal->count };

	for (size_t i = 0; i < journal->count; i++) {
		const struct native_entry *entry = &journal->entries[i];
		int64_t due = entry->since + grace_seconds;

		summary.bytes += entry->size;
		summary.open += entry->open;
		if (native_is_due(entry->since, now, grace_seconds)) {
			summary.due++;
			summary.due_bytes += entry->size;
		} else if (summary.first_due == 0 || due < summary.first_due) {
			summary.first_due = due;
		}
	}
	return summary;
}
