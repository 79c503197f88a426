/* Looks again before a tag without a manifest is called damaged. */
#include "verify/vanished.h"

#include "http/engine.h"
#include "inventory/inventory.h"
#include "registry/api.h"
#include "storage/tree.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

static bool has_missing(const struct inventory *inventory, uint32_t repository)
{
	const struct inventory_repository *entry = &inventory->repositories[repository];

	for (uint32_t i = 0; i < entry->tag_count; i++) {
		if (inventory->tags[entry->first_tag + i].state == TAG_MISSING)
			return true;
	}
	return false;
}

static void forget(struct inventory *inventory, uint32_t repository, const struct strtab *listed)
{
	const struct inventory_repository *entry = &inventory->repositories[repository];

	for (uint32_t i = 0; i < entry->tag_count; i++) {
		struct inventory_tag *tag = &inventory->tags[entry->first_tag + i];

		if (tag->state == TAG_MISSING &&
		    strtab_find(listed, tag->name, strlen(tag->name)) == STRTAB_NONE)
			tag->state = TAG_UNSEEN;
	}
}

void verify_vanished_storage(struct inventory *inventory, const struct layout *layout)
{
	for (uint32_t r = 0; r < inventory->repository_count; r++) {
		struct tree_names names = { 0 };
		struct strtab *listed = NULL;
		struct err ignored;

		if (!has_missing(inventory, r))
			continue;
		listed = strtab_new();
		if (tree_tags(layout, inventory->repositories[r].name, &names, &ignored) >= 0) {
			const char *name = buf_string(&names.text);

			for (size_t i = 0; i < names.count; i++, name += strlen(name) + 1)
				strtab_add(listed, name, strlen(name));
			forget(inventory, r, listed);
		}
		strtab_free(listed);
		tree_names_clear(&names);
	}
}

struct question {
	struct inventory *inventory;
	uint32_t repository;
};

static void on_tags(void *ctx, const struct api_list *list)
{
	struct question question = *(struct question *)ctx;
	struct strtab *listed = NULL;

	free(ctx);
	if (list->trouble || list->response->failure != HTTP_ANSWERED)
		return;
	listed = strtab_new();
	for (size_t i = 0; i < list->count; i++)
		strtab_add(listed, list->names[i], strlen(list->names[i]));
	forget(question.inventory, question.repository, listed);
	strtab_free(listed);
}

int verify_vanished_api(struct inventory *inventory, struct api *api, struct http *http,
			struct err *err)
{
	for (uint32_t r = 0; r < inventory->repository_count; r++) {
		struct question *question = NULL;

		if (!has_missing(inventory, r))
			continue;
		question = xmalloc(sizeof *question);
		*question = (struct question){ inventory, r };
		tags_list(api, inventory->repositories[r].name, on_tags, question);
	}
	return http_run(http, err);
}
