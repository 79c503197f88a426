/* Puts argv arrays together. */
#include "registry/exec.h"

#include "util/xalloc.h"

#include <string.h>

static size_t count_words(const char *const *words)
{
	size_t count = 0;

	while (words && words[count])
		count++;
	return count;
}

const char **exec_join(const char *const *exec, const char *const *words)
{
	size_t before = count_words(exec), after = count_words(words);
	const char **argv = xcalloc(before + after + 1, sizeof *argv);

	if (before)
		memcpy(argv, exec, before * sizeof *argv);
	if (after)
		memcpy(argv + before, words, after * sizeof *argv);
	return argv;
}
