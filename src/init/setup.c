/* The memory of what is found out, and questions in the registry's place. */
#include "init/setup.h"

#include "registry/exec.h"
#include "util/arena.h"
#include "util/proc.h"
#include "util/xalloc.h"

#include <string.h>

#define LIMIT       ((size_t)1 << 20)
#define ASK_SECONDS 20

void setup_init(struct setup *setup)
{
	*setup = (struct setup){ .texts = arena_new(),
				 .environment = "",
				 .unit = "",
				 .service_url = "",
				 .title = "",
				 .url = "",
				 .program = "",
				 .config = "",
				 .storage = "",
				 .host_storage = "",
				 .container_name = "" };
}

void setup_clear(struct setup *setup)
{
	engine_target_clear(&setup->target);
	engine_container_clear(&setup->container);
	string_list_clear(&setup->argv);
	string_list_clear(&setup->exec);
	string_list_clear(&setup->restart);
	notes_clear(&setup->notes);
	arena_free(setup->texts);
	*setup = (struct setup){ 0 };
}

const char *setup_text(struct setup *setup, const char *text)
{
	return arena_string(setup->texts, text, strlen(text));
}

static const char *put_container(const struct setup *setup, const char *word)
{
	return strcmp(word, "{container}") == 0 ? setup->container_name : word;
}

const char **setup_command(const struct setup *setup, const char *const *words)
{
	CLEANUP(free_p) const char **exec = xcalloc(setup->exec.count + 1, sizeof *exec);

	for (size_t i = 0; i < setup->exec.count; i++)
		exec[i] = put_container(setup, setup->exec.items[i]);
	return exec_join(exec, words);
}

char *setup_ask(const struct setup *setup, const char *const *words, size_t *size)
{
	CLEANUP(free_p) const char **argv = setup_command(setup, words);
	CLEANUP(proc_answer_clear) struct proc_answer answer = { 0 };
	struct err ignored;
	char *text;

	if (proc_ask(argv, ASK_SECONDS, LIMIT, &answer, &ignored) < 0 || !proc_succeeded(&answer) ||
	    answer.out.length >= LIMIT)
		return NULL;
	text = xcalloc(answer.out.length + 1, 1);
	if (answer.out.length > 0)
		memcpy(text, answer.out.data, answer.out.length);
	if (size)
		*size = answer.out.length;
	return text;
}
