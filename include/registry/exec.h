/* Commands that reach the registry's own program: registry.exec as a prefix of argv. */
#ifndef REGISTRY_EXEC_H
#define REGISTRY_EXEC_H

#include <stdbool.h>

/* EXEC, then WORDS, both NULL-terminated (EXEC may be NULL): one NULL-terminated argv in one block
 * that the caller frees; the strings stay borrowed. */
const char **exec_join(const char *const *exec, const char *const *words);

/* True when EXEC is a container engine's own `exec` (docker, podman, nerdctl), which takes -e
 * NAME=VALUE right behind that word. */
bool exec_is_engine(const char *const *exec);

#endif
