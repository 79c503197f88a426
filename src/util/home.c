/* HOME counts only where it is an absolute path. */
#include "util/home.h"

#include <pwd.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

const char *home_folder(void)
{
	const char *home = getenv("HOME");
	const struct passwd *user;

	if (home && *home == '/')
		return home;
	user = getpwuid(geteuid());
	return user && *user->pw_dir == '/' ? user->pw_dir : NULL;
}
