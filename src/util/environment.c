/* Overwrites before it removes. */
#include "util/environment.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void environment_forget(const char *variable)
{
	size_t length = strlen(variable);

	/* The initial environment stays readable in /proc/self/environ. */
	for (char **at = environ; at && *at; at++) {
		if (strncmp(*at, variable, length) == 0 && (*at)[length] == '=')
			explicit_bzero(*at + length + 1, strlen(*at + length + 1));
	}
	unsetenv(variable);
}
