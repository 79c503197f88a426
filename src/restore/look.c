/* Manifests and tags are asked for; blobs are looked for in the registry's own folder, or fetched.
 */
#include "restore/look.h"

#include "http/engine.h"
#include "oci/digest.h"
#include "registry/api.h"
#include "restore/fetch.h"
#include "restore/list.h"
#include "restore/trash.h"
#include "session/session.h"
#include "storage/blob.h"
#include "storage/layout.h"
#include "storage/links.h"
#include "util/xalloc.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct question {
	const struct restore_look *look;
	uint32_t id; /* of a manifest or a tag */
};

static void unknown(enum restore_found *found, char **why, const char *text)
{
	*found = FOUND_UNKNOWN;
	free(*why);
	*why = xstrdup(text);
}

/* A registry with a cache may still answer for what its repository no longer links. */
static void check_link(const struct restore_look *look, struct restore_manifest *manifest)
{
	struct link link;
	char text[128];

	if (!look->own || manifest->found != FOUND_THERE)
		return;
	link = links_revision(look->own, manifest->repository, manifest->digest);
	if (link.state == LINK_ABSENT)
		manifest->found = FOUND_ABSENT;
	else if (link_is_bad(&link))
		unknown(&manifest->found, &manifest->why, links_fault(&link, text, sizeof text));
}

static void keep_answer(struct restore_manifest *manifest, const struct http_response *response)
{
	if (manifest->body)
		return;
	free(manifest->fetched);
	free(manifest->fetched_type);
	manifest->fetched = xstrndup(response->body, response->body_length);
	manifest->body_length = response->body_length;
	manifest->fetched_type = xstrdup(response->content_type ? response->content_type : "");
}

static void on_manifest(void *ctx, const struct api_answer *answer)
{
	const struct question *question = ctx;
	struct restore_manifest *manifest = &question->look->list->manifests[question->id];
	const struct http_response *response = answer->response;

	if (answer->outcome == API_ABSENT) {
		manifest->found = FOUND_ABSENT;
	} else if (answer->outcome != API_OK) {
		unknown(&manifest->found, &manifest->why,
			answer->why[0] ? answer->why : "304 without a condition");
	} else if (!manifest->schema1 &&
		   !digest_matches(manifest->digest, response->body, response->body_length)) {
		unknown(&manifest->found, &manifest->why,
			"the registry's answer is not what the digest says");
	} else {
		manifest->found = FOUND_THERE;
		keep_answer(manifest, response);
		check_link(question->look, manifest);
	}
}

static void on_tag(void *ctx, const struct api_answer *answer)
{
	const struct question *question = ctx;
	struct restore_tag *tag = &question->look->list->tags[question->id];
	const char *wanted = question->look->list->manifests[tag->manifest].digest;

	if (answer->outcome == API_ABSENT) {
		tag->found = FOUND_ABSENT;
	} else if (answer->outcome != API_OK) {
		unknown(&tag->found, &tag->why,
			answer->why[0] ? answer->why : "304 without a condition");
	} else {
		restore_answered_digest(answer->response, wanted, tag->now);
		tag->found = strcmp(tag->now, wanted) == 0 ? FOUND_THERE : FOUND_OTHER;
	}
}

const char *restore_answered_digest(const struct http_response *response, const char *wanted,
				    char text[DIGEST_TEXT])
{
	const char *said = response->docker_content_digest;

	if (digest_matches(wanted, response->body, response->body_length))
		snprintf(text, DIGEST_TEXT, "%s", wanted);
	else if (said && digest_valid(said, strlen(said)) && strcmp(said, wanted) != 0)
		snprintf(text, DIGEST_TEXT, "%s", said);
	else
		digest_of(response->body, response->body_length, text);
	return text;
}

