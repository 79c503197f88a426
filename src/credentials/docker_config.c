/* credHelpers, credsStore and auths, as docker's own configuration reads them
 * (github.com/docker/cli, cli/config/configfile). */
#include "credentials/docker_config.h"

#include "util/secrets.h"
#include "util/xalloc.h"
#include "json/document.h"
#include "json/strict.h"

#include <json-c/json.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

#define LETTERS_OF_HELPERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

void docker_config_clear(struct docker_login *login)
{
	free(login->user);
	free(login->password);
	free(login->helper);
	free(login->name);
	*login = (struct docker_login){ 0 };
}

/* The string under KEY; "" when it is absent, null or none. */
static const char *text_of(const struct json_object *object, const char *key)
{
	struct json_object *value = object ? document_get(object, key) : NULL;

	return json_object_get_type(value) == json_type_string ? json_object_get_string(value) : "";
}

/* The object under KEY, or NULL. */
static struct json_object *object_of(const struct json_object *object, const char *key)
{
	struct json_object *value = document_get(object, key);

	return json_object_get_type(value) == json_type_object ? value : NULL;
}

static int use_helper(const char *helper, const char *name, struct docker_login *login,
		      struct err *err)
{
	if (helper[strspn(helper, LETTERS_OF_HELPERS)] != '\0')
		return err_set(err, ERR_USAGE,
			       "the name of a credential helper has a character that is neither a "
			       "letter nor a digit nor one of _.-");
	login->helper = xstrdup(helper);
	login->name = name ? xstrdup(name) : NULL;
	return 0;
}

/* The name of the helper for one of NAMES, which goes to NAME; NULL: credHelpers has none of them.
 * "" means that auths is to be asked. */
static const char *special_helper(const struct json_object *root, const struct string_list *names,
				  const char **name)
{
	const struct json_object *helpers = object_of(root, "credHelpers");

	for (size_t i = 0; helpers && i < names->count; i++) {
		*name = names->items[i];
		if (document_get(helpers, *name))
			return text_of(helpers, *name);
	}
	return NULL;
}

enum match { MATCH_NONE, MATCH_PART, MATCH_WHOLE };

/* Whether KEY of auths is about the registry NAME: HOST, https://HOST/v1/ and the like; with a path
 * and no scheme it is podman's for one namespace. */
static enum match match_key(const char *key, const char *name)
{
	const char *scheme = strstr(key, "://");
	const char *host = scheme ? scheme + 3 : key;
	size_t length = strcspn(host, "/");
	const char *path = host + length;

	if (strlen(name) != length || strncmp(host, name, length) != 0)
		return MATCH_NONE;
	if (scheme || !*path || strcmp(path, "/") == 0)
		return MATCH_WHOLE;
	path += strncmp(path, "/v1", 3) == 0 || strncmp(path, "/v2", 3) == 0 ? 3 : 0;
	return !*path || strcmp(path, "/") == 0 ? MATCH_WHOLE : MATCH_PART;
}

/* What auths has for NAME, exactly so or spelt otherwise; NULL: nothing. PART gets a key for a part
 * of that registry. */
static const struct json_object *find_auth(struct json_object *auths, const char *name,
					   const char **part)
{
	struct json_object *found = object_of(auths, name);
	struct json_object_iterator at = json_object_iter_begin(auths);
	struct json_object_iterator end = json_object_iter_end(auths);

	for (; !found && !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		const char *key = json_object_iter_peek_name(&at);
		enum match match = match_key(key, name);

		if (match == MATCH_WHOLE)
			found = object_of(auths, key);
		else if (match == MATCH_PART)
			*part = key;
	}
	return found;
}

static int refuse_token(const char *name, struct err *err)
{
	return err_set(err, ERR_USAGE,
		       "the login for %s is an identity token, which is no password; log in with "
		       "user and password, or put them into registry.user and "
		       "registry.password_file",
		       name);
}

/* ENCODED is base64 of USER:PASSWORD. */
static int decode(const char *encoded, const char *name, struct docker_login *login,
		  struct err *err)
{
	size_t length = strlen(encoded);
	CLEANUP(free_p) char *text = xcalloc(length / 4 + 1, 3 + 1);
	int got = length % 4 == 0 ? EVP_DecodeBlock((unsigned char *)text,
						    (const unsigned char *)encoded, (int)length)
				  : -1;
	char *colon;

	secrets_add(encoded);
	/* The padding is counted as zeros. */
	for (size_t i = length; got > 0 && i > 0 && encoded[i - 1] == '='; i--)
		text[--got] = '\0';
	colon = got > 0 && strlen(text) == (size_t)got ? strchr(text, ':') : NULL;
	if (!colon)
		return err_set(err, ERR_USAGE,
			       "the login for %s (auth) is no base64 of USER:PASSWORD", name);
	login->user = xstrndup(text, (size_t)(colon - text));
	login->password = xstrdup(colon + 1);
	return 0;
}

static int use_auth(const struct json_object *auth, const char *name, struct docker_login *login,
		    struct err *err)
{
	const char *encoded = text_of(auth, "auth");

	secrets_add(text_of(auth, "identitytoken"));
	secrets_add(text_of(auth, "registrytoken"));
	if (*text_of(auth, "identitytoken") || *text_of(auth, "registrytoken"))
		return refuse_token(name, err);
	login->name = xstrdup(name);
	if (*encoded && decode(encoded, name, login, err) < 0)
		return -1;
	if (!login->user) {
		login->user = xstrdup(text_of(auth, "username"));
		login->password = xstrdup(text_of(auth, "password"));
	}
	secrets_add_login(login->user, login->password);
	return 0;
}

static int use_auths(const struct json_object *root, const struct string_list *names,
		     struct docker_login *login, struct err *err)
{
	struct json_object *auths = object_of(root, "auths");
	const char *part = NULL;

	for (size_t i = 0; auths && i < names->count; i++) {
		const struct json_object *auth = find_auth(auths, names->items[i], &part);

		if (auth)
			return use_auth(auth, names->items[i], login, err);
	}
	if (part)
		return err_set(err, ERR_USAGE,
			       "its login is for %s only; what is asked for needs one for all of "
			       "%s: log in there without a path",
			       part, names->items[0]);
	return err_set(err, ERR_USAGE, "it has no login for %s; run: docker login %s",
		       names->items[0], names->items[0]);
}

static int find(const struct json_object *root, const struct string_list *names,
		struct docker_login *login, struct err *err)
{
	const char *name = NULL;
	const char *special = special_helper(root, names, &name);

	if (special && *special)
		return use_helper(special, name, login, err);
	if (!special && *text_of(root, "credsStore"))
		return use_helper(text_of(root, "credsStore"), NULL, login, err);
	return use_auths(root, names, login, err);
}

int docker_config_find(const char *text, size_t length, const struct string_list *names,
		       struct docker_login *login, struct err *err)
{
	CLEANUP(document_put) struct json_object *root = NULL;
	CLEANUP(json_repeats_clear) struct json_repeats repeats = { 0 };

	*login = (struct docker_login){ 0 };
	if (json_strict_parse(text ? text : "", length, &root, &repeats, err) < 0)
		return -1;
	if (repeats.count > 0)
		return err_set(err, ERR_USAGE, "line %u: a key is given twice",
			       repeats.items[0].line);
	if (json_object_get_type(root) != json_type_object)
		return err_set(err, ERR_USAGE, "an object is expected");
	return find(root, names, login, err);
}
