/* One reference, from its ends to its middle. */
#include "registry/reference.h"

#include "oci/digest.h"
#include "registry/api.h"
#include "util/xalloc.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static bool is_own(const char *host, const char *const *hosts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(hosts[i], host) == 0)
			return true;
	}
	return false;
}

/* TEXT behind its http:// or https://, if there is one. */
static char *behind_scheme(char *text)
{
	if (strncasecmp(text, "http://", 7) == 0)
		return text + 7;
	return strncasecmp(text, "https://", 8) == 0 ? text + 8 : text;
}

/* Cuts TEXT behind its host. What stands behind that, or NULL: it is another registry's. */
static char *behind_host(char *text, const char *const *hosts, size_t count, struct err *err)
{
	char *host = behind_scheme(text), *slash = strchr(host, '/');

	if (!slash && host == text)
		return text;
	if (slash)
		*slash = '\0';
	if (slash && is_own(host, hosts, count))
		return slash + 1;
	if (host != text || strchr(host, ':')) {
		err_set(err, ERR_USAGE,
			"'%.200s' is not this registry (%s); if it is one more name of it, add it "
			"to protect.registry_names",
			host, count ? hosts[0] : "it has no name");
		return NULL;
	}
	*slash = '/';
	return text;
}

/* Cuts TEXT at the first MARK. What stands behind it, or NULL: there is none. */
static char *cut(char *text, char mark)
{
	char *at = strchr(text, mark);

	if (!at)
		return NULL;
	*at = '\0';
	return at + 1;
}

int reference_parse(const char *text, const char *const *hosts, size_t count, struct reference *out,
		    struct err *err)
{
	CLEANUP(free_p) char *copy = xstrdup(text);
	char *name = behind_host(copy, hosts, count, err);
	char *digest = name ? cut(name, '@') : NULL;
	char *tag = name ? cut(name, ':') : NULL;

	*out = (struct reference){ 0 };
	if (!name)
		return -1;
	if (!api_repository_valid(name))
		return err_set(err, ERR_USAGE, "no repository can have the name '%.300s'", name);
	if (tag && !api_tag_valid(tag))
		return err_set(err, ERR_USAGE, "no tag can have the name '%.300s'", tag);
	if (digest && !digest_valid(digest, strlen(digest)))
		return err_set(err, ERR_USAGE, "'%.300s' is no digest", digest);
	*out = (struct reference){ .repository = xstrdup(name),
				   .tag = tag ? xstrdup(tag) : NULL,
				   .digest = digest ? xstrdup(digest) : NULL };
	return 0;
}

void reference_clear(struct reference *reference)
{
	free(reference->repository);
	free(reference->tag);
	free(reference->digest);
	*reference = (struct reference){ 0 };
}
