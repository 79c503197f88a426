/* gc.restart: one argv, without a shell, that empties the cache in the registry's memory. */
#include "init/setup.h"

#include "util/proc.h"
#include "util/xalloc.h"

#include <string.h>
#include <unistd.h>

#define ASK_SECONDS 20

static void add(struct setup *setup, const char *word)
{
	string_list_add(&setup->restart, xstrdup(word));
}

static void add_prefix(struct setup *setup)
{
	for (size_t i = 0; i < setup->target.prefix.count; i++)
		add(setup, setup->target.prefix.items[i]);
}

static void add_words(struct setup *setup, const char *const *words)
{
	for (; *words; words++)
		add(setup, *words);
}

/* The files of the project, in their order; false when one of them is not there. */
static bool split_files(const struct engine_container *container, struct string_list *out)
{
	CLEANUP(free_p) char *files = xstrdup(container->compose_files);
	char *rest = NULL;

	for (char *file = strtok_r(files, ",", &rest); file; file = strtok_r(NULL, ",", &rest)) {
		string_list_add(out, xstrdup(file));
		if (*file != '/' || access(file, R_OK) != 0)
			return false;
	}
	return out->count > 0;
}

static bool has_compose(const struct setup *setup)
{
	const char *const words[] = { "compose", "version", NULL };
	CLEANUP(proc_answer_clear) struct proc_answer answer = { 0 };
	struct err ignored;

	return setup->target.kind != ENGINE_PODMAN &&
	       engine_ask(&setup->target, words, ASK_SECONDS, &answer, &ignored) == 0;
}

/* False: the labels do not tell all of it, or there is no Compose here. */
static bool restart_service(struct setup *setup)
{
	const struct engine_container *container = &setup->container;
	CLEANUP(string_list_clear) struct string_list files = { 0 };

	if (!*container->compose_service || !*container->compose_project ||
	    !split_files(container, &files) || !has_compose(setup))
		return false;
	add_prefix(setup);
	add_words(setup, (const char *const[]){ "compose", "--project-name",
						container->compose_project, NULL });
	if (*container->compose_folder)
		add_words(setup, (const char *const[]){ "--project-directory",
							container->compose_folder, NULL });
	for (size_t i = 0; i < files.count; i++)
		add_words(setup, (const char *const[]){ "-f", files.items[i], NULL });
	add_words(setup, (const char *const[]){ "restart", container->compose_service, NULL });
	return true;
}

static void restart_container(struct setup *setup)
{
	if (restart_service(setup))
		return;
	add_prefix(setup);
	add_words(setup, (const char *const[]){ "restart", "{container}", NULL });
}

/* A pod that was started alone comes back from nothing. */
static void restart_pods(struct setup *setup)
{
	const char *kind = setup->target.container;

	if (!strchr(kind, '/') || strncmp(kind, "pod/", 4) == 0 || strncmp(kind, "po/", 3) == 0) {
		notes_add(&setup->notes,
			  "gc.restart: a single pod cannot be restarted; name what made it "
			  "(--kubectl NAMESPACE/deploy/NAME)");
		return;
	}
	add_prefix(setup);
	add_words(setup,
		  (const char *const[]){ "rollout", "restart", setup->target.container, NULL });
	notes_add(&setup->notes,
		  "gc.restart: `kubectl rollout restart` returns before the new pods "
		  "answer, and the old ones answer meanwhile; "
		  "docs/kubernetes.md says what that means");
}

static void restart_unit(struct setup *setup)
{
	if (*setup->unit && access("/run/systemd/system", F_OK) == 0)
		add_words(setup,
			  (const char *const[]){ "systemctl", "restart", setup->unit, NULL });
	else
		notes_add(&setup->notes,
			  "gc.restart: no service of systemd runs it, so nobody knows here how it "
			  "is restarted; put the command there");
}

void init_restart(struct setup *setup)
{
	const struct server_config *server = &setup->server;

	if (server->cache == CONFIG_NO)
		return;
	if (server->cache_lasts) {
		notes_add(&setup->notes, "gc.restart: its cache is in redis, which no restart "
					 "empties; put a command there that flushes it");
		return;
	}
	if (setup->kind == SETUP_CONTAINER)
		restart_container(setup);
	else if (setup->kind == SETUP_CLUSTER)
		restart_pods(setup);
	else
		restart_unit(setup);
}
