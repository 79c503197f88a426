/* What each other tag pointed at is noted on the way, so that it is known afterwards which of those
 * that vanished had been moved to what was deleted. */
#include "apply/again.h"

#include "apply/outcome.h"
#include "apply/shared.h"
#include "apply/worker.h"
#include "util/log.h"
#include "util/strtab.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

/* New names come while the known ones are asked for; somebody who pushes without end is not raced.
 */
#define PASSES 10
/* How often something is ordered that could not be carried out as it came too late, or its token
 * had run out. */
#define ORDERS 3

struct others {
	struct strtab *names;
	char **digests; /* by name; NULL: it had no manifest */
	size_t count, capacity;
	int64_t listed_ms; /* when the last list was begun */
};

static void others_clear(struct others *others)
{
	for (size_t i = 0; i < others->count; i++)
		free(others->digests[i]);
	free(others->digests);
	strtab_free(others->names);
}

/* False: a tag points at what is to go, or that cannot be told. */
static bool note(const struct apply *apply, const struct again *again, struct others *others,
		 const char *tag, struct reply *reply)
{
	ask_get(apply, again->name, tag, reply);
	if (reply->outcome != API_OK && reply->outcome != API_ABSENT)
		return false;
	if (reply->outcome == API_OK && strcmp(reply->digest, again->digest) == 0) {
		snprintf(reply->why, sizeof reply->why, "tag %.200s points at it now", tag);
		return false;
	}
	strtab_add(others->names, tag, strlen(tag));
	GROW(others->digests, others->count, others->capacity);
	others->digests[others->count++] = reply->outcome == API_OK ? xstrdup(reply->digest) : NULL;
	return true;
}

/* Lists, and asks for names that are new. 1: there were none. 0: there were. -1: as note(). */
static int pass(const struct apply *apply, const struct again *again, struct others *others,
		struct reply *reply)
{
	struct strtab *names = NULL;
	int result = 1;

	others->listed_ms = time_monotonic_ms();
	ask_list(apply, again->name, reply);
	names = reply->names;
	reply->names = NULL;
	if (!names)
		return -1;
	for (uint32_t i = 0; i < strtab_count(names) && result >= 0; i++) {
		const char *tag = strtab_text(names, i);

		if (again->is_own(again->ctx, tag) ||
		    strtab_find(others->names, tag, strlen(tag)) != STRTAB_NONE)
			continue;
		result = note(apply, again, others, tag, reply) ? 0 : -1;
	}
	strtab_free(names);
	return result;
}

/* Whether no tag but those that dangled points at it. What cannot be told is a no. */
static bool is_alone(const struct apply *apply, const struct again *again, struct others *others,
		     struct reply *reply)
{
	int result = 0;

	for (int i = 0; i < PASSES && result == 0; i++)
		result = pass(apply, again, others, reply);
	if (result == 0)
		snprintf(reply->why, sizeof reply->why, "new tags come all the time");
	return result > 0;
}

/* Pushes what TAG had, unless somebody has pushed it since. 1: TAG was there. 0: it was absent, and
 * REPLY tells of the PUT. -1: that is not known. */
static int push_tag(const struct apply *apply, const struct again *again, const char *tag,
		    bool *restored, struct reply *reply)
{
	ask_get(apply, again->name, tag, reply);
	if (reply->outcome != API_ABSENT)
		return reply->outcome == API_OK ? 1 : -1;
	*restored |= ask_put(apply, again->name, tag, &again->body,
			     time_monotonic_ms() + APPLY_BATCH_MS, reply);
	return 0;
}

/* True when TAG is there again, with a manifest. It may only be put back if what it had is still
 * there (then it was moved, not deleted). */
static bool put_back(const struct apply *apply, const struct again *again, const char *tag,
		     const char *digest, bool *restored, struct reply *reply)
{
	int result = 0;

	ask_get(apply, again->name, digest, reply);
	if (reply->outcome == API_ABSENT)
		snprintf(reply->why, sizeof reply->why,
			 "what it pointed at was deleted by somebody else");
	if (reply->outcome != API_OK)
		return false;
	for (int i = 0; i < ORDERS && result == 0 && (i == 0 || reply->expired); i++)
		result = push_tag(apply, again, tag, restored, reply);
	if (result != 0)
		return result > 0;
	ask_get(apply, again->name, tag, reply);
	return reply->outcome == API_OK;
}

/* False: a tag went along and could not be put back. */
static bool put_all_back(const struct apply *apply, const struct again *again,
			 const struct others *others, bool *restored, struct reply *reply)
{
	struct strtab *names = NULL;
	bool whole = true;

	ask_list(apply, again->name, reply);
	names = reply->names;
	reply->names = NULL;
	for (uint32_t i = 0; names && i < others->count; i++) {
		const char *tag = strtab_text(others->names, i);

		if (!others->digests[i] || strtab_find(names, tag, strlen(tag)) != STRTAB_NONE)
			continue;
		if (put_back(apply, again, tag, others->digests[i], restored, reply)) {
			log_warning("%s: tag %s was moved to %s while that was deleted: both are "
				    "put back",
				    again->name, tag, again->digest);
			continue;
		}
		log_error("%s: tag %s vanished while %s was deleted, and is not put back: %s",
			  again->name, tag, again->digest, reply->why);
		whole = false;
	}
	whole &= names != NULL;
	strtab_free(names);
	return whole;
}

/* Puts the manifest back, and deletes it. ORDERED: the DELETE was carried out. */
static enum again_result try_once(const struct apply *apply, const struct again *again,
				  bool *ordered, struct reply *reply)
{
	struct others others = { .names = strtab_new() };
	enum again_result result = AGAIN_FAILED;
	bool restored = false;

	if (!ask_put(apply, again->name, again->digest, &again->body,
		     time_monotonic_ms() + APPLY_BATCH_MS, reply)) {
		if (reply->status == 400)
			result = AGAIN_HOPELESS;
	} else if (is_alone(apply, again, &others, reply)) {
		*ordered = ask_delete(apply, again->name, again->digest,
				      others.listed_ms + APPLY_BATCH_MS, reply);
		if (*ordered && put_all_back(apply, again, &others, &restored, reply))
			result = restored ? AGAIN_RESTORED : AGAIN_DONE;
	}
	others_clear(&others);
	return result;
}

enum again_result again_run(const struct apply *apply, const struct again *again,
			    struct reply *reply)
{
	enum again_result result = AGAIN_FAILED;
	bool ordered = false;

	for (int i = 0; i < ORDERS && (i == 0 || (!ordered && reply->expired)); i++)
		result = try_once(apply, again, &ordered, reply);
	return result;
}
