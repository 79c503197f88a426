/* One question at a time, answered before the next is put: for what is rare, and for apply alone.
 */
#ifndef APPLY_ASK_H
#define APPLY_ASK_H

#include "registry/api.h"

#include <stdbool.h>
#include <stdint.h>

struct apply;
struct strtab;

/* The kept parts of an answer. */
struct reply {
	enum api_outcome outcome;
	int status;
	bool expired;     /* it left too late, or its token had run out: it was not carried out */
	char digest[136]; /* Docker-Content-Digest, or "" */
	char why[320];
	struct strtab *names; /* of a list, the caller's; NULL: it could not be had */
};

/* Asks for the manifest of REFERENCE, a tag or a digest, in repository NAME. */
void ask_get(const struct apply *apply, const char *name, const char *reference,
	     struct reply *reply);
/* Lists the tags of NAME. */
void ask_list(const struct apply *apply, const char *name, struct reply *reply);
/* Deletes REFERENCE, if that leaves by NOT_AFTER_MS (time_monotonic_ms). True when it is gone. An
 * end that is not known is noted in the outcome of APPLY; here and below. */
bool ask_delete(const struct apply *apply, const char *name, const char *reference,
		int64_t not_after_ms, struct reply *reply);
/* Pushes BODY. True when the registry took it. */
bool ask_put(const struct apply *apply, const char *name, const char *reference,
	     const struct api_body *body, int64_t not_after_ms, struct reply *reply);

#endif
