/* What is kept of earlier runs for the metrics: the file `metrics` in the registry's folder of the
 * state, checksummed, replaced atomically.
 *
 *   clean-registry metrics 1
 *   success TIME                     seconds since 1970; "-": none is known
 *   totals RUNS TAGS MANIFESTS BYTES
 *   group NAME TIME LENGTH           for each group that a run learnt; then so many bytes of
 * samples sha256:…                         of all before
 */
#ifndef METRICS_FACTS_H
#define METRICS_FACTS_H

#include "util/buf.h"
#include "util/err.h"

#include <stddef.h>
#include <stdint.h>

struct state; /* state/state.h */

#define METRICS_FACTS_LIMIT ((size_t)64 << 20) /* bytes */

/* What a run learns together: all of it, or nothing. X(name, name in the file and in the label
 * "about") */
#define METRICS_GROUP_TABLE(X) \
	X(TAGS, "tags")        \
	X(SPACE, "space")      \
	X(STORAGE, "storage")  \
	X(DAMAGE, "damage")

#define METRICS_GROUP(name, ...) METRICS_GROUP_##name,
enum metrics_group { METRICS_GROUP_TABLE(METRICS_GROUP) METRICS_GROUPS };

extern const char *const METRICS_GROUP_NAMES[METRICS_GROUPS];

struct metrics_facts {
	int64_t success_at; /* when the last run ended with 0; DATE_ABSENT (util/date.h): unknown */
	/* Sums over the runs that had the locks, as far as they are known. */
	uint64_t runs, tags, manifests, freed;
	uint64_t namespaces; /* of Scaleway's registry */
	struct {
		int64_t at;      /* when that run ended, or DATE_ABSENT */
		struct buf text; /* its samples; empty: nothing is known */
	} groups[METRICS_GROUPS];
};

/* Nothing is known. */
void facts_init(struct metrics_facts *facts);
void facts_clear(struct metrics_facts *facts);

/* Nothing is known of GROUP. */
void facts_forget(struct metrics_facts *facts, enum metrics_group group);

/* Reads what STATE (may be NULL) has; nothing is known where it has nothing, or, with a warning,
 * where that is damaged. Times after NOW were told by a wrong clock, and are not believed. */
void facts_load(struct metrics_facts *facts, const struct state *state, int64_t now);
/* The same from TEXT, whatever its times are. -1 (ERR_IO): it is not as facts_print writes it;
 * FACTS are as facts_init makes them. */
int facts_parse(struct metrics_facts *facts, const char *text, size_t length, struct err *err)
	__attribute__((warn_unused_result));
void facts_print(const struct metrics_facts *facts, struct buf *out);
/* Keeps FACTS in STATE; a warning where that fails. */
void facts_save(const struct metrics_facts *facts, const struct state *state);

#endif
