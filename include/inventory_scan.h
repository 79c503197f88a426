/* One scan through the v2 API: a queue of questions, a window of requests in flight, and answers
 * that lead to more questions. For src/inventory_{scan,known,api,look}.c only. */
#ifndef INVENTORY_SCAN_H
#define INVENTORY_SCAN_H

#include "http/engine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api;
struct api_answer;
struct api_list;
struct dates;
struct inventory;
struct inventory_look;

enum question_kind { ASK_TAGS, ASK_TAG, ASK_MANIFEST, ASK_CONFIG, ASK_PROTECTED };

struct question {
	enum question_kind kind;
	uint32_t id; /* a repository, tag, manifest, manifest with the config, number of a name */
};

struct scan {
	struct inventory *inventory;
	struct api *api;
	const struct inventory_look *look; /* NULL for a load */
	struct dates *dates;
	struct question *questions;
	size_t question_count, question_capacity, asked;
	unsigned in_flight, window;
	uint32_t *pending; /* per repository: questions whose answers may lead to more manifests */
	size_t pending_capacity;
	const struct inventory *known; /* what was read before: in this run (a look) or in earlier
					* ones (a load); or NULL */
	uint32_t known_manifests;      /* the repository of KNOWN where its manifests stand */
	uint32_t *expected; /* by tag: the manifest of KNOWN that it had, or INVENTORY_NONE */
	size_t expected_count, expected_capacity;
	bool refused; /* the catalog, by 401 or 403 */
	size_t tags_answered;
	size_t taken; /* manifests that were known */
};

/* Queues a question; scan_pump sends it. */
void scan_ask(struct scan *scan, enum question_kind kind, uint32_t id);
/* Queues the first question about REPOSITORY: its tags. */
void scan_ask_tags(struct scan *scan, uint32_t repository);
/* Sends what the window has room for. A look that is at its end calls back and is gone. */
void scan_pump(struct scan *scan);
/* Releases what SCAN holds, not SCAN. */
void scan_clear(struct scan *scan);
/* True when RESPONSE was never had since the whole run ends: http_run says why, so that its open
 * questions need no word each. A look goes on to its end, so that who ordered it hears of it. */
bool scan_given_up(const struct scan *scan, const struct http_response *response);
/* S2 for a repository, counted, and by a load named in the log. */
void scan_trouble(struct scan *scan, uint32_t repository, const char *what, const char *why);
/* Says that a question that might have led to more manifests of REPOSITORY was answered. */
void scan_answered(struct scan *scan, uint32_t repository);

/* Where KNOWN says what MANIFEST is, fills it in: what a digest is never changes. What we deleted,
 * or never saw, is not known, nor what a look has to read anew. */
bool known_take(struct scan *scan, uint32_t manifest);
/* REPOSITORY has its tags: works out which digests they had. */
void known_expect(struct scan *scan, uint32_t repository);
/* The digest that TAG is expected to have, or NULL. */
const char *known_digest(const struct scan *scan, uint32_t tag);

/* Asks for the protected tags, and those that somebody named, that LIST leaves out (S6). */
void look_ask_protected(struct scan *scan, const struct api_list *list);
/* Name NUMBER of these; NULL: it is of another repository. */
const char *look_protected(const struct scan *scan, uint32_t number);
void look_take_protected(struct scan *scan, uint32_t number, const struct api_answer *answer);
/* All is answered. SCAN is gone afterwards. */
void look_end(struct scan *scan);

#endif
