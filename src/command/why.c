/* Prints the trace of one tag. */
#include "command/why.h"

#include "cli.h"
#include "command/preview.h"
#include "inventory.h"
#include "util/xalloc.h"
#include "why.h"

#include <stdio.h>
#include <string.h>

/* The argument is REPOSITORY:TAG; a repository has no ':'. */
static int find_tag(const struct preview *preview, uint32_t *tag, struct err *err)
{
	const struct inventory *inventory = preview->session.inventory;
	const char *name = preview->options->argument;
	const char *wanted = strchr(name, ':') + 1;
	CLEANUP(free_p) char *place = xstrndup(name, strcspn(name, ":"));
	uint32_t repository = inventory_repository_find(inventory, place);

	if (repository == INVENTORY_NONE)
		return err_set(err, ERR_IO, "there is no repository '%s'", place);
	for (uint32_t i = 0; i < inventory->repositories[repository].tag_count; i++) {
		*tag = inventory->repositories[repository].first_tag + i;
		if (strcmp(inventory->tags[*tag].name, wanted) == 0)
			return 0;
	}
	return err_set(err, ERR_IO, "the repository '%s' has no tag '%s'", place, wanted);
}

static int print(struct preview *preview, struct err *err)
{
	uint32_t tag = INVENTORY_NONE;

	if (find_tag(preview, &tag, err) < 0)
		return -1;
	why_write(preview->session.inventory, preview->rules.policy, preview->plan, tag, stdout);
	return 0;
}

int command_why(const struct options *options, const struct config *config)
{
	return preview_run(options, config, print);
}
