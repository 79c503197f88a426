/* A repository's manifests are read some at a time and written as they come; one fsync follows.
 * Tags that go by their names have the bytes of their image in the
 * journal as well: that may go in the next run. */
#include "apply/journal.h"

#include "apply/body.h"
#include "apply/recheck.h"
#include "apply/shared.h"
#include "apply/step.h"
#include "apply/worker.h"
#include "inventory/inventory.h"
#include "plan/plan.h"
#include "registry/api.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

#define IN_FLIGHT 32

/* What is asked for once: a manifest that goes, or one of which tags go. */
struct subject {
	uint32_t manifest;   /* of the inventory */
	size_t first, count; /* of the steps by manifest: one, or those of its tags */
};

struct journal_work {
	struct worker *worker;
	size_t *steps; /* numbers of steps, those of one manifest together */
	struct subject *subjects;
	size_t subject_count, next;
	uint32_t *tags; /* of the repository, those of one manifest together */
	size_t tag_count;
	size_t waiting; /* for answers, and one while more are asked for */
	size_t kept;    /* bytes of manifests that steps keep */
	char trouble[400];
	apply_journal_done done;
};

struct errand {
	struct journal_work *work;
	const struct subject *subject;
};

/* Why what has no tag goes. */
static void describe_untagged(const struct apply *apply, uint32_t manifest,
			      struct string_list *reasons)
{
	string_list_add(reasons,
			xstrdup(apply->plan->manifests[manifest].untagged ? "untagged" : "part"));
}

/* The run of tags that MANIFEST has. */
static size_t first_tag_of(const struct journal_work *work, uint32_t manifest, size_t *count)
{
	const struct inventory_tag *tags = work->worker->apply->inventory->tags;
	size_t low = 0, high = work->tag_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (tags[work->tags[middle]].manifest < manifest)
			low = middle + 1;
		else
			high = middle;
	}
	for (*count = 0;
	     low + *count < work->tag_count && tags[work->tags[low + *count]].manifest == manifest;)
		++*count;
	return low;
}

/* Fills OUT with all tags of a manifest that goes, or with those of the steps. */
static void fill_tags(const struct journal_work *work, const struct subject *subject,
		      struct undo_manifest *out)
{
	const struct worker *worker = work->worker;
	size_t first = first_tag_of(work, subject->manifest, &out->tag_count);

	if (!out->whole)
		out->tag_count = subject->count;
	out->tags = xcalloc(out->tag_count + 1, sizeof *out->tags);
	for (size_t i = 0; i < out->tag_count; i++) {
		uint32_t tag = out->whole ? work->tags[first + i]
					  : worker->steps[work->steps[subject->first + i]].tag;

		apply_journal_describe(worker->apply, tag, &out->tags[i]);
	}
	if (out->tag_count == 0)
		describe_untagged(worker->apply, subject->manifest, &out->reasons);
}

static void fill_references(const struct inventory *inventory, uint32_t manifest,
			    struct undo_manifest *out)
{
	const struct inventory_manifest *entry = &inventory->manifests[manifest];

	for (uint32_t i = 0; i < entry->child_count; i++)
		string_list_add(
			&out->children,
			xstrdup(inventory_digest(
				inventory, inventory->children[entry->children + i].manifest)));
	if (entry->subject != INVENTORY_NONE)
		out->subject = (char *)(uintptr_t)inventory_digest(inventory, entry->subject);
}

static void clear(struct undo_manifest *manifest)
{
	for (size_t i = 0; i < manifest->tag_count; i++)
		string_list_clear(&manifest->tags[i].reasons);
	free(manifest->tags);
	string_list_clear(&manifest->reasons);
	string_list_clear(&manifest->children);
}

static int add(struct journal_work *work, const struct subject *subject,
	       const struct http_response *response, struct err *err)
{
	const struct worker *worker = work->worker;
	const struct inventory *inventory = worker->apply->inventory;
	const struct step *step = &worker->steps[work->steps[subject->first]];
	struct undo_journal *journal = worker->apply->journal;
	struct undo_manifest manifest = {
		.repository = (char *)(uintptr_t)worker->name,
		.digest = (char *)(uintptr_t)inventory_digest(inventory, subject->manifest),
		.media_type =
			response->content_type ? (char *)(uintptr_t)response->content_type : NULL,
		.body = (char *)(uintptr_t)response->body,
		.body_length = response->body_length,
		.whole = step->tag == INVENTORY_NONE,
		.schema1 = inventory->manifests[subject->manifest].kind == MANIFEST_SCHEMA1,
	};
	int result;

	fill_tags(work, subject, &manifest);
	fill_references(inventory, subject->manifest, &manifest);
	result = manifest.whole ? undo_journal_add_manifest(journal, &manifest, err)
				: undo_journal_add_tags(journal, &manifest, err);
	clear(&manifest);
	return result;
}

static void set_state(const struct journal_work *work, const struct subject *subject,
		      enum step_state state)
{
	for (size_t i = 0; i < subject->count; i++)
		work->worker->steps[work->steps[subject->first + i]].state = (uint8_t)state;
}

static void note_trouble(struct journal_work *work, const struct subject *subject, const char *why)
{
	const struct inventory *inventory = work->worker->apply->inventory;

	if (!work->trouble[0])
		snprintf(work->trouble, sizeof work->trouble, "manifest %.110s: %.260s",
			 inventory_digest(inventory, subject->manifest), why);
}

