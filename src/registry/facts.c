/* Finds out which registry answers, and what it can do. */
#include "registry/facts.h"

#include "http/engine.h"
#include "registry/api.h"
#include "registry/exec.h"
#include "util/buf.h"
#include "util/proc.h"
#include "util/secrets.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define VERSION_SECONDS 20
#define VERSION_LIMIT   4096

struct ping {
	struct facts *facts;
	struct err *err;
	int result;
};

/* A redirect's query may hold a key; the registry's base URL holds none. */
static int refuse_redirect(const struct http_response *response, struct err *err)
{
	CLEANUP(free_p) char *said = secrets_masked(response->location);
	size_t length = strcspn(said, "?#");
	const char *end = NULL;

	said[length] = '\0';
	end = strstr(said, "/v2/");
	if (end && strcmp(end, "/v2/") == 0)
		length = (size_t)(end - said);
	if (length > 300)
		length = 300;
	return err_set(err, ERR_UNREACHABLE,
		       "the registry is elsewhere: GET /v2/ answered %d to %.*s; write that in "
		       "registry.url if it is right",
		       response->status, (int)length, said);
}

static int read_pong(struct facts *facts, const struct api_answer *answer, struct err *err)
{
	const struct http_response *response = answer->response;

	facts->login_refused = response->failure == HTTP_NO_TOKEN || response->refused_token ||
			       response->status == 401 || response->status == 403;
	if (response->failure == HTTP_NO_TOKEN || response->refused_token)
		return err_set(err, ERR_UNREACHABLE, "the login failed: %s", answer->why);
	if (response->failure != HTTP_ANSWERED)
		return err_set(err, ERR_UNREACHABLE, "the registry cannot be reached: %s",
			       response->message);
	if (response->status / 100 == 3 && response->location)
		return refuse_redirect(response, err);
	if (response->status == 401 || response->status == 403)
		return err_set(err, ERR_UNREACHABLE,
			       "the registry refuses the credentials (%d): check registry.user and "
			       "registry.password",
			       response->status);
	if (response->cached)
		return err_set(err, ERR_UNREACHABLE, "the registry cannot be reached: GET /v2/: %s",
			       answer->why);
	if (response->status != 200)
		return err_set(err, ERR_UNREACHABLE,
			       "no registry API (v2) at this registry.url: GET /v2/ answered %s",
			       answer->why);
	facts->date = response->date;
	facts->date_at = time(NULL);
	if (response->content_type &&
	    strcasecmp(response->content_type, "application/json; charset=utf-8") == 0)
		facts->major = 2;
	else if (response->content_type &&
		 strcasecmp(response->content_type, "application/json") == 0)
		facts->major = 3;
	facts->tag_delete = facts->major >= 3 ? TAG_DELETE_YES : TAG_DELETE_NO;
	return 0;
}

static void on_pong(void *ctx, const struct api_answer *answer)
{
	struct ping *ping = ctx;

	ping->result = read_pong(ping->facts, answer, ping->err);
}

int facts_ping(struct api *api, struct http *http, struct facts *facts, struct err *err)
{
	struct ping ping = { .facts = facts, .err = err, .result = -1 };
	struct err ended = { 0 };

	facts->date = -1;
	api_ping(api, on_pong, &ping);
	if (http_run(http, &ended) < 0 && ended.kind == ERR_STOPPED) {
		*err = ended;
		return -1;
	}
	return ping.result;
}

static bool read_part(const char **at, unsigned *part)
{
	size_t digits = strspn(*at, "0123456789");

	if (digits == 0 || digits > 5)
		return false;
	*part = (unsigned)strtoul(*at, NULL, 10);
	*at += digits;
	return true;
}

/* The next word after *AT, cut to fit into WORD; moves *AT behind it. False when there is none. */
static bool read_word(const char **at, char *word, size_t size)
{
	const char *begin = *at + strspn(*at, " \t\r\n");
	size_t length = strcspn(begin, " \t\r\n");

	snprintf(word, size, "%.*s", (int)length, begin);
	*at = begin + length;
	return length > 0;
}

bool facts_parse_version(const char *output, struct facts *facts)
{
	char program[128], package[128], version[sizeof facts->version];
	unsigned major, minor, patch;
	const char *number, *at;

	if (!read_word(&output, program, sizeof program) ||
	    !read_word(&output, package, sizeof package) ||
	    !read_word(&output, version, sizeof version) || !strstr(package, "distribution"))
		return false;
	number = version + (version[0] == 'v');
	at = number;
	if (!read_part(&at, &major) || *at++ != '.' || !read_part(&at, &minor) || *at++ != '.' ||
	    !read_part(&at, &patch))
		return false;
	snprintf(facts->version, sizeof facts->version, "%s", number);
	facts->major = major;
	facts->minor = minor;
	facts->patch = patch;
	facts->tag_delete = major >= 3 ? TAG_DELETE_YES : TAG_DELETE_NO;
	return true;
}

int facts_ask_version(const char *const *exec, const char *program, struct facts *facts,
		      struct err *why)
{
	CLEANUP(proc_answer_clear) struct proc_answer answer;
	const char *const question[] = { program, "--version", NULL };
	CLEANUP(free_p) const char **argv = exec_join(exec, question);
	char text[512];

	if (proc_ask(argv, VERSION_SECONDS, VERSION_LIMIT, &answer, why) < 0)
		return -1;
	if (proc_succeeded(&answer) && facts_parse_version(buf_string(&answer.out), facts))
		return 0;
	return err_set(why, ERR_IO, "%s --version: %s", program,
		       proc_failure(&answer, text, sizeof text));
}

enum api_hiding facts_hiding(const struct facts *facts)
{
	if (!facts->version[0])
		return facts->major == 2 ? API_HIDES_NOTHING : API_MAY_HIDE_TAGS;
	return facts->major == 3 && facts->minor == 1 ? API_HIDES_TAGS : API_HIDES_NOTHING;
}

bool facts_lists_by_keys(const struct facts *facts)
{
	return facts->major >= 3 || (facts->major == 0 && !facts->version[0]);
}

bool facts_ignores_disabled_deletion(const struct facts *facts)
{
	return facts->version[0] && facts->major == 3 &&
	       (facts->minor == 0 || (facts->minor == 1 && facts->patch == 0));
}
