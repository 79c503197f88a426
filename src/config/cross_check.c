/* Rules between keys: the container and who mentions it, defaults that depend on the user, and
 * settings that do nothing. */
#include "config/cross_check.h"

#include "config/config.h"
#include "config/value.h"
#include "engine/engine.h"
#include "util/buf.h"
#include "util/home.h"
#include "util/text.h"
#include "util/xalloc.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define CONTAINER "{container}"
#define LOWER     "abcdefghijklmnopqrstuvwxyz"
#define UPPER     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS    "0123456789"

void config_finish_state(struct config *config, struct notes *faults)
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
		notes_add(faults, "paths.state: required, because this user has no home folder");
}

static bool says_what_goes(const struct config *config)
{
	return config->cleanup.days_to_keep > 0 || *config->cleanup.tag_name_pattern ||
	       config->jobs.count > 0 || config->retain_lists.count > 0 ||
	       config->cleanup.keep_last_images > 0 || *config->cleanup.repositories_file ||
	       config->cleanup.untagged_days > 0 || config->cleanup.delete_empty_repositories ||
	       config->cleanup.delete_empty_namespaces;
}

void config_finish_rules(const struct config *config, bool at_fault, struct notes *faults,
			 struct notes *warnings)
{
	if (at_fault || says_what_goes(config))
		return;
	if (config->cleanup.delete_old_tags)
		notes_add(faults, "cleanup.days_to_keep: required, because no other rule says "
				  "what is to be deleted");
	else
		notes_add(warnings, "cleanup.delete_old_tags: it is false, and no other rule "
				    "says what is to be deleted: nothing will be");
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

/* Which key mentions the container; NULL: none. */
static const char *who_mentions_container(const struct config *config)
{
	if (mentions_container(&config->registry.exec))
		return "registry.exec";
	if (mentions_container(&config->gc.restart))
		return "gc.restart";
	for (size_t i = 0; i < config->protect.in_use.count; i++) {
		if (mentions_container(&config->protect.in_use.items[i]))
			return "protect.in_use";
	}
	return NULL;
}

void config_finish_container(struct config *config, struct notes *faults)
{
	const char *container = config->registry.container;
	const char *who = who_mentions_container(config);

	if (!who || !container)
		return;
	if (config->registry.kind == KIND_SCALEWAY) {
		notes_add(faults,
			  "%s: must not mention " CONTAINER ": with registry.kind \"scaleway\" "
			  "there is none",
			  who);
		return;
	}
	if (!*container) {
		notes_add(faults, "registry.container: required, because %s mentions " CONTAINER,
			  who);
		return;
	}
	put_container(&config->registry.exec, container);
	put_container(&config->gc.restart, container);
	for (size_t i = 0; i < config->protect.in_use.count; i++)
		put_container(&config->protect.in_use.items[i], container);
}

void config_finish_storage(const struct config *config, struct notes *faults)
{
	const char *path = config->paths.host_storage;
	const char *who = config->cleanup.untagged_days > 0 ? "cleanup.untagged_days"
			  : config->cleanup.delete_empty_repositories
				  ? "cleanup.delete_empty_repositories"
			  : config->gc.method == GC_NATIVE ? "gc.method \"native\""
							   : NULL;

	if (who && config->inventory.source == SOURCE_API)
		notes_add(faults,
			  "inventory.source: must not be \"api\", because %s needs the "
			  "storage",
			  who);
	/* One that is at fault is missing, and was told already. */
	if (!path || *path)
		return;
	if (config->inventory.source == SOURCE_STORAGE)
		notes_add(faults, "paths.host_storage: required, because inventory.source is "
				  "\"storage\"");
	else if (config->gc.quiet_minutes > 0)
		notes_add(faults, "paths.host_storage: required, because gc.quiet_minutes looks "
				  "for uploads there");
	else if (who)
		notes_add(faults, "paths.host_storage: required, because %s needs the storage",
			  who);
}

static bool given(const char *text)
{
	return text && *text;
}

void config_finish_login(const struct config *config, struct notes *faults)
{
	const char *other = given(config->registry.user)            ? "registry.user"
			    : given(config->registry.password)      ? "registry.password"
			    : given(config->registry.password_file) ? "registry.password_file"
								    : NULL;

	if (given(config->registry.password) && given(config->registry.password_file))
		notes_add(faults, "registry.password_file: must not be given beside "
				  "registry.password");
	if (given(config->registry.docker_config) && other)
		notes_add(faults, "registry.docker_config: must not be given beside %s", other);
	/* One that is at fault is missing, and was told already. */
	if (!config->registry.client_cert || !config->registry.client_key ||
	    given(config->registry.client_cert) == given(config->registry.client_key))
		return;
	notes_add(faults, "registry.client_%s: required, because registry.client_%s is given",
		  given(config->registry.client_cert) ? "key" : "cert",
		  given(config->registry.client_cert) ? "cert" : "key");
}

void config_finish_method(const struct config *config, struct notes *faults)
{
	struct engine_target target;

	if (config->gc.method != GC_OFFLINE)
		return;
	engine_target_read((const char *const *)config->registry.exec.items, &target);
	if (!engine_has_containers(&target))
		notes_add(faults,
			  "gc.method: \"offline\" stops and starts the registry's container, "
			  "so registry.exec must be `docker exec`, `podman exec` or `nerdctl "
			  "exec` and that container; what runs on this host, in Kubernetes or "
			  "behind another program is collected with \"registry\"");
	engine_target_clear(&target);
}

void config_finish_watch(const struct config *config, struct notes *faults)
{
	if (given(config->watch.at) && config->watch.every_hours > 0)
		notes_add(faults, "watch.every_hours: must not be given beside watch.at");
}

/* A name that can never match is worth a word before something is deleted. */
static void warn_useless(const struct string_list *list, const char *path, const char *letters,
			 const char *why, struct notes *warnings)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i][strspn(list->items[i], letters)] != '\0')
			notes_add(warnings, "%s[%zu]: %s", path, i, why);
	}
}

