/* One scan through the v2 API: a queue of questions, a window of requests in flight, and answers
 * that lead to more questions. For a load and a second look only. */
#ifndef SCAN_API_SCAN_H
#define SCAN_API_SCAN_H

#include "http/engine.h"
#include "scan_api/known.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api;
struct api_answer;
struct api_list;
struct image_dates;
struct inventory;
struct inventory_look;
struct scan;

enum question_kind { ASK_TAGS, ASK_TAG, ASK_MANIFEST, ASK_CONFIG, ASK_PROTECTED };

struct question {
	enum question_kind kind;
	uint32_t id; /* a repository, tag, manifest, manifest with the config, number of a name */
};

/* Hooks of a rescan of one repository into the steps of a scan (scan_api/rescan.c). */
struct scan_look {
	/* LIST came, the tags that it has are asked for. */
	void (*listed)(struct scan *scan, const struct api_list *list);
	/* The tag behind question NUMBER of kind ASK_PROTECTED, and what became of it. */
	const char *(*tag)(const struct scan *scan, uint32_t number);
	void (*take)(struct scan *scan, uint32_t number, const struct api_answer *answer);
	/* All is answered. SCAN is gone afterwards. */
	void (*end)(struct scan *scan);
	const struct inventory_look *order; /* for these functions */
};

struct scan {
	struct inventory *inventory;
	struct api *api;
	const struct scan_look *look; /* NULL for a load */
	struct image_dates *dates;
	struct question *questions;
	size_t question_count, question_capacity, asked;
	unsigned in_flight, window;
	uint32_t *pending; /* per repository: questions whose answers may lead to more manifests */
	size_t pending_capacity;
	struct known known; /* from this run (a look) or from earlier ones (a load) */
	bool refused;       /* the catalog, by 401 or 403 */
	size_t tags_answered;
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

#endif
