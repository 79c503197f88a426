/* The command line and the two environment variables as a struct. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "config/config.h"
#include "registry/reference.h"
#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

enum command {
	COMMAND_RUN,
	COMMAND_PLAN,
	COMMAND_APPLY,
	COMMAND_COLLECT,
	COMMAND_RECOVER,
	COMMAND_WATCH,
	COMMAND_WHY,
	COMMAND_USAGE,
	COMMAND_VERIFY,
	COMMAND_HOLD,
	COMMAND_RELEASE,
	COMMAND_HOLDS,
	COMMAND_RUNS,
	COMMAND_HISTORY,
	COMMAND_RESTORE,
	COMMAND_INIT,
	COMMAND_CHECK
};

/* What a run prints. */
enum output_format {
	FORMAT_REPORT,   /* the log, or a report where --report names standard output */
	FORMAT_SCALEWAY, /* the answer of Scaleway Registry Purge (report/scaleway_json.h) */
};

struct options {
	enum command command;
	char *argument; /* apply: a file; why, hold, release: a reference; else NULL */
	struct string_list arguments; /* restore: references, as they were typed */
	char *run;                    /* --run; NULL: not given */
	char *config;                 /* NULL: not given */
	char *report;                 /* "-": standard output; NULL: no report wanted */
	char *html;                   /* NULL: not given */
	char *output;                 /* plan: NULL: no file wanted; init: NULL: config.json */
	char *repos_file;     /* instead of cleanup.repositories_file; absolute; NULL: not given */
	char *only_namespace; /* NULL: not given */
	struct string_list repositories; /* --repository, in their order */
	/* cli_resolve() sets these: */
	struct reference reference; /* why: has a tag, a digest, or both */
	bool widened; /* --repository named one tag or manifest; all of the repository is meant */
	struct string_list jobs; /* --jobs, in their order, none of them empty */
	char *tags;              /* the repository whose tags are wanted; NULL: none */
	char *reason;            /* --reason: one line; NULL: not given */
	/* init; NULL: not given. ENGINE is "docker", "podman" or "nerdctl". */
	char *container, *compose, *kubectl, *host, *engine;
	uint64_t days;     /* --days; 0: not given */
	uint64_t parallel; /* --parallel; 0: not given */
	uint64_t top;      /* --top: lines wanted; 0: not given */
	int64_t max_ms;    /* --max-minutes; 0: not given */
	enum output_format format;
	bool http_logs;
	bool force;
	bool overwrite;
	bool force_idle;
	bool confirm;
	bool json;
	bool csv;
	bool dry_run;
	bool quiet;
	bool debug;
	bool deep;
};

enum cli_outcome {
	CLI_RUN,   /* OUT says what is wanted */
	CLI_DONE,  /* --help or --version, already printed: leave with 0 */
	CLI_ERROR, /* ERR (ERR_USAGE, ERR_IO when stdout took no help) says why: leave with 2 */
};

/* Reads ARGV, DRY_RUN and DEBUG. OUT is the caller's to clear after CLI_RUN; otherwise it holds
 * nothing. */
enum cli_outcome cli_parse(int argc, const char **argv, struct options *out, struct err *err)
	__attribute__((warn_unused_result));
void options_clear(struct options *options);

/* The name of its command, in static memory. */
const char *options_command(const struct options *options);
/* Whether standard output is for the report, and for nothing else. */
bool options_report_to_stdout(const struct options *options);
/* The same, or for what --format prints. */
bool options_stdout_is_taken(const struct options *options);

#endif
