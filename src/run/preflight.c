/* What the storage says of a collection before it is begun. */
#include "run/preflight.h"

#include "config/config.h"
#include "forecast/gc_check.h"
#include "gc/gc.h"
#include "inventory/faults.h"
#include "inventory/inventory.h"
#include "plan/graph.h"
#include "plan/plan.h"
#include "run/losses.h"
#include "scan_api/served.h"
#include "scan_storage/load.h"
#include "scan_storage/revision.h"
#include "scan_storage/unlinked.h"
#include "session/session.h"
#include "storage/broken_links.h"
#include "storage/links.h"
#include "util/log.h"
#include "util/progress.h"
#include "util/strtab.h"
#include "util/units.h"
#include "util/xalloc.h"

#define NAMED       20
#define NEVER       UINT32_MAX
#define CLOCK_GRAIN 2 /* seconds */

/* What each broken link does, by the registry's major version, and what is said of it. */
static const struct {
	unsigned stops_from;
	const char *what;
} BROKEN[BROKEN_KINDS] = {
	[BROKEN_FOLDER] = { 0, "the collector would abort, because these folders are not there" },
	[BROKEN_REVISION] = { 0, "the collector would abort at a broken link file (empty, or no "
				 "digest in it): remove or restore" },
	[BROKEN_OTHER_REVISION] = { 0, "the collector would remove a manifest whose link file "
				       "names another one: remove or restore" },
	[BROKEN_LAYER] = { 3, "broken link files of layers, at which the collector of 3.x "
			      "aborts: remove or restore" },
	[BROKEN_NO_LAYERS] = { 3, "repositories without a folder _layers: the collector of 2.x "
				  "does not see them, and removes what only they refer to, that "
				  "of 3.x aborts: remove them, or make that folder beside" },
	[BROKEN_NO_FILE] = { 0, "the registry and its collector would wait for ever at what is "
				"no regular file (a FIFO, socket or device): remove or restore" },
	[BROKEN_FOREIGN] = { 0, "the collector would abort at what is none of the registry's in "
				"its storage: move away or remove" },
	[BROKEN_STRAY] = { NEVER, "in the storage is what none of the registry's programs makes; "
				  "it may be removed:" },
	[BROKEN_TAG] = { NEVER, "broken link files of tags, which cannot be pulled: remove or "
				"restore" },
};

static int tell(const struct broken_links *found, enum broken_link kind, bool stops,
		struct err *err)
{
	const char *names = buf_string(&found->names[kind]);
	const char *more = found->counts[kind] > OBSTACLES_NAMED ? ", …" : "";

	if (stops)
		return err_set(err, ERR_COLLECTOR, "%s %s%s (%zu in all)", BROKEN[kind].what, names,
			       more, found->counts[kind]);
	log_write(kind == BROKEN_STRAY ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, "%s %s%s (%zu in all)",
		  BROKEN[kind].what, names, more, found->counts[kind]);
	return 0;
}

/* A folder that was not proved to be the registry's own may be anything; but where nobody asked
 * for a proof, the configuration is believed. */
bool preflight_sees_storage(const struct session *session)
{
	return session->layout && session->trust != STORAGE_REFUTED &&
	       (session->inventory->from_storage ||
		session->config->inventory.source == SOURCE_API);
}

static void remember_strays(struct session *session, const struct broken_links *found)
{
	if (found->counts[BROKEN_STRAY] > 0)
		err_set(&session->strays, ERR_NONE, "%s %s%s (%zu in all)",
			BROKEN[BROKEN_STRAY].what, buf_string(&found->names[BROKEN_STRAY]),
			found->counts[BROKEN_STRAY] > OBSTACLES_NAMED ? ", …" : "",
			found->counts[BROKEN_STRAY]);
}

int preflight_broken_links(struct session *session, struct err *err)
{
	unsigned major = session->inventory->server.major;
	struct broken_links found = { 0 };
	int result = 0;

	if (!preflight_sees_storage(session))
		return 0;
	progress("looking for broken links");
	result = broken_links_find(session->layout, &found, err);
	progress_end();
	/* The last of several that stop it is told as the error, the others as warnings. */
	for (int kind = BROKEN_KINDS - 1; kind >= 0 && result == 0; kind--) {
		bool stops = major >= BROKEN[kind].stops_from;

		if (found.counts[kind] > 0 && (kind != BROKEN_STRAY || !session->strays_told))
			result = tell(&found, (enum broken_link)kind, stops, err);
	}
	if (result == 0 && found.counts[BROKEN_NO_LAYERS] + found.counts[BROKEN_LAYER] > 0)
		result = 1;
	session->strays_told = true;
	remember_strays(session, &found);
	broken_links_clear(&found);
	return result;
}

