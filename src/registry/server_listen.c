/* Variables are taken as distribution takes them: REGISTRY_HTTP replaces all of http, others one
 * value of it. What is not understood makes what it is about unknown. */
#include "registry/server_listen.h"

#include "util/text.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

void server_listen_found(const struct server_findings *found, struct server_config *out)
{
	if (!found->root)
		return;
	if (found->net_unix)
		out->listens = CONFIG_NO;
	else if (found->addr[0])
		out->listens = CONFIG_YES;
	memcpy(out->addr, found->addr, sizeof out->addr);
	memcpy(out->prefix, found->prefix, sizeof out->prefix);
	out->tls = found->tls ? CONFIG_YES : CONFIG_NO;
	out->login = found->auths ? CONFIG_YES : CONFIG_NO;
	memcpy(out->auth, found->auth, sizeof out->auth);
}

/* The variable NAME, in any case of letters: its value, or NULL when it is another one. */
static const char *value_of(const char *line, const char *name)
{
	size_t length = strlen(name);

	return strncasecmp(line, name, length) == 0 && line[length] == '=' ? line + length + 1
									   : NULL;
}

static void set_address(const char *value, struct server_config *out)
{
	out->listens = *value && strlen(value) < sizeof out->addr ? CONFIG_YES : CONFIG_UNKNOWN;
	snprintf(out->addr, sizeof out->addr, "%s", out->listens == CONFIG_YES ? value : "");
}

static void set_prefix(const char *value, struct server_config *out)
{
	if (strlen(value) < sizeof out->prefix)
		snprintf(out->prefix, sizeof out->prefix, "%s", value);
	else
		out->listens = CONFIG_UNKNOWN;
}

/* REGISTRY_AUTH=htpasswd, or a mapping. */
static void set_auth(const char *value, struct server_config *out)
{
	struct server_findings found;

	out->login = CONFIG_UNKNOWN;
	out->auth[0] = '\0';
	if (!*value || !server_yaml_read(value, PLACE_AUTH, &found))
		return;
	out->login = found.auths ? CONFIG_YES : CONFIG_NO;
	memcpy(out->auth, found.auth, sizeof out->auth);
}

/* REGISTRY_AUTH_TOKEN_REALM and the like bring that kind along where the file has none. */
static void set_auth_kind(const char *kind, struct server_config *out)
{
	size_t length = strcspn(kind, "_=");

	if (out->login == CONFIG_YES && strlen(out->auth) == length &&
	    strncasecmp(kind, out->auth, length) == 0)
		return;
	if (out->login != CONFIG_NO || length >= sizeof out->auth) {
		out->login = CONFIG_YES;
		out->auth[0] = '\0';
		return;
	}
	out->login = CONFIG_YES;
	for (size_t i = 0; i < length; i++)
		out->auth[i] = (char)(kind[i] >= 'A' && kind[i] <= 'Z' ? kind[i] + 32 : kind[i]);
	out->auth[length] = '\0';
}

static void apply_http(const char *line, struct server_config *out)
{
	const char *value;

	if ((value = value_of(line, "REGISTRY_HTTP_ADDR")))
		set_address(value, out);
	else if ((value = value_of(line, "REGISTRY_HTTP_PREFIX")))
		set_prefix(value, out);
	else if ((value = value_of(line, "REGISTRY_HTTP_NET")))
		out->listens = strcmp(value, "tcp") == 0 ? out->listens : CONFIG_NO;
	else if ((value = value_of(line, "REGISTRY_HTTP_TLS_CERTIFICATE")))
		out->tls = *value ? CONFIG_YES : CONFIG_UNKNOWN;
	else if (strncasecmp(line, "REGISTRY_HTTP_TLS_LETSENCRYPT", 29) == 0 ||
		 value_of(line, "REGISTRY_HTTP_TLS"))
		out->tls = CONFIG_UNKNOWN;
	else if (value_of(line, "REGISTRY_HTTP"))
		out->listens = out->tls = CONFIG_UNKNOWN;
}

static void apply_auth(const char *line, struct server_config *out)
{
	static const char KIND[] = "REGISTRY_AUTH_";
	const char *value = value_of(line, "REGISTRY_AUTH");

	if (value)
		set_auth(value, out);
	else if (strncasecmp(line, KIND, sizeof KIND - 1) == 0)
		set_auth_kind(line + sizeof KIND - 1, out);
}

/* A value that replaces all of its kind goes first, as the registry takes variables by name. */
static void apply_each(const char *environment, bool whole, struct server_config *out)
{
	while (*environment) {
		size_t length = strcspn(environment, "\n");
		CLEANUP(free_p) char *line = xstrndup(environment, length);
		bool is_whole = value_of(line, "REGISTRY_AUTH") || value_of(line, "REGISTRY_HTTP");

		if (is_whole == whole) {
			apply_http(line, out);
			apply_auth(line, out);
		}
		environment += length + (environment[length] == '\n');
	}
}

void server_listen_apply(const char *environment, struct server_config *out)
{
	apply_each(environment, true, out);
	apply_each(environment, false, out);
}
