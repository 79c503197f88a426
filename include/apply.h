/* Carries a plan out: deletes through the API, serial inside a repository, parallel across them. */
#ifndef APPLY_H
#define APPLY_H

#include "outcome.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api;
struct causes; /* util/causes.h */
struct config;
struct crew; /* apply.c */
struct dangling;
struct holds;
struct http;
struct inventory;
struct layout;
struct plan;
struct policy;
struct state;
struct server_config;

/* Why nothing more is deleted, and nothing is collected. */
enum apply_end {
	APPLY_GOES_ON = 0,
	/* A delete was not seen in the storage: another registry answers than has that folder. */
	APPLY_STRANGE,
	/* A tag was still there after what it pointed at was deleted: the answers are not the
	 * registry's own of now, or it does not delete. */
	APPLY_STALE,
};

struct apply {
	struct inventory *inventory;
	const struct plan *plan;
	const struct policy *policy;
	int64_t now; /* the plan's */
	struct api *api;
	struct http *http;
	struct state *state;
	struct holds *holds;   /* the policy's, to be read again; NULL: nothing is held */
	struct layout *layout; /* NULL when host_storage cannot be read */
	bool proved;           /* it is the registry's own folder, by device and inode */
	/* A delete was seen in it: from then on looks may read it instead of asking (S6). */
	bool confirmed;
	bool heeded; /* a delete was seen in the registry's own answers */
	enum apply_end end;
	struct dangling
		*dangling; /* apply_dangling.h; what is not finished blocks its repository */
	unsigned window;   /* requests in flight, repositories at a time */
	int64_t until_ms;  /* monotonic: after that no DELETE is begun; 0: no limit */
	size_t left;       /* repositories that were not finished in that time */
	struct outcome *outcome;
	/* While apply_run runs: */
	struct crew *crew;
	struct causes *failed; /* repositories, and why; told in its end */
};

/* Asks, by deleting an absent manifest and then an absent tag in REPOSITORY, whether deletion is
 * enabled and whether single tags can be deleted; enters the latter into the inventory's server
 * facts. SERVER is what is known of the registry's configuration. -1: ERR_UNREACHABLE says what the
 * operator must set; ERR_STOPPED. */
int apply_probe(struct api *api, struct http *http, struct inventory *inventory,
		uint32_t repository, const struct server_config *server,
		const struct config *config, struct err *err) __attribute__((warn_unused_result));

/* What the probe is expected to say, by SERVER, which was read from paths.config, and INVENTORY: -1
 * (ERR_UNREACHABLE) when the registry refuses all deletes. What is not known is no refusal. */
int apply_expect_deletes(const struct inventory *inventory, const struct server_config *server,
			 const struct config *config, struct err *err)
	__attribute__((warn_unused_result));

/* Strikes off debts that are paid or that the plan keeps. */
void apply_settle_debts(const struct apply *apply);

/* Nothing is to be begun any more: a stop signal came, the run ends early (`end`), or time is up.
 */
bool apply_ends(const struct apply *apply);

/* Deletes. -1: ERR_STOPPED, ERR_UNREACHABLE or ERR_IO (`end`) ended it early; OUTCOME says how far
 * it came. */
int apply_run(struct apply *apply, struct err *err) __attribute__((warn_unused_result));
/* A first delete was HEEDED: the other repositories may begin. */
void apply_go_on(const struct apply *apply);

#endif