int preflight_read_anew(const struct session *session, struct inventory *fresh, bool tell,
			struct err *err)
{
	CLEANUP(free_p) bool *lists = NULL;
	int result;

	fresh->server = session->inventory->server;
	fresh->server.major = 0;
	result = scan_storage_load(fresh, session->layout, err);
	inventory_faults_tell(fresh);
	if (result < 0)
		return err_wrap(err, "there is no second opinion, because the storage cannot be "
				     "read");
	lists = plan_graph_referrer_lists(fresh);
	return scan_storage_unlinked(
		fresh,
		&(struct unlinked_place){ session->layout, session->api, session->http, lists },
		tell, err);
}

/* One question's answer. */
struct view {
	const struct preflight_question *question;
	const struct inventory *inventory;
	bool *goes; /* of each manifest: it is planned to go */
};

/* PLAN's manifests, by their names in INVENTORY. The caller frees it. */
static bool *find_going(const struct preflight_question *question,
			const struct inventory *inventory)
{
	const struct inventory *planned = question->session->inventory;
	bool *goes = xcalloc(inventory->manifest_count + 1, sizeof *goes);

	for (uint32_t m = 0; question->plan && m < planned->manifest_count; m++) {
		const char *name = planned->repositories[planned->manifests[m].repository].name;
		uint32_t place = question->plan->manifests[m].goes
					 ? inventory_repository_find(inventory, name)
					 : INVENTORY_NONE;
		uint32_t there = place == INVENTORY_NONE
					 ? INVENTORY_NONE
					 : inventory_manifest_find(inventory, place,
								   inventory_digest(planned, m));

		if (there != INVENTORY_NONE)
			goes[there] = true;
	}
	return goes;
}

/* Its link is younger than the question, and the collector could not mark it. Clocks of file
 * systems have a grain. */
static bool came_meanwhile(void *ctx, uint32_t manifest)
{
	const struct view *view = ctx;
	const struct inventory *inventory = view->inventory;
	struct link link;

	if (!inventory->from_storage)
		return false;
	link = revision_link(view->question->session->layout, inventory, manifest);
	return link.state == LINK_READ && link.written >= view->question->asked_at - CLOCK_GRAIN;
}

static int refuse(const struct inventory *inventory, const struct gc_check *check, struct err *err)
{
	losses_tell(inventory, check);
	return err_set(err, ERR_COLLECTOR,
		       "the collector would remove what %zu tag%s need%s. Were they pushed "
		       "meanwhile? Then the next run collects. If not, delete or push again what "
		       "the lines above name, or report this to the registry's makers; "
		       "gc.second_opinion says whether this is looked at",
		       check->loss_count, units_s(check->loss_count),
		       check->loss_count == 1 ? "s" : "");
}

/* What the registry may answer with although we cannot tell what it needs. Through the API it said
 * of a missing one that it is missing. */
static bool may_be_served(const struct inventory *inventory, const struct gc_check_unknown *unknown)
{
	return inventory->from_storage || unknown->manifest != INVENTORY_NONE ||
	       inventory->tags[unknown->tag].state == TAG_UNREADABLE;
}

/* Who is answered with a manifest needs it whole. From the storage it cannot be read, and whatever
 * is answered, what it was meant to refer to is unknown. Through the API it may have been a proxy's
 * fault, or that of a moment: only a body that is its digest's and can be read in several ways is
 * held against it. */
static bool is_served(const struct inventory *inventory, enum served answer)
{
	return inventory->from_storage ? answer != SERVED_NO : answer == SERVED_AMBIGUOUS;
}

static void name_unknown(const struct inventory *inventory, const struct gc_check_unknown *unknown)
{
	const char *repository = inventory_tag_repository(inventory, unknown->tag);
	const char *tag = inventory->tags[unknown->tag].name;

	if (unknown->manifest == INVENTORY_NONE)
		log_error("%s:%s is served, but its manifest cannot be read in one way only: what "
			  "it needs is not known, and the collector may remove it",
			  repository, tag);
	else
		log_error("%s:%s needs manifest %s, which is served, but cannot be read in one way "
			  "only: what that needs is not known, and the collector may remove it",
			  repository, tag, inventory_digest(inventory, unknown->manifest));
}

