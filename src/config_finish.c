/* Rules between keys: the container and who mentions it, defaults that depend on the user, and
 * settings that do nothing. */
#include "config_finish.h"

#include "config.h"
#include "config_value.h"
#include "util/buf.h"
#include "util/xalloc.h"

#include <pwd.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define CONTAINER "{container}"
#define LOWER     "abcdefghijklmnopqrstuvwxyz"
#define UPPER     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS    "0123456789"

static const char *home_folder(void)
{
	const char *home = getenv("HOME");
	const struct passwd *user;

	if (home && *home == '/')
		return home;
	user = getpwuid(geteuid());
	return user && *user->pw_dir == '/' ? user->pw_dir : NULL;
}

void config_finish_state(struct config *config, struct config_notes *faults)
{
	const char *folder = getenv("XDG_STATE_HOME");
	const char *home = home_folder();

	if (geteuid() == 0)
		return;
	free(config->paths.state);
	config->paths.state = NULL;
	/* A relative XDG_STATE_HOME is to be ignored, says its specification. */
	if (folder && *folder == '/')
		config->paths.state = xasprintf("%s/clean-registry", folder);
	else if (home)
		config->paths.state = xasprintf("%s/.local/state/clean-registry", home);
	else
		config_note(faults, "paths.state: required, because this user has no home folder");
}

static bool mentions_container(const struct string_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strstr(list->items[i], CONTAINER))
			return true;
	}
	return false;
}

static void put_container(struct string_list *list, const char *container)
{
	for (size_t i = 0; i < list->count; i++) {
		struct buf text = { 0 };
		const char *from = list->items[i], *found;

		while ((found = strstr(from, CONTAINER))) {
			buf_add(&text, from, (size_t)(found - from));
			buf_text(&text, container);
			from = found + strlen(CONTAINER);
		}
		buf_text(&text, from);
		free(list->items[i]);
		list->items[i] = xstrdup(buf_string(&text));
		buf_free(&text);
	}
}

void config_finish_container(struct config *config, struct config_notes *faults)
{
	const char *container = config->registry.container;
	const char *who = mentions_container(&config->registry.exec) ? "registry.exec"
			  : mentions_container(&config->gc.restart)  ? "gc.restart"
								     : NULL;

	if (!who || !container)
		return;
	if (!*container) {
		config_note(faults, "registry.container: required, because %s mentions " CONTAINER,
			    who);
		return;
	}
	put_container(&config->registry.exec, container);
	put_container(&config->gc.restart, container);
}

void config_finish_storage(const struct config *config, struct config_notes *faults)
{
	const char *path = config->paths.host_storage;

	/* One that is at fault is missing, and was told already. */
	if (!path || *path)
		return;
	if (config->inventory.source == SOURCE_STORAGE)
		config_note(faults, "paths.host_storage: required, because inventory.source is "
				    "\"storage\"");
	else if (config->gc.quiet_minutes > 0)
		config_note(faults, "paths.host_storage: required, because gc.quiet_minutes looks "
				    "for uploads there");
}

/* A protection that never takes effect is worth a word before something is deleted. */
static void warn_useless(const struct string_list *list, const char *path, const char *letters,
			 const char *why, struct config_notes *warnings)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i][strspn(list->items[i], letters)] != '\0')
			config_note(warnings, "%s[%zu]: protects nothing: %s", path, i, why);
	}
}

void config_finish_warn(const struct config *config, struct config_notes *warnings)
{
	if (*config->registry.password && !*config->registry.user)
		config_note(warnings,
			    "registry.password: not used, because registry.user is empty");
	if ((config->cleanup.age_from != AGE_CREATED ||
	     config->cleanup.unknown_age == UNKNOWN_PUSHED) &&
	    (!*config->paths.host_storage || config->inventory.source == SOURCE_API))
		config_note(warnings,
			    "cleanup.%s: when tags were pushed is known from paths.host_storage "
			    "only, not from the API: tags that need it stay",
			    config->cleanup.age_from != AGE_CREATED ? "age_from" : "unknown_age");
	warn_useless(&config->cleanup.protected_patterns, "cleanup.protected_patterns",
		     LOWER UPPER DIGITS "_.-",
		     "it has a character that no tag can have; patterns are parts of a name, "
		     "neither globs nor regular expressions",
		     warnings);
	warn_useless(&config->cleanup.protected_repositories, "cleanup.protected_repositories",
		     LOWER DIGITS "_.-/*?", "it has a character that no repository's name can have",
		     warnings);
}
