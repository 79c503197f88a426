/* Which registry is meant: the named one, or the only one that runs. */
#include "init/setup.h"

#include "cli/options.h"
#include "util/arena.h"
#include "util/text.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const ENGINES[] = { "docker", "podman", "nerdctl" };
#define ENGINE_COUNT (sizeof ENGINES / sizeof *ENGINES)

struct candidate {
	const char *engine;
	struct engine_container container;
};
struct candidates {
	struct candidate *items;
	size_t count;
};

static void candidates_clear(struct candidates *candidates)
{
	for (size_t i = 0; i < candidates->count; i++)
		engine_container_clear(&candidates->items[i].container);
	free(candidates->items);
	*candidates = (struct candidates){ 0 };
}

/* `docker` may be another name of podman: what is there already is not taken again. */
static void add_candidate(const char *engine, struct engine_container *container,
			  struct candidates *out)
{
	for (size_t i = 0; i < out->count; i++) {
		if (strcmp(out->items[i].container.id, container->id) != 0)
			continue;
		engine_container_clear(container);
		return;
	}
	out->items = xreallocarray(out->items, out->count + 1, sizeof *out->items);
	out->items[out->count++] = (struct candidate){ engine, *container };
}

static bool is_installed(const char *program)
{
	const char *path = getenv("PATH");
	CLEANUP(free_p) char *folders = xstrdup(path ? path : "");
	char *rest = NULL;

	for (char *folder = strtok_r(folders, ":", &rest); folder;
	     folder = strtok_r(NULL, ":", &rest)) {
		CLEANUP(free_p) char *file = xasprintf("%s/%s", folder, program);

		if (access(file, X_OK) == 0)
			return true;
	}
	return false;
}

/* cron has no DOCKER_HOST: the engine that it names now has to be named in the file. */
static void make_exec(const char *engine, const char *container, struct string_list *out)
{
	const char *host = getenv("DOCKER_HOST");

	string_list_add(out, xstrdup(engine));
	if (strcmp(engine, "docker") == 0 && host && *host) {
		string_list_add(out, xstrdup("-H"));
		string_list_add(out, xstrdup(host));
	}
	string_list_add(out, xstrdup("exec"));
	string_list_add(out, xstrdup(container));
}

static void make_target(const char *engine, const char *container, struct engine_target *out)
{
	CLEANUP(string_list_clear) struct string_list exec = { 0 };

	make_exec(engine, container, &exec);
	engine_target_read((const char *const *)exec.items, out);
}

/* The engines to be asked: the named one, or all that are installed. */
static size_t choose_engines(const struct options *options, const char **out)
{
	size_t count = 0;

	for (size_t i = 0; i < ENGINE_COUNT; i++)
		if (options->engine ? strcmp(options->engine, ENGINES[i]) == 0
				    : is_installed(ENGINES[i]))
			out[count++] = ENGINES[i];
	return count;
}

/* Adds what one engine could not answer to what others could not. */
static void add_failure(struct err *all, const struct err *err)
{
	size_t length = all->kind == ERR_NONE ? 0 : strlen(all->msg);

	snprintf(all->msg + length, sizeof all->msg - length, "%s%s", length ? "; " : "", err->msg);
	all->kind = ERR_USAGE;
}

/* What an engine answers to "which containers". -1: it did not. */
typedef int (*question)(const struct engine_target *target, const char *name, const char *engine,
			struct candidates *out, struct err *err);

static int ask_for_container(const struct engine_target *target, const char *name,
			     const char *engine, struct candidates *out, struct err *err)
{
	struct engine_container container;

	if (engine_inspect(target, name, &container, err) < 0) {
		engine_container_clear(&container);
		return -1;
	}
	add_candidate(engine, &container, out);
	return 0;
}

static int ask_for_service(const struct engine_target *target, const char *name, const char *engine,
			   struct candidates *out, struct err *err)
{
	CLEANUP(free_p) char *filter = xasprintf("label=com.docker.compose.service=%s", name);
	CLEANUP(string_list_clear) struct string_list ids = { 0 };

	if (engine_list(target, filter, &ids, err) < 0)
		return -1;
	for (size_t i = 0; i < ids.count; i++)
		if (ask_for_container(target, ids.items[i], engine, out, err) < 0)
			return -1;
	return 0;
}

static int ask_for_all(const struct engine_target *target, const char *name, const char *engine,
		       struct candidates *out, struct err *err)
{
	struct engine_containers found;
	int result = engine_find_registries(target, &found, err);

	(void)name;
	for (size_t i = 0; i < found.count; i++) {
		add_candidate(engine, &found.items[i], out);
		found.items[i] = (struct engine_container){ 0 };
	}
	engine_containers_clear(&found);
	return result;
}

/* FAILED: what the engines could not answer. -1: there is no engine. */
static int ask_engines(const struct options *options, question ask, const char *name,
		       struct candidates *out, struct err *failed)
{
	const char *engines[ENGINE_COUNT];
	size_t count = choose_engines(options, engines);

	*failed = (struct err){ 0 };
	for (size_t i = 0; i < count; i++) {
		CLEANUP(engine_target_clear) struct engine_target target;
		struct err err = { 0 };

		make_target(engines[i], "none", &target);
		if (ask(&target, name, engines[i], out, &err) < 0)
			add_failure(failed, &err);
	}
	if (count > 0)
		return 0;
	return err_set(failed, ERR_USAGE,
		       "no container engine is installed (docker, podman, nerdctl)");
}

