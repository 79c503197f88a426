/* Any bytes as a config.yml and, behind the first NUL, as an environment. What is found must at
 * least be mentioned. */
#include "fuzz.h"

#include "registry/server_config.h"
#include "util/xalloc.h"

#include <stdbool.h>
#include <string.h>

static bool mentions(const char *yaml, const char *word, const char *environment,
		     const char *variable)
{
	return strstr(yaml, word) || strstr(environment, variable);
}

static void check(const char *yaml, const char *environment, const struct server_config *says)
{
	fuzz_require(says->cache <= CONFIG_YES && says->proxy <= CONFIG_YES);
	if (says->cache != CONFIG_UNKNOWN)
		fuzz_require(mentions(yaml, "storage", environment, "REGISTRY_STORAGE"));
	if (says->cache == CONFIG_YES)
		fuzz_require(mentions(yaml, "cache", environment, "REGISTRY_STORAGE"));
	if (says->proxy == CONFIG_YES)
		fuzz_require(mentions(yaml, "remoteurl", environment, "REGISTRY_PROXY"));
	fuzz_require(says->deletes <= CONFIG_YES && says->readonly <= CONFIG_YES);
	if (says->deletes == CONFIG_YES)
		fuzz_require(mentions(yaml, "delete", environment, "REGISTRY_STORAGE_DELETE"));
	if (says->readonly == CONFIG_YES)
		fuzz_require(strstr(yaml, "readonly") != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(free_p) char *text = xstrndup((const char *)data, size);
	size_t length = strlen(text);
	CLEANUP(free_p)
	char *environment = length < size
				    ? xstrndup((const char *)data + length + 1, size - length - 1)
				    : xstrdup("");
	struct server_config says, alone;

	server_config_parse((const char *)data, length, environment, &says);
	check(text, environment, &says);
	server_config_parse((const char *)data, length, "", &alone);
	if (!strstr(environment, "REGISTRY_"))
		fuzz_require(says.cache == alone.cache && says.proxy == alone.proxy);
	if (length < size) {
		server_config_parse((const char *)data, size, "", &alone);
		fuzz_require(alone.cache == CONFIG_UNKNOWN && alone.proxy == CONFIG_UNKNOWN);
	}
	return 0;
}
