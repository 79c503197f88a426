/* The registry's host, however it may be written, and what the configuration adds. */
#include "config/registry_names.h"

#include "config/config.h"
#include "util/xalloc.h"

#include <string.h>

/* Names of this host to itself: what runs here may use any of them. */
static const char *const LOOPBACK[] = { "localhost", "127.0.0.1", "[::1]" };
#define LOOPBACKS (sizeof LOOPBACK / sizeof *LOOPBACK)

/* The part of URL behind HOST, say ":5000"; NULL: another host. */
static const char *behind_host(const char *authority, const char *host)
{
	size_t length = strlen(host);

	if (strncmp(authority, host, length) != 0)
		return NULL;
	return authority[length] == ':' || !authority[length] ? authority + length : NULL;
}

/* The registry's own names by its URL: HOST[:PORT], also with the usual port, which the normal form
 * leaves out (behind another port that makes a name that no reference has). */
static void add_own_names(struct string_list *names, const char *url)
{
	const char *host = strstr(url, "://");
	const char *usual = strncmp(url, "https:", 6) == 0 ? "443" : "80";
	CLEANUP(free_p) char *own = NULL;

	host = host ? host + 3 : url;
	own = xstrndup(host, strcspn(host, "/"));
	string_list_add(names, xstrdup(own));
	string_list_add(names, xasprintf("%s:%s", own, usual));
	for (size_t i = 0; i < LOOPBACKS; i++) {
		const char *rest = behind_host(own, LOOPBACK[i]);

		for (size_t k = 0; rest && k < LOOPBACKS; k++)
			string_list_add(names,
					xasprintf("%s%s", LOOPBACK[k], *rest ? rest : ":80"));
	}
}

/* What images are pulled from; the API, at registry.url, is elsewhere. */
static void add_scaleway_names(struct string_list *names, const char *region)
{
	string_list_add(names, xasprintf("rg.%s.scw.cloud", region));
	string_list_add(names, xasprintf("rg.%s.scw.cloud:443", region));
}

void registry_names(const struct config *config, struct string_list *names)
{
	if (config->registry.kind == KIND_SCALEWAY)
		add_scaleway_names(names, config->registry.region);
	else
		add_own_names(names, config->registry.url);
	for (size_t i = 0; i < config->protect.registry_names.count; i++)
		string_list_add(names, xstrdup(config->protect.registry_names.items[i]));
}
