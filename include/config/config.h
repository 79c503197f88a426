/* config.json as a struct. One table in config/keys.c (path, type, range, default, secret or not,
 * offset) is what parsing, suggestions and the documentation check read. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "util/err.h"
#include "util/notes.h"
#include "util/string_list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct command_list {
	struct string_list *items; /* argv each, none of them empty */
	size_t count;
};

/* One of `jobs`. */
struct config_job {
	char *name; /* unique, without ',' */
	char *description;
	struct string_list repositories; /* names or globs (util/glob.h), at least one */
	struct string_list tag_regexps;  /* each compiles (util/regex.h), at least one */
	long save_last;
	long older_than_days;     /* 0: age does not matter */
	long clean_every_n_hours; /* 0: in every run */
};
struct config_jobs {
	struct config_job *items;
	size_t count;
};

/* One of `retain_lists`. */
struct config_retain_list {
	char *file;                  /* absolute */
	struct string_list patterns; /* each can be compiled (lists/retain_list.h), at least one */
};
struct config_retain_lists {
	struct config_retain_list *items;
	size_t count;
};

enum notify_type { NOTIFY_WEBHOOK, NOTIFY_MAIL, NOTIFY_COMMAND };
enum notify_on { NOTIFY_ALWAYS, NOTIFY_CHANGES, NOTIFY_TROUBLE, NOTIFY_RECOVERY };
enum notify_format { NOTIFY_JSON, NOTIFY_SLACK, NOTIFY_NTFY };
enum notify_starttls { STARTTLS_REQUIRED, STARTTLS_NEVER };

/* One of `notify`: who is told what became of a run. Keys of another type have their defaults. */
struct config_notify {
	enum notify_type type;
	unsigned on;  /* when: a bit (1U << NOTIFY_ALWAYS, …) for each, at least one */
	long timeout; /* seconds, for all its tries together */
	/* Webhook: either url or url_file is "". */
	char *url;      /* a secret as a whole; http or https, with a path, perhaps a query */
	char *url_file; /* absolute */
	enum notify_format format;
	struct string_list headers; /* "Name: value", secrets */
	char *ca_cert;              /* of webhook and mail; "" when none; absolute */
	/* Mail: either server is "", or command is empty. */
	char *server; /* smtp:// or smtps://, HOST or HOST:PORT */
	enum notify_starttls starttls;
	char *user, *password; /* "" when none */
	char *password_file;   /* "" when none; absolute */
	char *from;            /* an address */
	struct string_list to; /* addresses, at least one */
	/* Of mail and of command. */
	struct string_list command;
};
struct config_notifies {
	struct config_notify *items;
	size_t count;
};

enum registry_kind {
	KIND_V2,       /* the API of distribution/distribution, whose storage is ours */
	KIND_SCALEWAY, /* Scaleway's own API of its Container Registry */
};
enum source { SOURCE_AUTO, SOURCE_API, SOURCE_STORAGE };
enum age_from { AGE_CREATED, AGE_PUSHED, AGE_NEWEST, AGE_PULLED };
enum pulled_from { PULLED_LOG, PULLED_CONTAINER, PULLED_JOURNAL };
enum unknown_age { UNKNOWN_KEEP, UNKNOWN_PUSHED };
enum log_format { LOG_TEXT, LOG_JSON };
enum gc_when { GC_DELETED, GC_ALWAYS, GC_NEVER };
enum gc_method {
	GC_REGISTRY, /* through registry.exec, while the registry runs */
	GC_OFFLINE,  /* in a container of its own, while the registry's is stopped */
	GC_NATIVE,   /* our own collector, on paths.host_storage (native/collect.h) */
};

