/* One request for each question; bodies are hashed, not read. */
#include "inventory_served.h"

#include "http/engine.h"
#include "oci/digest.h"
#include "registry/api.h"

#include <string.h>

static enum served judge(const struct served_question *question,
			 const struct http_response *response)
{
	const char *digest = question->reference;

	if (response->failure != HTTP_ANSWERED)
		return SERVED_UNKNOWN;
	if (response->status >= 400)
		return SERVED_NO;
	if (response->status != 200)
		return SERVED_UNKNOWN;
	if (!digest_valid(digest, strlen(digest)))
		digest = response->docker_content_digest;
	return digest && digest_valid(digest, strlen(digest)) &&
			       digest_matches(digest, response->body, response->body_length)
		       ? SERVED_WHOLE
		       : SERVED_OTHERWISE;
}

static void on_answer(void *ctx, const struct api_answer *answer)
{
	struct served_question *question = ctx;

	question->answer = judge(question, answer->response);
}

int inventory_served(struct served_question *questions, size_t count, struct api *api,
		     struct http *http, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		questions[i].answer = SERVED_UNKNOWN;
		api_manifest(api, questions[i].repository, questions[i].reference, NULL, on_answer,
			     &questions[i]);
	}
	return http_run(http, err);
}
