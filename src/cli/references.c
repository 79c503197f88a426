/* One list of this registry's names, and each reference taken apart by it. */
#include "cli/references.h"

#include "cli/options.h"
#include "cli/values.h"
#include "config/config.h"
#include "config/registry_names.h"
#include "registry/reference.h"
#include "util/xalloc.h"

#include <string.h>

static int parse(const char *text, const struct string_list *names, struct reference *out,
		 struct err *err)
{
	return reference_parse(text, (const char *const *)names->items, names->count, out, err);
}

/* *TEXT becomes the repository of the reference that it is. NARROWER: whether that was one tag or
 * manifest of it. */
static int take_repository(const char *option, char **text, const struct string_list *names,
			   bool *narrower, struct err *err)
{
	struct reference reference;

	if (parse(*text, names, &reference, err) < 0)
		return err_set(err, ERR_USAGE, "--%s: %s%s", option, err->msg,
			       strpbrk(*text, "*?") ? "; --namespace NAME takes all below NAME/"
						    : "");
	*narrower = reference.tag || reference.digest;
	free(*text);
	*text = steal(&reference.repository);
	reference_clear(&reference);
	return 0;
}

static int take_argument(struct options *options, const struct string_list *names, struct err *err)
{
	if (options->command != COMMAND_WHY)
		return 0;
	if (parse(options->argument, names, &options->reference, err) < 0)
		return err_wrap(err, "why");
	if (options->reference.tag || options->reference.digest)
		return 0;
	return err_set(err, ERR_USAGE, "'%s': REPOSITORY:TAG is expected", options->argument);
}

int cli_resolve(struct options *options, const struct config *config, struct err *err)
{
	struct string_list names = { 0 };
	bool narrower = false;
	int result = 0;

	registry_names(config, &names);
	for (size_t i = 0; i < options->repositories.count && result == 0; i++) {
		result = take_repository("repository", &options->repositories.items[i], &names,
					 &narrower, err);
		options->widened = options->widened || narrower;
	}
	if (result == 0 && options->tags)
		result = take_repository("tags", &options->tags, &names, &narrower, err);
	if (result == 0)
		result = take_argument(options, &names, err);
	string_list_clear(&names);
	if (result < 0)
		cli_make_printable(err->msg);
	return result;
}
