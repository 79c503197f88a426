/* Which key stands in which section. */
#include "config/section.h"

#include "config/keys.h"
#include "config/value.h"
#include "util/xalloc.h"

#include <string.h>

bool config_section_has(const char *section, const struct config_key *key)
{
	size_t length = section ? strlen(section) : 0;

	return !section || (strncmp(key->path, section, length) == 0 && key->path[length] == '.');
}

char *config_section_of(const struct config_key *key)
{
	const char *dot = strchr(key->path, '.');

	return dot ? xstrndup(key->path, (size_t)(dot - key->path)) : xstrdup("");
}

bool config_section_begins(const char *section, size_t number)
{
	for (size_t i = 0; i < number; i++)
		if (config_section_has(section, &CONFIG_KEYS[i]))
			return false;
	return true;
}
