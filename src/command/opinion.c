/* What the storage says of a collection before it is begun. */
#include "command/opinion.h"

#include "command/session.h"
#include "config.h"
#include "gc.h"
#include "inventory.h"
#include "inventory_storage.h"
#include "second_opinion.h"
#include "storage/obstacles.h"
#include "util/log.h"
#include "util/strtab.h"
#include "util/units.h"

#include <inttypes.h>
#include <string.h>

#define TURNS        2
#define LOSSES_NAMED 20
#define NEVER        UINT32_MAX

/* Its --dry-run removes links to layers (registry notes, section 4). */
#define LYING_VERSION "3.0.0-beta.1"

/* What each obstacle does, by the registry's major version, and what is said of it. */
static const struct {
	unsigned stops_from;
	const char *what;
} OBSTACLES[OBSTACLE_KINDS] = {
	[OBSTACLE_FOLDER] = { 0, "the collector would abort, because these folders are not there" },
	[OBSTACLE_REVISION] = { 0, "the collector would abort at a broken link file (empty, or no "
				   "digest in it): remove or restore" },
	[OBSTACLE_OTHER_REVISION] = { 0, "the collector would remove a manifest whose link file "
					 "names another one: remove or restore" },
	[OBSTACLE_LAYER] = { 3, "broken link files of layers, at which the collector of 3.x "
				"aborts: remove or restore" },
	[OBSTACLE_NO_LAYERS] = { 3, "repositories without a folder _layers: the collector of 2.x "
				    "does not see them, and removes what only they refer to, that "
				    "of 3.x aborts: remove them, or make that folder beside" },
	[OBSTACLE_TAG] = { NEVER, "broken link files of tags, which cannot be pulled: remove or "
				  "restore" },
};

static int tell(const struct obstacles *found, enum obstacle kind, bool stops, struct err *err)
{
	const char *names = buf_string(&found->names[kind]);
	const char *more = found->counts[kind] > OBSTACLES_NAMED ? ", …" : "";

	if (stops)
		return err_set(err, ERR_COLLECTOR,
			       "nothing is collected, and the collection stays owed: %s %s%s "
			       "(%zu in all)",
			       OBSTACLES[kind].what, names, more, found->counts[kind]);
	log_warning("%s %s%s (%zu in all)", OBSTACLES[kind].what, names, more, found->counts[kind]);
	return 0;
}

/* A folder that was not proved to be the registry's own may be anything; but where nobody asked
 * for a proof, the configuration is believed. */
static bool is_believed(const struct session *session)
{
	return session->layout && (session->inventory->from_storage ||
				   session->config->inventory.source == SOURCE_API);
}

int opinion_obstacles(const struct session *session, struct err *err)
{
	unsigned major = session->inventory->server.major;
	struct obstacles found = { 0 };
	int result = 0;

	if (!is_believed(session))
		return 0;
	log_progress("looking for broken links");
	result = obstacles_find(session->layout, &found, err);
	log_progress(NULL);
	/* The last of several that stop it is told as the error, the others as warnings. */
	for (int kind = OBSTACLE_KINDS - 1; kind >= 0 && result == 0; kind--) {
		bool stops = major >= OBSTACLES[kind].stops_from;

		if (found.counts[kind] > 0)
			result = tell(&found, (enum obstacle)kind, stops, err);
	}
	obstacles_clear(&found);
	return result;
}

/* Everything that any collector might come across: also repositories that this one does not. */
static int read_anew(const struct session *session, struct inventory *fresh, struct err *err)
{
	fresh->server = session->inventory->server;
	fresh->server.major = 0;
	if (inventory_storage_load(fresh, session->layout, err) == 0)
		return 0;
	return err_wrap(err, "nothing is collected without a second opinion, and the storage "
			     "cannot be read");
}

