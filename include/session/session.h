/* What every command begins with: the registry, reached and read. */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "http/engine.h"
#include "pulls/pulls.h"
#include "registry/server_config.h"
#include "storage/trust.h"
#include "util/err.h"

#include <stdbool.h>

struct config;
struct cache;
struct file_cache; /* scan_storage/file_cache.h */
struct state;
struct untagged_seen;
struct restored;         /* undo/restored.h */
struct scaleway_api;     /* scaleway/api.h */
struct scaleway_catalog; /* scan_scaleway/catalog.h */

struct session {
	const struct config *config;
	struct http *http;
	struct api *api; /* NULL with registry.kind "scaleway", whose registry has no v2 API here */
	/* NULL but with registry.kind "scaleway": */
	struct scaleway_api *scaleway_api;
	struct scaleway_catalog *scaleway; /* after session_read */
	/* NULL when host_storage is not there, cannot be read, or is ignored, since the registry
	 * has its storage elsewhere. */
	struct layout *layout;
	/* Why indexes that no tag reaches are not seen in that folder (S3); NULL: they are. */
	const char *unseen;
	bool lists_later; /* set before the reading: who reads tells itself what is not seen */
	/* Set before the reading: nobody asks for the dates of images, and a storage is read
	 * without them. */
	bool undated;
	struct inventory *inventory;
	struct server_config server; /* after session_ask_server */
	bool server_asked;
	struct err server_why; /* why that could not be read; or none */
	struct err
		storage_why; /* why the storage was not read although it might have been; or none */
	enum storage_trust trust; /* in the layout's folder */
	bool strays_told;         /* what lies in the storage and is none of the registry's */
	struct err strays;        /* the sentence of that; or none */
	/* When manifests were seen without a tag first, this run included; NULL: nobody asks for
	 * it. */
	struct untagged_seen *untagged;
	/* Tags that `restore` put back; NULL before session_read (session/restored_known.h). */
	struct restored *restored;
	bool restored_unknown; /* that list is damaged */
	/* What this scan through the API read, to be remembered; or NULL. */
	struct cache *cache;
	/* The same of this scan of the storage; or NULL. */
	struct file_cache *file_cache;
	/* What is known of pulls; NULL: nobody asks for it (session/pulls_known.h). */
	struct pulls *pulls;
	char pulls_proof[PULLS_PROOF_SIZE];
	char pulls_source[PULLS_SOURCE_SIZE];
	bool pulls_believed;
};

/* An empty inventory and nothing else yet. CONFIG must outlive it. */
struct session session_new(const struct config *config);
void session_close(struct session *session);

/* Reaches the registry and asks what it is. READ_ONLY: the HTTP engine refuses to write. -1:
 * ERR_UNREACHABLE, ERR_USAGE (registry.ca_cert, client_cert, client_key), ERR_STOPPED. */
int session_open(struct session *session, bool read_only, struct err *err)
	__attribute__((warn_unused_result));

/* How CONFIG's registry is spoken to, for reading only; strings are borrowed from CONFIG. */
struct http_options session_http_options(const struct config *config);

/* Asks for the registry's configuration, once; what cannot be asked is unknown. */
void session_ask_server(struct session *session);

/* Fills the inventory, from the storage or through the API as inventory.source wants it; what STATE
 * (may be NULL) owes is in it, too. What could not be read is counted in its failures and named in
 * the log. -1: ERR_UNREACHABLE, also when the storage is wanted and is not proved to be the
 * registry's; ERR_STOPPED. */
int session_read(struct session *session, const struct state *state, struct err *err)
	__attribute__((warn_unused_result));

/* For a command that asks only for a few manifests: opens paths.host_storage, where there is one,
 * and finds out whether it is the registry's own, whatever inventory.source says, and with an
 * inventory of its own; TRUST says it afterwards. A folder that is not there, or is another one, is
 * a warning. -1: ERR_UNREACHABLE, ERR_STOPPED. */
int session_find_storage(struct session *session, struct err *err)
	__attribute__((warn_unused_result));

/* S3: the log says once when indexes that no tag reaches cannot be seen. */
void session_tell_unseen(const struct session *session);

/* Keeps in STATE (may be NULL) what the scan read, for the next one. It may be large: call it last,
 * when all that counts more is written. */
void session_remember(const struct session *session, const struct state *state);

#endif