struct config {
	struct {
		enum registry_kind kind;
		/* Normalised: no trailing slash, no credentials, no query. With KIND_SCALEWAY the
		 * base of the API in its region: ".../registry/v1/regions/fr-par". */
		char *url;
		char *region;     /* "xx-yyy"; KIND_V2: "" */
		char *secret_key; /* a UUID; "" when none (credentials/credentials.h), KIND_V2: ""
				   */
		char *scaleway_config;  /* "" when none, "default", or absolute */
		char *scaleway_profile; /* "" when none */
		char *namespace;        /* an id (a UUID in lower case) or a name; "": all */
		char *image;            /* likewise; a name only with namespace; "": all there */
		long deleting_seconds;  /* how long to wait until what was deleted is gone */
		char *user;             /* "" when none */
		char *password;
		char *password_file; /* "" when none; absolute */
		char *docker_config; /* "" when none, "default", or absolute */
		/* What is worked on, by name, instead of the registry's own list; empty: that list.
		 */
		struct string_list repositories;
		char *container;         /* "" when none */
		struct string_list exec; /* {container} already replaced; may be empty */
		char *program;
		bool delete_door; /* deletes go through a second process (door/door.h) */
		long timeout;
		long catalog_timeout;
		long retry_seconds;
		long max_concurrent_requests;
		char *ca_cert;                  /* "" when none */
		char *client_cert, *client_key; /* both or neither is ""; absolute */
		bool insecure_skip_verify;
		char *proxy; /* "" when none, "system", or a URL that may hold a password */
	} registry;
	struct {
		enum source source;
	} inventory;
	struct {
		long days_to_keep;       /* 0: no such rule */
		bool delete_old_tags;    /* false: days_to_keep selects nothing */
		char *tag_name_pattern;  /* "" when none; it compiles (util/regex.h) */
		long keep_last_images;   /* images to keep in each repository; 0: no such rule */
		int64_t keep_since;      /* seconds since 1970; 0: no such rule */
		char *repositories_file; /* "" when none; absolute */
		long untagged_days;      /* 0: untagged manifests stay */
		bool delete_empty_repositories;
		long empty_repository_hours;
		bool delete_empty_namespaces;
		long empty_namespace_hours;
		enum age_from age_from;
		enum unknown_age unknown_age;
		struct string_list protected_tags;
		struct string_list protected_patterns;
		struct string_list protected_repositories;
	} cleanup;
	struct {
		struct command_list in_use;
		struct string_list registry_names; /* HOST or HOST:PORT */
		long pulled_days;                  /* 0: no such rule */
	} protect;
	struct {
		enum pulled_from from;
		char *unit; /* of the journal */
		struct string_list ignore_agents;
	} pulled;
	struct {
		long max_delete_tags;         /* 0: no limit */
		long max_delete_percent;      /* 0: no limit */
		long min_tags_per_repository; /* 0: no limit */
		double max_growth_factor;     /* 0: no limit */
		long max_clock_skew_seconds;
		long max_plan_age_hours;
	} safety;
	struct config_jobs jobs;
	struct config_retain_lists retain_lists;
	struct {
		char *config;
		char *storage;      /* "" when none */
		char *host_storage; /* "" when none */
		char *access_log;   /* file or glob; "" when none */
		char *state;
	} paths;
	struct {
		enum gc_when when;
		enum gc_method method;
		long every_days; /* between two collections; 0: each run may collect */
		/* Of the native collector: how old must be what it takes, and how long it keeps
		 * what it removed. */
		double grace_hours;
		long trash_days;
		double timeout_minutes; /* how long a collection may take; 0: as long as it wants */
		struct string_list restart; /* {container} already replaced; may be empty */
		bool second_opinion;
		long rehearsal_days; /* how long one that proved the collector counts; 0: each run
				      */
		double question_minutes; /* how long a dry run of the collector may take */
		bool required;           /* without a collector that can work nothing is deleted */
		bool delete_untagged;    /* always false: it is refused */
		long quiet_minutes;      /* 0: off */
		long quiet_wait_minutes;
	} gc;
	struct {
		long keep_days; /* how long journals of what runs deleted are kept */
		long hold_days; /* how long what was restored is held; 0: not at all */
	} undo;
	/* When the command watch runs; a run that others begin is not asked. */
	struct {
		char *at;           /* "HH:MM", local time; "" when none */
		double every_hours; /* 0: none; not both */
	} watch;
	struct {
		char *metrics_file;        /* "" when none; absolute */
		long metrics_repositories; /* that have series of their own; 0: none */
		char *html_file;           /* "" when none */
		char *ping_url;            /* "" when none; a secret as a whole; http or https */
	} report;
	struct config_notifies notify;
	struct {
		char *file; /* "" : no log file */
		enum log_format format;
		bool syslog;
	} log;
	char *exposed_file; /* with a secret, and everybody can read it; NULL: none; no key */
	/* What SCW_SECRET_KEY held beside registry.scaleway_config; NULL: nothing; no key. */
	char *scaleway_variable;
};

struct stat;

/* Where the configuration is when no --config was given: ./config.json, then
 * /etc/clean-registry/config.json; the first that exists. Static memory; NULL when there is none.
 */
const char *config_default_path(void);
/* The key that names the file whose status is FILE, "log.file" or "notify[].url_file", by whatever
 * path; NULL: none does. Keys that begin with APART_FROM are not looked at, nor paths inside the
 * container. */
const char *config_key_of_file(const struct config *config, const struct stat *file,
			       const char *apart_from);

/* What the command line brings along. */
struct config_overrides {
	const char *repositories_file; /* instead of cleanup.repositories_file; NULL: not given */
};

/* Reads PATH, then the environment: a variable CLEAN_REGISTRY_SECTION_KEY goes before the file, and
 * OVERRIDES (may be NULL) before both. A variable that held a password is removed, so that children
 * do not have it. -1 (ERR_USAGE): FAULTS has every fault found, each a line that begins with the
 * key's path, its variable, or "line N:", or, about the file itself, with PATH; nothing else was
 * set. None tells a password. Both lists must be empty before. 0: OUT is the caller's; WARNINGS may
 * have lines. */
int config_load(const char *path, const struct config_overrides *overrides, struct config *out,
		struct notes *faults, struct notes *warnings) __attribute__((warn_unused_result));
/* Everybody can read PATH, which has a secret of CONFIG. */
void config_note_exposed(struct config *config, const char *path);
void config_clear(struct config *config);

/* How many days rules look back to pulls at most; 0: none does (cleanup.age_from,
 * protect.pulled_days). */
long config_pull_days(const struct config *config);

/* Writes "path<TAB>type<TAB>default<TAB>what it means" for every key: the documentation check reads
 * it. */
void config_describe(FILE *out);

#endif
