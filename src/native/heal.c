/* Puts back layer links that are needed. */
#include "native/change.h"
#include "native/collect.h"
#include "native/digests.h"
#include "native/journal.h"
#include "native/link.h"
#include "native/marks.h"
#include "native/needed.h"
#include "native/store.h"
#include "oci/digest.h"
#include "util/u64map.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct healing {
	const struct native_collection *collection;
	struct native_journal *journal;
	const struct native_marks *marks;
	struct u64map *taken;
	struct native_healed *out;
};

static int write_link(struct healing *healing, const char *repository, const char *named,
		      const char *stored, bool ours, struct err *err)
{
	bool written = false;
	int error = native_link_write(healing->collection, healing->collection->store, repository,
				      named, stored, NATIVE_LINK_NOW | NATIVE_LINK_MAKE, &written);

	/* The repository was removed, or none can have its name: nothing of it can be pulled. */
	if (error != 0 && error != ENOENT)
		return err_set(err, ERR_COLLECTOR,
			       "%s/" NATIVE_REPOSITORIES "/%s: the link of layer %s, which is "
			       "needed, cannot be put back: %s",
			       native_store_path(healing->collection->store), repository, named,
			       strerror(error));
	healing->out->links += written;
	healing->out->ours += written && ours;
	return 0;
}

/* A manifest may have a foreign layer whose blob only others have pushed: a link would give access
 * to that. */
static int heal_missing(struct healing *healing, const struct native_missing *missing,
			struct err *err)
{
	const struct native_marks *marks = healing->marks;
	const char *repository = marks->repositories[missing->repository].name;
	char named[DIGEST_TEXT], stored[DIGEST_TEXT];
	bool ours = false;

	native_digests_text(marks->digests, missing->named, named);
	native_digests_text(marks->digests, missing->stored, stored);
	ours = native_was_taken(healing->taken, healing->journal, repository, named);
	if (missing->foreign && !ours)
		return 0;
	return write_link(healing, repository, named, stored, ours, err);
}

/* References by another digest cannot be resolved while its link is away: all of them return. */
static int heal_aliases(struct healing *healing, const struct native_entry *entry, struct err *err)
{
	const struct native_journal *journal = healing->journal;
	const char *digest = native_journal_text(journal, entry->digest);

	for (uint32_t i = 0; i < entry->link_count; i++) {
		const struct native_taken *link = &journal->links[entry->first_link + i];
		const char *repository = native_journal_text(journal, link->repository);
		const char *named = native_journal_text(journal, link->named);

		if (link->named != entry->digest &&
		    write_link(healing, repository, named, digest, true, err) != 0)
			return -1;
	}
	return 0;
}

static int heal(struct healing *healing, struct err *err)
{
	struct native_journal *journal = healing->journal;
	struct err why = { 0 };
	int result = 0;

	for (size_t i = 0; i < healing->marks->missing_count; i++)
		if (heal_missing(healing, &healing->marks->missing[i], &why) != 0)
			result = -1;
	for (size_t i = 0; i < journal->count; i++) {
		struct native_entry *entry = &journal->entries[i];

		if (entry->swept)
			continue;
		if (native_is_needed_by_alias(journal, entry, healing->marks) &&
		    heal_aliases(healing, entry, &why) != 0)
			result = -1;
		entry->struck |= native_is_needed(journal, entry, healing->marks);
	}
	if (result != 0)
		*err = why;
	return result;
}

int native_heal(const struct native_collection *collection, struct native_journal *journal,
		const struct native_marks *marks, struct native_healed *out, struct err *err)
{
	struct healing healing = { .collection = collection,
				   .journal = journal,
				   .marks = marks,
				   .taken = native_taken_table(journal),
				   .out = out };
	int result = 0;

	*out = (struct native_healed){ 0 };
	result = heal(&healing, err);
	u64map_free(healing.taken);
	return result;
}
