/* Level by level. A PUT is sent once; where its end is not clear, what is there is asked for before
 * it is ordered again. */
#include "restore/write.h"

#include "apply/retry.h"
#include "config/config.h"
#include "http/engine.h"
#include "oci/digest.h"
#include "registry/api.h"
#include "restore/list.h"
#include "restore/look.h"
#include "session/session.h"
#include "util/log.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <string.h>

/* How long after a look a tag may be put, milliseconds. */
#define TAG_MS 10000
/* How often one without a clear end is ordered, once it is seen that it was not carried out. */
#define ORDERS 2

/* One manifest or tag on its way. */
struct put {
	struct restore_writer *writer;
	struct restore_manifest *manifest;
	struct restore_tag *tag; /* NULL: the manifest is put by its digest */
	struct retry retry;
	bool unclear;    /* one was sent, and its end is not known */
	unsigned orders; /* so far */
	int status;      /* of the answer that refused it; 0: none did */
};

static void begin(void *ctx);
static void on_put(void *ctx, const struct api_answer *answer);

static const char *reference_of(const struct put *put)
{
	return put->tag ? put->tag->name : put->manifest->digest;
}

static void fail(struct put *put, const char *why)
{
	enum restore_verdict *verdict = put->tag ? &put->tag->verdict : &put->manifest->verdict;
	char **reason = put->tag ? &put->tag->why : &put->manifest->why;

	*verdict = VERDICT_FAILED;
	free(*reason);
	*reason = xstrdup(why);
}

static void set_maybe(struct put *put)
{
	if (put->tag)
		put->tag->maybe = true;
	else
		put->manifest->maybe = true;
}

static void succeed(struct put *put)
{
	set_maybe(put);
	if (put->tag)
		put->tag->verdict = VERDICT_DONE;
	else
		put->manifest->verdict = VERDICT_DONE;
}

static void order(struct put *put)
{
	struct restore_manifest *manifest = put->manifest;
	const struct api_body body = { manifest->body ? manifest->body : manifest->fetched,
				       manifest->body_length,
				       manifest->body ? manifest->type : manifest->fetched_type };

	retry_note(&put->retry);
	put->orders++;
	put->writer->sent++;
	api_put(put->writer->session->api, manifest->repository, reference_of(put), &body,
		put->tag ? time_monotonic_ms() + TAG_MS : 0, on_put, put);
}

/* True when it is ordered again later. */
static bool comes_again(struct put *put, const struct http_response *response)
{
	const struct session *session = put->writer->session;
	int64_t pause = retry_pause(&put->retry, response,
				    (unsigned)session->config->registry.retry_seconds);

	if (pause < 0)
		return false;
	http_after(session->http, (unsigned)pause, begin, put);
	return true;
}

/* Also where it was stored under another digest: then it is not what was deleted. */
static void on_put(void *ctx, const struct api_answer *answer)
{
	struct put *put = ctx;
	const struct http_response *response = answer->response;
	const char *said = response->docker_content_digest;

	if (comes_again(put, response))
		return;
	if (response->status == 201 && response->failure == HTTP_ANSWERED) {
		if (said && strcmp(said, put->manifest->digest) != 0 && !put->manifest->schema1)
			fail(put, "the registry stored it under another digest");
		else
			succeed(put);
		return;
	}
	put->status = response->failure == HTTP_ANSWERED ? response->status : 0;
	fail(put, answer->why);
	/* distribution 2.8 writes links in place: it answers so when it reads one meanwhile. */
	put->unclear = api_end_unknown(response) || put->status >= 500 ||
		       strcmp(answer->code, "DIGEST_INVALID") == 0;
	if (put->unclear)
		set_maybe(put);
	if (put->unclear && response->failure != HTTP_ABANDONED)
		begin(put);
}

static void on_tag(void *ctx, const struct api_answer *answer)
{
	struct put *put = ctx;
	struct restore_tag *tag = put->tag;
	const char *digest = put->manifest->digest;
	bool there = answer->outcome == API_OK;
	bool same = there && strcmp(restore_answered_digest(answer->response, digest, tag->now),
				    digest) == 0;

	if (same) {
		/* Its own link may have been there all the time, and led to nothing. */
		succeed(put);
	} else if (put->orders == ORDERS && put->unclear) {
		return;
	} else if (answer->outcome == API_ABSENT || (there && put->writer->overwrite)) {
		order(put);
	} else if (!there) {
		fail(put, answer->why[0] ? answer->why : "304 without a condition");
	} else {
		fail(put, "somebody pushed it meanwhile");
		tag->verdict = VERDICT_EXISTS;
	}
}

static void on_manifest(void *ctx, const struct api_answer *answer)
{
	struct put *put = ctx;
	const struct http_response *response = answer->response;

	if (answer->outcome == API_OK &&
	    digest_matches(put->manifest->digest, response->body, response->body_length))
		succeed(put);
	else if (answer->outcome == API_ABSENT && put->orders < ORDERS)
		order(put);
}

/* Nothing is put over what somebody pushed meanwhile, and nothing twice. */
static void begin(void *ctx)
{
	struct put *put = ctx;
	struct api *api = put->writer->session->api;

	if (put->tag)
		api_manifest(api, put->manifest->repository, put->tag->name, NULL, on_tag, put);
	else if (put->unclear)
		api_manifest(api, put->manifest->repository, put->manifest->digest, NULL,
			     on_manifest, put);
	else
		order(put);
}

