/* The repositories that an operator named, delivered as if the registry had listed them. */
#include "registry/api_private.h"
#include "util/string_list.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

struct named {
	const struct string_list *names;
	api_listed listed;
	void *ctx;
};

static void deliver(void *ctx)
{
	struct named *named = ctx;
	struct strtab *names = strtab_new();
	const struct http_response response = {
		.status = 200, .body = "", .date = -1, .total = -1, .retry_after_ms = -1
	};
	struct api_list list = { .response = &response };

	for (size_t i = 0; i < named->names->count; i++)
		strtab_add(names, named->names->items[i], strlen(named->names->items[i]));
	list.plain = strtab_count(names);
	list_deliver(names, list, named->listed, named->ctx);
	strtab_free(names);
	free(named);
}

bool named_catalog(struct api *api, api_listed listed, void *ctx)
{
	struct named *named;

	if (!api->repositories || api->repositories->count == 0)
		return false;
	named = xmalloc(sizeof *named);
	*named = (struct named){ .names = api->repositories, .listed = listed, .ctx = ctx };
	http_after(api->http, 0, deliver, named);
	return true;
}
