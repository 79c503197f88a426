/* One request for each, hashed as it comes. */
#include "restore/fetch.h"

#include "http/engine.h"
#include "oci/digest.h"
#include "registry/api.h"
#include "restore/list.h"
#include "util/xalloc.h"

struct question {
	struct restore_blob *blob;
	struct digest_check *check;
};

static bool take(void *ctx, const char *bytes, size_t length)
{
	struct question *question = ctx;

	if (bytes)
		digest_check_add(question->check, bytes, length);
	else
		digest_check_restart(question->check);
	return true;
}

/* Of what is announced and does not come, a cache may be the reason. */
static char *explain(const struct api_answer *answer)
{
	const struct http_response *response = answer->response;

	if (answer->outcome == API_ABSENT)
		return xstrdup("is gone, the registry answers 404");
	if (response->failure == HTTP_SHORT || response->failure == HTTP_CUT)
		return xasprintf("is gone, the registry announces it and sends nothing (%s)",
				 answer->why);
	return xasprintf("cannot be fetched: %s", answer->why);
}

static void on_blob(void *ctx, const struct api_answer *answer)
{
	struct question *question = ctx;
	struct restore_blob *blob = question->blob;

	free(blob->why);
	blob->why = NULL;
	if (answer->outcome != API_OK)
		blob->why = explain(answer);
	else if (!digest_check_end(question->check))
		blob->why = xstrdup("is not what its digest says");
	blob->checked = !blob->why;
}

int restore_fetch(struct api *api, struct http *http, struct restore_blob *const *blobs,
		  size_t count, struct err *err)
{
	struct question *questions = xcalloc(count + 1, sizeof *questions);
	int result;

	for (size_t i = 0; i < count; i++) {
		questions[i] = (struct question){ blobs[i], digest_check_new(blobs[i]->digest) };
		api_blob(api, blobs[i]->repository, blobs[i]->digest, take, on_blob, &questions[i]);
	}
	result = http_run(http, err);
	for (size_t i = 0; i < count; i++)
		digest_check_free(questions[i].check);
	free(questions);
	return result;
}
