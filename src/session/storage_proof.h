/* Whether paths.host_storage is the registry's own folder. For src/session/session.c only. */
#ifndef SESSION_STORAGE_PROOF_H
#define SESSION_STORAGE_PROOF_H

#include "util/err.h"

#include <stdbool.h>

struct api;
struct config;
struct http;
struct inventory;
struct layout;
struct server_config;

struct proof {
	const struct config *config;
	const struct server_config
		*server; /* the registry's configuration, as far as it is known */
	const struct layout *layout;
	const struct inventory *inventory; /* read from it */
	struct api *api;
	struct http *http;
};

/* 0: the folder has what the registry has; OWN: it is the very folder. -1: ERR_IO says what
 * differs; ERR_UNREACHABLE, ERR_STOPPED. */
int storage_proof(const struct proof *proof, bool *own, struct err *err)
	__attribute__((warn_unused_result));

#endif
