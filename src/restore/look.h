/* What is there now of a list: by the registry's answers, and the bytes of blobs. Changes nothing.
 */
#ifndef RESTORE_LOOK_H
#define RESTORE_LOOK_H

#include "oci/digest.h"
#include "util/err.h"

struct http_response; /* http/engine.h */
struct layout;
struct restore_list;
struct restore_trash; /* restore/trash.h */
struct session;

struct restore_look {
	struct session *session;
	struct restore_list *list;
	const struct layout *own; /* the registry's own folder, proved; NULL: it is not read */
	const struct restore_trash *trash; /* of that folder; NULL: there is none */
};

/* Sets what is found of everything that is wanted. -1: ERR_UNREACHABLE, ERR_STOPPED. */
int restore_look(const struct restore_look *look, struct err *err)
	__attribute__((warn_unused_result));

/* The digest of what RESPONSE, to a question for a tag, has: WANTED if its bytes hash to that. Into
 * TEXT, returned. */
const char *restore_answered_digest(const struct http_response *response, const char *wanted,
				    char text[DIGEST_TEXT]);

#endif
