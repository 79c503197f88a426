/* What an answer of the API says is wrong: its type decides (SDKs: scw/errors.go and
 * client/src/scw/errors/standard), and each type has more to tell of its own. */
#include "scaleway/error.h"

#include "scaleway/error_told.h"

#include "util/buf.h"
#include "util/secrets.h"
#include "util/xalloc.h"
#include "json/scan.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *type;
	enum scaleway_outcome outcome;
	error_told_more more;
} TYPES[] = {
	{ "invalid_arguments", SCALEWAY_REFUSED, error_told_arguments },
	{ "denied_authentication", SCALEWAY_DENIED, error_told_authentication },
	{ "permissions_denied", SCALEWAY_DENIED, error_told_rights },
	{ "not_found", SCALEWAY_GONE, error_told_resource },
	{ "transient_state", SCALEWAY_BUSY, error_told_resource },
	{ "locked", SCALEWAY_REFUSED, error_told_resource },
	{ "precondition_failed", SCALEWAY_REFUSED, error_told_resource },
	{ "already_exists", SCALEWAY_REFUSED, error_told_resource },
	{ "expired", SCALEWAY_REFUSED, error_told_resource },
	{ "resource_expired", SCALEWAY_REFUSED, error_told_resource },
	{ "out_of_stock", SCALEWAY_REFUSED, error_told_resource },
	{ "quotas_exceeded", SCALEWAY_REFUSED, error_told_quotas },
	{ "too_many_requests", SCALEWAY_LIMITED, error_told_limit },
};
#define TYPE_COUNT (sizeof TYPES / sizeof *TYPES)

bool scaleway_error_is_json(const struct http_response *response)
{
	static const char JSON[] = "application/json";
	const char *type = response->content_type;

	return type && strncasecmp(type, JSON, sizeof JSON - 1) == 0 &&
	       strchr("; \t", type[sizeof JSON - 1]);
}

/* VALUES get what is in the body of RESPONSE. False: that is no such document. */
static bool read_document(const struct http_response *response, struct json_value *values)
{
	struct json_scan scan;
	struct err ignored;

	memset(values, 0, ERROR_MEMBERS * sizeof *values);
	if (!scaleway_error_is_json(response))
		return false;
	json_scan_open(&scan, response->body, response->body_length);
	(void)json_scan_members(&scan, ERROR_TOLD_NAMES, ERROR_MEMBERS, values);
	if (json_scan_close(&scan, &ignored) == 0 &&
	    (values[ERROR_TYPE].type == JSON_STRING || values[ERROR_MESSAGE].type == JSON_STRING))
		return true;
	memset(values, 0, ERROR_MEMBERS * sizeof *values);
	return false;
}

static size_t find_type(const struct json_value *type)
{
	size_t i = 0;

	while (i < TYPE_COUNT && !json_string_is(type, TYPES[i].type))
		i++;
	return i;
}

/* PLAIN: the API's own document, without a type. */
static enum scaleway_outcome by_status(int status, bool plain)
{
	switch (status) {
	case 401:
	case 403:
		return SCALEWAY_DENIED;
	case 404:
		return plain ? SCALEWAY_GONE : SCALEWAY_FAILED;
	case 408:
		return SCALEWAY_FAILED;
	case 409:
		return SCALEWAY_BUSY;
	case 429:
		return SCALEWAY_LIMITED;
	default:
		return status / 100 == 4 ? SCALEWAY_REFUSED : SCALEWAY_FAILED;
	}
}

static int64_t pause_of(const struct http_response *response, const struct json_value *values)
{
	int64_t seconds;

	if (json_integer(&values[ERROR_RESET_SECONDS], &seconds) && seconds >= 0)
		return seconds > INT64_MAX / 1000 ? INT64_MAX : seconds * 1000;
	return response->retry_after_ms;
}

/* A redirect is told with its host alone: the rest may be a key to what is there. */
static void add_redirect(const struct http_response *response, struct buf *out)
{
	const char *place = response->location ? strstr(response->location, "://") : NULL;

	buf_format(out, "%d, a redirect", response->status);
	if (place) {
		size_t length = (size_t)(place + 3 - response->location);
		CLEANUP(free_p) char *host = NULL;

		length += strcspn(place + 3, "/?#@\\");
		host = xstrndup(response->location, length);
		buf_text(out, " to ");
		error_told_text(out, host, 100);
	}
	buf_text(out, ", which is not followed");
}

static void add_status(const struct http_response *response, const struct json_value *values,
		       struct buf *out)
{
	if (values[ERROR_TYPE].type == JSON_STRING) {
		buf_format(out, "%d ", response->status);
		error_told_value(out, "", &values[ERROR_TYPE], 40);
		if (response->attempts > 1)
			buf_format(out, " after %u attempts", response->attempts);
	} else if (response->status / 100 == 3) {
		add_redirect(response, out);
	} else if (response->message[0]) {
		buf_text(out, response->message);
	} else {
		buf_format(out, "unexpected status %d", response->status);
	}
}

void scaleway_error_say(const struct http_response *response, const char *why, char text[512])
{
	CLEANUP(buf_free) struct buf tail = { 0 };
	CLEANUP(buf_free) struct buf all = { 0 };

	if (response->request_id) {
		buf_text(&tail, "; X-Request-Id ");
		error_told_text(&tail, response->request_id, 64);
	}
	error_told_text(&all, why, 511 - tail.length);
	(void)snprintf(text, 512, "%s%s", buf_string(&all), buf_string(&tail));
}

void scaleway_error_read(const struct http_response *response, struct scaleway_error *error)
{
	struct json_value values[ERROR_MEMBERS];
	CLEANUP(buf_free) struct buf text = { 0 };
	bool answered = response->failure == HTTP_ANSWERED;
	bool document = answered && read_document(response, values);
	size_t type;

	*error = (struct scaleway_error){ .outcome = SCALEWAY_FAILED, .pause_ms = -1 };
	if (!answered) {
		scaleway_error_say(response, response->message, error->message);
		return;
	}
	type = find_type(&values[ERROR_TYPE]);
	error->typed = type < TYPE_COUNT;
	error->outcome = error->typed ? TYPES[type].outcome
				      : by_status(response->status,
						  document && values[ERROR_TYPE].type <= JSON_NULL);
	error->pause_ms = pause_of(response, values);
	if (values[ERROR_RESOURCE_ID].type == JSON_STRING)
		error->resource_id = json_string_copy(&values[ERROR_RESOURCE_ID], NULL);
	add_status(response, values, &text);
	error_told_value(&text, ": ", &values[ERROR_MESSAGE], 160);
	if (error->typed)
		TYPES[type].more(values, &text);
	scaleway_error_say(response, buf_string(&text), error->message);
}

void scaleway_error_clear(struct scaleway_error *error)
{
	free(error->resource_id);
	error->resource_id = NULL;
}

struct http_verdict scaleway_error_judge(const struct http_response *response)
{
	struct scaleway_error error;
	struct http_verdict verdict = { .again = HTTP_AGAIN_NO };

	scaleway_error_read(response, &error);
	if (error.outcome == SCALEWAY_LIMITED)
		verdict = (struct http_verdict){ .again = HTTP_AGAIN_YES,
						 .pause_ms = error.pause_ms,
						 .limited = true };
	else if (error.outcome == SCALEWAY_BUSY)
		verdict.again = HTTP_AGAIN_YES;
	else if (error.outcome == SCALEWAY_FAILED)
		verdict.again = HTTP_AGAIN_USUAL;
	scaleway_error_clear(&error);
	return verdict;
}
