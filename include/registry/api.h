/* The v2 API (OCI distribution-spec v1.1.1; distribution 2.x and 3.x): requests on the registry's
 * own base URL, and what the answers mean. */
#ifndef REGISTRY_API_H
#define REGISTRY_API_H

#include "http/engine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api; /* opaque */
struct strtab;
struct string_list; /* util/string_list.h */

/* BASE_URL has no trailing slash and may have a path prefix. HTTP is borrowed. */
struct api *api_new(struct http *http, const char *base_url);
/* The same registry at another address: what is expected of LIKE's lists is expected of its. */
struct api *api_new_like(struct http *http, const char *base_url, const struct api *like);
void api_free(struct api *api); /* NULL is fine */

enum api_outcome {
	API_OK,           /* 200; 202 for a DELETE; 206 for a part */
	API_NOT_MODIFIED, /* 304: it still has the digest that was asked for */
	API_ABSENT,       /* 404 in the registry's own words (MANIFEST_UNKNOWN, NAME_UNKNOWN,
			     BLOB_UNKNOWN) */
	API_FAILED,       /* anything else: it says nothing about what is there */
};

struct api_answer {
	enum api_outcome outcome;
	const struct http_response *response;
	char code[48]; /* the registry's first error code, or "" */
	char why[320]; /* for people, when FAILED or ABSENT: "500 UNKNOWN (invalid checksum …)" */
};

typedef void (*api_done)(void *ctx, const struct api_answer *answer);

/* What has no digest in its address (/v2/, lists, tags) is asked for so that no cache in between
 * can answer; an answer that shows that one did all the same is API_FAILED, and a list's trouble.
 */

/* REFERENCE is a tag or a digest. KNOWN: a digest, to be answered NOT_MODIFIED while it is still
 * that one; or NULL. */
void api_manifest(struct api *api, const char *repository, const char *reference, const char *known,
		  api_done done, void *ctx);
/* Asks for the manifest of a tag as a client that pulls it would, so that it is in the access log:
 * AGENT stands behind our name in the User-Agent. */
void api_pull(struct api *api, const char *repository, const char *tag, const char *agent,
	      api_done done, void *ctx);
/* For configs: at most API_CONFIG_LIMIT bytes. */
void api_config(struct api *api, const char *repository, const char *digest, api_done done,
		void *ctx);
/* Whether the registry says that it has a blob, as clients ask before they push; follows no
 * redirect.
 */
void api_blob_head(struct api *api, const char *repository, const char *digest, api_done done,
		   void *ctx);
/* Asks for a blob's first byte: a HEAD would be answered from the registry's cache. The answer's
 * `total` says how many it has. TAKE (with CTX) is given what comes, more from a server that knows
 * no ranges. BREAKS: as in http_request. */
void api_blob_probe(struct api *api, const char *repository, const char *digest, bool breaks,
		    http_take take, api_done done, void *ctx);
/* All of a blob, however long that takes, to TAKE. */
void api_blob(struct api *api, const char *repository, const char *digest, http_take take,
	      api_done done, void *ctx);
/* DELETE of a manifest digest, or of a tag, sent at NOT_AFTER_MS (http/engine.h) at the latest, and
 * once. */
void api_delete(struct api *api, const char *repository, const char *reference,
		int64_t not_after_ms, api_done done, void *ctx);
struct api_body {
	const char *bytes;
	size_t length;
	const char *type; /* its media type */
};
/* PUT of a manifest under a tag or its digest, whatever is there; copies BODY. Sent like a DELETE,
 * and done on 201. */
void api_put(struct api *api, const char *repository, const char *reference,
	     const struct api_body *body, int64_t not_after_ms, api_done done, void *ctx);
/* True when the registry may still be at work on a DELETE that came to RESPONSE (S8). */
bool api_end_unknown(const struct http_response *response);
/* GET /v2/ */
void api_ping(struct api *api, api_done done, void *ctx);

#define API_MANIFEST_LIMIT ((size_t)8 << 20) /* the registry accepts 4 MiB */
#define API_CONFIG_LIMIT   ((size_t)16 << 20)
/* One page of a list, and all of it. What goes on beyond that is delivered as a list without names
 * and with a trouble. */
#define API_LIST_LIMIT ((size_t)256 << 20)
#define API_LIST_NAMES ((size_t)10000000)
#define API_LIST_BYTES ((size_t)256 << 20)
#define API_LIST_PAGES ((size_t)100000)

struct api_list {
	char **names; /* without repeats, in the order of the answers */
	size_t count;
	size_t plain; /* how many of them were in the registry's own pages; the others come last */
	bool absent;  /* 404 NAME_UNKNOWN: a repository that never had a tag */
	const char *trouble;                  /* why the list is not complete, or NULL */
	const struct http_response *response; /* the last answer */
};

typedef void (*api_listed)(void *ctx, const struct api_list *list);

/* What lists leave out. distribution 3.1.0 and 3.1.1 on S3 leave out each tag that begins with
 * another tag's name, unless '-' or '.' follows it (s3-aws/s3.go, prevSkipDir). */
enum api_hiding {
	API_HIDES_NOTHING,
	API_MAY_HIDE_TAGS, /* which registry it is, is not known */
	API_HIDES_TAGS,    /* a version that does, on a storage that is or may be S3 */
};

/* What to expect of lists, before any is asked for: nothing hidden, unless this says otherwise.
 * KEYS: repositories are listed in the order of an object storage's keys, where `team-a/x` comes
 * before `team/x`. */
void api_expect(struct api *api, enum api_hiding hiding, bool keys);
/* How many seconds a page of the catalog may take, whatever other answers may: on object storages
 * distribution 2.8 sends nothing before it has walked through all repositories. 0: no more than
 * they. */
void api_limit_catalog(struct api *api, unsigned seconds);

/* NAMES (borrowed) are what catalog_list delivers from now on, without asking for it; an empty
 * list: what the registry lists. */
void api_name_repositories(struct api *api, const struct string_list *names);

/* The first name of _catalog: whether repositories may be listed at all. */
void api_catalog_probe(struct api *api, api_done done, void *ctx);
/* All repositories: the pages of _catalog (n = 1000, less where that is refused), and, where there
 * are several, pages that begin in their middles, and what may be hidden behind a page's end
 * (src/registry/catalog.c says why). */
void catalog_list(struct api *api, api_listed listed, void *ctx);
/* All tags of a repository: the pages of tags/list, which usually is one, and what it hides, where
 * that is to be expected. A list without names is asked for twice, and has a trouble when the
 * answers differ. */
void tags_list(struct api *api, const char *repository, api_listed listed, void *ctx);

/* The same once more: KNOWN (taken over) are all names of the list before. What such a name hides
 * is asked for again only where it hid something then, so that a list costs less than a request for
 * each tag; what one of the others hides since then is not seen. */
void tags_list_again(struct api *api, const char *repository, struct strtab *known,
		     api_listed listed, void *ctx);

/* The registry's grammar for names; what does not match it can be neither a path nor part of a URL.
 */
bool api_repository_valid(const char *name);
bool api_tag_valid(const char *name);

#endif
