/* What collectors say when they fail; for the rest, what engines say. */
#include "gc/failure.h"

#include "config/config.h"
#include "engine/failure.h"
#include "forecast/collector_marks.h"
#include "storage/broken_links.h"
#include "util/buf.h"
#include "util/proc.h"
#include "util/xalloc.h"

#include <string.h>

#define CONFIG_2  "/etc/docker/registry/config.yml"
#define NO_FOLDER ": Path not found: /docker/registry/v2/repositories"
#define CONFIG_3  "/etc/distribution/config.yml"

static int config_path_failure(const struct config *config, struct err *err)
{
	const char *other = strcmp(config->paths.config, CONFIG_3) == 0 ? CONFIG_2 : CONFIG_3;

	return err_set(err, ERR_COLLECTOR,
		       "the collector cannot read its configuration %s: check paths.config (this "
		       "image may have it at %s)",
		       config->paths.config, other);
}

/* What the collector stopped at, by its own words; what can be done about it. */
static const struct {
	const char *text; /* somewhere in what it printed */
	enum broken_link kinds[2];
	const char *what, *remedy;
	const char *where; /* when nothing is found */
} STOPS[] = {
	{ "invalid checksum digest format",
	  { BROKEN_REVISION, BROKEN_LAYER },
	  "the collector met a broken link file (empty, or no digest in it) and stopped before it "
	  "removed anything",
	  "remove or restore",
	  "find it under repositories/ (`find … -name link -size -71c`) and remove or restore it" },
	{ "error enumerating blobs",
	  { BROKEN_FOLDER, BROKEN_FOREIGN },
	  "the collector could not list blobs/ in its storage, and stopped before it removed "
	  "anything",
	  "look at",
	  "is that folder there, may the collector read it, and is there a file `data` in it that "
	  "is no blob's (`find … -name data`)? Such a file may be removed" },
	{ "failed to parse repo name",
	  { BROKEN_FOREIGN, BROKEN_FOREIGN },
	  "the collector met a folder whose name no repository can have, and stopped before it "
	  "removed anything",
	  "move away or remove",
	  "find it under repositories/ and move it away, or remove it" },
	{ ": invalid path: ",
	  { BROKEN_FOREIGN, BROKEN_FOREIGN },
	  "the collector met a file that is none of the registry's, and stopped before it removed "
	  "anything",
	  "move away or remove",
	  "move it away or remove it" },
};

/* Looks for it where there is a folder to look into, to name it. */
static int stop_failure(size_t stop, struct layout *layout, const char *line, struct err *err)
{
	struct broken_links found = { 0 };
	struct err ignored;
	int result = 0;

	if (layout && broken_links_find(layout, &found, &ignored) < 0)
		broken_links_clear(&found);
	for (size_t i = 0; i < 2 && result == 0; i++) {
		enum broken_link kind = STOPS[stop].kinds[i];

		if (found.counts[kind] > 0)
			result = err_set(err, ERR_COLLECTOR, "%s: %s %s%s", STOPS[stop].what,
					 STOPS[stop].remedy, buf_string(&found.names[kind]),
					 found.counts[kind] > OBSTACLES_NAMED ? ", …" : "");
	}
	broken_links_clear(&found);
	if (result < 0)
		return result;
	return err_set(err, ERR_COLLECTOR, "%s: %s: %s", STOPS[stop].what, STOPS[stop].where, line);
}

bool gc_finds_no_repositories(const char *errors)
{
	const char *at = strstr(errors, "failed to mark: ");

	/* The folder itself: one below it says that something is broken there. */
	at = at ? strstr(at, NO_FOLDER) : NULL;
	return at && strspn(at + strlen(NO_FOLDER), "/ \r\n") == strlen(at + strlen(NO_FOLDER));
}

#define UNREAD "failed to retrieve manifest for digest "

