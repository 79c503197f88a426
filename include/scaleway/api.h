/* The API of Scaleway's registry (Container Registry API v1): one object, lists, and the DELETE of
 * a tag or a namespace.
 *
 * GETs are tried again by the engine, as the answer's `type` says (http_request.judge): what limits
 * us waits as long as the answer asks. A DELETE is sent once; whoever ordered it looks first, and
 * orders it again. No redirect is followed. An answer that is not JSON by its Content-Type, that is
 * not strict JSON, that a cache gave, or that is about another object than the one that was asked
 * for says nothing: SCALEWAY_FAILED. */
#ifndef SCALEWAY_API_H
#define SCALEWAY_API_H

#include "http/engine.h"
#include "scaleway/object.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scaleway_api; /* opaque */

/* BASE: "https://api.scaleway.com/registry/v1/regions/fr-par", without a slash at its end; copied.
 * HTTP is borrowed; it was opened with the secret key as its auth_token, and BASE's place as its
 * registry. */
struct scaleway_api *scaleway_api_new(struct http *http, const char *base);
void scaleway_api_free(struct scaleway_api *api); /* NULL is fine */

enum scaleway_outcome {
	SCALEWAY_OK,      /* 200 and the object: of a DELETE, that it was ordered */
	SCALEWAY_GONE,    /* it is not there: not_found of it, or 404 in JSON without a type */
	SCALEWAY_BUSY,    /* transient_state: later perhaps; nothing was done */
	SCALEWAY_LIMITED, /* too_many_requests: nothing was done */
	SCALEWAY_DENIED,  /* denied_authentication, permissions_denied; nothing was done */
	SCALEWAY_REFUSED, /* invalid_arguments, locked, precondition_failed …; nothing was done */
	SCALEWAY_FAILED,  /* all else: it says nothing about what is there */
};

struct scaleway_answer {
	enum scaleway_outcome outcome;
	const struct scaleway_object *object; /* of OK; borrowed during the callback; else NULL */
	/* A DELETE that may have been carried out, or may still be: its answer was lost, was a 5xx,
	 * or is not one that says so. Look before it is ordered again. */
	bool end_unknown;
	/* A DELETE that surely never left: too late for its NOT_AFTER_MS, or no connection. */
	bool unsent;
	/* How long the answer asks to wait, milliseconds; -1: it does not. */
	int64_t pause_ms;
	int64_t date; /* the server's clock (Date): seconds since 1970, or -1 */
	int status;   /* of HTTP; 0: there was no whole answer */
	/* For people unless OK, one line: the HTTP status, the type, the message, what it is about,
	 * the right that is missing, the X-Request-Id. Masked. */
	char message[512];
};

/* ANSWER is borrowed. Called from http_run. */
typedef void (*scaleway_done)(void *ctx, const struct scaleway_answer *answer);

/* Asks whether the key is taken and the region is there: a list of one namespace. OK has no object.
 */
void scaleway_ping(struct scaleway_api *api, scaleway_done done, void *ctx);
/* Asks for the KIND with ID, a UUID (ends the process otherwise). */
void scaleway_get(struct scaleway_api *api, enum scaleway_kind kind, const char *id,
		  scaleway_done done, void *ctx);
/* Orders the deletion of the tag or namespace (never an image: ends the process) with ID, a UUID,
 * once, never with `force`, if that leaves by NOT_AFTER_MS (time_monotonic_ms; 0: whenever). OK: it
 * is being deleted, and listed until that is done. It is not tried again. */
void scaleway_delete(struct scaleway_api *api, enum scaleway_kind kind, const char *id,
		     int64_t not_after_ms, scaleway_done done, void *ctx);

/* The most of a list, and of a page; what goes on beyond them comes to no end. */
#define SCALEWAY_LIST_OBJECTS ((size_t)1000000)
#define SCALEWAY_LIST_PAGES   ((size_t)20000)
#define SCALEWAY_PAGE_LIMIT   ((size_t)64 << 20) /* bytes; an image tells the names of its tags */

/* A list, whole, or why it is not. */
struct scaleway_list {
	struct scaleway_object *items; /* by the order of the answers, oldest first */
	size_t count;
	/* OK; of a trouble that is an answer, that one's. GONE: what it is the list of is not
	 * there.
	 */
	enum scaleway_outcome outcome;
	unsigned readings; /* how often it was read, 1 to 3 */
	int64_t date;      /* the server's clock at the last page: seconds since 1970, or -1 */
	/* For people, masked; "": the list is whole. Otherwise there are no items, and nothing is
	 * known of what is there. */
	char trouble[560];
};
void scaleway_list_clear(struct scaleway_list *list);

/* LIST is the callee's to take: it copies *LIST and zeroes it. What it leaves is released after.
 * Called from http_run. */
typedef void (*scaleway_listed)(void *ctx, struct scaleway_list *list);

struct scaleway_list_request {
	enum scaleway_kind kind;
	/* Of tags the image's id; of images the namespace's, or NULL: those of the whole region; of
	 * namespaces NULL. A UUID; copied. */
	const char *parent;
	unsigned readings; /* 1 or 2 */
	scaleway_listed done;
	void *ctx;
};

/* Reads a list page by page to its end: by the time of creation, so that what is new comes last.
 *
 * A reading is good if it came to its end (a page that is empty, or short where the number told was
 * reached), every page told the same number (total_count, or the header X-Total-Count) and that
 * many were read, no name was there twice in one parent, each entry has the parent that was asked
 * for, and an entry that came twice (moved to the next page) was the same. READINGS 1: a good
 * reading is the list. READINGS 2: two good ones in a row must be the same, in any order
 * (scaleway_object_same). At most three readings; what fails (not OK), or is no list, ends it at
 * once. */
void scaleway_list_begin(struct scaleway_api *api, const struct scaleway_list_request *request);

#endif
