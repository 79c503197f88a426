/* Which namespaces may go at all, for src/apply_scaleway alone. */
#ifndef APPLY_SCALEWAY_NAMESPACE_RULES_H
#define APPLY_SCALEWAY_NAMESPACE_RULES_H

#include <stdbool.h>

struct scaleway_namespace_rules;
struct scaleway_object;

/* A glob of cleanup.protected_repositories may mean an image of the namespace NAME. */
bool namespace_rules_protect(const struct scaleway_namespace_rules *rules, const char *name);
/* Why NAMESPACE stays by what it shows of itself, or NULL; static. */
const char *namespace_rules_obstacle(const struct scaleway_namespace_rules *rules,
				     const struct scaleway_object *namespace);

#endif
