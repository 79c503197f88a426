/* `get`: the registry on stdin; JSON on stdout, or a sentence there and an exit status. What a
 * helper prints may be a secret, also when it fails. */
#include "credentials/helper.h"

#include "credentials/docker_config.h"
#include "util/proc.h"
#include "util/secrets.h"
#include "util/stop_signal.h"
#include "util/xalloc.h"
#include "json/document.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#define ANSWER_SECONDS 30
#define ANSWER_LIMIT   ((size_t)64 * 1024) /* bytes */

/* As the helpers of docker's collection say it. */
static const char NOT_FOUND[] = "credentials not found";

/* The first line that it said on its own fault, unless it looks like an answer. */
static const char *complaint(const struct proc_answer *answer, char text[256])
{
	const struct buf *from = answer->out.length ? &answer->out : &answer->errors;
	size_t length = strcspn(buf_string(from), "\r\n");
	struct proc_result result = answer->result;
	char end[128];

	proc_describe(&result, answer->timeout_seconds, end, sizeof end);
	if (length == 0 || memchr(buf_string(from), '{', length))
		(void)snprintf(text, 256, "%s", end);
	else
		(void)snprintf(text, 256, "%s: %.*s", end, (int)(length < 100 ? length : 100),
			       buf_string(from));
	return text;
}

static int take_answer(const struct buf *out, struct docker_login *login, const char *name,
		       struct err *err)
{
	CLEANUP(document_put) struct json_object *root = NULL;
	const char *user = NULL, *secret = NULL;

	if (document_parse(buf_string(out), out->length, &root, err) < 0 ||
	    document_string(root, "Username", &user, err) < 0 ||
	    document_string(root, "Secret", &secret, err) < 0)
		return err_set(err, ERR_USAGE,
			       "docker-credential-%s: its answer is not JSON with Username and "
			       "Secret",
			       login->helper);
	secrets_add_login(user ? user : "", secret ? secret : "");
	if (user && strcmp(user, "<token>") == 0)
		return err_set(err, ERR_USAGE,
			       "docker-credential-%s has an identity token for %s, which is no "
			       "password; log in with user and password",
			       login->helper, name);
	login->user = xstrdup(user ? user : "");
	login->password = xstrdup(secret ? secret : "");
	return 0;
}

/* 1: it has none of that name. */
static int take(const struct proc_answer *answer, struct docker_login *login, const char *name,
		struct err *err)
{
	char text[256];

	if (answer->result.end == PROC_ABANDONED)
		return err_set(err, ERR_STOPPED, "stopped by signal %d", stop_signal());
	if (proc_succeeded(answer))
		return take_answer(&answer->out, login, name, err);
	if (strstr(buf_string(&answer->out), NOT_FOUND) ||
	    strstr(buf_string(&answer->errors), NOT_FOUND))
		return 1;
	return err_set(err, ERR_USAGE, "docker-credential-%s: %s", login->helper,
		       complaint(answer, text));
}

static int ask_for(struct docker_login *login, const char *name, struct err *err)
{
	CLEANUP(free_p) char *program = xasprintf("docker-credential-%s", login->helper);
	const char *const argv[] = { program, "get", NULL };
	struct proc_answer answer;
	int result = proc_ask_with(argv, name, ANSWER_SECONDS, ANSWER_LIMIT, &answer, err);

	if (result < 0)
		err->kind = ERR_USAGE;
	else
		result = take(&answer, login, name, err);
	proc_answer_clear(&answer);
	return result;
}

int helper_ask(struct docker_login *login, const struct string_list *names, struct err *err)
{
	size_t count = login->name ? 1 : names->count;
	int result = 1;

	for (size_t i = 0; i < count && result == 1; i++) {
		CLEANUP(free_p) char *name = xstrdup(login->name ? login->name : names->items[i]);

		result = ask_for(login, name, err);
		if (result == 0 && !login->name)
			login->name = steal(&name);
	}
	if (result == 1)
		return err_set(err, ERR_USAGE,
			       "docker-credential-%s has no login for %s; run: docker login %s",
			       login->helper, login->name ? login->name : names->items[0],
			       login->name ? login->name : names->items[0]);
	return result;
}