/* The manifest that it could not read was marked last: its repository is known by that. */
static int unread_failure(const struct gc_end *end, const char *line, struct err *err)
{
	size_t last = collector_marks_count(end->marks);
	const char *digest = last ? collector_marks_digest(end->marks, last - 1) : "";
	const char *name = last ? collector_marks_repository(end->marks, last - 1) : "";
	const char *at = strstr(end->errors, UNREAD) + strlen(UNREAD);
	const char *wanted =
		"delete that manifest by its digest (DELETE /v2/NAME/manifests/DIGEST)";

	if (!*digest || strncmp(at, digest, strlen(digest)) != 0)
		return err_set(err, ERR_COLLECTOR,
			       "the collector aborts at a manifest that this version of the "
			       "registry does not read: if nobody needs it, %s: %s",
			       wanted, line);
	return err_set(err, ERR_COLLECTOR,
		       "the collector aborts at %s@%s, which this version of the registry does not "
		       "read: if nobody needs it, %s: %s",
		       name, digest, wanted, line);
}

/* Where what it printed tells what it stopped at. 0: it does not. */
static int known_failure(const struct config *config, struct layout *layout,
			 const struct gc_end *end, const char *line, struct err *err)
{
	const char *errors = end->errors;

	if (strstr(errors, "configuration error") ||
	    (strstr(errors, "no such file or directory") && strstr(errors, config->paths.config)))
		return config_path_failure(config, err);
	for (size_t i = 0; i < sizeof STOPS / sizeof *STOPS; i++)
		if (strstr(errors, STOPS[i].text))
			return stop_failure(i, layout, line, err);
	return strstr(errors, UNREAD) ? unread_failure(end, line, err) : 0;
}

/* The status as a shell has it; -1: there is none. */
static int status_of(const struct proc_result *process)
{
	if (process->end == PROC_EXITED)
		return process->status;
	return process->end == PROC_SIGNALLED ? 128 + process->status : -1;
}

bool gc_never_started(const struct proc_result *process, const char *errors)
{
	return engine_failure_read(errors, status_of(process)).not_started;
}

/* It did not end by itself. 0: it did. */
static int unended_failure(const struct config *config, const struct gc_end *how, struct err *err)
{
	enum proc_end end = how->process->end;

	if (end == PROC_TIMEOUT && !how->asked)
		return err_set(err, ERR_COLLECTOR,
			       "the collector did not end within %g minutes (gc.timeout_minutes) "
			       "and was left running; nothing is deleted until it is known that it "
			       "has ended",
			       config->gc.timeout_minutes);
	if (end == PROC_TIMEOUT)
		return err_set(err, ERR_COLLECTOR,
			       "the collector gave no answer within %g minutes: is its storage "
			       "reachable? A dry run that rightly takes longer (object storage) "
			       "needs a larger %s",
			       how->hurried ? config->gc.timeout_minutes
					    : config->gc.question_minutes,
			       how->hurried ? "gc.timeout_minutes" : "gc.question_minutes");
	if (end == PROC_ABANDONED)
		return err_set(err, ERR_COLLECTOR,
			       "the collector was left running; nothing is deleted until it is "
			       "known that it has ended");
	return 0;
}

int gc_failure(const struct config *config, struct layout *layout, const struct gc_end *end,
	       struct err *err)
{
	const struct proc_result *process = end->process;
	struct engine_failure failure = engine_failure_read(end->errors, status_of(process));
	const char *meaning = failure.meaning, *line = failure.line;
	char how[128];

	proc_describe(process, 0, how, sizeof how);
	if (unended_failure(config, end, err) < 0 ||
	    known_failure(config, layout, end, line, err) < 0)
		return -1;
	if (gc_finds_no_repositories(end->errors))
		meaning =
			"the registry has no repositories there: is paths.config the file that the "
			"registry runs with?";
	else if (process->end == PROC_EXITED && process->status == 0 && !end->summary && !meaning)
		return err_set(err, ERR_COLLECTOR,
			       "the collector exited 0 but printed no summary line, so it did "
			       "nothing: check registry.program and paths.config%s%s",
			       *line ? ": " : "", line);
	return err_set(err, ERR_COLLECTOR, "the collector failed (%s)%s%s%s%s", how,
		       meaning ? ": " : "", meaning ? meaning : "", *line ? ": " : "", line);
}
