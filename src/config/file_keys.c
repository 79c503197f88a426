/* Files that keys name: what is written must be none of them. */
#include "config/config.h"
#include "config/keys.h"
#include "config/value.h"

#include <string.h>
#include <sys/stat.h>

static bool names(const struct config_key *key, const void *base, const struct stat *file)
{
	const char *path = NULL;
	struct stat found;

	if (key->type != CONFIG_STRING ||
	    (key->rule != RULE_PATH && key->rule != RULE_PATH_OR_NONE &&
	     key->rule != RULE_PATH_OR_DEFAULT))
		return false;
	memcpy(&path, (const char *)base + key->offset, sizeof path);
	return path && *path == '/' && stat(path, &found) == 0 && found.st_dev == file->st_dev &&
	       found.st_ino == file->st_ino;
}

static const char *find_in_group(const struct config_key *key, const struct config *config,
				 const struct stat *file)
{
	const struct config_group *group = key->group;
	struct {
		const char *items;
		size_t count;
	} list;

	memcpy(&list, (const char *)config + key->offset, sizeof list);
	for (size_t i = 0; i < list.count; i++) {
		for (size_t k = 0; k < group->key_count; k++) {
			if (names(&group->keys[k], list.items + i * group->item_size, file))
				return group->keys[k].path;
		}
	}
	return NULL;
}

const char *config_key_of_file(const struct config *config, const struct stat *file,
			       const char *apart_from)
{
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		const struct config_key *key = &CONFIG_KEYS[i];
		const char *found = NULL;

		if (strncmp(key->path, apart_from, strlen(apart_from)) == 0)
			continue;
		if (key->type == CONFIG_GROUP)
			found = find_in_group(key, config, file);
		else if (names(key, config, file))
			found = key->path;
		/* That is a path inside the container. */
		if (found &&
		    !(strcmp(found, "paths.config") == 0 && config->registry.exec.count > 0))
			return found;
	}
	return NULL;
}
