/* Asks the registry twice, as a client does, and looks whether its log says so. */
#include "session/pulls_known.h"

#include "config/config.h"
#include "inventory/inventory.h"
#include "pulls/log.h"
#include "pulls/pulls.h"
#include "registry/api.h"
#include "session/restored_known.h"
#include "session/session.h"
#include "state/state.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/log.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define FILE_NAME "pulls"
#define TRIES     5 /* tags that may have gone meanwhile */

static void make_proof(char proof[PULLS_PROOF_SIZE])
{
	uint64_t words[2];

	if (getrandom(words, sizeof words, 0) != (ssize_t)sizeof words)
		die_internal("the kernel gives no random bytes");
	snprintf(proof, PULLS_PROOF_SIZE, "%016" PRIx64 "%016" PRIx64, words[0], words[1]);
}

static void on_answer(void *ctx, const struct api_answer *answer)
{
	*(bool *)ctx = answer->outcome == API_OK;
}

/* Asks twice for REFERENCE in the repository of TAG; whether both were answered. A cache in between
 * that keeps what the first one brought does not let the second one through. -1: as http_run. */
static int pull(struct session *session, uint32_t tag, const char *reference, bool *answered,
		struct err *err)
{
	const char *repository = inventory_tag_repository(session->inventory, tag);

	*answered = true;
	for (int i = 0; i < PULLS_PROOFS && *answered; i++) {
		*answered = false;
		api_pull(session->api, repository, reference, session->pulls_proof, on_answer,
			 answered);
		if (http_run(session->http, err) < 0)
			return -1;
	}
	return 0;
}

/* By a tag, and by its digest: caches often keep only what cannot change. */
static int send_proof(struct session *session, struct err *err)
{
	const struct inventory *inventory = session->inventory;
	bool first = false, second = false;
	int tries = 0;

	for (uint32_t t = 0; t < inventory->tag_count && tries < TRIES && !second; t++) {
		const struct inventory_tag *tag = &inventory->tags[t];

		if (tag->state != TAG_READ || inventory->repositories[tag->repository].trouble)
			continue;
		tries++;
		if (pull(session, t, tag->name, &first, err) < 0 ||
		    (first && pull(session, t, inventory_digest(inventory, tag->manifest), &second,
				   err) < 0))
			return -1;
	}
	return 0;
}

static const char *path_of(const char *url)
{
	const char *host = strstr(url, "://");
	const char *path = host ? strchr(host + 3, '/') : NULL;

	return path ? path : "";
}

/* What earlier runs know. */
static void load(struct pulls *pulls, const struct state *state)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	if (!state)
		return;
	if (state_read_file(state, FILE_NAME, PULLS_LIMIT, &text, &err) < 0) {
		if (errno == ENOENT)
			return;
	} else if (pulls_parse(pulls, text.data, text.length, &err) == 0) {
		if (pulls_source_changed(pulls))
			log_info("where pulls are read from, or pulled.ignore_agents, is not as in "
				 "the run before: the access log is read from its first line, and "
				 "pulls are known as far as it goes back");
		return;
	} else {
		err_wrap(&err, "the file " FILE_NAME " in paths.state");
	}
	log_warning("%s; what earlier runs knew of pulls is lost, so pulls are known again only "
		    "as far as the access log goes back",
		    err.msg);
}

static void tell_disbelief(const struct config *config, const struct pulls_verdict *verdict,
			   const char *name)
{
	static const char WHAT[] = "pulls are not known, and what rules would judge by them stays; "
				   "this counts as an error";
	char took[UNITS_SIZE];

	switch (verdict->belief) {
	case PULLS_BELIEVED:
		break;
	case PULLS_NO_PROOF:
		log_warning("%s: %" PRIu64 " requests of the registry's API are in it, but not "
			    "those that this run sent as a proof: is it the log of what serves %s, "
			    "with the User-Agent in it, and is nothing in between that answers for "
			    "the registry? Until then %s",
			    name, verdict->lines, config->registry.url, WHAT);
		break;
	case PULLS_OTHER_TIME:
		units_duration((double)llabs(verdict->clock_off), took);
		log_warning("%s: the requests that this run sent as a proof are in it as %s %s: "
			    "look at its clock and time zone; %s",
			    name, took, verdict->clock_off > 0 ? "later" : "earlier", WHAT);
		break;
	case PULLS_TOO_MANY:
		log_warning("%s: more names were pulled than can be remembered; %s", name, WHAT);
		break;
	}
}

