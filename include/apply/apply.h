/* Carries a plan out: deletes through the API, serial inside a repository, parallel across them. */
#ifndef APPLY_APPLY_H
#define APPLY_APPLY_H

#include "apply/shared.h"
#include "util/err.h"

#include <stdint.h>

struct api;
struct config;
struct http;
struct inventory;
struct server_config;

/* Asks, by deleting an absent manifest and then an absent tag in REPOSITORY, whether deletion is
 * enabled and whether single tags can be deleted; enters the latter into the inventory's server
 * facts. SERVER is what is known of the registry's configuration. -1: ERR_UNREACHABLE says what the
 * operator must set; ERR_STOPPED. */
int apply_probe(struct api *api, struct http *http, struct inventory *inventory,
		uint32_t repository, const struct server_config *server,
		const struct config *config, struct err *err) __attribute__((warn_unused_result));

/* What the probe is expected to say, by SERVER, which was read from paths.config: -1
 * (ERR_UNREACHABLE) when the registry refuses all deletes, since it is in read-only mode; since it
 * is a pull-through cache; since deletion is disabled, which is no refusal with
 * registry.delete_door. What is not known is none either. */
int apply_expect_writable(const struct server_config *server, const struct config *config,
			  struct err *err) __attribute__((warn_unused_result));
int apply_expect_origin(const struct server_config *server, const struct config *config,
			struct err *err) __attribute__((warn_unused_result));
int apply_expect_deletion(const struct inventory *inventory, const struct server_config *server,
			  const struct config *config, struct err *err)
	__attribute__((warn_unused_result));
/* -1 (ERR_UNREACHABLE): this version deletes tags for everybody where deletion is disabled. */
int apply_expect_obedience(const struct inventory *inventory, struct err *err)
	__attribute__((warn_unused_result));

/* Strikes off debts that are paid or that the plan keeps. */
void apply_settle_debts(const struct apply *apply);

/* Deletes. -1: ERR_STOPPED, ERR_UNREACHABLE or ERR_IO (`end`) ended it early; OUTCOME says how far
 * it came. */
int apply_run(struct apply *apply, struct err *err) __attribute__((warn_unused_result));
#endif
