/* Holds, times (undo/restored.h), and debts. */
#include "restore/remember.h"

#include "config/config.h"
#include "lists/holds.h"
#include "restore/list.h"
#include "state/holds_file.h"
#include "state/state.h"
#include "storage/links.h"
#include "undo/restored.h"
#include "util/date.h"
#include "util/xalloc.h"

#include <string.h>

#define WHO             "clean-registry-restore"
#define SECONDS_PER_DAY INT64_C(86400)

struct change {
	const struct restore_memory *memory;
	const struct restore_list *list;
	bool (*chooses)(enum restore_verdict verdict, bool maybe);
	void (*each)(const struct change *change, struct holds *holds, char *name, const char *run);
};

/* One that somebody wants for longer stays. NAME is given away. */
static void hold(const struct change *change, struct holds *holds, char *name, const char *run)
{
	int64_t now = change->memory->now;
	int64_t until = now + change->memory->config->undo.hold_days * SECONDS_PER_DAY;
	const struct hold *old = holds_find(holds, name);
	CLEANUP(free_p) char *reason = xasprintf("restored from %s", run);
	CLEANUP(free_p) char *who = xstrdup(WHO);
	const struct hold new = {
		.name = name, .since = now, .until = until, .who = who, .reason = reason
	};

	if (!old || !holds_is_valid(old, now) ||
	    (old->until != HOLDS_FOREVER && old->until < until))
		holds_put(holds, &new);
	free(name);
}

/* Unless somebody else has changed it meanwhile. */
static void release(const struct change *change, struct holds *holds, char *name, const char *run)
{
	const struct hold *held = holds_find(holds, name);

	(void)run;
	if (held && strcmp(held->who, WHO) == 0 && held->since == change->memory->now)
		holds_drop(holds, name);
	free(name);
}

/* Also what the run did not come to, or an earlier restore put back: it would go tonight. */
static bool is_to_hold(enum restore_verdict verdict, bool maybe)
{
	(void)maybe;
	return verdict == VERDICT_PUT || verdict == VERDICT_THERE;
}

/* It surely is not there. */
static bool was_not_put(enum restore_verdict verdict, bool maybe)
{
	return !maybe &&
	       (verdict == VERDICT_PUT || verdict == VERDICT_FAILED || verdict == VERDICT_EXISTS);
}

/* What describes something lives and dies with that (S4), and is not held itself. */
static bool change_holds(void *ctx, struct holds *holds, struct err *err)
{
	const struct change *change = ctx;
	const struct restore_list *list = change->list;

	(void)err;
	for (size_t t = 0; t < list->tag_count; t++) {
		const struct restore_tag *tag = &list->tags[t];

		if (change->chooses(tag->verdict, tag->maybe) && !tag->belongs)
			change->each(change, holds, xasprintf("%s:%s", tag->repository, tag->name),
				     tag->run);
	}
	for (size_t m = 0; m < list->manifest_count; m++) {
		const struct restore_manifest *manifest = &list->manifests[m];

		if (change->chooses(manifest->verdict, manifest->maybe) && manifest->told &&
		    !manifest->describes)
			change->each(change, holds,
				     xasprintf("%s@%s", manifest->repository, manifest->digest),
				     manifest->run);
	}
	return true;
}

static int change_file(struct change *change, struct err *err)
{
	const struct state_options place = state_options(change->memory->config);
	struct holds *holds = holds_new();
	int result =
		holds_file_change(&place, holds, change->memory->now, change_holds, change, err);

	holds_free(holds);
	return result;
}

/* When the link of TAG was written, if it still points at DIGEST. */
static int64_t written_ns(const struct restore_memory *memory, const struct restore_tag *tag,
			  const char *digest)
{
	struct link link;

	if (!memory->own || tag->verdict != VERDICT_DONE)
		return RESTORED_NO_NS;
	link = links_tag(memory->own, tag->repository, tag->name);
	return link.state == LINK_READ && strcmp(link.digest, digest) == 0 ? link.written_ns
									   : RESTORED_NO_NS;
}

static int keep_times(const struct restore_memory *memory, const struct restore_list *list,
		      enum restore_verdict verdict, struct err *err)
{
	struct restored_tag *tags = xcalloc(list->tag_count + 1, sizeof *tags);
	size_t count = 0;
	int result;

	for (size_t t = 0; t < list->tag_count; t++) {
		const struct restore_tag *tag = &list->tags[t];
		const char *digest = list->manifests[tag->manifest].digest;

		if (tag->verdict == verdict)
			tags[count++] = (struct restored_tag){
				.repository = tag->repository,
				.tag = tag->name,
				.digest = digest,
				.restored_at = memory->now,
				.pushed_at = tag->pushed_at,
				.seen_at = tag->seen_at,
				.pulled_at = tag->pulled_at,
				.written_ns = written_ns(memory, tag, digest),
			};
	}
	result = count > 0 ? restored_file_add(memory->state, tags, count, err) : 0;
	free(tags);
	return result;
}

int restore_remember(const struct restore_memory *memory, const struct restore_list *list,
		     struct err *err)
{
	struct change change = { memory, list, is_to_hold, hold };

	if (memory->config->undo.hold_days > 0 && change_file(&change, err) < 0)
		return -1;
	return keep_times(memory, list, VERDICT_PUT, err);
}

/* What the state says of manifests that were put back. */
struct strike {
	const struct restore_list *list;
	const struct restore_manifest **manifests;
	size_t count, capacity;
};

static void on_entry(void *ctx, const char *repository, const char *digest, int64_t since)
{
	struct strike *strike = ctx;
	uint32_t id = restore_list_find(strike->list, repository, digest);
	const struct restore_manifest *manifest =
		id == RESTORE_NONE ? NULL : &strike->list->manifests[id];

	(void)since;
	if (!manifest || (manifest->verdict != VERDICT_DONE && manifest->verdict != VERDICT_THERE))
		return;
	GROW(strike->manifests, strike->count, strike->capacity);
	strike->manifests[strike->count++] = manifest;
}

static int strike_off(struct state *state, const struct restore_list *list, struct err *err)
{
	struct strike strike = { .list = list };
	int result = 0;

	state_each_pending(state, on_entry, &strike);
	state_each_gone(state, on_entry, &strike);
	for (size_t i = 0; i < strike.count && result == 0; i++)
		result = state_clear_pending(state, strike.manifests[i]->repository,
					     strike.manifests[i]->digest, false, err);
	free(strike.manifests);
	return result;
}

int restore_conclude(const struct restore_memory *memory, const struct restore_list *list,
		     struct err *err)
{
	struct change change = { memory, list, was_not_put, release };

	if (strike_off(memory->state, list, err) < 0 ||
	    keep_times(memory, list, VERDICT_DONE, err) < 0)
		return -1;
	return memory->config->undo.hold_days > 0 ? change_file(&change, err) : 0;
}
