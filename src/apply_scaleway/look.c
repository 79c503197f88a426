/* Compares two lists of one image's tags, and both with the plan. Decisions may only shrink. */
#include "apply_scaleway/look.h"

#include "apply/outcome.h"
#include "apply_scaleway/account.h"
#include "apply_scaleway/apply.h"
#include "apply_scaleway/image.h"
#include "apply_scaleway/shared.h"
#include "apply_scaleway/ties.h"
#include "inventory/inventory.h"
#include "lists/holds.h"
#include "scaleway/api.h"
#include "scan_scaleway/catalog.h"
#include "state/holds_file.h"
#include "util/stop_signal.h"
#include "util/strtab.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

/* A look is good for so long, or for three times what it took (S6). */
#define LOOK_MS     10000
#define LOOK_FACTOR 3

/* A list, and how its tags are found. */
struct look {
	struct image *image;
	struct scaleway_list list;
	struct strtab *ids, *names; /* number = place in the list */
};

static uint32_t find(const struct strtab *table, const char *text)
{
	return text ? strtab_find(table, text, strlen(text)) : STRTAB_NONE;
}

static const struct scaleway_object *by(const struct look *look, const struct strtab *table,
					const char *text)
{
	uint32_t place = find(table, text);

	return place == STRTAB_NONE ? NULL : &look->list.items[place];
}

/* False: an id or a name is there twice, or a tag that is not being deleted shows no digest. */
static bool arrange(struct look *look)
{
	for (size_t i = 0; i < look->list.count; i++) {
		const struct scaleway_object *tag = &look->list.items[i];

		if (strtab_add(look->ids, tag->id, strlen(tag->id)) != i ||
		    strtab_add(look->names, tag->name, strlen(tag->name)) != i ||
		    (!tag->digest && tag->status != SCALEWAY_DELETING))
			return false;
	}
	return true;
}

/* What was sent or found gone is, once the list agrees. */
static void confirm(struct look *look)
{
	struct image *image = look->image;

	for (size_t i = 0; i < image->doomed_count; i++) {
		struct doomed *doomed = &image->doomed[i];
		const struct scaleway_object *now;

		if (doomed->state != DOOMED_GONE)
			continue;
		now = by(look, look->ids, shared_planned(image, doomed)->id);
		if (!now || now->status == SCALEWAY_DELETING)
			account_done(image, doomed);
		else
			account_not_gone(image, doomed,
					 "it answers 404, and is listed all the same");
	}
}

static bool is_of_a_step(const struct image *image, const struct scaleway_object *tag)
{
	return find(image->digests, tag->digest) != STRTAB_NONE;
}

static bool is_of_catalog(const struct image *image, const char *id)
{
	const struct apply_scaleway *apply = image->apply;
	const struct inventory_repository *repository =
		&apply->inventory->repositories[image->repository];

	for (uint32_t i = 0; i < repository->tag_count; i++) {
		if (strcmp(apply->catalog->tags[repository->first_tag + i].id, id) == 0)
			return true;
	}
	return false;
}

/* A tag that was there before, is none of the doomed, and is not there as it was. GONE: nor is its
 * name. What came and went during this run may be somebody else's doing. */
static void judge_missing(struct look *look, const struct scaleway_object *before, bool gone)
{
	struct image *image = look->image;
	char why[400];

	if (gone && image->touched &&
	    (is_of_catalog(image, before->id) || is_of_a_step(image, before))) {
		account_lose(image, before->name,
			     by(look, look->ids, before->id) ? "it is being deleted"
							     : "it is not listed any more");
		return;
	}
	snprintf(why, sizeof why, "tag %.200s, which stays, %s", before->name,
		 gone ? "is gone since it was listed"
		      : "was changed or pushed since it was listed");
	account_moved(image, why);
}

static void compare_others(struct look *look)
{
	struct image *image = look->image;

	for (size_t i = 0; i < image->seen_count; i++) {
		const struct scaleway_object *before = &image->seen[i];
		const struct scaleway_object *now = by(look, look->ids, before->id), *named;

		/* What was being deleted may go. */
		if (find(image->ids, before->id) != STRTAB_NONE ||
		    before->status == SCALEWAY_DELETING)
			continue;
		if (now && scaleway_object_same(before, now))
			continue;
		named = by(look, look->names, before->name);
		judge_missing(look, before,
			      (!now || now->status == SCALEWAY_DELETING) &&
				      (!named || named->status == SCALEWAY_DELETING));
	}
}

/* Each doomed tag as it was planned, */
static void compare_doomed(struct look *look)
{
	struct image *image = look->image;

	for (size_t i = 0; i < image->doomed_count; i++) {
		struct doomed *doomed = &image->doomed[i];
		const struct scaleway_object *planned = shared_planned(image, doomed);
		const struct scaleway_object *now = by(look, look->ids, planned->id);

		/* Of what was ordered its own answer tells. */
		if (doomed->state != DOOMED_TO_DO || (shared_step_is_ordered(image, doomed->step) &&
						      (!now || now->status == SCALEWAY_DELETING)))
			continue;
		if (!now)
			account_changed(image, doomed->step, "it, or one with its digest, is gone");
		else if (now->status != SCALEWAY_READY || !scaleway_object_same(planned, now))
			account_changed(image, doomed->step,
					"it, or one with its digest, changed since it was planned");
	}
}

