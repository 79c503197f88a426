/* A sample of what the registry has, and one of what the collector marks and the inventory does not
 * know. */
#include "run/collector_proof.h"

#include "config/config.h"
#include "forecast/collector_marks.h"
#include "inventory/inventory.h"
#include "oci/digest.h"
#include "plan/plan.h"
#include "scan_api/served.h"
#include "session/session.h"
#include "storage/links.h"
#include "util/date.h"
#include "util/log.h"
#include "util/spread.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <string.h>

#define SPREAD   20 /* manifests at even distances */
#define YOUNGEST 5

struct sample {
	uint32_t manifests[SPREAD + YOUNGEST];
	size_t count;
};

/* The registry can answer with it, and it can be hashed as it stands there. Digests of other
 * algorithms are aliases, which a collector does not print. */
static bool can_be_compared(const struct inventory *inventory, uint32_t manifest)
{
	const struct inventory_manifest *entry = &inventory->manifests[manifest];
	bool readable = entry->kind == MANIFEST_IMAGE || entry->kind == MANIFEST_ARTIFACT ||
			entry->kind == MANIFEST_INDEX;

	return readable && !entry->gone && (entry->linked || !inventory->from_storage) &&
	       digest_canonical(inventory_digest(inventory, manifest));
}

static bool is_younger(const struct plan *plan, uint32_t a, uint32_t b)
{
	int64_t first = plan->manifests[a].created, second = plan->manifests[b].created;

	return date_known(first) && (!date_known(second) || first > second);
}

/* Puts MANIFEST among the youngest, which stand at the end of SAMPLE and are sorted. */
static void keep_youngest(struct sample *sample, const struct plan *plan, uint32_t manifest)
{
	size_t place = sample->count;

	while (place > SPREAD && is_younger(plan, manifest, sample->manifests[place - 1]))
		place--;
	if (place == SPREAD + YOUNGEST)
		return;
	if (sample->count < SPREAD + YOUNGEST)
		sample->count++;
	for (size_t i = sample->count - 1; i > place; i--)
		sample->manifests[i] = sample->manifests[i - 1];
	sample->manifests[place] = manifest;
}

/* The first SPREAD_COUNT of ALL, and the youngest, each once. */
static struct sample join(const struct sample *all, size_t spread_count)
{
	struct sample sample = { .count = spread_count };

	memcpy(sample.manifests, all->manifests, spread_count * sizeof *sample.manifests);
	for (size_t i = SPREAD; i < all->count; i++) {
		bool known = false;

		for (size_t k = 0; k < spread_count && !known; k++)
			known = all->manifests[k] == all->manifests[i];
		if (!known)
			sample.manifests[sample.count++] = all->manifests[i];
	}
	return sample;
}

static struct sample take_sample(const struct inventory *inventory, const struct plan *plan)
{
	struct sample sample = { .count = SPREAD };
	size_t there = 0, seen = 0, spread = 0;

	for (uint32_t m = 0; m < inventory->manifest_count; m++)
		there += can_be_compared(inventory, m);
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		if (!can_be_compared(inventory, m))
			continue;
		if (spread_takes(seen, there, SPREAD))
			sample.manifests[spread++] = m;
		seen++;
		keep_youngest(&sample, plan, m);
	}
	return join(&sample, spread);
}

static int differ(const struct session *session, const char *repository, const char *digest,
		  const char *what, struct err *err)
{
	const struct config *config = session->config;

	return err_set(
		err, ERR_UNREACHABLE,
		"the collector works on another registry than %s serves: %s@%s %s. Check %s%s%s"
		"registry.exec, paths.config (%s), and whether the registry's storage is set in "
		"its own environment alone (REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY)",
		config->registry.url, repository, digest, what,
		config->registry.container[0] ? "registry.container (" : "",
		config->registry.container, config->registry.container[0] ? "), " : "",
		config->paths.config);
}

static int fail_unproved(const struct session *session, struct err *err)
{
	return err_set(err, ERR_COLLECTOR,
		       "whether the collector works on what %s serves cannot be proved: of the "
		       "manifests that were looked at the registry answers with none",
		       session->config->registry.url);
}

/* What the registry serves must be marked. COMPARED: how many it served. */
static int compare_forwards(const struct session *session, const struct plan *plan,
			    const struct collector_marks *marks, size_t *compared, bool last,
			    struct err *err)
{
	const struct inventory *inventory = session->inventory;
	struct sample sample = take_sample(inventory, plan);
	struct served_question questions[SPREAD + YOUNGEST];

	for (size_t i = 0; i < sample.count; i++) {
		uint32_t m = sample.manifests[i];

		questions[i] = (struct served_question){
			.repository =
				inventory->repositories[inventory->manifests[m].repository].name,
			.reference = inventory_digest(inventory, m)
		};
	}
	if (sample.count > 0 &&
	    scan_api_served(questions, sample.count, session->api, session->http, err) < 0)
		return -1;
	for (size_t i = 0; i < sample.count; i++) {
		const struct served_question *question = &questions[i];

		if (question->answer != SERVED_WHOLE)
			continue;
		++*compared;
		if (collector_marks_has(marks, question->repository, question->reference))
			continue;
		return last ? differ(session, question->repository, question->reference,
				     "is served, and the collector does not mark it", err)
			    : 0;
	}
	return 1;
}

