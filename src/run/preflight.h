/* What the storage and the registry say of a collection before it is begun. */
#ifndef RUN_PREFLIGHT_H
#define RUN_PREFLIGHT_H

#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

struct gc_result; /* gc/gc.h */
struct inventory; /* inventory/inventory.h */
struct plan;      /* plan/plan.h */
struct session;   /* session/session.h */

/* Names what the collector would stumble over, as far as the storage can be seen. 1: it may see
 * less than there is. 0: nothing like that. -1 (ERR_COLLECTOR) when it would abort, or remove what
 * it should keep; ERR_STOPPED. */
int preflight_broken_links(struct session *session, struct err *err)
	__attribute__((warn_unused_result));
/* Whether it looks at the storage at all: a folder that is not proved to be the registry's may be
 * anything. */
bool preflight_sees_storage(const struct session *session);

/* Reads the storage into FRESH, which is empty: everything that any collector might come across,
 * also repositories that the one of this version does not. TELL: what indexes list and no
 * repository links is told. -1 (ERR_IO, ERR_STOPPED, ERR_UNREACHABLE). */
int preflight_read_anew(const struct session *session, struct inventory *fresh, bool tell,
			struct err *err) __attribute__((warn_unused_result));

/* Whether all that stays keeps what it needs (gc.second_opinion). */
struct preflight_question {
	const struct session *session;
	/* What goes before the collection, by the numbers of the session's inventory; NULL: nothing
	 * does any more. */
	const struct plan *plan;
	const struct gc_result *answer; /* what the collector said when it was asked */
	int64_t asked_at;               /* when that was begun, seconds since 1970 */
	/* What is found counts; else it may be due to what was pushed meanwhile. */
	bool last;
};

/* Where the inventory is from the storage, that is read anew: what was pushed until now counts. 1:
 * nothing that stays loses anything. 0: something does, but it is not the LAST time. -1:
 * ERR_COLLECTOR, with all that would be lost named in the log; ERR_IO when the storage cannot be
 * read; ERR_STOPPED, ERR_UNREACHABLE. */
int preflight_check_collector(const struct preflight_question *question, struct err *err)
	__attribute__((warn_unused_result));

#endif
