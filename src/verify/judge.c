/* Judges every tag by what is known of all that it needs. */
#include "inventory/alias.h"
#include "inventory/inventory.h"
#include "plan/graph.h"
#include "util/xalloc.h"
#include "verify/needs.h"
#include "verify/walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The judging of one tag after the other. */
struct judging {
	const struct verify *verify;
	const struct verify_past *past;
	struct verify_result *result;
	struct verify_walk walk;
	uint32_t *told; /* by item: the round in which it was complained of last */
	uint32_t tag;
	size_t damages;                /* of this tag */
	bool sparse;                   /* this tag lists what is not there, and was not before */
	struct verify_finding unknown; /* the first; WHAT is NULL while there is none */
};

static void keep(struct judging *judging, struct verify_finding finding)
{
	struct verify_result *result = judging->result;

	GROW(result->findings, result->finding_count, result->finding_capacity);
	result->findings[result->finding_count++] = finding;
}

/* The words begin with NOUN. */
static struct verify_finding new_finding(const struct judging *judging, const char *noun,
					 const char *digest, const char *words)
{
	return (struct verify_finding){ .tag = judging->tag,
					.digest = digest,
					.what = xasprintf("%s %s", noun, words),
					.noun = strlen(noun) };
}

static void note_unknown(struct judging *judging, const char *noun, const char *digest,
			 const char *words)
{
	if (!judging->unknown.what)
		judging->unknown = new_finding(judging, noun, digest, words);
}

/* The manifest as the run found it at its begin, or NULL when it had not come across it. */
static const struct inventory_manifest *find_before(const struct inventory *before,
						    const char *repository, const char *digest)
{
	uint32_t place = inventory_repository_find(before, repository);
	uint32_t id = place == INVENTORY_NONE ? INVENTORY_NONE
					      : inventory_manifest_find(before, place, digest);

	if (id == INVENTORY_NONE || before->manifests[id].kind == MANIFEST_UNSEEN)
		return NULL;
	return &before->manifests[id];
}

/* MANIFEST: it is one. Its blob may be swept long after it was lost, so what the run found at its
 * begin says more than what the collector removed; but what was only remembered may have been gone
 * for long, unless its file was looked at. */
static uint8_t since(const struct judging *judging, const char *digest, bool manifest)
{
	const struct verify_past *past = judging->past;
	const char *repository = inventory_tag_repository(judging->verify->inventory, judging->tag);
	const struct inventory_manifest *before = NULL;
	bool broke = false;

	if (!past)
		return VERIFY_SINCE_WHENEVER;
	if (manifest)
		before = find_before(past->before, repository, digest);
	if (before)
		broke = (!before->remembered || past->before->from_storage) &&
			before->kind != MANIFEST_MISSING && before->kind != MANIFEST_UNREADABLE;
	else
		broke = past->removed(past->ctx, repository, digest) ||
			past->removed(past->ctx, repository,
				      inventory_stored_text(past->before, digest));
	return broke ? VERIFY_SINCE_THIS_RUN : VERIFY_SINCE_BEFORE;
}

static void damage(struct judging *judging, const char *noun, const char *digest, const char *words,
		   bool manifest)
{
	struct verify_finding finding = new_finding(judging, noun, digest, words);

	finding.damage = true;
	finding.since = since(judging, digest, manifest);
	judging->damages++;
	keep(judging, finding);
}

/* The word for REFERENCE of MANIFEST. */
static const char *noun_of(const struct inventory_manifest *manifest, uint32_t reference)
{
	switch ((enum manifest_kind)manifest->kind) {
	case MANIFEST_IMAGE:
		return reference == manifest->blobs ? "config" : "layer";
	case MANIFEST_SCHEMA1:
		return "layer";
	default:
		return "blob";
	}
}

/* How long MANIFEST says that what its REFERENCE names is. Schema1 does not tell sizes. */
static uint64_t stated_size(const struct verify *verify, const struct inventory_manifest *manifest,
			    uint32_t reference)
{
	return manifest->kind == MANIFEST_SCHEMA1
		       ? VERIFY_SIZE_UNKNOWN
		       : inventory_statement(verify->inventory, reference).size;
}

