/* What a part lacks, the whole lacks. */
#include "restore/confirm.h"

#include "restore/fetch.h"
#include "restore/list.h"
#include "session/session.h"
#include "util/log.h"
#include "util/xalloc.h"

#include <stdbool.h>

static bool is_there(const struct restore_manifest *manifest)
{
	return manifest->needed &&
	       (manifest->verdict == VERDICT_DONE || manifest->verdict == VERDICT_THERE);
}

/* Blobs of what is there, each once; returns how many. */
static size_t choose(struct restore_list *list, struct restore_blob **blobs)
{
	bool *chosen = xcalloc(list->blob_count + 1, sizeof *chosen);
	size_t count = 0;

	for (size_t m = 0; m < list->manifest_count; m++) {
		const struct restore_manifest *manifest = &list->manifests[m];

		for (size_t b = 0; is_there(manifest) && b < manifest->blob_count; b++)
			chosen[manifest->blobs[b]] = true;
	}
	for (size_t b = 0; b < list->blob_count; b++) {
		if (chosen[b])
			blobs[count++] = &list->blobs[b];
	}
	free(chosen);
	return count;
}

static void fail(struct restore_manifest *manifest, char *why)
{
	manifest->verdict = VERDICT_FAILED;
	free(manifest->why);
	manifest->why = why;
	log_error("%s@%s is not whole: %s", manifest->repository, manifest->digest, why);
}

static void check_blobs(const struct restore_list *list, struct restore_manifest *manifest)
{
	for (size_t b = 0; is_there(manifest) && b < manifest->blob_count; b++) {
		const struct restore_blob *blob = &list->blobs[manifest->blobs[b]];

		if (!blob->checked)
			fail(manifest, xasprintf("blob %s %s", blob->digest,
						 blob->why ? blob->why : "was not fetched"));
	}
}

/* True: one that was whole so far is not. */
static bool check_parts(const struct restore_list *list, struct restore_manifest *manifest)
{
	for (size_t c = 0;
	     is_there(manifest) && manifest->children && c < manifest->content.child_count; c++) {
		const struct restore_manifest *child = &list->manifests[manifest->children[c]];

		if (child->verdict != VERDICT_FAILED)
			continue;
		fail(manifest, xasprintf("its part %s is not whole", child->digest));
		return true;
	}
	return false;
}

static void check_tags(struct restore_list *list)
{
	for (size_t t = 0; t < list->tag_count; t++) {
		struct restore_tag *tag = &list->tags[t];

		if ((tag->verdict != VERDICT_DONE && tag->verdict != VERDICT_THERE) ||
		    list->manifests[tag->manifest].verdict != VERDICT_FAILED)
			continue;
		tag->verdict = VERDICT_FAILED;
		free(tag->why);
		tag->why = xstrdup(list->manifests[tag->manifest].why);
	}
}

int restore_confirm(struct session *session, struct restore_list *list, struct err *err)
{
	struct restore_blob **blobs = xcalloc(list->blob_count + 1, sizeof(struct restore_blob *));
	int result = restore_fetch(session->api, session->http, blobs, choose(list, blobs), err);
	bool changed = result == 0;

	for (size_t m = 0; m < list->manifest_count && result == 0; m++)
		check_blobs(list, &list->manifests[m]);
	while (changed) {
		changed = false;
		for (size_t m = 0; m < list->manifest_count; m++)
			changed |= check_parts(list, &list->manifests[m]);
	}
	if (result == 0)
		check_tags(list);
	free(blobs);
	return result;
}
