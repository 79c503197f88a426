/* What an answer to a question for one object says. */
#include "scaleway/answer.h"

#include "scaleway/error.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

void scaleway_answer_fail(const struct http_response *response, const char *why,
			  struct scaleway_answer *answer)
{
	answer->outcome = SCALEWAY_FAILED;
	scaleway_error_say(response, why, answer->message);
}

/* A 200 that may hold what was asked for. */
static void judge_success(const struct http_response *response, struct scaleway_answer *answer)
{
	char why[64];

	if (response->status != 200) {
		(void)snprintf(why, sizeof why, "unexpected status %d", response->status);
		scaleway_answer_fail(response, why, answer);
	} else if (!scaleway_error_is_json(response)) {
		scaleway_answer_fail(response, "the answer is not JSON, says its Content-Type",
				     answer);
	} else {
		answer->outcome = SCALEWAY_OK;
	}
}

/* A not_found that is about something else than ABOUT says nothing of that. */
static void judge_error(const struct http_response *response, const char *about,
			struct scaleway_answer *answer)
{
	struct scaleway_error error;
	bool other;

	scaleway_error_read(response, &error);
	other = !about || (error.resource_id && error.resource_id[0] &&
			   !strcasestr(error.resource_id, about));
	answer->outcome = error.outcome == SCALEWAY_GONE && other ? SCALEWAY_FAILED : error.outcome;
	answer->pause_ms = error.pause_ms;
	(void)snprintf(answer->message, sizeof answer->message, "%s", error.message);
	scaleway_error_clear(&error);
}

void scaleway_answer_begin(const struct http_response *response, const char *about,
			   struct scaleway_answer *answer)
{
	char why[200];

	*answer = (struct scaleway_answer){ .outcome = SCALEWAY_FAILED,
					    .pause_ms = -1,
					    .date = response->date,
					    .status = response->status };
	if (response->failure == HTTP_ANSWERED && response->cached) {
		(void)snprintf(why, sizeof why, "a cache answered, not the API (%s)",
			       response->cached);
		scaleway_answer_fail(response, why, answer);
	} else if (response->failure == HTTP_ANSWERED && response->status / 100 == 2) {
		judge_success(response, answer);
	} else {
		judge_error(response, about, answer);
	}
}

/* True when a DELETE may have been carried out though RESPONSE does not say so. */
static bool is_end_unknown(const struct http_response *response,
			   const struct scaleway_answer *answer)
{
	if (response->failure != HTTP_ANSWERED)
		return http_end_unknown(response);
	return answer->outcome == SCALEWAY_FAILED &&
	       (response->cached || response->status / 100 == 2 || response->status >= 500 ||
		response->status == 408);
}

static void read_object(const struct http_response *response,
			const struct scaleway_question *question, struct scaleway_answer *answer,
			struct scaleway_object *object)
{
	struct err err;

	if (scaleway_object_parse(response->body, response->body_length, question->kind, object,
				  &err) < 0) {
		scaleway_answer_fail(response, err.msg, answer);
	} else if (strcasecmp(object->id, question->id) != 0) {
		scaleway_object_clear(object);
		scaleway_answer_fail(response, "the answer is about another id", answer);
	} else {
		answer->object = object;
	}
}

void scaleway_answer_read(const struct http_response *response,
			  const struct scaleway_question *question, struct scaleway_answer *answer,
			  struct scaleway_object *object)
{
	*object = (struct scaleway_object){ 0 };
	scaleway_answer_begin(response, question->id, answer);
	if (answer->outcome == SCALEWAY_OK)
		read_object(response, question, answer, object);
	if (!question->deletes)
		return;
	answer->end_unknown = is_end_unknown(response, answer);
	answer->unsent =
		response->failure == HTTP_NO_CONNECTION || response->failure == HTTP_EXPIRED;
}
