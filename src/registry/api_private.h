/* Shared by src/registry/api*.c only. */
#ifndef REGISTRY_API_PRIVATE_H
#define REGISTRY_API_PRIVATE_H

#include "registry/api.h"

#include <stddef.h>

struct strtab;

/* Subjects whose answer changes with time; digests are not among them. */
enum fresh_kind { FRESH_BASE, FRESH_CATALOG, FRESH_TAGS, FRESH_TAG, FRESH_KINDS };

/* Whether the registry puts up with the parameter that makes a question new (fresh.c). */
enum fresh_marks { MARKS_UNTRIED, MARKS_TAKEN, MARKS_REFUSED };

/* The most of one list; what goes on beyond them comes to no end. */
struct list_limits {
	size_t names, bytes, pages; /* BYTES: of names and of the places where pages begin */
};

struct api {
	struct http *http;
	char *base; /* without trailing slash */
	enum api_hiding hiding;
	bool keys;
	unsigned catalog_seconds;               /* 0: as all requests */
	const struct string_list *repositories; /* instead of the catalog; NULL: none */
	uint64_t next_mark;
	enum fresh_marks marks[FRESH_KINDS];
	bool told_refusal;
	struct list_limits limits;
};

/* Chooses the first mark. */
void fresh_init(struct api *api);
/* Sends REQUEST, a GET without TAKE, so that no cache in between has an answer to it. */
void fresh_ask(struct api *api, enum fresh_kind kind, const struct http_request *request);

/* What a token must allow for METHOD on PATH, which is what follows /v2/; NULL: nothing. The
 * caller's. */
char *scope_of(enum http_method method, const char *path);
/* http_submit, with the scope that REQUEST needs. */
void scope_submit(const struct api *api, const struct http_request *request);

/* The status of RESPONSE, 0 when the registry did not give it: no answer, or one of a cache. */
int api_status(const struct http_response *response);
void api_read_answer(const struct http_response *response, struct api_answer *answer);

/* A question for names: GET PATH?n=N&last=LAST. */
struct list_question {
	enum fresh_kind kind;
	const char *path; /* "/v2/_catalog" */
	const char *n;    /* as text; NULL: left to the registry */
	const char *last; /* begin after this name; NULL: at the first */
	bool breaks;      /* see http_request */
};

void list_ask(struct api *api, const struct list_question *question, http_done done, void *ctx);
/* The part of a list that was read so far. */
struct list_size {
	const struct strtab *names;
	const struct strtab *places[2]; /* where pages begin; or NULL */
	size_t pages;
};

/* NULL, or that the list is beyond API's limits, and which one, in TEXT. */
const char *list_excess(const struct api *api, const struct list_size *size, char text[200]);

/* Adds to NAMES what the page in RESPONSE has under KEY; null is an empty list. COUNT gets how many
 * names it has, repeats included. NULL, or why the body is not such a list. */
const char *list_read(const struct api *api, const struct http_response *response, const char *key,
		      struct strtab *names, size_t *count);
/* Calls LISTED with LIST and NAMES (NULL: none; all of them; those from LIST.plain on are not of
 * the plain pages). */
void list_deliver(const struct strtab *names, struct api_list list, api_listed listed, void *ctx);

/* Delivers the repositories that API was told to take instead of its catalog, once the engine runs.
 * False: it was told none. */
bool named_catalog(struct api *api, api_listed listed, void *ctx);

/* Of KNOWN, all names of an earlier list, those that hid no other one. The caller frees it. */
struct strtab *hidden_tags_leaves(const struct strtab *known);
/* Asks, for each of NAMES but those in LEAVES (NULL: none), what PATH's (tags/list) list hides
 * because of it, and adds that to NAMES, which is borrowed until DONE is called with what went
 * wrong, or NULL, and the last answer. False when there is nothing to ask; DONE is not called then.
 */
typedef void (*hidden_done)(void *ctx, const char *trouble, const struct http_response *response);
bool hidden_tags_ask(struct api *api, const char *path, const struct strtab *leaves,
		     struct strtab *names, hidden_done done, void *ctx);

#endif
