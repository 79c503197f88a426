/* Pure: what the configuration and one answer say. */
#include "apply_scaleway/namespace_rules.h"

#include "apply_scaleway/namespaces.h"
#include "config/config.h"
#include "policy/policy.h"
#include "scaleway/object.h"
#include "util/date.h"
#include "util/glob.h"
#include "util/xalloc.h"

#include <string.h>

/* Whether GLOB, which is about NAMESPACE/IMAGE, can mean an image of NAME. */
static bool glob_means(const char *glob, const char *name)
{
	CLEANUP(free_p) char *first = xstrndup(glob, strcspn(glob, "/"));
	char *any = strstr(first, "**");

	/* Two stars may stand for more than one part. */
	if (any)
		any[2] = '\0';
	return glob_matches(first, name);
}

bool namespace_rules_protect(const struct scaleway_namespace_rules *rules, const char *name)
{
	const struct string_list *globs = &rules->policy->config->cleanup.protected_repositories;

	for (size_t i = 0; i < globs->count; i++) {
		if (glob_means(globs->items[i], name))
			return true;
	}
	return false;
}

static bool is_old(int64_t date, int64_t before)
{
	return date_known(date) && date < before;
}

const char *namespace_rules_obstacle(const struct scaleway_namespace_rules *rules,
				     const struct scaleway_object *namespace)
{
	int64_t before = rules->now - (int64_t)rules->hours * 3600;

	if (namespace->image_count != 0)
		return "it has images";
	if (namespace->status != SCALEWAY_READY)
		return "it is not ready";
	if (!is_old(namespace->created, before) || !is_old(namespace->updated, before))
		return "it is too young, or its age is not known (cleanup.empty_namespace_hours)";
	return NULL;
}