static int ask(const struct restore_look *look, struct err *err)
{
	struct restore_list *list = look->list;
	struct api *api = look->session->api;
	struct question *questions =
		xcalloc(list->manifest_count + list->tag_count + 1, sizeof *questions);
	struct question *next = questions;
	int result;

	for (uint32_t m = 0; m < list->manifest_count; m++) {
		const struct restore_manifest *manifest = &list->manifests[m];

		if (!manifest->wanted)
			continue;
		*next = (struct question){ look, m };
		api_manifest(api, manifest->repository, manifest->digest, NULL, on_manifest,
			     next++);
	}
	for (uint32_t t = 0; t < list->tag_count; t++) {
		const struct restore_tag *tag = &list->tags[t];

		if (!tag->wanted)
			continue;
		*next = (struct question){ look, t };
		api_manifest(api, tag->repository, tag->name, NULL, on_tag, next++);
	}
	result = http_run(look->session->http, err);
	free(questions);
	return result;
}

static void gone(struct restore_blob *blob, const char *why)
{
	blob->found = BLOB_GONE;
	free(blob->why);
	blob->why = xstrdup(why);
}

/* It is not where blobs are. */
static void look_in_trash(const struct restore_look *look, struct restore_blob *blob)
{
	struct err err = { 0 };
	int found =
		look->trash ? restore_trash_has(look->trash, blob->stored, blob->size, &err) : 0;

	if (found > 0)
		blob->found = BLOB_TRASHED;
	else if (found < 0)
		gone(blob, err.msg);
	else if (look->trash)
		gone(blob, "is gone: it was collected, and the trash does not have it");
	else
		gone(blob, "is gone: it was collected");
}

static void look_for_data(const struct restore_look *look, struct restore_blob *blob,
			  const char *stored)
{
	struct err err = { 0 };
	uint64_t size = 0;
	int there = blob_size(look->own, stored, &size, &err);
	char text[160];

	blob->stored = restore_list_text(look->list, stored);
	if (there < 0) {
		gone(blob, err.msg);
	} else if (there == 0) {
		look_in_trash(look, blob);
	} else if (size != blob->size) {
		snprintf(text, sizeof text, "has %" PRIu64 " bytes instead of %" PRIu64, size,
			 blob->size);
		gone(blob, text);
	} else {
		blob->found = blob->linked ? BLOB_THERE : BLOB_UNLINKED;
	}
}

/* A link can be made where its repository is there, and it is known what it holds. */
static bool can_be_linked(const struct restore_look *look, const struct restore_blob *blob)
{
	CLEANUP(free_p) char *path = xasprintf("repositories/%s", blob->repository);

	return digest_canonical(blob->digest) &&
	       faccessat(layout_fd(look->own), path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void look_in_storage(const struct restore_look *look, struct restore_blob *blob)
{
	struct link link = links_layer(look->own, blob->repository, blob->digest);
	char text[128];

	blob->linked = link.state == LINK_READ;
	if (blob->linked)
		look_for_data(look, blob, link.digest);
	else if (link_is_bad(&link))
		gone(blob, links_fault(&link, text, sizeof text));
	else if (look->trash && can_be_linked(look, blob))
		look_for_data(look, blob, blob->digest);
	else
		gone(blob, "is gone: its repository does not link it any more");
}

static int fetch(const struct restore_look *look, struct err *err)
{
	struct restore_list *list = look->list;
	struct restore_blob **blobs = xcalloc(list->blob_count + 1, sizeof(struct restore_blob *));
	int result;

	for (size_t b = 0; b < list->blob_count; b++)
		blobs[b] = &list->blobs[b];
	result = restore_fetch(look->session->api, look->session->http, blobs, list->blob_count,
			       err);
	for (size_t b = 0; b < list->blob_count; b++) {
		list->blobs[b].found = list->blobs[b].checked ? BLOB_THERE : BLOB_GONE;
		list->blobs[b].checked = false;
	}
	free(blobs);
	return result;
}

int restore_look(const struct restore_look *look, struct err *err)
{
	if (ask(look, err) < 0)
		return -1;
	for (uint32_t m = 0; m < look->list->manifest_count; m++)
		restore_list_learn(look->list, m);
	if (!look->own)
		return fetch(look, err);
	for (size_t b = 0; b < look->list->blob_count; b++)
		look_in_storage(look, &look->list->blobs[b]);
	return 0;
}