/* The registry has it, whatever it answers with: schema1 is signed anew each time. */
static bool is_there(enum served answer)
{
	return answer == SERVED_WHOLE || answer == SERVED_OTHERWISE || answer == SERVED_AMBIGUOUS;
}

static struct served_question ask_of(const struct collector_marks *marks, size_t mark)
{
	return (struct served_question){ .repository = collector_marks_repository(marks, mark),
					 .reference = collector_marks_digest(marks, mark) };
}

/* Where nothing can be compared, the registry must serve something of what is marked. */
static int compare_backwards(const struct session *session, const struct collector_marks *marks,
			     size_t *compared, bool last, struct err *err)
{
	struct served_question questions[SPREAD];
	size_t marked = collector_marks_count(marks), count = 0, absent = 0;

	for (size_t i = 0; i < marked; i++)
		if (i * SPREAD / marked != (i + 1) * SPREAD / marked)
			questions[count++] = ask_of(marks, i);
	if (count > 0 && scan_api_served(questions, count, session->api, session->http, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		*compared += is_there(questions[i].answer);
		absent += questions[i].absent;
	}
	if (count == 0 || *compared > 0)
		return 1;
	if (!last)
		return 0;
	return absent == count ? differ(session, questions[0].repository, questions[0].reference,
					"is marked by it, and is not served", err)
			       : fail_unproved(session, err);
}

/* What of the marks cannot be the registry's, as far as is known here. */
enum stranger {
	STRANGER_NO,         /* the inventory knows it, or the registry's own storage links it */
	STRANGER_MANIFEST,   /* or it has no tag, and the inventory came through the API */
	STRANGER_REPOSITORY, /* a manifest of a repository that the inventory does not know */
};

static enum stranger stranger_of(const struct session *session, const struct collector_marks *marks,
				 size_t mark)
{
	const struct inventory *inventory = session->inventory;
	const char *name = collector_marks_repository(marks, mark),
		   *digest = collector_marks_digest(marks, mark);
	uint32_t repository = inventory_repository_find(inventory, name);
	uint32_t manifest = repository == INVENTORY_NONE
				    ? INVENTORY_NONE
				    : inventory_manifest_find(inventory, repository, digest);

	if (!digest_canonical(digest) ||
	    (manifest != INVENTORY_NONE && inventory->manifests[manifest].kind != MANIFEST_UNSEEN &&
	     inventory->manifests[manifest].kind != MANIFEST_MISSING))
		return STRANGER_NO;
	if (storage_is_own(session->trust) &&
	    links_revision(session->layout, name, digest).state != LINK_ABSENT)
		return STRANGER_NO;
	return repository == INVENTORY_NONE ? STRANGER_REPOSITORY : STRANGER_MANIFEST;
}

/* Appends up to SPREAD of those of KIND at even distances. */
static size_t pick_strangers(const uint8_t *kinds, const struct collector_marks *marks,
			     enum stranger kind, struct served_question *questions, size_t count)
{
	size_t there = 0, seen = 0;

	for (size_t i = 0; i < collector_marks_count(marks); i++)
		there += kinds[i] == kind;
	for (size_t i = 0; i < collector_marks_count(marks); i++) {
		if (kinds[i] != kind)
			continue;
		if (spread_takes(seen, there, SPREAD))
			questions[count++] = ask_of(marks, i);
		seen++;
	}
	return count;
}

/* A collector may mark all that the registry serves and more: a copy's, or that of a registry of
 * which this one is a part. It marks what is linked in its storage, and the registry answers with
 * all that is linked in its own. */
static int compare_strangers(const struct session *session, const struct collector_marks *marks,
			     bool last, struct err *err)
{
	CLEANUP(free_p) uint8_t *kinds = xcalloc(collector_marks_count(marks) + 1, sizeof *kinds);
	struct served_question questions[2 * SPREAD];
	size_t count = 0;

	for (size_t i = 0; i < collector_marks_count(marks); i++)
		kinds[i] = (uint8_t)stranger_of(session, marks, i);
	count = pick_strangers(kinds, marks, STRANGER_REPOSITORY, questions, 0);
	count = pick_strangers(kinds, marks, STRANGER_MANIFEST, questions, count);
	if (count > 0 && scan_api_served(questions, count, session->api, session->http, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!questions[i].absent)
			continue;
		return last ? differ(session, questions[i].repository, questions[i].reference,
				     "is marked by it, and is not served", err)
			    : 0;
	}
	return 1;
}

int collector_proof(const struct session *session, const struct plan *plan,
		    const struct collector_marks *marks, bool last, struct err *err)
{
	size_t compared = 0;
	int result = compare_forwards(session, plan, marks, &compared, last, err);

	if (result == 1 && compared == 0)
		result = compare_backwards(session, marks, &compared, last, err);
	if (result == 1)
		result = compare_strangers(session, marks, last, err);
	if (result != 1)
		return result;
	if (compared == 0 && plan->step_count > 0)
		return last ? fail_unproved(session, err) : 0;
	if (compared > 0)
		log_info("the collector works on this registry: it marks what was compared (%zu "
			 "manifest%s)",
			 compared, units_s(compared));
	return 1;
}
