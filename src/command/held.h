/* Asks the registry for what is held: it may have been deleted elsewhere, or not be there yet. */
#ifndef COMMAND_HELD_H
#define COMMAND_HELD_H

#include "oci/digest.h"
#include "util/err.h"

#include <stddef.h>

struct config;
struct hold;

enum held_state {
	HELD_UNKNOWN, /* the registry could not be asked, or did not tell */
	HELD_THERE,
	HELD_ABSENT,
	HELD_DANGLING, /* the tag is listed, and its image is gone */
};

struct held {
	enum held_state state;
	char digest[DIGEST_TEXT]; /* THERE: of the manifest */
	char *nearest; /* ABSENT: the tag of that repository whose name is nearest, or NULL */
	char *why;     /* UNKNOWN; ABSENT: what more there is to say, or NULL */
};

/* One answer for each of the COUNT HOLDS; the caller clears them (command_held_clear). -1:
 * ERR_STOPPED. */
int command_held_ask(const struct config *config, const struct hold *holds, size_t count,
		     struct held *answers, struct err *err) __attribute__((warn_unused_result));
void command_held_clear(struct held *answers, size_t count);

#endif
