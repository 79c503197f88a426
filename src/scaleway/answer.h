/* What an answer to a question for one object says. Private to src/scaleway. */
#ifndef SCALEWAY_ANSWER_H
#define SCALEWAY_ANSWER_H

#include "scaleway/api.h"

struct scaleway_question {
	enum scaleway_kind kind;
	char id[40];
	bool deletes;
};

/* OBJECT gets what an answer of OK has, the caller's to scaleway_object_clear; else it is zero. */
void scaleway_answer_read(const struct http_response *response,
			  const struct scaleway_question *question, struct scaleway_answer *answer,
			  struct scaleway_object *object);

/* What RESPONSE says before the body of a 200 is read: OK, or what is wrong. GONE only where it is
 * about ABOUT, an id; NULL: never. */
void scaleway_answer_begin(const struct http_response *response, const char *about,
			   struct scaleway_answer *answer);
/* Makes ANSWER FAILED because of WHY, which must hold no secret. */
void scaleway_answer_fail(const struct http_response *response, const char *why,
			  struct scaleway_answer *answer);

#endif
