/* A set of strings, each with a small number: 0, 1, 2, … in the order of their first mention. */
#ifndef UTIL_STRTAB_H
#define UTIL_STRTAB_H

#include <stddef.h>
#include <stdint.h>

#define STRTAB_NONE UINT32_MAX

struct strtab;

struct strtab *strtab_new(void);
void strtab_free(struct strtab *table); /* NULL is fine */
/* The number of TEXT, added if it is new. */
uint32_t strtab_add(struct strtab *table, const char *text, size_t length);
/* The number of TEXT, or STRTAB_NONE. */
uint32_t strtab_find(const struct strtab *table, const char *text, size_t length);
/* The text of number ID, NUL-terminated; the pointer stays valid as long as TABLE. */
const char *strtab_text(const struct strtab *table, uint32_t id);
uint32_t strtab_count(const struct strtab *table);
/* The lengths of all its strings together, bytes. */
size_t strtab_bytes(const struct strtab *table);

#endif
