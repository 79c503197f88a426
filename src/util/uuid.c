/* Compares with a pattern. */
#include "util/uuid.h"

#include <ctype.h>
#include <stddef.h>

bool uuid_valid(const char *text)
{
	static const char PATTERN[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	for (size_t i = 0; i < sizeof PATTERN - 1; i++) {
		/* Also false at the end of a shorter TEXT. */
		if (PATTERN[i] == '-' ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	return text[sizeof PATTERN - 1] == '\0';
}

void uuid_lower(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}
