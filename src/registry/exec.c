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

bool exec_is_engine(const char *const *exec)
{
	static const char *const ENGINES[] = { "docker", "podman", "nerdctl" };
	const char *name;

	if (count_words(exec) < 2 || strcmp(exec[1], "exec") != 0)
		return false;
	name = strrchr(exec[0], '/') ? strrchr(exec[0], '/') + 1 : exec[0];
	for (size_t i = 0; i < sizeof ENGINES / sizeof *ENGINES; i++) {
		if (strcmp(name, ENGINES[i]) == 0)
			return true;
	}
	return false;
}
