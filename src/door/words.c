/* `ENGINE [OPTIONS] exec [OPTIONS] CONTAINER`: ours go right behind the verb, and those that the
 * operator wrote go before them. */
#include "door/words.h"

#include "config/config.h"
#include "engine/engine.h"
#include "registry/exec.h"
#include "util/xalloc.h"

#include <string.h>

const char **door_serve_words(const struct config *config, const struct engine_target *target,
			      const char *const *names)
{
	const char *const serve[] = { config->registry.program, "serve", config->paths.config,
				      NULL };
	const char *const *exec = (const char *const *)config->registry.exec.items;
	size_t verb = target->prefix.count, given = 0, filled = 1;
	CLEANUP(free_p) const char **options = NULL;
	CLEANUP(free_p) const char **head = NULL;
	CLEANUP(free_p) const char **call = NULL;
	CLEANUP(free_p) const char **rest = NULL;

	if (target->kind == ENGINE_HOST)
		return exec_join(NULL, serve);
	while (names[given])
		given++;
	options = xcalloc(2 * given + 2, sizeof *options);
	options[0] = "-i";
	for (size_t i = 0; i < given; i++) {
		options[filled++] = "-e";
		options[filled++] = names[i];
	}
	head = xcalloc(verb + 2, sizeof *head);
	memcpy(head, exec, (verb + 1) * sizeof *head);
	call = exec_join(head, options);
	rest = exec_join(exec + verb + 1, serve);
	return exec_join(call, rest);
}