static void tell(const struct candidates *candidates)
{
	for (size_t i = 0; i < candidates->count; i++) {
		const struct engine_container *container = &candidates->items[i].container;

		printf("found a registry: --container %s --engine %s   (image %s)\n",
		       container->name, candidates->items[i].engine, container->image);
	}
}

/* What it tells of addresses and folders is so on its own host. */
static bool is_elsewhere(const char *engine)
{
	const char *host = getenv("DOCKER_HOST");

	return strcmp(engine, "docker") == 0 && host && *host && !text_begins(host, "unix://") &&
	       !text_begins(host, "/");
}

static int take(struct candidate *candidate, struct setup *setup, struct err *err)
{
	struct engine_container *container = &candidate->container;

	if (!container->running || container->paused || container->restarting)
		return err_set(err, ERR_USAGE,
			       "%s: container %s is not running: start it, so that it can be asked",
			       candidate->engine, container->name);
	setup->kind = SETUP_CONTAINER;
	setup->elsewhere = is_elsewhere(candidate->engine);
	setup->container = *container;
	*container = (struct engine_container){ 0 };
	container = &setup->container;
	setup->container_name = setup_text(setup, container->name);
	make_exec(candidate->engine, "{container}", &setup->exec);
	make_target(candidate->engine, container->name, &setup->target);
	setup->title = arena_format(setup->texts, "container %s of %s (image %s)", container->name,
				    candidate->engine, container->image);
	return 0;
}

/* The one container that WHAT names. */
static int find_named(const struct options *options, question ask, const char *name,
		      const char *what, struct setup *setup, struct err *err)
{
	CLEANUP(candidates_clear) struct candidates found = { 0 };
	struct err failed;

	if (ask_engines(options, ask, name, &found, &failed) < 0 ||
	    (found.count == 0 && failed.kind != ERR_NONE)) {
		*err = failed;
		return -1;
	}
	if (found.count == 0)
		return err_set(err, ERR_USAGE, "%s %s: no running container is one of it", what,
			       name);
	if (found.count == 1)
		return take(&found.items[0], setup, err);
	tell(&found);
	return err_set(err, ERR_USAGE,
		       "%s %s: there are %zu of it; name one with --container"
		       " and --engine",
		       what, name, found.count);
}

static void use_this_host(struct setup *setup, const char *config)
{
	setup->kind = SETUP_HOST;
	if (config)
		setup->config = setup_text(setup, config);
	setup->title = arena_format(setup->texts, "the registry of this host that serves %s",
				    setup->config);
}

static int find_on_host(const char *path, struct setup *setup, struct err *err)
{
	CLEANUP(free_p) char *real = realpath(path, NULL);
	size_t count;

	if (!real || access(real, R_OK) != 0)
		return err_set(err, ERR_USAGE, "--host: %s: %s", path, strerror(errno));
	count = init_find_process(real, setup);
	if (count > 1)
		notes_add(&setup->notes,
			  "%zu processes of this host serve %s: what is said of the program and "
			  "its variables is of the first of them",
			  count, real);
	if (count == 0)
		notes_add(&setup->notes,
			  "no process that serves %s was found on this host, so the file alone was "
			  "read, without variables REGISTRY_*",
			  real);
	use_this_host(setup, real);
	return 0;
}

static int find_any(const struct options *options, struct setup *setup, struct err *err)
{
	CLEANUP(candidates_clear) struct candidates found = { 0 };
	struct err failed;
	size_t processes;

	if (ask_engines(options, ask_for_all, NULL, &found, &failed) < 0 && options->engine) {
		*err = failed;
		return -1;
	}
	processes = options->engine ? 0 : init_find_process(NULL, setup);
	if (failed.kind != ERR_NONE)
		notes_add(&setup->notes, "not every engine could be asked: %s", failed.msg);
	if (found.count == 1 && processes == 0)
		return take(&found.items[0], setup, err);
	if (found.count == 0 && processes == 1) {
		use_this_host(setup, NULL);
		return 0;
	}
	tell(&found);
	if (processes > 0)
		printf("found %zu of this host: --host CONFIG.YML, such as %s\n", processes,
		       setup->config);
	if (found.count + processes > 0)
		return err_set(err, ERR_USAGE, "there are several registries: name the one");
	return err_set(err, ERR_USAGE,
		       "no registry was found running%s%s; name it with --container, --compose, "
		       "--kubectl or --host",
		       failed.kind != ERR_NONE ? ": " : "",
		       failed.kind != ERR_NONE ? failed.msg : "");
}

int init_find(const struct options *options, struct setup *setup, struct err *err)
{
	int named =
		!!options->container + !!options->compose + !!options->kubectl + !!options->host;

	if (named > 1)
		return err_set(err, ERR_USAGE,
			       "--container, --compose, --kubectl, --host: only one of them");
	if (options->engine && (options->kubectl || options->host))
		return err_set(err, ERR_USAGE,
			       "--engine: not with --kubectl or --host, which have no engine");
	if (options->container)
		return find_named(options, ask_for_container, options->container, "--container",
				  setup, err);
	if (options->compose)
		return find_named(options, ask_for_service, options->compose, "--compose", setup,
				  err);
	if (options->kubectl)
		return init_find_in_cluster(options->kubectl, setup, err);
	return options->host ? find_on_host(options->host, setup, err)
			     : find_any(options, setup, err);
}
