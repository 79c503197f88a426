/* Words for the engine, and what its words mean. No I/O. */
#include "gc/offline.h"

#include "config/config.h"
#include "util/buf.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <string.h>

#define LOG_LEVEL   "REGISTRY_LOG_LEVEL="
#define ASK_SUFFIX  "-ask"
#define NAME_LETTER "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

void offline_init(const struct config *config, const char *registry, const char *name,
		  const char *owner, struct offline *out)
{
	*out = (struct offline){ .name = xstrdup(name), .owner = xstrdup(owner) };
	engine_target_read((const char *const *)config->registry.exec.items, &out->target);
	out->registry = xstrdup(*registry ? registry : out->target.container);
	/* What is asked of the engine is about that one, whatever has its name by then. */
	free(out->target.container);
	out->target.container = xstrdup(out->registry);
}

void offline_clear(struct offline *offline)
{
	engine_target_clear(&offline->target);
	free(offline->registry);
	free(offline->name);
	free(offline->owner);
	*offline = (struct offline){ 0 };
}

int offline_may_stop(const struct engine_container *container, struct err *err)
{
	if (!container->running || container->restarting)
		return err_set(err, ERR_COLLECTOR,
			       "gc.method: container %s does not run, so it is not this program "
			       "that may start it: start it, or see why it does not run",
			       container->name);
	if (container->paused)
		return err_set(err, ERR_COLLECTOR, "gc.method: container %s is paused: unpause it",
			       container->name);
	if (container->auto_remove)
		return err_set(err, ERR_COLLECTOR,
			       "gc.method: container %s was made with --rm: it would be removed "
			       "when it is stopped, so it is not stopped; make it without --rm, or "
			       "set gc.method to \"registry\"",
			       container->name);
	if (!*container->image_id)
		return err_set(err, ERR_COLLECTOR,
			       "gc.method: the engine does not tell the image of container %s",
			       container->name);
	return 0;
}

static bool is_plain(const char *variable)
{
	size_t name = strspn(variable, NAME_LETTER);

	return name > 0 && variable[name] == '=' && !strpbrk(variable, "\r\n");
}

void offline_split_environment(const struct engine_container *container, struct buf *out,
			       struct string_list *names)
{
	for (size_t i = 0; i < container->environment.count; i++) {
		const char *variable = container->environment.items[i];

		if (is_plain(variable))
			buf_format(out, "%s\n", variable);
		else if (*variable != '=' && strchr(variable, '='))
			string_list_add(names, xstrndup(variable, strcspn(variable, "=")));
	}
}

bool offline_same_environment(const struct engine_container *one,
			      const struct engine_container *other, const char **missing)
{
	for (size_t i = 0; i < one->environment.count; i++) {
		const char *variable = one->environment.items[i];
		bool found = false;

		if (strncmp(variable, "REGISTRY_", 9) != 0 ||
		    strncmp(variable, LOG_LEVEL, strlen(LOG_LEVEL)) == 0)
			continue;
		for (size_t k = 0; k < other->environment.count && !found; k++)
			found = strcmp(other->environment.items[k], variable) == 0;
		*missing = variable;
		if (!found)
			return false;
	}
	return true;
}

static void add(struct string_list *out, const char *word)
{
	string_list_add(out, xstrdup(word));
}

static void add_two(struct string_list *out, const char *option, const char *value)
{
	add(out, option);
	add(out, value);
}

static void add_prefix(const struct offline *offline, struct string_list *out)
{
	for (size_t i = 0; i < offline->target.prefix.count; i++)
		add(out, offline->target.prefix.items[i]);
}

static char *name_of(const struct offline *offline, bool asks)
{
	return xasprintf("%s%s", offline->name, asks ? ASK_SUFFIX : "");
}

void offline_create_words(const struct offline *offline, const struct config *config,
			  const struct engine_container *container, bool asks, const char *env_file,
			  const struct string_list *names, struct string_list *out)
{
	add_prefix(offline, out);
	add_two(out, "create", "--name");
	string_list_add(out, name_of(offline, asks));
	add(out, "--label");
	string_list_add(out, xasprintf(OFFLINE_COLLECTS "=%s", container->id));
	add(out, "--label");
	string_list_add(out, xasprintf(OFFLINE_OWNER "=%s", offline->owner));
	add_two(out, "--volumes-from", container->id);
	add_two(out, "--network", "none");
	add_two(out, "--env-file", env_file);
	for (size_t i = 0; i < names->count; i++)
		add_two(out, "-e", names->items[i]);
	add_two(out, "-e", LOG_LEVEL "warn");
	if (*container->user)
		add_two(out, "--user", container->user);
	add_two(out, "--entrypoint", config->registry.program);
	add_two(out, container->image_id, "garbage-collect");
	if (asks)
		add(out, "--dry-run");
	add(out, config->paths.config);
}

void offline_run_words(const struct offline *offline, bool asks, struct string_list *out)
{
	add_prefix(offline, out);
	add_two(out, "start", "-a");
	/* docker passes signals on to it, and cannot be told not to. */
	if (offline->target.kind == ENGINE_PODMAN)
		add(out, "--sig-proxy=false");
	string_list_add(out, name_of(offline, asks));
}

/* Docker's words, then podman's. What is not known here may be at work. */
static enum offline_state state_of(const char *word)
{
	static const struct {
		const char *word;
		enum offline_state state;
	} WORDS[] = { { "created", OFFLINE_MADE },     { "exited", OFFLINE_ENDED },
		      { "dead", OFFLINE_ENDED },       { "configured", OFFLINE_MADE },
		      { "initialized", OFFLINE_MADE }, { "stopped", OFFLINE_ENDED } };

	for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
		if (strcmp(word, WORDS[i].word) == 0)
			return WORDS[i].state;
	return OFFLINE_AT_WORK;
}

bool offline_read(const char *line, struct offline_container *out)
{
	CLEANUP(free_p) char *text = xstrndup(line, strcspn(line, "\r\n"));
	char *rest = text;
	const char *name = strsep(&rest, " "), *status = strsep(&rest, " ");
	const char *code = rest ? strsep(&rest, " ") : "";
	uint64_t number = 0;

	if (!rest || !*name || !units_parse_u64(code, &number) || number > 255)
		return false;
	*out = (struct offline_container){ .name = xstrdup(name + (*name == '/')),
					   .owner = xstrdup(rest),
					   .state = state_of(status),
					   .status = (int)number };
	return true;
}

void offline_containers_clear(struct offline_containers *containers)
{
	for (size_t i = 0; i < containers->count; i++) {
		free(containers->items[i].name);
		free(containers->items[i].owner);
	}
	free(containers->items);
	*containers = (struct offline_containers){ 0 };
}

bool offline_is_own(const struct offline *offline, const struct offline_container *container)
{
	size_t length = strlen(offline->name);
	const char *rest;

	if (strcmp(container->owner, offline->owner) == 0)
		return true;
	if (length == 0 || strncmp(container->name, offline->name, length) != 0)
		return false;
	rest = container->name + length;
	return !*rest || strcmp(rest, ASK_SUFFIX) == 0;
}

bool offline_asks(const struct offline_container *container)
{
	size_t length = strlen(container->name), suffix = strlen(ASK_SUFFIX);

	return length > suffix && strcmp(container->name + length - suffix, ASK_SUFFIX) == 0;
}