/* A part that could not be put. */
static const struct restore_manifest *failed_part(const struct restore_list *list,
						  const struct restore_manifest *manifest)
{
	for (size_t c = 0; manifest->children && c < manifest->content.child_count; c++) {
		const struct restore_manifest *child = &list->manifests[manifest->children[c]];

		if (child->verdict == VERDICT_FAILED)
			return child;
	}
	return NULL;
}

/* False: it cannot be put any more. */
static bool may_begin(struct put *put)
{
	const struct restore_manifest *part =
		put->tag ? put->manifest : failed_part(put->writer->list, put->manifest);
	CLEANUP(free_p) char *why = NULL;

	if (!part || part->verdict != VERDICT_FAILED)
		return true;
	why = xasprintf(put->tag ? "its manifest %s could not be put back: %s"
				 : "its part %s could not be put back: %s",
			part->digest, part->why);
	fail(put, why);
	return false;
}

static void tell(const struct put *put)
{
	bool failed = put->tag ? put->tag->verdict == VERDICT_FAILED
			       : put->manifest->verdict == VERDICT_FAILED;
	const char *why = put->tag ? put->tag->why : put->manifest->why;

	if (failed)
		log_error("%s%s%s could not be put back: %s", put->manifest->repository,
			  put->tag ? ":" : "@", reference_of(put), why);
	else if (put->tag && put->tag->verdict == VERDICT_DONE)
		log_info("put back %s:%s (%s, of run %s)", put->manifest->repository,
			 put->tag->name, put->manifest->digest, put->tag->run);
	else if (!put->tag && put->manifest->verdict == VERDICT_DONE)
		log_debug("put back %s@%s", put->manifest->repository, put->manifest->digest);
}

/* A registry that refuses the first of all would refuse each. */
static int check_first(struct restore_writer *writer, const struct put *put, struct err *err)
{
	const char *why = put->tag ? put->tag->why : put->manifest->why;

	if (writer->sent > 1 || !put->status)
		return 0;
	if (put->status == 401 || put->status == 403 || put->status == 405 || put->status == 503)
		writer->sent = 0;
	if (put->status == 405 || put->status == 503)
		return err_set(err, ERR_UNREACHABLE,
			       "the registry takes nothing, is it read-only? (%s); nothing was put "
			       "back",
			       why);
	if (put->status == 401 || put->status == 403)
		return err_set(err, ERR_UNREACHABLE,
			       "the registry does not let registry.user push: %s; nothing was put "
			       "back",
			       why);
	return 0;
}

/* The first of all goes alone. */
static int put_all(struct restore_writer *writer, struct put *puts, size_t count, struct err *err)
{
	size_t next = 0;
	int result = 0;

	if (writer->sent == 0 && count > 0) {
		if (may_begin(&puts[next]))
			begin(&puts[next]);
		next++;
		if (http_run(writer->session->http, err) < 0 ||
		    check_first(writer, &puts[0], err) < 0)
			return -1;
	}
	for (size_t i = next; i < count; i++) {
		if (may_begin(&puts[i]))
			begin(&puts[i]);
	}
	result = http_run(writer->session->http, err);
	for (size_t i = 0; i < count; i++)
		tell(&puts[i]);
	return result;
}

static int put_level(struct restore_writer *writer, unsigned level, struct err *err)
{
	struct restore_list *list = writer->list;
	struct put *puts = xcalloc(list->manifest_count + 1, sizeof *puts);
	size_t count = 0;
	int result;

	for (size_t m = 0; m < list->manifest_count; m++) {
		if (list->manifests[m].verdict == VERDICT_PUT && list->manifests[m].level == level)
			puts[count++] =
				(struct put){ .writer = writer, .manifest = &list->manifests[m] };
	}
	result = put_all(writer, puts, count, err);
	free(puts);
	return result;
}

/* A push of a tag writes the link of its manifest anew, which no push of an index that lists it may
 * read meanwhile: so tags go by levels, too. */
static int put_tags(struct restore_writer *writer, unsigned level, struct err *err)
{
	struct restore_list *list = writer->list;
	struct put *puts = xcalloc(list->tag_count + 1, sizeof *puts);
	size_t count = 0;
	int result;

	for (size_t t = 0; t < list->tag_count; t++) {
		if (list->tags[t].verdict == VERDICT_PUT &&
		    list->manifests[list->tags[t].manifest].level == level)
			puts[count++] =
				(struct put){ .writer = writer,
					      .tag = &list->tags[t],
					      .manifest =
						      &list->manifests[list->tags[t].manifest] };
	}
	result = put_all(writer, puts, count, err);
	free(puts);
	return result;
}

int restore_write(struct restore_writer *writer, struct err *err)
{
	const struct restore_list *list = writer->list;
	unsigned top = 0;

	for (size_t m = 0; m < list->manifest_count; m++) {
		if (list->manifests[m].wanted && list->manifests[m].level > top)
			top = list->manifests[m].level;
	}
	for (unsigned level = 0; level <= top; level++) {
		if (put_level(writer, level, err) < 0)
			return -1;
	}
	for (unsigned level = 0; level <= top; level++) {
		if (put_tags(writer, level, err) < 0)
			return -1;
	}
	return 0;
}
