/* From what is asked for to all that belongs to it: parts of indexes, and what describes them (S3,
 * S4). */
#include "restore/list.h"

#include "oci/referrer.h"
#include "util/err.h"
#include "util/xalloc.h"

#include <string.h>

/* Whose parts are still to be followed: a stack. */
struct walk {
	struct restore_list *list;
	uint32_t *waiting;
	size_t count, capacity;
};

static void want(struct walk *walk, uint32_t id)
{
	if (walk->list->manifests[id].wanted)
		return;
	walk->list->manifests[id].wanted = true;
	GROW(walk->waiting, walk->count, walk->capacity);
	walk->waiting[walk->count++] = id;
}

static void parse(struct restore_manifest *manifest)
{
	struct err err = { 0 };

	if (manifest->parsed || manifest->why || !manifest->body)
		return;
	if (oci_manifest_parse(manifest->body, manifest->body_length, manifest->type,
			       &manifest->content, &err) == 0)
		manifest->parsed = true;
	else
		manifest->why = xstrdup(err.msg);
}

static void follow(struct walk *walk, uint32_t id)
{
	struct restore_list *list = walk->list;
	size_t count;

	parse(&list->manifests[id]);
	if (!list->manifests[id].parsed)
		return;
	count = list->manifests[id].content.child_count;
	list->manifests[id].children = xcalloc(count + 1, sizeof(uint32_t));
	for (size_t c = 0; c < count; c++) {
		/* The table may move. */
		uint32_t child =
			restore_list_manifest(list, list->manifests[id].repository,
					      list->manifests[id].content.children[c].digest);

		list->manifests[id].children[c] = child;
		list->manifests[child].listed = true;
		want(walk, child);
	}
}

static void follow_all(struct walk *walk)
{
	while (walk->count > 0)
		follow(walk, walk->waiting[--walk->count]);
}

static bool is_wanted(const struct restore_list *list, const char *repository, const char *digest)
{
	uint32_t id = restore_list_find(list, repository, digest);

	return id != RESTORE_NONE && list->manifests[id].wanted;
}

/* Tags that say by their names that they describe what is wanted. */
static void want_named_after(struct walk *walk)
{
	struct restore_list *list = walk->list;
	char subject[DIGEST_TEXT];

	for (size_t t = 0; t < list->tag_count; t++) {
		struct restore_tag *tag = &list->tags[t];

		if (tag->belongs || referrer_parse(tag->name, subject) == REFERRER_NONE ||
		    !is_wanted(list, tag->repository, subject))
			continue;
		tag->belongs = tag->wanted = true;
		want(walk, tag->manifest);
	}
}

static void want_referrers(struct walk *walk)
{
	struct restore_list *list = walk->list;

	for (uint32_t m = 0; m < list->manifest_count; m++) {
		struct restore_manifest *manifest = &list->manifests[m];

		if (!manifest->deleted)
			continue;
		parse(manifest);
		if (!manifest->parsed || !manifest->content.subject ||
		    !is_wanted(list, manifest->repository, manifest->content.subject))
			continue;
		manifest->describes = true;
		want(walk, m);
	}
}

/* What is described may describe something itself. */
static void want_all(struct walk *walk)
{
	struct restore_list *list = walk->list;

	for (size_t t = 0; t < list->tag_count; t++) {
		if (list->tags[t].wanted)
			want(walk, list->tags[t].manifest);
	}
	for (uint32_t m = 0; m < list->manifest_count; m++) {
		if (list->manifests[m].named)
			want(walk, m);
	}
	do {
		follow_all(walk);
		want_named_after(walk);
		want_referrers(walk);
	} while (walk->count > 0);
}

static void need_blob(struct restore_list *list, struct restore_manifest *manifest,
		      const struct oci_descriptor *descriptor)
{
	if (descriptor->digest && !descriptor->foreign)
		manifest->blobs[manifest->blob_count++] =
			restore_list_blob(list, manifest->repository, descriptor);
}

static void list_blobs(struct restore_list *list, struct restore_manifest *manifest)
{
	const struct oci_manifest *content = &manifest->content;

	if (!manifest->wanted || !manifest->parsed || content->kind == OCI_SCHEMA1)
		return;
	manifest->blobs = xcalloc(content->layer_count + 1, sizeof(uint32_t));
	need_blob(list, manifest, &content->config);
	for (size_t l = 0; l < content->layer_count; l++)
		need_blob(list, manifest, &content->layers[l]);
}

void restore_list_learn(struct restore_list *list, uint32_t id)
{
	struct restore_manifest *manifest = &list->manifests[id];
	struct err err = { 0 };

	if (manifest->body || manifest->parsed || !manifest->fetched ||
	    oci_manifest_parse(manifest->fetched, manifest->body_length, manifest->fetched_type,
			       &manifest->content, &err) < 0)
		return;
	manifest->parsed = true;
	list_blobs(list, manifest);
}

static unsigned above(const struct restore_list *list, uint32_t id, unsigned level)
{
	const struct restore_manifest *other = id == RESTORE_NONE ? NULL : &list->manifests[id];

	return other && other->wanted && other->level >= level ? other->level + 1 : level;
}

static unsigned level_of(const struct restore_list *list, const struct restore_manifest *manifest)
{
	unsigned level = 0;

	if (!manifest->parsed || !manifest->children)
		return 0;
	for (size_t c = 0; c < manifest->content.child_count; c++)
		level = above(list, manifest->children[c], level);
	if (manifest->content.subject)
		level = above(
			list,
			restore_list_find(list, manifest->repository, manifest->content.subject),
			level);
	return level;
}

/* Digests let nothing be a part of itself; were it so all the same, this would end. */
static void set_levels(struct restore_list *list)
{
	bool changed = true;

	for (size_t pass = 0; changed && pass <= list->manifest_count; pass++) {
		changed = false;
		for (size_t m = 0; m < list->manifest_count; m++) {
			struct restore_manifest *manifest = &list->manifests[m];
			unsigned level = level_of(list, manifest);

			changed |= manifest->wanted && level != manifest->level;
			manifest->level = level;
		}
	}
}

void restore_list_close(struct restore_list *list)
{
	struct walk walk = { .list = list };

	want_all(&walk);
	free(walk.waiting);
	for (size_t m = 0; m < list->manifest_count; m++)
		list_blobs(list, &list->manifests[m]);
	set_levels(list);
}
