/* Asks for blobs, many requests in flight: for their first bytes, or for all of them. */
#include "verify/ask_api.h"

#include "http/engine.h"
#include "oci/digest.h"
#include "registry/api.h"
#include "util/progress.h"
#include "util/xalloc.h"
#include "verify/deep.h"
#include "verify/needs.h"

#include <stdio.h>

struct asking {
	struct verify *verify;
	struct api *api;
	struct verify_deep *deep; /* NULL: only first bytes */
	size_t count, asked, answered;
	unsigned in_flight, window;
	uint64_t bytes; /* read by the deep one */
};

struct question {
	struct asking *asking;
	size_t number;              /* of the item; of the blob by the deep one */
	uint64_t came;              /* bytes, in this try */
	struct digest_check *check; /* the deep one's */
};

static void pump(struct asking *asking);

/* A server that knows no ranges sends everything: the first bytes are enough. */
static bool take_first(void *ctx, const char *bytes, size_t length)
{
	struct question *question = ctx;

	question->came = bytes ? question->came + length : 0;
	return question->came <= 1;
}

static bool take_all(void *ctx, const char *bytes, size_t length)
{
	struct question *question = ctx;
	struct asking *asking = question->asking;

	if (!bytes) {
		asking->bytes -= question->came;
		question->came = 0;
		digest_check_restart(question->check);
		return true;
	}
	digest_check_add(question->check, bytes, length);
	question->came += length;
	asking->bytes += length;
	verify_deep_progress(asking->deep, asking->answered, asking->bytes);
	return true;
}

static enum verify_fault fault_of(const struct question *question, const struct api_answer *from)
{
	const struct http_response *response = from->response;

	if (from->outcome == API_OK)
		return response->status == 206 && question->came == 0 ? VERIFY_SHORT : VERIFY_FOUND;
	if (response->failure == HTTP_SHORT)
		return VERIFY_SHORT;
	if (response->status == 404 && !response->cached)
		return VERIFY_MISSING;
	/* A blob without bytes has no first one. */
	return response->status == 416 && response->total == 0 ? VERIFY_FOUND : VERIFY_UNKNOWN;
}

static void read_answer(const struct question *question, const struct api_answer *from,
			struct verify_answer *to)
{
	int64_t total = from->response->total;

	to->fault = fault_of(question, from);
	to->found = total < 0 ? VERIFY_SIZE_UNKNOWN : (uint64_t)total;
	if (to->fault == VERIFY_UNKNOWN)
		snprintf(to->why, sizeof to->why, "%.199s", from->why);
	else if (to->fault == VERIFY_FOUND && question->check && !digest_check_end(question->check))
		to->fault = VERIFY_CORRUPT;
}

static void on_answer(void *ctx, const struct api_answer *from)
{
	struct question *question = ctx;
	struct asking *asking = question->asking;
	struct verify_answer answer = { .fault = VERIFY_UNASKED };

	asking->in_flight--;
	asking->answered++;
	/* http_run says why the whole run ends. */
	if (from->response->failure != HTTP_ABANDONED) {
		read_answer(question, from, &answer);
		if (asking->deep)
			verify_deep_answer(asking->deep, question->number, &answer);
		else
			verify_answer(asking->verify, question->number, &answer);
		pump(asking);
	}
	digest_check_free(question->check);
	free(question);
}

static void ask(struct asking *asking, size_t number)
{
	struct question *question = xcalloc(1, sizeof *question);
	size_t item = asking->deep ? asking->deep->items[number] : number;
	const char *repository = verify_item_repository(asking->verify, item);
	const char *digest = verify_item_digest(asking->verify, item);

	*question = (struct question){ .asking = asking, .number = number };
	asking->in_flight++;
	if (asking->deep) {
		question->check = digest_check_new(digest);
		api_blob(asking->api, repository, digest, take_all, on_answer, question);
	} else {
		progress("verifying: %zu of %zu blobs", asking->answered, asking->count);
		api_blob_probe(asking->api, repository, digest, false, take_first, on_answer,
			       question);
	}
}

static void pump(struct asking *asking)
{
	while (asking->in_flight < asking->window && asking->asked < asking->count)
		ask(asking, asking->asked++);
}

int verify_api(struct verify *verify, struct api *api, struct http *http, unsigned window,
	       struct err *err)
{
	struct asking asking = {
		.verify = verify, .api = api, .count = verify->item_count, .window = window
	};
	int result;

	pump(&asking);
	result = http_run(http, err);
	progress_end();
	return result;
}

int verify_api_deep(struct verify *verify, struct api *api, struct http *http, unsigned window,
		    struct err *err)
{
	struct verify_deep deep = verify_deep_new(verify);
	struct asking asking = {
		.verify = verify, .api = api, .deep = &deep, .count = deep.count, .window = window
	};
	int result;

	pump(&asking);
	result = http_run(http, err);
	progress_end();
	verify_deep_clear(&deep);
	return result;
}