static void name_losses(const struct inventory *fresh, const struct second_opinion *opinion)
{
	for (size_t i = 0; i < opinion->loss_count && i < LOSSES_NAMED; i++) {
		const struct second_opinion_loss *loss = &opinion->losses[i];

		log_error("%s:%s needs blob %s (of manifest %s), which the collector would remove",
			  inventory_tag_repository(fresh, loss->tag), fresh->tags[loss->tag].name,
			  strtab_text(fresh->digests, loss->digest),
			  inventory_digest(fresh, loss->manifest));
	}
	if (opinion->loss_count > LOSSES_NAMED)
		log_error("and %zu more tags need what it would remove",
			  opinion->loss_count - LOSSES_NAMED);
}

static int refuse(const struct inventory *fresh, const struct second_opinion *opinion,
		  struct err *err)
{
	name_losses(fresh, opinion);
	return err_set(err, ERR_COLLECTOR,
		       "the collector would remove what %zu tag%s need%s, so nothing was "
		       "collected, and the collection stays owed. Were they pushed meanwhile? Then "
		       "the next run collects. If not, report this to the registry's makers; "
		       "gc.second_opinion says whether this is looked at",
		       opinion->loss_count, units_s(opinion->loss_count),
		       opinion->loss_count == 1 ? "s" : "");
}

static int approve(const struct inventory *fresh, const struct second_opinion *opinion,
		   const struct gc_result *answer, struct err *err)
{
	/* What is listed may be what a tag needs that could not be read. */
	if (fresh->failures > 0 && opinion->untagged > 0)
		return err_set(
			err, ERR_COLLECTOR,
			"the collector would remove %zu blob%s that manifests need, and what "
			"all tags need could not be read, so nothing was collected, and the "
			"collection stays owed: mend what the lines above name",
			opinion->untagged, units_s(opinion->untagged));
	if (opinion->untagged > 0)
		log_warning("the collector would remove %zu blob%s that no tag needs, but a "
			    "manifest without a tag, which it should keep",
			    opinion->untagged, units_s(opinion->untagged));
	if (fresh->failures > 0)
		log_warning("the second opinion does not know what tags need that could not be "
			    "read");
	log_info("second opinion: no tag needs any of the %" PRIu64 " blob%s that the collector "
		 "would remove (%zu tag%s looked at)",
		 answer->blobs_deleted, units_s(answer->blobs_deleted), fresh->tag_count,
		 units_s(fresh->tag_count));
	return 1;
}

/* 1: no tag needs what is listed. 0: one does, and that may be because it was pushed meanwhile. */
static int ask_once(const struct session *session, bool last, struct gc_result *answer,
		    struct err *err)
{
	struct inventory *fresh = NULL;
	struct second_opinion *opinion = NULL;
	int result = 0;

	if (gc_run(session->config, GC_ASK, session->layout, NULL, answer, err) < 0) {
		answer->failed_asked = true;
		return err_wrap(err, "asked what it would remove");
	}
	/* What the tags need is read after the collector ended, never before: what was pushed
	 * until now counts. */
	fresh = inventory_new();
	result = read_anew(session, fresh, err);
	if (result == 0) {
		opinion = second_opinion_form(&(struct second_opinion_question){ .inventory = fresh, .listed = answer->removed });
		if (opinion->loss_count == 0) {
			result = approve(fresh, opinion, answer, err);
		} else if (last) {
			result = refuse(fresh, opinion, err);
		}
	}
	second_opinion_free(opinion);
	inventory_free(fresh);
	return result;
}

int opinion_ask(const struct session *session, struct gc_result *answer, struct err *err)
{
	int result = 0;

	if (!session->config->gc.second_opinion || !session->inventory->from_storage)
		return 0;
	if (strstr(session->inventory->server.version, LYING_VERSION)) {
		log_warning("no second opinion: the collector of this version removes something "
			    "even when it is only asked");
		return 0;
	}
	for (int turn = 1; turn <= TURNS && result == 0; turn++) {
		if (turn > 1)
			log_info("a tag needs what the collector would remove; it may have been "
				 "pushed meanwhile, so the collector is asked again");
		result = ask_once(session, turn == TURNS, answer, err);
	}
	return result < 0 ? -1 : 0;
}
