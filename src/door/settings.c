/* What is not named here stays as the public registry has it: storage, cache, read-only mode,
 * pull-through cache, notifications. distribution reads REGISTRY_* variables over its file, in the
 * order of their names (configuration/parser.go), an empty one as an empty text. */
#include "door/settings.h"

#include "util/xalloc.h"

#include <stdbool.h>
#include <string.h>

/* Its login is read from this pipe once: it stays as it is as long as its time of modification does
 * (registry/auth/htpasswd/access.go). */
#define LOGIN "/proc/self/fd/0"

static const struct {
	const char *name, *value;
} FIXED[] = {
	{ "REGISTRY_STORAGE_DELETE_ENABLED", "true" },
	/* Nothing but the loopback is reached through sockets of the container's network. */
	{ "REGISTRY_STORAGE_REDIRECT_DISABLE", "true" },
	/* Plain HTTP: nobody else sees a loopback, and certificates are for the public name. */
	{ "REGISTRY_HTTP_NET", "tcp" },
	{ "REGISTRY_HTTP_TLS_CERTIFICATE", "" },
	{ "REGISTRY_HTTP_TLS_KEY", "" },
	{ "REGISTRY_HTTP_TLS_LETSENCRYPT_CACHEFILE", "" },
	{ "REGISTRY_HTTP_HOST", "" },
	{ "REGISTRY_HTTP_PREFIX", "" },
	{ "REGISTRY_HTTP_DEBUG_ADDR", "" },
	{ "REGISTRY_HTTP_DEBUG_PROMETHEUS_ENABLED", "false" },
	/* After TERM it finishes what it has begun (DOOR_DRAIN_SECONDS in process.h). */
	{ "REGISTRY_HTTP_DRAINTIMEOUT", "30s" },
	{ "REGISTRY_LOG_LEVEL", "error" },
	{ "REGISTRY_LOG_ACCESSLOG_DISABLED", "true" },
	{ "REGISTRY_AUTH_HTPASSWD_PATH", LOGIN },
};
#define FIXED_COUNT (sizeof FIXED / sizeof *FIXED)

/* Other logins of the container's own environment: a registry takes one kind, and these would be
 * read after REGISTRY_AUTH. */
static const char *const UNSET[] = {
	"REGISTRY_AUTH_SILLY_REALM",        "REGISTRY_AUTH_SILLY_SERVICE",
	"REGISTRY_AUTH_TOKEN_REALM",        "REGISTRY_AUTH_TOKEN_SERVICE",
	"REGISTRY_AUTH_TOKEN_ISSUER",       "REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE",
	"REGISTRY_AUTH_TOKEN_AUTOREDIRECT", "REGISTRY_AUTH_TOKEN_AUTOREDIRECTPATH",
	"REGISTRY_AUTH_TOKEN_JWKS",         "REGISTRY_AUTH_TOKEN_SIGNINGALGORITHMS",
};
#define UNSET_COUNT (sizeof UNSET / sizeof *UNSET)
#define MADE_COUNT  4 /* of door_settings_make */

void door_settings_make(struct door_settings *settings, const char *mark, const char *realm,
			unsigned port)
{
	size_t count = 0;
	char **variables = xcalloc(FIXED_COUNT + MADE_COUNT + 1, sizeof *variables);
	const char **names = xcalloc(FIXED_COUNT + MADE_COUNT + UNSET_COUNT + 1, sizeof *names);

	variables[count++] = xasprintf("%s=%s", DOOR_MARK, mark);
	variables[count++] = xasprintf("REGISTRY_HTTP_ADDR=127.0.0.1:%u", port);
	variables[count++] = xasprintf(
		"REGISTRY_AUTH={\"htpasswd\":{\"realm\":\"%s\",\"path\":\"" LOGIN "\"}}", realm);
	variables[count++] = xasprintf("REGISTRY_AUTH_HTPASSWD_REALM=%s", realm);
	for (size_t i = 0; i < FIXED_COUNT; i++)
		variables[count++] = xasprintf("%s=%s", FIXED[i].name, FIXED[i].value);
	for (size_t i = 0; i < count; i++)
		names[i] = xstrndup(variables[i], strcspn(variables[i], "="));
	for (size_t i = 0; i < UNSET_COUNT; i++)
		names[count + i] = xstrdup(UNSET[i]);
	*settings = (struct door_settings){ variables, names };
}

void door_settings_clear(struct door_settings *settings)
{
	for (size_t i = 0; settings->variables && settings->variables[i]; i++)
		free(settings->variables[i]);
	for (size_t i = 0; settings->names && settings->names[i]; i++) {
		void *name;

		memcpy(&name, &settings->names[i], sizeof name);
		free(name);
	}
	free(settings->variables);
	free(settings->names);
	*settings = (struct door_settings){ 0 };
}

static size_t count_of(char *const *list)
{
	size_t count = 0;

	while (list && list[count])
		count++;
	return count;
}

/* VARIABLE is set by SETTINGS, or must not be set. */
static bool is_named(const struct door_settings *settings, const char *variable)
{
	size_t length = strcspn(variable, "=");

	for (size_t i = 0; settings->names[i]; i++)
		if (strlen(settings->names[i]) == length &&
		    strncmp(settings->names[i], variable, length) == 0)
			return true;
	return false;
}

char **door_settings_environment(const struct door_settings *settings, char *const *current)
{
	size_t given = count_of(settings->variables), filled = 0;
	char **environment = xcalloc(count_of(current) + given + 1, sizeof *environment);

	for (size_t i = 0; current && current[i]; i++)
		if (!is_named(settings, current[i]))
			environment[filled++] = current[i];
	memcpy(environment + filled, settings->variables, given * sizeof *environment);
	return environment;
}
