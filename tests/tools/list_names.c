/* Prints what the program's own code takes for the lists of a registry, one name a line:
 *
 *     list_names URL              its repositories
 *     list_names URL REPOSITORY   its tags, as of a 3.1.1 on S3
 *
 * With KEYS=1 in the environment the registry lists repositories in the order of S3's keys. On
 * standard error: "N plain", the names in its own pages, and "M requests". Exit 1 when the list is
 * not complete; then standard error says why. */
#include "http/engine.h"
#include "registry/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void print(void *ctx, const struct api_list *list)
{
	bool *complete = ctx;

	*complete = !list->trouble;
	if (list->trouble)
		fprintf(stderr, "%s\n", list->trouble);
	for (size_t i = 0; i < list->count; i++)
		puts(list->names[i]);
	fprintf(stderr, "%zu plain\n", list->plain);
}

int main(int argc, char **argv)
{
	const struct http_options options = { .max_in_flight = 8,
					      .get_timeout_seconds = 30,
					      .retry_seconds = 30,
					      .read_only = true };
	struct err err = { 0 };
	struct http *http = argc > 1 ? http_new(&options, &err) : NULL;
	struct api *api;
	bool complete = false;

	if (!http)
		return 2;
	api = api_new(http, argv[1]);
	api_expect(api, argc > 2 ? API_HIDES_TAGS : API_HIDES_NOTHING, getenv("KEYS") != NULL);
	if (argc > 2)
		tags_list(api, argv[2], print, &complete);
	else
		catalog_list(api, print, &complete);
	if (http_run(http, &err) < 0)
		fprintf(stderr, "%s\n", err.msg);
	fprintf(stderr, "%" PRIu64 " requests\n", http_requests(http));
	api_free(api);
	http_free(http);
	return complete ? 0 : 1;
}