/* How many of the unknowns hold; they are named when WITH_NAMES. -1: they could not be asked. */
static int64_t ask_unknowns(const struct view *view, const struct gc_check *check, bool with_names,
			    struct err *err)
{
	const struct inventory *inventory = view->inventory;
	const struct session *session = view->question->session;
	CLEANUP(free_p)
	struct served_question *questions = xcalloc(check->unknown_count + 1, sizeof *questions);
	CLEANUP(free_p) size_t *places = xcalloc(check->unknown_count + 1, sizeof *places);
	size_t count = 0;
	int64_t holding = 0;

	for (size_t i = 0; i < check->unknown_count; i++) {
		const struct gc_check_unknown *unknown = &check->unknowns[i];

		if (!may_be_served(inventory, unknown))
			continue;
		places[count] = i;
		questions[count++] = (struct served_question){
			.repository = inventory_tag_repository(inventory, unknown->tag),
			.reference = unknown->manifest == INVENTORY_NONE
					     ? inventory->tags[unknown->tag].name
					     : inventory_digest(inventory, unknown->manifest)
		};
	}
	if (count > 0 && scan_api_served(questions, count, session->api, session->http, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!is_served(inventory, questions[i].answer))
			continue;
		if (with_names && holding++ < NAMED)
			name_unknown(inventory, &check->unknowns[places[i]]);
		else if (!with_names)
			holding++;
	}
	return holding;
}

static int refuse_unknown(size_t count, struct err *err)
{
	return err_set(
		err, ERR_COLLECTOR,
		"what %zu tag%s need%s is not known, and the collector may read %s otherwise "
		"than we do: push again or delete what the lines above name; "
		"gc.second_opinion says whether this is looked at",
		count, units_s(count), count == 1 ? "s" : "", count == 1 ? "it" : "them");
}

static int approve(const struct view *view, const struct gc_check *check, struct err *err)
{
	const struct inventory *inventory = view->inventory;
	size_t failures = inventory->from_storage ? inventory->failures : 0;

	/* What is listed may be what a tag needs that could not be read. */
	if (failures > 0 && check->untagged > 0)
		return err_set(
			err, ERR_COLLECTOR,
			"the collector would remove %zu blob%s that manifests need, and what "
			"all tags need could not be read: mend what the lines above name",
			check->untagged, units_s(check->untagged));
	if (check->untagged > 0)
		log_warning("the collector would remove %zu blob%s that no tag needs, but a "
			    "manifest without a tag, which it should keep",
			    check->untagged, units_s(check->untagged));
	if (failures > 0)
		log_warning("the second opinion does not know what tags need that could not be "
			    "read");
	if (!view->question->answer->marks)
		log_info("the second opinion is only what the storage tells: no tag that is served "
			 "needs what is not known (%zu tag%s looked at)",
			 check->tags, units_s(check->tags));
	else if (inventory->from_storage)
		log_info("second opinion: no tag that stays needs any of the %zu blob%s that the "
			 "collector would remove (%zu tag%s looked at)",
			 check->freed, units_s(check->freed), check->tags, units_s(check->tags));
	else
		log_info("second opinion: the collector marks all that tags need that stay (%zu "
			 "tag%s looked at, through the API)",
			 check->tags, units_s(check->tags));
	return 1;
}

static int judge(const struct view *view, const struct gc_check *check, struct err *err)
{
	bool last = view->question->last;
	int64_t unknowns;

	if (check->loss_count > 0)
		return last ? refuse(view->inventory, check, err) : 0;
	unknowns = ask_unknowns(view, check, last, err);
	if (unknowns < 0)
		return -1;
	if (unknowns > 0)
		return last ? refuse_unknown((size_t)unknowns, err) : 0;
	return approve(view, check, err);
}

int preflight_check_collector(const struct preflight_question *question, struct err *err)
{
	const struct session *session = question->session;
	struct inventory *fresh = session->inventory->from_storage ? inventory_new() : NULL;
	struct view view = { .question = question,
			     .inventory = fresh ? fresh : session->inventory };
	int result = fresh ? preflight_read_anew(session, fresh, question->plan != NULL, err) : 0;

	if (result == 0) {
		struct gc_check_question asked = { .inventory = view.inventory,
						   .listed = question->answer->removed,
						   .marks = question->answer->marks,
						   .is_new = came_meanwhile,
						   .ctx = &view };
		struct gc_check *check;

		view.goes = find_going(question, view.inventory);
		asked.goes = view.goes;
		check = gc_check_build(&asked);
		result = judge(&view, check, err);
		gc_check_free(check);
		free(view.goes);
	}
	inventory_free(fresh);
	return result;
}