static bool is_as_long(const struct verify_item *item, uint64_t stated)
{
	return stated == VERIFY_SIZE_UNKNOWN || item->found == VERIFY_SIZE_UNKNOWN ||
	       stated == item->found;
}

bool verify_fits(const struct verify *verify, const struct inventory_manifest *manifest,
		 uint32_t reference)
{
	return is_as_long(&verify->items[verify->items_of[reference]],
			  stated_size(verify, manifest, reference));
}

/* The fault of an item of STATED bytes; NULL when it is whole. */
static const char *fault_of(const struct verify_item *item, uint64_t stated, char text[256])
{
	switch ((enum verify_fault)item->fault) {
	case VERIFY_FOUND:
		if (is_as_long(item, stated))
			return NULL;
		snprintf(text, 256, "has %" PRIu64 " bytes instead of %" PRIu64, item->found,
			 stated);
		return text;
	case VERIFY_MISSING:
		return "is missing";
	case VERIFY_UNLINKED:
		return "is not linked in its repository";
	case VERIFY_BAD_LINK:
		snprintf(text, 256, "has a %s", item->why ? item->why : "broken link");
		return text;
	case VERIFY_SHORT:
		return "is shorter than the registry announces";
	case VERIFY_CORRUPT:
		return "is not what its digest says";
	case VERIFY_UNASKED:
	case VERIFY_UNKNOWN:
		break;
	}
	snprintf(text, 256, "could not be checked: %s", item->why ? item->why : "no answer");
	return text;
}

static void judge_reference(struct judging *judging, const struct inventory_manifest *manifest,
			    uint32_t reference)
{
	const struct verify *verify = judging->verify;
	uint32_t number = verify->items_of[reference];
	const struct verify_item *item = NULL;
	const char *noun = noun_of(manifest, reference), *words = NULL;
	char text[256];

	if (number == INVENTORY_NONE || judging->told[number] == judging->walk.round)
		return;
	item = &verify->items[number];
	words = fault_of(item, stated_size(verify, manifest, reference), text);
	if (!words)
		return;
	judging->told[number] = judging->walk.round;
	if (item->fault == VERIFY_UNASKED || item->fault == VERIFY_UNKNOWN)
		note_unknown(judging, noun, verify_item_digest(verify, number), words);
	else
		damage(judging, noun, verify_item_digest(verify, number), words, false);
}

/* A part that is not there, of an index that somebody pushed without it: nothing was lost. What
 * this run or an earlier one deleted is no such part. */
static bool is_left_out(const struct judging *judging, const char *digest)
{
	const struct verify_past *past = judging->past;
	const char *repository = inventory_tag_repository(judging->verify->inventory, judging->tag);
	const struct inventory_manifest *before =
		past ? find_before(past->before, repository, digest) : NULL;

	return !judging->verify->complete && !(before && before->gone) &&
	       since(judging, digest, true) != VERIFY_SINCE_THIS_RUN;
}

static bool lists(const struct inventory *inventory, uint32_t index, uint32_t id)
{
	const struct inventory_manifest *manifest = &inventory->manifests[index];

	for (uint32_t i = 0; i < manifest->child_count; i++) {
		if (inventory->children[manifest->children + i].manifest == id)
			return true;
	}
	return false;
}

/* Whoever deletes a referrer may leave its entry in the list of referrers: nothing was lost. */
static bool is_deleted_referrer(const struct judging *judging, uint32_t id)
{
	const struct inventory *inventory = judging->verify->inventory;

	return plan_graph_is_fallback(inventory, judging->tag) &&
	       lists(inventory, inventory->tags[judging->tag].manifest, id) &&
	       since(judging, inventory_digest(inventory, id), true) != VERIFY_SINCE_THIS_RUN;
}

