/* The names under which references of images know this registry. */
#ifndef CONFIG_REGISTRY_NAMES_H
#define CONFIG_REGISTRY_NAMES_H

struct config;      /* config/config.h */
struct string_list; /* util/string_list.h */

/* Appends to NAMES, which is the caller's (string_list_clear()): HOST[:PORT] of registry.url first,
 * the same with the usual port, the other names of a loopback address, and protect.registry_names.
 */
void registry_names(const struct config *config, struct string_list *names);

#endif
