/* One request for each name, and the list of tags where there is no such tag. */
#include "command/held.h"

#include "command/held_scaleway.h"
#include "config/config.h"
#include "http/engine.h"
#include "lists/holds.h"
#include "registry/api.h"
#include "registry/reference.h"
#include "session/session.h"
#include "util/edit_distance.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

/* Somebody waits for the answer. */
#define RETRY_SECONDS 5

struct question {
	struct api *api;
	struct reference reference;
	struct held *answer;
};

static void unknown(struct held *answer, const char *why)
{
	answer->state = HELD_UNKNOWN;
	free(answer->why);
	answer->why = xstrdup(why);
}

static void on_list(void *ctx, const struct api_list *list)
{
	const struct question *question = ctx;
	const char *tag = question->reference.tag;
	struct edits_nearest best = { .below = strlen(tag) / 2 + 1 };

	if (list->trouble) {
		unknown(question->answer, list->trouble);
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(tag, list->names[i]) == 0) {
			question->answer->state = HELD_DANGLING;
			return;
		}
		edit_distance_consider(&best, tag, list->names[i]);
	}
	question->answer->nearest = best.name ? xstrdup(best.name) : NULL;
}

static void on_manifest(void *ctx, const struct api_answer *answer)
{
	const struct question *question = ctx;
	const char *digest = answer->response->docker_content_digest;
	char computed[DIGEST_TEXT];

	free(question->answer->why);
	question->answer->why = NULL;
	switch (answer->outcome) {
	case API_OK:
		if (!digest)
			digest = digest_of(answer->response->body, answer->response->body_length,
					   computed);
		question->answer->state = HELD_THERE;
		snprintf(question->answer->digest, sizeof question->answer->digest, "%s", digest);
		break;
	case API_ABSENT:
		question->answer->state = HELD_ABSENT;
		if (question->reference.tag)
			tags_list(question->api, question->reference.repository, on_list, ctx);
		break;
	case API_NOT_MODIFIED:
	case API_FAILED:
		unknown(question->answer, answer->why[0] ? answer->why : "304 without a condition");
		break;
	}
}

static int ask_v2(struct http *http, const struct config *config, const struct hold *holds,
		  size_t count, struct held *answers, struct err *err)
{
	struct api *api = api_new(http, config->registry.url);
	struct question *questions = xcalloc(count + 1, sizeof *questions);
	int result;

	for (size_t i = 0; i < count; i++) {
		struct reference *reference = &questions[i].reference;
		struct err why;

		questions[i].api = api;
		questions[i].answer = &answers[i];
		if (reference_parse(holds[i].name, NULL, 0, reference, &why) == 0)
			api_manifest(api, reference->repository,
				     reference->tag ? reference->tag : reference->digest, NULL,
				     on_manifest, &questions[i]);
	}
	result = http_run(http, err);
	for (size_t i = 0; i < count; i++)
		reference_clear(&questions[i].reference);
	free(questions);
	api_free(api);
	return result;
}

static int ask_all(struct http *http, const struct config *config, const struct hold *holds,
		   size_t count, struct held *answers, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		unknown(&answers[i], "it was not asked for");
	return (config->registry.kind == KIND_SCALEWAY ? command_held_scaleway : ask_v2)(
		http, config, holds, count, answers, err);
}

int command_held_ask(const struct config *config, const struct hold *holds, size_t count,
		     struct held *answers, struct err *err)
{
	struct http_options options = session_http_options(config);
	struct err why = { 0 };
	struct http *http;
	int result;

	if (options.retry_seconds > RETRY_SECONDS)
		options.retry_seconds = RETRY_SECONDS;
	http = http_new(&options, &why);
	if (!http) {
		for (size_t i = 0; i < count; i++)
			unknown(&answers[i], why.msg);
		return 0;
	}
	result = ask_all(http, config, holds, count, answers, &why);
	http_free(http);
	if (result == 0 || why.kind != ERR_STOPPED)
		return 0;
	*err = why;
	return -1;
}

void command_held_clear(struct held *answers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(answers[i].nearest);
		free(answers[i].why);
	}
}
