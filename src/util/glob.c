/* Globs over names of repositories. */
#include "util/glob.h"

#include "util/xalloc.h"

#include <string.h>

/* A component "**" with the slash behind it: it matches nothing or whole folders. */
static bool is_any_folders(const char *glob, size_t at)
{
	return strncmp(glob + at, "**/", 3) == 0 && (at == 0 || glob[at - 1] == '/');
}

/* Adds to REACHED, where REACHED[i] says that the first i characters of GLOB match what was read,
 * what is reached without reading more. AT_FOLDER: a component of the name begins here. */
static void skip_stars(const char *glob, bool *reached, bool at_folder)
{
	for (size_t i = 0; glob[i]; i++) {
		if (!reached[i])
			continue;
		if (glob[i] == '*')
			reached[i + 1] = true;
		if (at_folder && is_any_folders(glob, i))
			reached[i + 3] = true;
	}
}

/* Whether the piece at glob[AT] may take LETTER and stay where it is: a star. The second of two
 * stars is as strong as the first, wherever the match came in. */
static bool star_takes(const char *glob, size_t at, char letter)
{
	bool pair = glob[at] == '*' && (glob[at + 1] == '*' || (at > 0 && glob[at - 1] == '*'));

	return glob[at] == '*' && (pair || letter != '/');
}

/* All ways to match are followed at once, so the work is never more than GLOB times NAME. */
bool glob_matches(const char *glob, const char *name)
{
	size_t length = strlen(glob);
	CLEANUP(free_p) bool *reached = xcalloc(length + 1, sizeof *reached);

	reached[0] = true;
	skip_stars(glob, reached, true);
	for (; *name; name++) {
		for (size_t i = length + 1; i-- > 0;) {
			bool stays = reached[i] && star_takes(glob, i, *name);
			bool enters =
				i > 0 && reached[i - 1] && glob[i - 1] != '*' &&
				(glob[i - 1] == *name || (glob[i - 1] == '?' && *name != '/'));

			reached[i] = stays || enters;
		}
		skip_stars(glob, reached, *name == '/');
	}
	return reached[length];
}
