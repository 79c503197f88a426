/* The table of all keys: where each goes, what it may hold, and what it means. */
#include "config/keys.h"

#include "config/config.h"
#include "config/job_keys.h"
#include "config/notify_keys.h"

#include <stddef.h>

/* A key has the name of its field. */
#define KEY(field) .path = #field, .offset = offsetof(struct config, field)

static const char *const KINDS[] = { [KIND_V2] = "v2", [KIND_SCALEWAY] = "scaleway", NULL };
static const char *const SOURCES[] = {
	[SOURCE_AUTO] = "auto", [SOURCE_API] = "api", [SOURCE_STORAGE] = "storage", NULL
};
static const char *const AGES[] = { [AGE_CREATED] = "created",
				    [AGE_PUSHED] = "pushed",
				    [AGE_NEWEST] = "newest",
				    [AGE_PULLED] = "pulled",
				    NULL };
static const char *const UNKNOWN_AGES[] = {
	[UNKNOWN_KEEP] = "keep", [UNKNOWN_PUSHED] = "pushed", NULL
};
static const char *const PULLED[] = {
	[PULLED_LOG] = "log", [PULLED_CONTAINER] = "container", [PULLED_JOURNAL] = "journal", NULL
};
static const char *const LOG_FORMATS[] = { [LOG_TEXT] = "text", [LOG_JSON] = "json", NULL };
static const char *const WHEN[] = {
	[GC_DELETED] = "deleted", [GC_ALWAYS] = "always", [GC_NEVER] = "never", NULL
};
static const char *const METHODS[] = {
	[GC_REGISTRY] = "registry", [GC_OFFLINE] = "offline", [GC_NATIVE] = "native", NULL
};

/* Why keys are not for registry.kind "scaleway". */
#define OTHER_LOGIN   "requests carry registry.secret_key, and no login"
#define NO_CATALOG    "its API lists all; registry.namespace and registry.image say what is read"
#define NO_CONTAINER  "no container or program of it runs here"
#define NO_STORAGE    "its storage cannot be seen"
#define NO_SOURCE     "only its API can be read"
#define NO_UNTAGGED   "its API does not list manifests without a tag"
#define NO_REPOSITORY "see cleanup.delete_empty_namespaces"
#define OWN_DATES     "a tag's age is counted from the newer of created_at and updated_at"
#define NO_PULLS      "nobody tells who pulled what"
#define NO_COLLECTOR  "Scaleway frees the space itself"
#define NO_RESTORE    "what was deleted there cannot be restored"