/* and no other tag with their digests. */
static void compare_digests(struct look *look)
{
	struct image *image = look->image;

	for (size_t i = 0; i < look->list.count; i++) {
		const struct scaleway_object *tag = &look->list.items[i];
		uint32_t step = find(image->digests, tag->digest), mine = find(image->ids, tag->id);

		if (step == STRTAB_NONE ||
		    (mine != STRTAB_NONE && image->doomed[mine].step == step))
			continue;
		account_changed(image, step, "another tag shows its digest now");
	}
}

bool look_is_held(const struct image *image, size_t step)
{
	const struct apply_scaleway *apply = image->apply;
	const struct image_step *entry = &image->steps[step];
	CLEANUP(free_p) char *name = NULL;
	const struct hold *hold;

	if (!apply->holds)
		return false;
	for (size_t i = entry->first; i < entry->first + entry->count; i++) {
		if (holds_find_tag(apply->holds, image->name, shared_name(image, &image->doomed[i]),
				   apply->now))
			return true;
	}
	name = xasprintf("%s@%s", image->name, inventory_digest(apply->inventory, entry->manifest));
	hold = holds_find(apply->holds, name);
	return (hold && holds_is_valid(hold, apply->now)) || shared_is_held_in_part(image);
}

static void compare_holds(struct image *image)
{
	const struct apply_scaleway *apply = image->apply;
	struct err err = { 0 };

	if (!apply->holds)
		return;
	if (holds_file_read(apply->state, apply->holds, &err) < 0) {
		account_fail(image, "nothing more is deleted", err.msg);
		return;
	}
	for (size_t s = 0; s < image->step_count; s++) {
		if (look_is_held(image, s))
			account_changed(image, s, "it is held now");
	}
}

static bool some_are_done(const struct image *image)
{
	for (size_t i = 0; i < image->doomed_count; i++) {
		if (image->doomed[i].state == DOOMED_DONE && !image->doomed[i].found_gone)
			return true;
	}
	return false;
}

static void judge(struct look *look)
{
	struct image *image = look->image;

	confirm(look);
	compare_others(look);
	compare_doomed(look);
	compare_digests(look);
	compare_holds(image);
	scaleway_list_clear(&image->view);
	image->view = look->list;
	look->list = (struct scaleway_list){ 0 };
	image->seen = image->view.items;
	image->seen_count = image->view.count;
	image->looked = true;
	image->look_took = time_monotonic_ms() - image->look_began;
	ties_take(image);
	if (image->apply->proved || !some_are_done(image) || image->apply->outcome->lost)
		return;
	image->apply->proved = true;
	image->apply->go_on(image->apply->workers);
}

static void fail(struct image *image, const char *trouble)
{
	struct apply_scaleway *apply = image->apply;

	if (!image->unchecked) {
		if (stop_signal_count() == 0)
			account_fail(image, "it could not be read again before deleting", trouble);
		return;
	}
	for (size_t i = 0; i < image->doomed_count; i++) {
		if (image->doomed[i].state == DOOMED_GONE)
			account_not_gone(image, &image->doomed[i], trouble);
	}
	account_fail(image, "whether other tags went with what was deleted is not known", trouble);
	if (apply->proved)
		return;
	apply->end = SCALEWAY_END_LOST;
	snprintf(apply->why, sizeof apply->why,
		 "whether %.100s lost tags that were to stay is not known: %.400s", image->name,
		 trouble);
}

static void end(struct image *image)
{
	shared_set_unchecked(image, false);
	image->then(image);
}

/* LIST is taken. */
static void take(struct image *image, struct scaleway_list list)
{
	struct look look = {
		.image = image, .list = list, .ids = strtab_new(), .names = strtab_new()
	};

	if (!arrange(&look))
		fail(image, "its list of tags has one twice, or one without a digest");
	else
		judge(&look);
	scaleway_list_clear(&look.list);
	strtab_free(look.ids);
	strtab_free(look.names);
	end(image);
}

/* Its list answers 404, which is believed where the image does, too: it may go with its last tag.
 */
static void on_image(void *ctx, const struct scaleway_answer *answer)
{
	struct image *image = ctx;

	if (answer->outcome == SCALEWAY_GONE) {
		take(image, (struct scaleway_list){ 0 });
		return;
	}
	fail(image, answer->outcome == SCALEWAY_OK
			    ? "its list of tags answers 404, and the image is there"
			    : answer->message);
	end(image);
}

static void on_listed(void *ctx, struct scaleway_list *list)
{
	struct image *image = ctx;
	struct scaleway_list taken = *list;

	*list = (struct scaleway_list){ 0 };
	if (!taken.trouble[0]) {
		take(image, taken);
		return;
	}
	if (taken.outcome == SCALEWAY_GONE) {
		scaleway_get(image->apply->api, SCALEWAY_IMAGE, image->id, on_image, image);
	} else {
		fail(image, taken.trouble);
		end(image);
	}
	scaleway_list_clear(&taken);
}

void look_begin(struct image *image, void (*then)(struct image *image))
{
	const struct scaleway_list_request request = { .kind = SCALEWAY_TAG,
						       .parent = image->id,
						       .readings = 2,
						       .done = on_listed,
						       .ctx = image };

	image->then = then;
	image->look_began = time_monotonic_ms();
	scaleway_list_begin(image->apply->api, &request);
}

bool look_is_stale(const struct image *image)
{
	int64_t limit = image->look_took * LOOK_FACTOR;

	return time_monotonic_ms() - image->look_began > (limit < LOOK_MS ? LOOK_MS : limit);
}
