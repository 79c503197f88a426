/* Every option, and which command takes it. */
#include "cli/tables.h"

const struct poptOption cli_options[] = {
	{ "config", 'c', POPT_ARG_STRING, NULL, OPTION_CONFIG,
	  "Read this configuration; a folder: each *.json in it is a registry", "FILE" },
	{ "dry-run", 'n', POPT_ARG_NONE, NULL, OPTION_DRY_RUN,
	  "Delete nothing, collect nothing: only tell what would be done", NULL },
	{ "quiet", 'q', POPT_ARG_NONE, NULL, OPTION_QUIET,
	  "Nothing on stdout; warnings and errors go to stderr as always", NULL },
	{ "debug", '\0', POPT_ARG_NONE, NULL, OPTION_DEBUG, "Tell every detail", NULL },
	{ "http-logs", '\0', POPT_ARG_NONE, NULL, OPTION_HTTP_LOGS, "A line for every HTTP request",
	  NULL },
	{ "report", '\0', POPT_ARG_STRING, NULL, OPTION_REPORT,
	  "Write the run to FILE as JSON; -: to stdout, which gets nothing else then", "FILE" },
	{ "html", '\0', POPT_ARG_STRING, NULL, OPTION_HTML,
	  "Write the run to FILE as a page for a browser", "FILE" },
	{ "format", '\0', POPT_ARG_STRING, NULL, OPTION_FORMAT,
	  "scaleway: print the answer of Scaleway Registry Purge, and nothing else", "NAME" },
	{ "max-minutes", '\0', POPT_ARG_STRING, NULL, OPTION_MAX_MINUTES,
	  "After N minutes begin no repository and no collection any more", "N" },
	{ "repository", '\0', POPT_ARG_STRING, NULL, OPTION_REPOSITORY,
	  "Work on this repository only; may be repeated", "NAME" },
	{ "namespace", '\0', POPT_ARG_STRING, NULL, OPTION_NAMESPACE,
	  "Work only on repositories below NAME/", "NAME" },
	{ "repos-file", '\0', POPT_ARG_STRING, NULL, OPTION_REPOS_FILE,
	  "Lines 'REPOSITORY NUMBER': how many images to keep there", "FILE" },
	{ "jobs", '\0', POPT_ARG_STRING, NULL, OPTION_JOBS,
	  "Carry out these jobs now, and no other rule", "A,B" },
	{ "output", '\0', POPT_ARG_STRING, NULL, OPTION_OUTPUT,
	  "plan: write what would be done to FILE, for apply; init: the configuration", "FILE" },
	{ "confirm", '\0', POPT_ARG_NONE, NULL, OPTION_CONFIRM,
	  "Show what would go, and ask on the terminal before deleting", NULL },
	{ "force", '\0', POPT_ARG_NONE, NULL, OPTION_FORCE,
	  "Delete although a safety limit refuses the plan; hold: what is not there yet", NULL },
	{ "force-idle", '\0', POPT_ARG_NONE, NULL, OPTION_FORCE_IDLE,
	  "collect: a collector whose end was not seen has ended, you know it", NULL },
	{ "json", '\0', POPT_ARG_NONE, NULL, OPTION_JSON,
	  "usage, holds, runs, history, restore, check: print JSON instead of a table", NULL },
	{ "csv", '\0', POPT_ARG_NONE, NULL, OPTION_CSV, "history: print CSV instead of a table",
	  NULL },
	{ "top", '\0', POPT_ARG_STRING, NULL, OPTION_TOP,
	  "usage: only the N largest by themselves, the rest as one line; history: the last N",
	  "N" },
	{ "tags", '\0', POPT_ARG_STRING, NULL, OPTION_TAGS, "usage: the tags of this repository",
	  "REPOSITORY" },
	{ "deep", '\0', POPT_ARG_NONE, NULL, OPTION_DEEP,
	  "verify: read every blob and check its digest", NULL },
	{ "days", '\0', POPT_ARG_STRING, NULL, OPTION_DAYS, "hold: for N days", "N" },
	{ "reason", '\0', POPT_ARG_STRING, NULL, OPTION_REASON, "hold: why", "TEXT" },
	{ "run", '\0', POPT_ARG_STRING, NULL, OPTION_RUN, "restore: what this run deleted", "ID" },
	{ "overwrite", '\0', POPT_ARG_NONE, NULL, OPTION_OVERWRITE,
	  "restore: also tags that point at something else meanwhile", NULL },
	{ "container", '\0', POPT_ARG_STRING, NULL, OPTION_CONTAINER,
	  "init: the registry in this container", "NAME" },
	{ "compose", '\0', POPT_ARG_STRING, NULL, OPTION_COMPOSE,
	  "init: the registry that is this service of Compose", "SERVICE" },
	{ "kubectl", '\0', POPT_ARG_STRING, NULL, OPTION_KUBECTL,
	  "init: the registry in Kubernetes", "NAMESPACE/KIND/NAME" },
	{ "host", '\0', POPT_ARG_STRING, NULL, OPTION_HOST,
	  "init: the registry of this host that serves this file", "CONFIG.YML" },
	{ "engine", '\0', POPT_ARG_STRING, NULL, OPTION_ENGINE,
	  "init: ask docker, podman or nerdctl, and no other", "NAME" },
	{ "parallel", '\0', POPT_ARG_STRING, NULL, OPTION_PARALLEL,
	  "Work on N registries at a time, where --config names a folder", "N" },
	{ "help", 'h', POPT_ARG_NONE, NULL, OPTION_HELP,
	  "Print this, or the options of a command, and leave", NULL },
	{ "version", 'V', POPT_ARG_NONE, NULL, OPTION_VERSION, "Print the version and leave",
	  NULL },
	{ "schema", '\0', POPT_ARG_NONE, NULL, OPTION_SCHEMA,
	  "Print the JSON Schema of the configuration and leave", NULL },
	POPT_TABLEEND
};

