/* Sections of the configuration: the keys of each stand together in the table, not always in a row.
 * Shared by the files config*.c only. */
#ifndef CONFIG_SECTION_H
#define CONFIG_SECTION_H

#include <stdbool.h>
#include <stddef.h>

struct config_key; /* config/value.h */

/* Whether KEY stands in SECTION; NULL: in an item of a group. */
bool config_section_has(const char *section, const struct config_key *key);
/* The section of KEY, "" for one that stands at the top; the caller's. */
char *config_section_of(const struct config_key *key);
/* Whether no key before the one of NUMBER in the table stands in SECTION. */
bool config_section_begins(const char *section, size_t number);

#endif
