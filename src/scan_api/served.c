/* One request for each question; bodies are hashed and read, and nothing of them is kept. */
#include "scan_api/served.h"

#include "http/engine.h"
#include "oci/digest.h"
#include "oci/manifest.h"
#include "registry/api.h"

#include <stdbool.h>
#include <string.h>

static bool is_clear(const struct http_response *response)
{
	struct oci_manifest manifest;
	struct err ignored = { 0 };

	if (oci_manifest_parse(response->body, response->body_length, response->content_type,
			       &manifest, &ignored) < 0)
		return false;
	oci_manifest_clear(&manifest);
	return true;
}

static enum served judge(const struct served_question *question,
			 const struct http_response *response)
{
	const char *digest = question->reference;

	if (response->failure != HTTP_ANSWERED || response->cached)
		return SERVED_UNKNOWN;
	if (response->status >= 400)
		return SERVED_NO;
	if (response->status != 200)
		return SERVED_UNKNOWN;
	if (!digest_valid(digest, strlen(digest)))
		digest = response->docker_content_digest;
	if (!digest || !digest_valid(digest, strlen(digest)) ||
	    !digest_matches(digest, response->body, response->body_length))
		return SERVED_OTHERWISE;
	return is_clear(response) ? SERVED_WHOLE : SERVED_AMBIGUOUS;
}

static void on_answer(void *ctx, const struct api_answer *answer)
{
	struct served_question *question = ctx;

	question->answer = judge(question, answer->response);
	question->absent = answer->outcome == API_ABSENT;
}

int scan_api_served(struct served_question *questions, size_t count, struct api *api,
		    struct http *http, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		questions[i].answer = SERVED_UNKNOWN;
		questions[i].absent = false;
		api_manifest(api, questions[i].repository, questions[i].reference, NULL, on_answer,
			     &questions[i]);
	}
	return http_run(http, err);
}