/* PART: an index lists it. */
static void judge_manifest(struct judging *judging, uint32_t id, bool part)
{
	const struct inventory *inventory = judging->verify->inventory;
	const struct inventory_manifest *manifest = &inventory->manifests[id];
	const char *digest = inventory_digest(inventory, id);

	switch ((enum manifest_kind)manifest->kind) {
	case MANIFEST_MISSING:
		if (part && is_deleted_referrer(judging, id))
			break;
		if (part && is_left_out(judging, digest)) {
			judging->sparse = true;
			break;
		}
		damage(judging, "manifest", digest,
		       inventory->from_storage && !manifest->linked
			       ? "is not linked in its repository"
			       : "is missing",
		       true);
		break;
	case MANIFEST_UNSEEN:
	case MANIFEST_OPAQUE:
	case MANIFEST_UNREADABLE:
		note_unknown(judging, "manifest", digest, "could not be read");
		break;
	case MANIFEST_IMAGE:
	case MANIFEST_ARTIFACT:
	case MANIFEST_INDEX:
	case MANIFEST_SCHEMA1:
		for (uint32_t i = 0; i < manifest->blob_count; i++)
			judge_reference(judging, manifest, manifest->blobs + i);
		break;
	}
}

/* The digest that the tag had before the run; NULL when it had none. */
static const char *digest_before(const struct judging *judging)
{
	const struct inventory *inventory = judging->verify->inventory;
	const struct inventory *before = judging->past ? judging->past->before : NULL;
	const struct inventory_tag *tag = &inventory->tags[judging->tag];
	uint32_t place = before ? inventory_repository_find(
					  before, inventory->repositories[tag->repository].name)
				: INVENTORY_NONE;

	if (place == INVENTORY_NONE)
		return NULL;
	for (uint32_t i = 0; i < before->repositories[place].tag_count; i++) {
		const struct inventory_tag *old =
			&before->tags[before->repositories[place].first_tag + i];

		if (old->state == TAG_READ && strcmp(old->name, tag->name) == 0)
			return inventory_digest(before, old->manifest);
	}
	return NULL;
}

static void judge_missing_tag(struct judging *judging)
{
	const char *digest = digest_before(judging);
	struct verify_finding finding = new_finding(judging, "its manifest", digest, "is missing");

	finding.damage = true;
	if (judging->past)
		finding.since = digest ? since(judging, digest, true) : VERIFY_SINCE_BEFORE;
	judging->damages++;
	keep(judging, finding);
}

static void judge_tag(struct judging *judging)
{
	const struct inventory_tag *tag = &judging->verify->inventory->tags[judging->tag];
	uint32_t id = INVENTORY_NONE;

	switch ((enum tag_state)tag->state) {
	case TAG_READ:
		verify_walk_push(&judging->walk, tag->manifest);
		while ((id = verify_walk_next(&judging->walk)) != INVENTORY_NONE)
			judge_manifest(judging, id, id != tag->manifest);
		break;
	case TAG_MISSING:
		judge_missing_tag(judging);
		break;
	case TAG_UNSEEN: /* it vanished after it was listed */
		break;
	case TAG_UNREADABLE:
		note_unknown(judging, "its manifest", NULL, "could not be read");
		break;
	}
}

/* Closes the case of a tag. */
static void sentence(struct judging *judging)
{
	struct verify_result *result = judging->result;

	if (judging->damages > 0) {
		result->damaged++;
		free(judging->unknown.what);
	} else if (judging->unknown.what) {
		result->unverified++;
		keep(judging, judging->unknown);
	} else {
		result->whole++;
	}
	if (judging->sparse) {
		GROW(result->sparse_tags, result->sparse, result->sparse_capacity);
		result->sparse_tags[result->sparse++] = judging->tag;
	}
	judging->damages = 0;
	judging->sparse = false;
	judging->unknown.what = NULL;
}

void verify_judge(const struct verify *verify, const struct verify_past *past,
		  struct verify_result *result)
{
	const struct inventory *inventory = verify->inventory;
	struct judging judging = { .verify = verify,
				   .past = past,
				   .result = result,
				   .walk = verify_walk_begin(inventory),
				   .told = xcalloc(verify->item_count + 1, sizeof(uint32_t)) };

	*result = (struct verify_result){ .tags = inventory->tag_count };
	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		if (inventory->tags[t].state == TAG_UNSEEN) {
			result->tags--;
			continue;
		}
		judging.tag = t;
		judging.walk.round = t + 1;
		judge_tag(&judging);
		sentence(&judging);
	}
	verify_walk_end(&judging.walk);
	free(judging.told);
}