/* Its bytes are known: they are written, and kept while there is room for them. */
static void take(struct journal_work *work, const struct subject *subject,
		 const struct http_response *response)
{
	struct worker *worker = work->worker;
	struct step *step = &worker->steps[work->steps[subject->first]];
	struct err err = { 0 };

	if (add(work, subject, response, &err) < 0) {
		if (err.kind == ERR_USAGE) {
			note_trouble(work, subject, err.msg);
			return;
		}
		worker->apply->end = APPLY_UNWRITTEN;
		snprintf(work->trouble, sizeof work->trouble, "%.390s", err.msg);
		return;
	}
	for (size_t i = 0; i < subject->count; i++)
		worker->steps[work->steps[subject->first + i]].journal = STEP_ADDED;
	if (step->tag == INVENTORY_NONE &&
	    work->kept + response->body_length <= APPLY_BATCH_BYTES) {
		body_keep(step, response);
		work->kept += response->body_length;
	}
}

static void go_on(struct journal_work *work);

static void on_body(void *ctx, const struct api_answer *answer)
{
	struct errand errand = *(struct errand *)ctx;
	struct journal_work *work = errand.work;
	const struct step *step = &work->worker->steps[work->steps[errand.subject->first]];

	free(ctx);
	if (answer->outcome == API_ABSENT ||
	    (answer->outcome == API_OK && !body_is_own(work->worker, step, answer->response)))
		set_state(work, errand.subject, STEP_CHANGED);
	else if (answer->outcome == API_OK)
		take(work, errand.subject, answer->response);
	else
		note_trouble(work, errand.subject,
			     answer->outcome == API_NOT_MODIFIED ? "304 without a condition"
								 : answer->why);
	work->waiting--;
	go_on(work);
}

static void end(struct journal_work *work)
{
	struct worker *worker = work->worker;
	apply_journal_done done = work->done;
	struct err err = { 0 };

	if (!work->trouble[0] && apply_journal_sync(worker, &err) < 0)
		snprintf(work->trouble, sizeof work->trouble, "%.390s", err.msg);
	if (work->trouble[0])
		step_fail(worker,
			  worker->apply->end == APPLY_UNWRITTEN
				  ? "what is to be deleted could not be written down"
				  : "it could not be read again before deleting",
			  work->trouble);
	free(work->steps);
	free(work->subjects);
	free(work->tags);
	free(work);
	done(worker);
}

/* Asks for more, as many at a time as may be. */
static void go_on(struct journal_work *work)
{
	const struct apply *apply = work->worker->apply;

	/* An answer may come at once. */
	work->waiting++;
	while (work->next < work->subject_count && work->waiting <= IN_FLIGHT &&
	       !work->trouble[0] && !apply_ends(apply)) {
		const struct subject *subject = &work->subjects[work->next++];
		struct errand *errand = xmalloc(sizeof *errand);

		*errand = (struct errand){ work, subject };
		work->waiting++;
		api_manifest(apply->api, work->worker->name,
			     inventory_digest(apply->inventory, subject->manifest), NULL, on_body,
			     errand);
	}
	if (--work->waiting == 0)
		end(work);
}

static int by_manifest_of_step(const void *a, const void *b, void *ctx)
{
	const struct step *steps = ctx;
	const struct step *one = &steps[*(const size_t *)a], *other = &steps[*(const size_t *)b];

	if (one->manifest != other->manifest)
		return one->manifest < other->manifest ? -1 : 1;
	return one < other ? -1 : one > other;
}

static int by_manifest_of_tag(const void *a, const void *b, void *ctx)
{
	const struct inventory_tag *tags = ctx;
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

	if (tags[one].manifest != tags[other].manifest)
		return tags[one].manifest < tags[other].manifest ? -1 : 1;
	return one < other ? -1 : one > other;
}

/* Manifests that go in the order of their steps, then tags that go alone, by manifest. */
static void list_subjects(struct journal_work *work)
{
	struct worker *worker = work->worker;
	size_t manifests = 0, count = 0;

	work->steps = xcalloc(worker->count + 1, sizeof *work->steps);
	work->subjects = xcalloc(worker->count + 1, sizeof *work->subjects);
	for (int tags = 0; tags < 2; tags++) {
		for (size_t i = 0; i < worker->count; i++) {
			if (worker->steps[i].state == STEP_TO_DO &&
			    (worker->steps[i].tag != INVENTORY_NONE) == tags)
				work->steps[count++] = i;
		}
		if (tags == 0)
			manifests = count;
	}
	if (count > manifests)
		qsort_r(work->steps + manifests, count - manifests, sizeof *work->steps,
			by_manifest_of_step, worker->steps);
	for (size_t i = 0; i < count; i++) {
		uint32_t manifest = worker->steps[work->steps[i]].manifest;
		struct subject *last = &work->subjects[work->subject_count];

		if (i > manifests && last[-1].manifest == manifest)
			last[-1].count++;
		else
			work->subjects[work->subject_count++] = (struct subject){ manifest, i, 1 };
	}
}

static void list_tags(struct journal_work *work)
{
	const struct inventory *inventory = work->worker->apply->inventory;
	const struct inventory_repository *repository =
		&inventory->repositories[work->worker->repository];

	work->tags = xcalloc((size_t)repository->tag_count + 1, sizeof *work->tags);
	for (uint32_t t = 0; t < repository->tag_count; t++) {
		if (inventory->tags[repository->first_tag + t].manifest != INVENTORY_NONE)
			work->tags[work->tag_count++] = repository->first_tag + t;
	}
	if (work->tag_count > 1)
		qsort_r(work->tags, work->tag_count, sizeof *work->tags, by_manifest_of_tag,
			inventory->tags);
}

void apply_journal_begin(struct worker *worker, apply_journal_done done)
{
	struct journal_work *work = xcalloc(1, sizeof *work);

	work->worker = worker;
	work->done = done;
	list_subjects(work);
	list_tags(work);
	go_on(work);
}