/* Options that every command takes. */
#define EVERYWHERE                                                                    \
	(CLI_BIT(OPTION_CONFIG) | CLI_BIT(OPTION_QUIET) | CLI_BIT(OPTION_DEBUG) |     \
	 CLI_BIT(OPTION_HTTP_LOGS) | CLI_BIT(OPTION_HELP) | CLI_BIT(OPTION_VERSION) | \
	 CLI_BIT(OPTION_SCHEMA))

/* Which tags a plan is about. */
#define SELECTION                                                                              \
	(CLI_BIT(OPTION_REPOSITORY) | CLI_BIT(OPTION_NAMESPACE) | CLI_BIT(OPTION_REPOS_FILE) | \
	 CLI_BIT(OPTION_JOBS))
#define ACTION                                                                           \
	(CLI_BIT(OPTION_DRY_RUN) | CLI_BIT(OPTION_REPORT) | CLI_BIT(OPTION_HTML) |       \
	 CLI_BIT(OPTION_CONFIRM) | CLI_BIT(OPTION_FORCE) | CLI_BIT(OPTION_MAX_MINUTES) | \
	 CLI_BIT(OPTION_FORMAT))

const struct cli_command cli_commands[CLI_COMMAND_COUNT] = {
	{ "run", NULL, "delete what the rules select, and collect (the default)",
	  EVERYWHERE | SELECTION | ACTION | CLI_BIT(OPTION_PARALLEL), COMMAND_RUN },
	{ "plan", NULL, "show what a run would do, and write it to a file",
	  EVERYWHERE | SELECTION | CLI_BIT(OPTION_OUTPUT), COMMAND_PLAN },
	{ "apply", "FILE", "delete what such a file says, and no other tag",
	  EVERYWHERE | ACTION | CLI_BIT(OPTION_REPOS_FILE), COMMAND_APPLY },
	{ "collect", NULL, "collect alone, as a run would",
	  EVERYWHERE | CLI_BIT(OPTION_DRY_RUN) | CLI_BIT(OPTION_REPORT) | CLI_BIT(OPTION_HTML) |
		  CLI_BIT(OPTION_FORCE_IDLE),
	  COMMAND_COLLECT },
	{ "recover", NULL, "end what a killed run left: start a registry that it stopped, say",
	  EVERYWHERE, COMMAND_RECOVER },
	{ "watch", NULL, "stay up, and run when the configuration says",
	  EVERYWHERE | CLI_BIT(OPTION_DRY_RUN) | CLI_BIT(OPTION_REPORT) |
		  CLI_BIT(OPTION_MAX_MINUTES),
	  COMMAND_WATCH },
	{ "why", "REPOSITORY:TAG", "tell which rules decide on a tag", EVERYWHERE | SELECTION,
	  COMMAND_WHY },
	{ "usage", NULL, "show where the space goes, and change nothing",
	  EVERYWHERE | CLI_BIT(OPTION_JSON) | CLI_BIT(OPTION_TOP) | CLI_BIT(OPTION_TAGS) |
		  CLI_BIT(OPTION_PARALLEL),
	  COMMAND_USAGE },
	{ "verify", NULL, "check that every tag is whole, and change nothing",
	  EVERYWHERE | CLI_BIT(OPTION_DEEP) | CLI_BIT(OPTION_PARALLEL), COMMAND_VERIFY },
	{ "hold", "REPOSITORY:TAG", "keep a tag, or a manifest, whatever the rules say",
	  EVERYWHERE | CLI_BIT(OPTION_DAYS) | CLI_BIT(OPTION_REASON) | CLI_BIT(OPTION_FORCE),
	  COMMAND_HOLD },
	{ "release", "REPOSITORY:TAG", "hold it no longer", EVERYWHERE, COMMAND_RELEASE },
	{ "holds", NULL, "list what is held", EVERYWHERE | CLI_BIT(OPTION_JSON), COMMAND_HOLDS },
	{ "runs", NULL, "list what runs deleted, and whether it can be restored",
	  EVERYWHERE | CLI_BIT(OPTION_JSON), COMMAND_RUNS },
	{ "history", NULL, "show what the last runs did, as a table and over time",
	  EVERYWHERE | CLI_BIT(OPTION_JSON) | CLI_BIT(OPTION_CSV) | CLI_BIT(OPTION_TOP),
	  COMMAND_HISTORY },
	{ "restore", "REPOSITORY:TAG...", "put back what a run deleted",
	  EVERYWHERE | CLI_BIT(OPTION_DRY_RUN) | CLI_BIT(OPTION_RUN) | CLI_BIT(OPTION_REPOSITORY) |
		  CLI_BIT(OPTION_OVERWRITE) | CLI_BIT(OPTION_JSON),
	  COMMAND_RESTORE },
	{ "init", NULL, "ask a registry that runs, and write config.json for it",
	  CLI_BIT(OPTION_CONTAINER) | CLI_BIT(OPTION_COMPOSE) | CLI_BIT(OPTION_KUBECTL) |
		  CLI_BIT(OPTION_HOST) | CLI_BIT(OPTION_ENGINE) | CLI_BIT(OPTION_OUTPUT) |
		  CLI_BIT(OPTION_HELP) | CLI_BIT(OPTION_VERSION),
	  COMMAND_INIT },
	{ "check", NULL, "ask whether all that a run needs is as it should be, and change nothing",
	  EVERYWHERE | CLI_BIT(OPTION_JSON) | CLI_BIT(OPTION_REPORT) | CLI_BIT(OPTION_PARALLEL),
	  COMMAND_CHECK },
};
