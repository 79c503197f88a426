/* From a request to what it needs of a token (distribution's token specification; registry/
 * handlers/app.go of 2.8.2 and 3.0.0). */
#include "registry/api_private.h"
#include "util/xalloc.h"

#include <string.h>

/* What stands behind a repository's name in the paths of its API. */
static const char *const RESOURCES[] = { "/manifests/", "/blobs/", "/tags/list", "/referrers/" };

/* Where the name that PATH begins with ends: before the last of RESOURCES, as a name may have one
 * of them in it. NULL: there is none. */
static const char *end_of_name(const char *path)
{
	size_t length = strcspn(path, "?");

	for (const char *p = path + length; p > path; p--)
		for (size_t i = 0; i < sizeof RESOURCES / sizeof *RESOURCES; i++)
			if (strncmp(p, RESOURCES[i], strlen(RESOURCES[i])) == 0)
				return p;
	return NULL;
}

char *scope_of(enum http_method method, const char *path)
{
	static const char CATALOG[] = "_catalog";
	const char *end = end_of_name(path);
	const char *actions = method == HTTP_DELETE ? "pull,delete"
			      : method == HTTP_PUT  ? "pull,push"
						    : "pull";
	size_t length = strlen(CATALOG);

	if (strncmp(path, CATALOG, length) == 0 && (!path[length] || path[length] == '?'))
		return xstrdup("registry:catalog:*");
	return end ? xasprintf("repository:%.*s:%s", (int)(end - path), path, actions) : NULL;
}

void scope_submit(const struct api *api, const struct http_request *request)
{
	static const char ROOT[] = "/v2/";
	size_t base = strlen(api->base);
	const char *path = request->url + base;
	struct http_request with = *request;
	CLEANUP(free_p) char *scope = NULL;

	if (strncmp(request->url, api->base, base) == 0 && strncmp(path, ROOT, strlen(ROOT)) == 0)
		scope = scope_of(request->method, path + strlen(ROOT));
	with.scope = scope;
	http_submit(api->http, &with);
}
