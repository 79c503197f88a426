/* Commands that reach the registry's own program: registry.exec as a prefix of argv. */
#ifndef REGISTRY_EXEC_H
#define REGISTRY_EXEC_H

/* EXEC, then WORDS, both NULL-terminated (EXEC may be NULL): one NULL-terminated argv in one block
 * that the caller frees; the strings stay borrowed. */
const char **exec_join(const char *const *exec, const char *const *words);

#endif
