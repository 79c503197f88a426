/* Which containers are registries. */
#include "engine/engine.h"
#include "util/proc.h"
#include "util/text.h"
#include "util/xalloc.h"

#include <string.h>

#define LIST_SECONDS 20

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_registry_name(const char *name, size_t length)
{
	static const char *const NAMES[] = { "registry", "distribution", "docker-registry",
					     "docker-distribution" };

	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
		if (strlen(NAMES[i]) == length && strncmp(NAMES[i], name, length) == 0)
			return true;
	return false;
}

/* Its last part, without tag and digest. */
bool engine_is_registry_image(const char *image)
{
	CLEANUP(free_p) char *without_digest = xstrndup(image, strcspn(image, "@"));
	const char *name = base_name(without_digest);

	return is_registry_name(name, strcspn(name, ":"));
}

static bool serves(const struct engine_container *container)
{
	char *const *words = container->argv.items;

	for (size_t i = 0; i + 1 < container->argv.count; i++) {
		const char *name = base_name(words[i]);

		if (is_registry_name(name, strlen(name)) && strcmp(words[i + 1], "serve") == 0)
			return true;
	}
	return false;
}

static bool has_config_file(const struct engine_container *container)
{
	for (size_t i = 0; i < container->argv.count; i++)
		if (text_ends(container->argv.items[i], ".yml") ||
		    text_ends(container->argv.items[i], ".yaml"))
			return true;
	return false;
}

bool engine_is_registry(const struct engine_container *container)
{
	return serves(container) ||
	       (engine_is_registry_image(container->image) &&
		(container->exposed_port == 5000 || has_config_file(container)));
}

const char *engine_variable(const struct engine_container *container, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < container->environment.count; i++) {
		const char *line = container->environment.items[i];

		if (strncmp(line, name, length) == 0 && line[length] == '=')
			return line + length + 1;
	}
	return NULL;
}

static bool lies_in(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	while (length > 0 && folder[length - 1] == '/')
		length--;
	return *folder == '/' && strncmp(path, folder, length) == 0 &&
	       (path[length] == '/' || path[length] == '\0');
}

const struct engine_mount *engine_mount_of(const struct engine_container *container,
					   const char *path)
{
	const struct engine_mount *found = NULL;

	for (size_t i = 0; i < container->mount_count; i++) {
		const struct engine_mount *mount = &container->mounts[i];

		if (lies_in(path, mount->destination) &&
		    (!found || strlen(mount->destination) > strlen(found->destination)))
			found = mount;
	}
	return found;
}

/* Takes CONTAINER over if it is a registry. */
static void keep_registry(struct engine_container *container, struct engine_containers *found)
{
	if (!container->running || !engine_is_registry(container)) {
		engine_container_clear(container);
		return;
	}
	found->items = xreallocarray(found->items, found->count + 1, sizeof *found->items);
	found->items[found->count++] = *container;
}

int engine_list(const struct engine_target *target, const char *filter, struct string_list *ids,
		struct err *err)
{
	const char *const words[] = { "ps",   "--quiet", "--no-trunc", filter ? "--filter" : NULL,
				      filter, NULL };
	CLEANUP(proc_answer_clear) struct proc_answer answer = { 0 };
	char *rest = NULL;

	if (engine_ask(target, words, LIST_SECONDS, &answer, err) < 0)
		return -1;
	if (answer.out.length == 0)
		return 0;
	for (char *id = strtok_r(answer.out.data, "\r\n", &rest); id;
	     id = strtok_r(NULL, "\r\n", &rest))
		string_list_add(ids, xstrdup(id));
	return 0;
}

int engine_find_registries(const struct engine_target *target, struct engine_containers *found,
			   struct err *err)
{
	CLEANUP(string_list_clear) struct string_list ids = { 0 };

	*found = (struct engine_containers){ 0 };
	if (engine_list(target, NULL, &ids, err) < 0)
		return -1;
	for (size_t i = 0; i < ids.count; i++) {
		struct engine_container container = { 0 };
		struct err ignored;

		/* One may be gone by now. */
		if (engine_inspect(target, ids.items[i], &container, &ignored) < 0)
			engine_container_clear(&container);
		else
			keep_registry(&container, found);
	}
	return 0;
}

void engine_containers_clear(struct engine_containers *containers)
{
	for (size_t i = 0; i < containers->count; i++)
		engine_container_clear(&containers->items[i]);
	free(containers->items);
	*containers = (struct engine_containers){ 0 };
}
