/* Runs the HTTP engine until the one request is answered. */
#include "apply/ask.h"

#include "apply/outcome.h"
#include "apply/shared.h"
#include "http/engine.h"
#include "util/strtab.h"

#include <stdio.h>
#include <string.h>

static void on_answer(void *ctx, const struct api_answer *answer)
{
	struct reply *reply = ctx;
	const char *digest = answer->response->docker_content_digest;

	reply->outcome = answer->outcome;
	reply->status = answer->response->status;
	reply->expired = answer->response->failure == HTTP_EXPIRED;
	snprintf(reply->digest, sizeof reply->digest, "%s", digest ? digest : "");
	snprintf(reply->why, sizeof reply->why, "%s",
		 answer->why[0] ? answer->why : "an unexpected answer");
}

struct sending {
	struct reply *reply;
	bool end_unknown;
};

static void on_sent(void *ctx, const struct api_answer *answer)
{
	struct sending *sending = ctx;

	on_answer(sending->reply, answer);
	sending->end_unknown = api_end_unknown(answer->response);
}

static void on_list(void *ctx, const struct api_list *list)
{
	struct reply *reply = ctx;

	snprintf(reply->why, sizeof reply->why, "%s", list->trouble ? list->trouble : "");
	if (list->trouble)
		return;
	reply->names = strtab_new();
	for (size_t i = 0; i < list->count; i++)
		strtab_add(reply->names, list->names[i], strlen(list->names[i]));
}

static void begin(struct reply *reply)
{
	*reply = (struct reply){ .outcome = API_FAILED, .why = "the run ends" };
}

/* That the run ends is found out by who runs the engine next. */
static void run(const struct apply *apply)
{
	struct err err;

	(void)!http_run(apply->http, &err);
}

void ask_get(const struct apply *apply, const char *name, const char *reference,
	     struct reply *reply)
{
	begin(reply);
	api_manifest(apply->api, name, reference, NULL, on_answer, reply);
	run(apply);
}

void ask_list(const struct apply *apply, const char *name, struct reply *reply)
{
	begin(reply);
	tags_list(apply->api, name, on_list, reply);
	run(apply);
}

bool ask_delete(const struct apply *apply, const char *name, const char *reference,
		int64_t not_after_ms, struct reply *reply)
{
	struct sending sending = { .reply = reply };

	begin(reply);
	api_delete(apply->api, name, reference, not_after_ms, on_sent, &sending);
	run(apply);
	apply->outcome->end_unknown |= sending.end_unknown;
	return (reply->outcome == API_OK && reply->status == 202) || reply->outcome == API_ABSENT;
}

bool ask_put(const struct apply *apply, const char *name, const char *reference,
	     const struct api_body *body, int64_t not_after_ms, struct reply *reply)
{
	struct sending sending = { .reply = reply };

	begin(reply);
	api_put(apply->api, name, reference, body, not_after_ms, on_sent, &sending);
	run(apply);
	apply->outcome->end_unknown |= sending.end_unknown;
	return reply->status == 201;
}