static void warn_useless_names(const struct config *config, struct notes *warnings)
{
	warn_useless(&config->cleanup.protected_patterns, "cleanup.protected_patterns",
		     LOWER UPPER DIGITS "_.-",
		     "protects nothing: it has a character that no tag can have; patterns are "
		     "parts of a name, neither globs nor regular expressions",
		     warnings);
	warn_useless(&config->cleanup.protected_repositories, "cleanup.protected_repositories",
		     LOWER DIGITS "_.-/*?",
		     "protects nothing: it has a character that no repository's name can have",
		     warnings);
	for (size_t i = 0; i < config->jobs.count; i++) {
		CLEANUP(free_p) char *path = xasprintf("jobs[%zu].repositories", i);

		warn_useless(&config->jobs.items[i].repositories, path, LOWER DIGITS "_.-/*?",
			     "matches nothing: it has a character that no repository's name can "
			     "have",
			     warnings);
	}
}

static void warn_unused(const struct config *config, struct notes *warnings)
{
	bool plain = strncmp(config->registry.url, "http://", 7) == 0;

	if (*config->registry.password && !*config->registry.user)
		notes_add(warnings, "registry.password: not used, because registry.user is empty");
	if (*config->registry.password_file && !*config->registry.user)
		notes_add(warnings,
			  "registry.password_file: not used, because registry.user is empty");
	if (*config->registry.client_cert && plain)
		notes_add(warnings,
			  "registry.client_cert: not used, because registry.url is not https");
	if (config->registry.insecure_skip_verify && plain)
		notes_add(warnings, "registry.insecure_skip_verify: does nothing, because "
				    "registry.url is not https");
}

/* What the registry's collector needs, and ours does not. */
static void warn_native(const struct config *config, struct notes *warnings)
{
	static const char WHY[] = "not used, because gc.method is \"native\"";

	if (config->gc.method != GC_NATIVE)
		return;
	if (config->gc.quiet_minutes > 0)
		notes_add(warnings, "gc.quiet_minutes: %s: an upload in progress loses nothing",
			  WHY);
	if (config->gc.rehearsal_days > 0)
		notes_add(warnings, "gc.rehearsal_days: %s", WHY);
	if (config->gc.timeout_minutes > 0)
		notes_add(warnings, "gc.timeout_minutes: %s", WHY);
}

/* What whoever is in between could read. */
static const char *secret_of(const struct config *config)
{
	return config->registry.kind == KIND_SCALEWAY ? "secret key" : "password";
}

static void warn_insecure(const struct config *config, struct notes *warnings)
{
	if (config->registry.insecure_skip_verify &&
	    strncmp(config->registry.url, "https://", 8) == 0)
		notes_add(warnings,
			  "registry.insecure_skip_verify: the registry's certificate is "
			  "not checked: whoever is in between can read the %s "
			  "and answer instead of the registry; registry.ca_cert can "
			  "name its authority",
			  secret_of(config));
}

/* Scaleway's API is elsewhere, but for tests and proxies on this host. */
static void warn_plain(const struct config *config, struct notes *warnings)
{
	static const char *const HERE[] = { "http://localhost", "http://127.", "http://[::1]" };
	const char *url = config->registry.url;

	if (config->registry.kind != KIND_SCALEWAY || !text_begins(url, "http://"))
		return;
	for (size_t i = 0; i < sizeof HERE / sizeof *HERE; i++) {
		if (text_begins(url, HERE[i]))
			return;
	}
	notes_add(warnings, "registry.url: it is not https: whoever is in between can read the "
			    "secret key");
}

static void warn_metrics(const struct config *config, struct notes *warnings)
{
	const char *file = config->report.metrics_file;

	if (*file && !text_ends(file, ".prom"))
		notes_add(warnings, "report.metrics_file: the textfile collector of node_exporter "
				    "reads only files whose names end in .prom");
}

void config_finish_warn(const struct config *config, int64_t now, struct notes *warnings)
{
	warn_unused(config, warnings);
	warn_insecure(config, warnings);
	warn_plain(config, warnings);
	warn_native(config, warnings);
	warn_metrics(config, warnings);
	if (config->cleanup.keep_since > now)
		notes_add(warnings, "cleanup.keep_since: keeps nothing: it lies in the future");
	if (config->registry.kind == KIND_V2 &&
	    (config->cleanup.age_from == AGE_PUSHED || config->cleanup.age_from == AGE_NEWEST ||
	     config->cleanup.unknown_age == UNKNOWN_PUSHED) &&
	    (!*config->paths.host_storage || config->inventory.source == SOURCE_API))
		notes_add(warnings,
			  "cleanup.%s: when tags were pushed is known from paths.host_storage "
			  "only, not from the API: tags that need it stay",
			  config->cleanup.age_from == AGE_PUSHED ||
					  config->cleanup.age_from == AGE_NEWEST
				  ? "age_from"
				  : "unknown_age");
	warn_useless_names(config, warnings);
}
