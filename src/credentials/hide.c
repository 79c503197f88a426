/* What a server or a proxy may echo: no password reaches the log. */
#include "config/config.h"
#include "credentials/credentials.h"
#include "http/proxy.h"
#include "util/secrets.h"
#include "util/xalloc.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* What TEXT, a proxy's URL, says of a login; also where it is none that libcurl can read, which it
 * would print then. */
static void hide_proxy(const char *text)
{
	CLEANUP(proxy_clear) struct proxy proxy = { 0 };
	const char *scheme = strstr(text, "://"), *login = scheme ? scheme + 3 : text;
	const char *at = strrchr(login, '@');
	CLEANUP(free_p) char *raw = at ? xstrndup(login, (size_t)(at - login)) : xstrdup("");
	char *colon = strchr(raw, ':');

	proxy_parse(text, &proxy);
	if (proxy.user)
		secrets_add_login(proxy.user, proxy.password);
	if (colon) {
		*colon = '\0';
		secrets_add_login(raw, colon + 1);
	}
}

void credentials_hide(const struct config *config)
{
	/* As libcurl reads them (CURLOPT_PROXY). */
	static const char *const VARIABLES[] = { "http_proxy", "https_proxy", "HTTPS_PROXY",
						 "HTTP_PROXY", "all_proxy",   "ALL_PROXY" };

	secrets_add_login(config->registry.user, config->registry.password);
	secrets_add_key(config->registry.secret_key);
	if (config->scaleway_variable)
		secrets_add_key(config->scaleway_variable);
	hide_proxy(config->registry.proxy);
	for (size_t i = 0; i < sizeof VARIABLES / sizeof *VARIABLES; i++) {
		const char *value = getenv(VARIABLES[i]);

		if (value)
			hide_proxy(value);
	}
}