const struct config_key CONFIG_KEYS[] = {
	/* The first, as others depend on it. */
	{ KEY(registry.kind), .type = CONFIG_CHOICE, .choices = KINDS, .fallback = "\"v2\"",
	  .meaning = "Which API the registry has: v2 of distribution, or Scaleway's own" },
	{ KEY(registry.url), .rule = RULE_URL, .scaleway_fallback = "\"https://api.scaleway.com\"",
	  .meaning = "Base of the v2 API, http or https; a path prefix is allowed" },
	{ KEY(registry.region), .rule = RULE_REGION, .only_scaleway = true,
	  .meaning = "Scaleway's region, as fr-par" },
	{ KEY(registry.secret_key), .rule = RULE_UUID_OR_NONE, .fallback = "\"\"", .secret = true,
	  .only_scaleway = true, .meaning = "Secret key of an API key of Scaleway" },
	{ KEY(registry.scaleway_config), .rule = RULE_PATH_OR_DEFAULT, .fallback = "\"\"",
	  .only_scaleway = true,
	  .meaning = "File in which Scaleway's own tools keep the secret key; \"default\" for "
		     "where they look" },
	{ KEY(registry.scaleway_profile), .fallback = "\"\"", .only_scaleway = true,
	  .meaning = "Profile in registry.scaleway_config, if not the active one" },
	{ KEY(registry.namespace), .rule = RULE_NAMESPACE, .fallback = "\"\"",
	  .only_scaleway = true,
	  .meaning = "Id or name of the only namespace of Scaleway's to work on" },
	{ KEY(registry.image), .rule = RULE_IMAGE, .fallback = "\"\"", .only_scaleway = true,
	  .meaning = "Id of the only image of Scaleway's to work on, or its name in "
		     "registry.namespace" },
	{ KEY(registry.deleting_seconds), .type = CONFIG_NUMBER, .minimum = 0, .maximum = 3600,
	  .fallback = "300", .only_scaleway = true,
	  .meaning = "Seconds to wait until Scaleway has deleted what a request deletes" },
	{ KEY(registry.user), .rule = RULE_USER, .fallback = "\"\"", .not_scaleway = OTHER_LOGIN,
	  .meaning = "Basic auth when it is not empty" },
	{ KEY(registry.password), .fallback = "\"\"", .secret = true, .not_scaleway = OTHER_LOGIN,
	  .meaning = "Password of registry.user" },
	{ KEY(registry.password_file), .rule = RULE_PATH_OR_NONE, .fallback = "\"\"",
	  .not_scaleway = OTHER_LOGIN, .meaning = "File with the password of registry.user" },
	{ KEY(registry.docker_config), .rule = RULE_PATH_OR_DEFAULT, .fallback = "\"\"",
	  .not_scaleway = OTHER_LOGIN,
	  .meaning = "File in which `docker login` or `podman login` keeps the user and the "
		     "password; \"default\" for docker's own" },
	{ KEY(registry.repositories), .type = CONFIG_LIST, .rule = RULE_REPOSITORY,
	  .fallback = "[]", .not_scaleway = NO_CATALOG,
	  .meaning = "Repositories to work on, by name, where the registry does not list them" },
	{ KEY(registry.container), .rule = RULE_CONTAINER, .fallback = "\"\"",
	  .not_scaleway = NO_CONTAINER,
	  .meaning = "The registry's container; required when registry.exec, gc.restart or "
		     "protect.in_use mentions "
		     "{container}" },
	{ KEY(registry.exec), .type = CONFIG_LIST, .rule = RULE_NOT_EMPTY,
	  .fallback = "[\"docker\",\"exec\",\"{container}\"]", .not_scaleway = NO_CONTAINER,
	  .scaleway_fallback = "[]",
	  .meaning = "Command prefix that reaches the registry's program; [] means on this host" },
	{ KEY(registry.program), .rule = RULE_NOT_EMPTY, .fallback = "\"registry\"",
	  .not_scaleway = NO_CONTAINER, .meaning = "The registry's program, for its collector" },
	{ KEY(registry.delete_door), .type = CONFIG_BOOLEAN, .fallback = "false",
	  .not_scaleway = NO_CONTAINER,
	  .meaning = "Whether deletes go through a second registry process that takes them, for "
		     "the run alone" },
	{ KEY(registry.timeout), .type = CONFIG_NUMBER, .minimum = 1, .maximum = 3600,
	  .fallback = "20", .meaning = "Seconds that a GET may take; a DELETE may take 600" },
	{ KEY(registry.catalog_timeout), .type = CONFIG_NUMBER, .minimum = 1, .maximum = 86400,
	  .fallback = "600", .not_scaleway = NO_CATALOG,
	  .meaning = "Seconds that a page of the list of repositories may take" },
	{ KEY(registry.retry_seconds), .type = CONFIG_NUMBER, .minimum = 0, .maximum = 3600,
	  .fallback = "60",
	  .meaning = "Seconds for which one request may be repeated; 0 means never" },
	{ KEY(registry.max_concurrent_requests), .type = CONFIG_NUMBER, .minimum = 1,
	  .maximum = 200, .fallback = "20", .scaleway_maximum = 8, .scaleway_fallback = "8",
	  .meaning = "Transfers in flight; fewer while the registry shows that they are too many" },
	{ KEY(registry.ca_cert), .rule = RULE_PATH_OR_NONE, .fallback = "\"\"",
	  .meaning = "File with the CA certificates to trust instead of the system's; where the "
		     "registry redirects to, beside them" },
	{ KEY(registry.client_cert), .rule = RULE_PATH_OR_NONE, .fallback = "\"\"",
	  .meaning = "File with the certificate that the registry wants to see, and its chain" },
	{ KEY(registry.client_key), .rule = RULE_PATH_OR_NONE, .fallback = "\"\"",
	  .meaning = "File with the key of registry.client_cert" },
	{ KEY(registry.insecure_skip_verify), .type = CONFIG_BOOLEAN, .fallback = "false",
	  .meaning = "Whether the registry's certificate is not checked" },
	{ KEY(registry.proxy), .rule = RULE_PROXY, .fallback = "\"\"", .secret = true,
	  .meaning =
		  "Proxy for requests: a URL, \"system\" for those of the environment, or none" },
	{ KEY(inventory.source), .type = CONFIG_CHOICE, .choices = SOURCES, .fallback = "\"auto\"",
	  .not_scaleway = NO_SOURCE, .scaleway_fallback = "\"api\"",
	  .meaning =
		  "Where the registry is read: from its storage on this host, or through its API" },
	{ KEY(cleanup.days_to_keep), .type = CONFIG_NUMBER, .minimum = 1, .maximum = 36500,
	  .optional = true, .selects = true, .meaning = "Images older than this many days go" },
	{ KEY(cleanup.delete_old_tags), .type = CONFIG_BOOLEAN, .fallback = "true",
	  .meaning = "Whether what cleanup.days_to_keep finds old goes" },
	{ KEY(cleanup.tag_name_pattern), .rule = RULE_REGEX_OR_NONE, .fallback = "\"\"",
	  .selects = true,
	  .meaning = "Regular expression; a tag with a match for it goes, whatever its age" },
	{ KEY(cleanup.keep_last_images), .type = CONFIG_NUMBER, .minimum = 1, .maximum = 1000000,
	  .optional = true, .selects = true,
	  .meaning = "How many of the newest images of each repository stay" },
	{ KEY(cleanup.keep_since), .type = CONFIG_DATE, .optional = true,
	  .meaning = "Images created since this date stay" },
	{ KEY(cleanup.repositories_file), .rule = RULE_PATH_OR_NONE, .fallback = "\"\"",
	  .selects = true,
	  .meaning = "File with a line for each repository: its name, and how many images stay" },
	{ KEY(cleanup.untagged_days), .type = CONFIG_NUMBER, .minimum = 1, .maximum = 36500,
	  .optional = true, .selects = true, .not_scaleway = NO_UNTAGGED,
	  .meaning = "Manifests that have been without a tag for more than this many days go" },
	{ KEY(cleanup.delete_empty_repositories), .type = CONFIG_BOOLEAN, .fallback = "false",
	  .selects = true, .not_scaleway = NO_REPOSITORY,
	  .meaning = "Whether repositories without any content go" },
	{ KEY(cleanup.empty_repository_hours), .type = CONFIG_NUMBER, .minimum = 0,
	  .maximum = 87600, .fallback = "24", .not_scaleway = NO_REPOSITORY,
	  .meaning = "Hours for which nothing happened in an empty repository before it goes" },
	{ KEY(cleanup.delete_empty_namespaces), .type = CONFIG_BOOLEAN, .fallback = "false",
	  .selects = true, .only_scaleway = true,
	  .meaning = "Whether namespaces of Scaleway's without any image go" },
	{ KEY(cleanup.empty_namespace_hours), .type = CONFIG_NUMBER, .minimum = 0, .maximum = 87600,
	  .fallback = "24", .only_scaleway = true,
	  .meaning = "Hours for which an empty namespace was not changed before it goes" },
	{ KEY(cleanup.age_from), .type = CONFIG_CHOICE, .choices = AGES, .fallback = "\"created\"",
	  .not_scaleway = OWN_DATES, .scaleway_fallback = "\"pushed\"",
	  .meaning =
		  "What a tag's age is counted from: when its image was created, when the tag was "
		  "pushed, the later of the two, or when it was pulled last" },
	{ KEY(cleanup.unknown_age), .type = CONFIG_CHOICE, .choices = UNKNOWN_AGES,
	  .fallback = "\"keep\"", .not_scaleway = OWN_DATES,
	  .meaning =
		  "What becomes of a tag whose image has no date: it stays, or its push counts" },
	{ KEY(cleanup.protected_tags), .type = CONFIG_LIST, .rule = RULE_TAG,
	  .fallback = "[\"latest\"]", .meaning = "Tags that stay, by their exact names" },
	{ KEY(cleanup.protected_patterns), .type = CONFIG_LIST, .rule = RULE_NOT_EMPTY,
	  .fallback = "[]",
	  .meaning = "A tag that contains one of these stays; letter case does not matter" },
	{ KEY(cleanup.protected_repositories), .type = CONFIG_LIST, .rule = RULE_NOT_EMPTY,
	  .fallback = "[]", .meaning = "Globs of repositories in which everything stays" },
	{ KEY(protect.in_use), .type = CONFIG_COMMANDS, .fallback = "[]",
	  .meaning = "Commands that print the references of images in use; these stay" },
	{ KEY(protect.registry_names), .type = CONFIG_LIST, .rule = RULE_HOST, .fallback = "[]",
	  .meaning = "Other hosts under which references name this registry" },
	{ KEY(protect.pulled_days), .type = CONFIG_NUMBER, .minimum = 1, .maximum = 3650,
	  .optional = true, .not_scaleway = NO_PULLS,
	  .meaning = "Tags that were pulled within this many days stay" },
	{ KEY(pulled.from), .type = CONFIG_CHOICE, .choices = PULLED, .fallback = "\"log\"",
	  .not_scaleway = NO_PULLS,
	  .meaning = "Where pulls are read from: paths.access_log, what the engine of "
		     "registry.exec keeps of the container's output, or the journal of this host" },
	{ KEY(pulled.unit), .rule = RULE_NOT_EMPTY, .fallback = "\"docker-registry.service\"",
	  .not_scaleway = NO_PULLS, .meaning = "The registry's unit, for the journal" },
	{ KEY(pulled.ignore_agents), .type = CONFIG_LIST, .rule = RULE_NOT_EMPTY, .fallback = "[]",
	  .not_scaleway = NO_PULLS,
	  .meaning = "Parts of User-Agents whose pulls do not count: scanners, mirrors" },
	{ KEY(safety.max_delete_tags), .type = CONFIG_NUMBER, .minimum = 1, .maximum = 1000000000,
	  .optional = true, .meaning = "Tags that one run may delete" },
	{ KEY(safety.max_delete_percent), .type = CONFIG_NUMBER, .minimum = 1, .maximum = 100,
	  .optional = true, .meaning = "Percentage of all tags that one run may delete" },
	{ KEY(safety.min_tags_per_repository), .type = CONFIG_NUMBER, .minimum = 1,
	  .maximum = 1000000000, .optional = true,
	  .meaning = "Tags that must remain in each repository that loses some" },
	{ KEY(safety.max_growth_factor), .type = CONFIG_DECIMAL, .minimum = 1, .maximum = 1000,
	  .optional = true,
	  .meaning = "How many times as many tags as in earlier runs one run may delete" },
	{ KEY(safety.max_clock_skew_seconds), .type = CONFIG_NUMBER, .minimum = 1, .maximum = 86400,
	  .fallback = "300",
	  .meaning = "Seconds by which this host's clock may differ from the registry's" },
	{ KEY(safety.max_plan_age_hours), .type = CONFIG_NUMBER, .minimum = 1, .maximum = 8760,
	  .fallback = "24", .meaning = "Hours after which a plan is no longer applied" },
	{ KEY(jobs), .type = CONFIG_GROUP, .group = &CONFIG_JOB_GROUP, .optional = true,
	  .selects = true, .meaning = "Rules by the names of tags, each for some repositories" },
	{ KEY(retain_lists), .type = CONFIG_GROUP, .group = &CONFIG_RETAIN_LIST_GROUP,
	  .optional = true, .selects = true,
	  .meaning = "Lists of ids whose tags go, except for some revisions" },
	{ KEY(paths.config), .rule = RULE_PATH, .not_scaleway = NO_CONTAINER,
	  .meaning = "The registry's own configuration file, where registry.exec runs" },
	{ KEY(paths.storage), .rule = RULE_PATH_OR_NONE, .fallback = "\"\"",
	  .not_scaleway = NO_STORAGE, .meaning = "Root of the storage, where registry.exec runs" },
	{ KEY(paths.host_storage), .rule = RULE_PATH_OR_NONE, .fallback = "\"\"",
	  .not_scaleway = NO_STORAGE, .meaning = "Root of the storage on this host" },
	{ KEY(paths.access_log), .rule = RULE_PATH_OR_NONE, .fallback = "\"\"",
	  .not_scaleway = NO_PULLS,
	  .meaning = "Access log of the registry, or of what is in front of it, on this host; a "
		     "glob names several" },
	{ KEY(paths.state), .rule = RULE_PATH, .fallback = "\"/var/lib/clean-registry\"",
	  .meaning = "Folder for the lock and for what an interrupted run still owes" },
	{ KEY(gc.when), .type = CONFIG_CHOICE, .choices = WHEN, .fallback = "\"deleted\"",
	  .not_scaleway = NO_COLLECTOR, .scaleway_fallback = "\"never\"",
	  .meaning = "When the collector runs: after deletions, always or never" },
	{ KEY(gc.method), .type = CONFIG_CHOICE, .choices = METHODS, .fallback = "\"registry\"",
	  .not_scaleway = NO_COLLECTOR,
	  .meaning = "How: in the running registry's container, with that container stopped, or by "
		     "clean-registry itself" },
	{ KEY(gc.every_days), .type = CONFIG_NUMBER, .minimum = 0, .maximum = 365, .fallback = "0",
	  .not_scaleway = NO_COLLECTOR,
	  .meaning = "Days between two collections; 0 means that each run may collect" },
	{ KEY(gc.grace_hours), .type = CONFIG_DECIMAL, .minimum = 0, .maximum = 8760,
	  .fallback = "20", .not_scaleway = NO_COLLECTOR,
	  .meaning = "For \"native\": hours for which nothing must have happened to a blob before "
		     "its links are taken, and before it goes" },
	{ KEY(gc.trash_days), .type = CONFIG_NUMBER, .minimum = 0, .maximum = 3650, .fallback = "0",
	  .not_scaleway = NO_COLLECTOR,
	  .meaning = "For \"native\": days for which what was removed can be had back" },
	{ KEY(gc.timeout_minutes), .type = CONFIG_DECIMAL, .minimum = 0, .maximum = 100800,
	  .fallback = "0", .not_scaleway = NO_COLLECTOR,
	  .meaning = "Minutes that a collection may take; 0 means no limit" },
	{ KEY(gc.restart), .type = CONFIG_LIST, .rule = RULE_NOT_EMPTY, .fallback = "[]",
	  .not_scaleway = NO_COLLECTOR,
	  .meaning = "Command that restarts the registry after a collection" },
	{ KEY(gc.second_opinion), .type = CONFIG_BOOLEAN, .fallback = "true",
	  .not_scaleway = NO_COLLECTOR, .scaleway_fallback = "false",
	  .meaning = "Collect only if no tag needs what the collector would remove" },
	{ KEY(gc.required), .type = CONFIG_BOOLEAN, .fallback = "true",
	  .not_scaleway = NO_COLLECTOR, .scaleway_fallback = "false",
	  .meaning = "Delete only if the collector can work" },
	{ KEY(gc.rehearsal_days), .type = CONFIG_NUMBER, .minimum = 0, .maximum = 365,
	  .fallback = "0", .not_scaleway = NO_COLLECTOR,
	  .meaning = "Days for which one rehearsal proves the collector; 0 means each run" },
	{ KEY(gc.question_minutes), .type = CONFIG_DECIMAL, .minimum = 0, .maximum = 10080,
	  .fallback = "60", .not_scaleway = NO_COLLECTOR,
	  .meaning = "Minutes that a dry run of the collector may take" },
	{ KEY(gc.delete_untagged), .type = CONFIG_BOOLEAN, .fallback = "false",
	  .refusal = "the collector's option --delete-untagged destroys images: up to "
		     "distribution 2.x the parts of multi-platform images, in 3.x what refers to "
		     "images (signatures), and multi-platform images that two repositories share; "
		     "use cleanup.untagged_days instead",
	  .not_scaleway = NO_COLLECTOR,
	  .meaning = "Always false; cleanup.untagged_days does this safely" },
	{ KEY(gc.quiet_minutes), .type = CONFIG_NUMBER, .minimum = 0, .maximum = 1440,
	  .fallback = "0", .not_scaleway = NO_COLLECTOR,
	  .meaning = "Minutes without a write to any upload before a collection; 0 means off" },
	{ KEY(gc.quiet_wait_minutes), .type = CONFIG_NUMBER, .minimum = 0, .maximum = 1440,
	  .fallback = "30", .not_scaleway = NO_COLLECTOR, .meaning = "Minutes to wait for that" },
	{ KEY(undo.keep_days), .type = CONFIG_NUMBER, .minimum = 1, .maximum = 3650,
	  .fallback = "90",
	  .meaning = "Days for which it is kept what a run deleted, so that it can be restored" },
	{ KEY(undo.hold_days), .type = CONFIG_NUMBER, .minimum = 0, .maximum = 3650,
	  .fallback = "7", .not_scaleway = NO_RESTORE,
	  .meaning = "Days for which what was restored is held; 0 means not at all" },
	{ KEY(report.metrics_file), .rule = RULE_PATH_OR_NONE, .fallback = "\"\"",
	  .meaning = "File that each run replaces with its metrics, for the textfile collector of "
		     "Prometheus' node_exporter" },
	{ KEY(report.metrics_repositories), .type = CONFIG_NUMBER, .minimum = 0, .maximum = 10000,
	  .fallback = "50",
	  .meaning = "Repositories with metrics of their own, the largest ones; 0 means none" },
	{ KEY(report.html_file), .rule = RULE_PATH_OR_NONE, .fallback = "\"\"",
	  .meaning = "File for a page that shows each run in a browser; empty means none" },
	{ KEY(report.ping_url), .rule = RULE_SECRET_URL, .fallback = "\"\"", .secret = true,
	  .meaning = "URL of a service that notices when runs stay away" },
	{ KEY(notify), .type = CONFIG_GROUP, .group = &CONFIG_NOTIFY_GROUP, .optional = true,
	  .secret = true, .meaning = "Who is told what became of a run" },
	{ KEY(watch.at), .rule = RULE_TIME_OF_DAY, .fallback = "\"\"",
	  .meaning = "When the command watch runs each day, as 03:17, in local time" },
	{ KEY(watch.every_hours), .type = CONFIG_DECIMAL, .minimum = 0, .maximum = 8760,
	  .fallback = "0",
	  .meaning = "Hours between two runs of the command watch; 0 means no such time" },
	{ KEY(log.file), .rule = RULE_PATH_OR_NONE, .fallback = "\"/var/log/clean-registry.log\"",
	  .meaning = "The log file; empty means none" },
	{ KEY(log.format), .type = CONFIG_CHOICE, .choices = LOG_FORMATS, .fallback = "\"text\"",
	  .meaning = "What lines of the log look like: text, or a JSON object each" },
	{ KEY(log.syslog), .type = CONFIG_BOOLEAN, .fallback = "false",
	  .meaning = "Whether lines of the log go to syslog as well" },
};
const size_t CONFIG_KEY_COUNT = sizeof CONFIG_KEYS / sizeof *CONFIG_KEYS;
