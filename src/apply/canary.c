/* Device and inode tell which folder registry.exec leads to, not which one the registry that
 * answers us has: only a delete that shows in it does. And only a delete that shows in the next
 * answer tells that answers are of now: a cache in between need not say that it is one. */
#include "apply/canary.h"

#include "apply/recheck.h"
#include "apply/shared.h"
#include "apply/step.h"
#include "apply/view.h"
#include "apply/worker.h"
#include "inventory/inventory.h"
#include "oci/digest.h"
#include "registry/api.h"
#include "storage/links.h"
#include "util/log.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

/* Clocks of the registry's host and of ours may differ by so much. */
#define CLOCKS_SECONDS 2

void apply_confirm(struct apply *apply, const char *repository, const char *digest, int64_t sent_at)
{
	struct link link;

	if (*apply->trust != STORAGE_OWN)
		return;
	link = links_revision(apply->layout, repository, digest);
	if (link.state == LINK_ABSENT) {
		*apply->trust = STORAGE_CONFIRMED;
		return;
	}
	/* It cannot be read now, or somebody pushed it anew directly after: the next delete has to
	 * tell. */
	if (link.state != LINK_READ || link.written >= sent_at - CLOCKS_SECONDS)
		return;
	apply->end = APPLY_STRANGE;
	*apply->trust = STORAGE_REFUTED;
	apply->outcome->failures++;
	log_error(
		"%s: the registry deleted %s, but paths.host_storage still has it: that is not "
		"the folder of the registry at registry.url; nothing more is deleted, and nothing "
		"is collected",
		repository, digest);
}

struct asked {
	struct worker *worker;
	struct step *step;
	const char *tag;
	void (*done)(struct worker *worker, struct step *step, bool is_done);
};

/* A tag that STEP took with it; NULL: it had none. */
static const char *tag_of(const struct worker *worker, const struct step *step)
{
	const struct view *view = worker->view;

	if (step->tag != INVENTORY_NONE)
		return worker->apply->inventory->tags[step->tag].name;
	for (uint32_t tag = 0; tag < view_count(view); tag++) {
		const char *digest = view_digest(view, tag);

		if (digest && view_listed(view, tag) && api_tag_valid(view_name(view, tag)) &&
		    strcmp(digest, step_digest(worker, step)) == 0)
			return view_name(view, tag);
	}
	return NULL;
}

static bool leads_to(const struct api_answer *answer, const char *digest)
{
	const struct http_response *response = answer->response;
	const char *now = response->docker_content_digest;
	char computed[DIGEST_TEXT];

	if (answer->outcome == API_NOT_MODIFIED)
		return true;
	if (answer->outcome != API_OK)
		return false;
	if (!now)
		now = digest_of(response->body, response->body_length, computed);
	return strcmp(now, digest) == 0;
}

/* Somebody pushed it directly after, as far as the folder tells: the next delete has to tell. */
static bool was_pushed(const struct worker *worker, const char *tag)
{
	const struct apply *apply = worker->apply;
	struct link link;

	if (!storage_is_own(*apply->trust))
		return false;
	link = links_tag(apply->layout, worker->name, tag);
	return link.state == LINK_READ && link.written >= worker->sent_at - CLOCKS_SECONDS;
}

static void on_tag(void *ctx, const struct api_answer *answer)
{
	struct asked asked = *(struct asked *)ctx;
	struct worker *worker = asked.worker;
	struct apply *apply = worker->apply;
	bool is_there = leads_to(answer, step_digest(worker, asked.step));

	free(ctx);
	if (is_there && was_pushed(worker, asked.tag)) {
		is_there = false;
	} else if (is_there) {
		apply->end = APPLY_STALE;
		(void)snprintf(
			worker->fault, sizeof worker->fault,
			"it was deleted, but tag %.130s still leads to it: a cache answers in "
			"place of the registry, or the registry does not delete",
			asked.tag);
	} else if (answer->outcome != API_FAILED && !apply->heeded) {
		apply->heeded = true;
		apply->go_on(apply);
	}
	asked.done(worker, asked.step, !is_there);
}

bool apply_confirm_tag(struct worker *worker, struct step *step,
		       void (*done)(struct worker *worker, struct step *step, bool is_done))
{
	const struct apply *apply = worker->apply;
	const char *tag = apply->heeded || apply->end ? NULL : tag_of(worker, step);
	struct asked *asked;

	if (!tag)
		return false;
	asked = xmalloc(sizeof *asked);
	*asked = (struct asked){ worker, step, tag, done };
	api_manifest(apply->api, worker->name, tag, step_digest(worker, step), on_tag, asked);
	return true;
}
