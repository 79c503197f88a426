/* Holds, times (undo/restored.h), and debts. */
#include "restore/remember.h"

#include "config/config.h"
#include "lists/holds.h"
#include "oci/referrer.h"
#include "restore/list.h"
#include "state/holds_file.h"
#include "state/state.h"
#include "storage/links.h"
#include "undo/restored.h"
#include "util/date.h"
#include "util/xalloc.h"

#include <string.h>
#include <time.h>

#define WHO             "clean-registry-restore"
#define SECONDS_PER_DAY INT64_C(86400)

enum hold_change { HOLD_STAYS, HOLD_MADE, HOLD_ENDED };

struct change {
	const struct restore_memory *memory;
	const struct restore_list *list;
	enum hold_change (*choose)(enum restore_verdict verdict, bool maybe);
};

/* One that somebody wants for longer stays; for less, it is theirs all the same. */
static void hold(const struct change *change, struct holds *holds, const char *name,
		 const char *run)
{
	int64_t now = change->memory->now;
	int64_t until = now + change->memory->config->undo.hold_days * SECONDS_PER_DAY;
	const struct hold *old = holds_find(holds, name);
	bool is_held = old && holds_is_valid(old, now);
	bool theirs = is_held && strcmp(old->who, WHO) != 0;
	CLEANUP(free_p)
	char *reason = theirs ? xstrdup(old->reason) : xasprintf("restored from %s", run);
	CLEANUP(free_p) char *who = xstrdup(theirs ? old->who : WHO);
	CLEANUP(free_p) char *copy = xstrdup(name);
	const struct hold new = { .name = copy,
				  .since = theirs ? old->since : now,
				  .until = until,
				  .who = who,
				  .reason = reason };

	if (!is_held || (old->until != HOLDS_FOREVER && old->until < until))
		holds_put(holds, &new);
}

/* Unless somebody else has changed it meanwhile. */
static void release(const struct change *change, struct holds *holds, const char *name)
{
	const struct hold *held = holds_find(holds, name);

	if (held && strcmp(held->who, WHO) == 0 && held->since == change->memory->now)
		holds_drop(holds, name);
}

static bool is_there(enum restore_verdict verdict)
{
	return verdict == VERDICT_DONE || verdict == VERDICT_THERE;
}

/* Before anything is put. Also what the run did not come to, or an earlier restore put back: it
 * would go tonight. */
static enum hold_change choose_before(enum restore_verdict verdict, bool maybe)
{
	(void)maybe;
	return verdict == VERDICT_PUT || verdict == VERDICT_THERE ? HOLD_MADE : HOLD_STAYS;
}

/* What surely is not there is held no longer. */
static enum hold_change choose_after(enum restore_verdict verdict, bool maybe)
{
	if (maybe || is_there(verdict))
		return HOLD_MADE;
	return verdict == VERDICT_PUT || verdict == VERDICT_FAILED || verdict == VERDICT_EXISTS
		       ? HOLD_ENDED
		       : HOLD_STAYS;
}

/* What describes something that comes back lives and dies with that (S4), and is not held itself.
 */
static bool has_subject(const struct restore_list *list, const char *repository,
			const char *subject)
{
	uint32_t id = restore_list_find(list, repository, subject);

	return id != RESTORE_NONE && (is_there(list->manifests[id].verdict) ||
				      list->manifests[id].verdict == VERDICT_PUT);
}

static bool tag_has_subject(const struct restore_list *list, const struct restore_tag *tag)
{
	char subject[DIGEST_TEXT];

	return tag->belongs && referrer_parse(tag->name, subject) != REFERRER_NONE &&
	       has_subject(list, tag->repository, subject);
}

/* NAME is given away. */
static void change_hold(const struct change *change, struct holds *holds, enum hold_change what,
			char *name, const char *run)
{
	if (what == HOLD_MADE)
		hold(change, holds, name, run);
	else if (what == HOLD_ENDED)
		release(change, holds, name);
	free(name);
}

static bool change_holds(void *ctx, struct holds *holds, struct err *err)
{
	const struct change *change = ctx;
	const struct restore_list *list = change->list;

	(void)err;
	for (size_t t = 0; t < list->tag_count; t++) {
		const struct restore_tag *tag = &list->tags[t];

		if (tag->wanted && !tag_has_subject(list, tag))
			change_hold(change, holds, change->choose(tag->verdict, tag->maybe),
				    xasprintf("%s:%s", tag->repository, tag->name), tag->run);
	}
	for (size_t m = 0; m < list->manifest_count; m++) {
		const struct restore_manifest *manifest = &list->manifests[m];

		if (manifest->told &&
		    !(manifest->describes &&
		      has_subject(list, manifest->repository, manifest->content.subject)))
			change_hold(change, holds,
				    change->choose(manifest->verdict, manifest->maybe),
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

	if (!memory->own || !is_there(tag->verdict))
		return RESTORED_NO_NS;
	link = links_tag(memory->own, tag->repository, tag->name);
	return link.state == LINK_READ && strcmp(link.digest, digest) == 0 ? link.written_ns
									   : RESTORED_NO_NS;
}

/* A restore that was killed put it back, and did not come to ask when its link was written. */
static bool lacks_time(const struct restore_memory *memory, const struct restored *known,
		       const struct restore_tag *tag, const char *digest)
{
	const struct restored_tag *old = restored_find(known, tag->repository, tag->name);

	return memory->own && tag->verdict == VERDICT_THERE && old &&
	       old->written_ns == RESTORED_NO_NS && strcmp(old->digest, digest) == 0;
}

/* Of tags with that VERDICT; of VERDICT_DONE also what an earlier restore left. AT: logs tell of
 * pushes after that, which are no longer our own. */
static int keep_times(const struct restore_memory *memory, const struct restore_list *list,
		      enum restore_verdict verdict, int64_t at, struct err *err)
{
	struct restored_tag *tags = xcalloc(list->tag_count + 1, sizeof *tags);
	struct restored *known = restored_new();
	size_t count = 0;
	int result = restored_file_read(memory->state, known, err);

	for (size_t t = 0; t < list->tag_count && result == 0; t++) {
		const struct restore_tag *tag = &list->tags[t];
		const char *digest = list->manifests[tag->manifest].digest;

		if (tag->verdict == verdict ||
		    (verdict == VERDICT_DONE && lacks_time(memory, known, tag, digest)))
			tags[count++] = (struct restored_tag){
				.repository = tag->repository,
				.tag = tag->name,
				.digest = digest,
				.restored_at = at,
				.pushed_at = tag->pushed_at,
				.seen_at = tag->seen_at,
				.pulled_at = tag->pulled_at,
				.written_ns = written_ns(memory, tag, digest),
			};
	}
	if (result == 0 && count > 0)
		result = restored_file_add(memory->state, tags, count, err);
	restored_free(known);
	free(tags);
	return result;
}

int restore_remember(const struct restore_memory *memory, const struct restore_list *list,
		     struct err *err)
{
	struct change change = { memory, list, choose_before };

	if (memory->config->undo.hold_days > 0 && change_file(&change, err) < 0)
		return -1;
	return keep_times(memory, list, VERDICT_PUT, memory->now, err);
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
	if (!manifest || !is_there(manifest->verdict))
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
	struct change change = { memory, list, choose_after };

	if (strike_off(memory->state, list, err) < 0 ||
	    keep_times(memory, list, VERDICT_DONE, (int64_t)time(NULL), err) < 0)
		return -1;
	return memory->config->undo.hold_days > 0 ? change_file(&change, err) : 0;
}