/* Why it is known since then only. */
static void tell_gap(const struct pulls_verdict *verdict, const char *name, const char *since)
{
	if (verdict->restarted)
		log_warning("%s: what the run before sent as a proof is not in it any more: it was "
			    "rotated away, or begins anew (a new container); so pulls are known "
			    "since %s only",
			    name, since);
	else if (verdict->lost && verdict->since_moved)
		log_warning("%s: messages were suppressed before %s, so pulls are known since then "
			    "only; set LogRateLimitIntervalSec=0 for the registry's service",
			    name, since);
	else if (verdict->silent > 0 && verdict->since_moved)
		log_warning("%s: it has no request for %" PRId64 " hours before %s, more than %d: "
			    "it may have been off, so pulls are known since then only; run "
			    "clean-registry daily",
			    name, verdict->silent / 3600, since, PULLS_SILENCE_HOURS);
}

static void tell(const struct session *session, const struct pulls_verdict *verdict, int64_t now)
{
	CLEANUP(buf_free) struct buf name = { 0 };
	long days = config_pull_days(session->config);
	int64_t enough = verdict->since + days * INT64_C(86400);
	char since[TIME_TEXT], until[TIME_TEXT];

	pulls_log_name(session->config, &name);
	if (verdict->belief != PULLS_BELIEVED) {
		tell_disbelief(session->config, verdict, buf_string(&name));
		return;
	}
	time_local(verdict->since, since);
	time_local(enough, until);
	log_debug("%s: %" PRIu64 " requests of the API read, %" PRIu64 " pulls", buf_string(&name),
		  verdict->lines, verdict->pulls);
	tell_gap(verdict, buf_string(&name), since);
	if (enough <= now)
		log_info("pulls are known since %s", since);
	else
		log_info("pulls are known since %s, and the rules look back %ld day%s: until %s, "
			 "tags stay whose last pull is not known",
			 since, days, units_s((uint64_t)days), until);
}

static bool has_tags(const struct inventory *inventory)
{
	for (size_t t = 0; t < inventory->tag_count; t++) {
		if (inventory->tags[t].state == TAG_READ)
			return true;
	}
	return false;
}

/* Whether the log was read to its end. -1: ERR_STOPPED. */
static int read_log(struct session *session, bool *whole, struct err *err)
{
	struct err why = { 0 };

	*whole = pulls_log_read(session->pulls, session->config, &why) == 0;
	if (why.kind == ERR_STOPPED) {
		*err = why;
		return -1;
	}
	if (!*whole)
		log_warning("pulls cannot be read: %s; what rules would judge by them stays, and "
			    "this counts as an error",
			    why.msg);
	return 0;
}

int pulls_known_read(struct session *session, const struct state *state, int64_t now,
		     struct err *err)
{
	const struct config *config = session->config;
	struct pulls_options options = { .prefix = path_of(config->registry.url),
					 .ignore = &config->pulled.ignore_agents,
					 .proof = session->pulls_proof,
					 .source = pulls_log_source(config, session->pulls_source),
					 .now = (int64_t)time(NULL),
					 .skew = config->safety.max_clock_skew_seconds };
	struct pulls_verdict verdict;
	bool whole;

	if (config_pull_days(config) == 0 || !has_tags(session->inventory))
		return 0;
	make_proof(session->pulls_proof);
	session->pulls = pulls_new(&options);
	load(session->pulls, state);
	if (send_proof(session, err) < 0 || read_log(session, &whole, err) < 0)
		return -1;
	if (whole) {
		verdict = pulls_judge(session->pulls);
		tell(session, &verdict, now);
		session->pulls_believed = verdict.belief == PULLS_BELIEVED;
	}
	/* Which tags are new is not known: then nothing goes by it. */
	session->pulls_believed &= !session->restored_unknown;
	session->inventory->failures += !session->pulls_believed;
	restored_known_pulls(session);
	pulls_settle(session->pulls, session->inventory, now);
	if (session->restored_unknown)
		session->inventory->pulls_since = DATE_ABSENT;
	return 0;
}

void pulls_known_save(const struct session *session, const struct state *state)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	if (!session->pulls_believed || !state)
		return;
	pulls_print(session->pulls, session->inventory, config_pull_days(session->config), &text);
	if (text.length > PULLS_LIMIT)
		err_set(&err, ERR_IO,
			"the file " FILE_NAME " in paths.state would be longer than 256 MiB");
	if (err.kind == ERR_NONE && state_replace_file(state, FILE_NAME, &text, &err) == 0)
		return;
	log_warning("%s; the next run reads the access log from where this one began", err.msg);
}
