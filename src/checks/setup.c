/* What this host must let a run do. Whether a file could be written is asked of the kernel
 * (access); none is made. */
#include "checks/checks.h"

#include "cli/options.h"
#include "config/config.h"
#include "door/door.h"
#include "measure/free_space.h"
#include "session/native_left.h"
#include "session/output_file.h"
#include "state/leftover.h"
#include "state/reserve.h"
#include "state/state.h"
#include "util/file.h"
#include "util/lock_holder.h"
#include "util/log.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What a run writes down before it deletes anything, and some room for what it remembers. */
#define SPACE_LEAST (4 * (uint64_t)STATE_RESERVE_SIZE)

static bool may(const char *path, int mode)
{
	return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0;
}

/* Whether PATH can be written, or made in its folder. -1 with errno set. */
static int could_write(const char *path)
{
	CLEANUP(free_p) char *folder = file_folder(path);
	struct stat status;

	if (stat(path, &status) == 0) {
		errno = EISDIR;
		return !S_ISDIR(status.st_mode) && may(path, W_OK) ? 0 : -1;
	}
	return errno == ENOENT && may(folder, W_OK | X_OK) ? 0 : -1;
}

/* The folder above PATH, or PATH itself, that is there; the caller's. */
static char *existing_folder(const char *path)
{
	char *at = xstrdup(path);
	struct stat status;

	while (stat(at, &status) != 0 && errno == ENOENT && strcmp(at, "/") != 0 &&
	       strcmp(at, ".") != 0) {
		char *above = file_folder(at);

		free(at);
		at = above;
	}
	return at;
}

enum check_verdict checks_configuration(struct checks_place *place, struct err *said)
{
	return checks_say(said, CHECK_OK, "%s", place->config_path);
}

enum check_verdict checks_permissions(struct checks_place *place, struct err *said)
{
	const char *exposed = place->config->exposed_file;

	if (!exposed)
		return checks_say(said, CHECK_OK, "%s", "");
	return checks_say(said, CHECK_TROUBLE,
			  "everybody can read a secret in %s; run: chmod o-r %s", exposed, exposed);
}

enum check_verdict checks_state(struct checks_place *place, struct err *said)
{
	struct state_options options = state_options(place->config);
	CLEANUP(free_p) char *folder = NULL;
	struct stat status;

	place->state = state_open_read_only(&options, said);
	if (!place->state)
		return CHECK_TROUBLE;
	folder = existing_folder(state_path(place->state));
	if (stat(folder, &status) == 0 && !S_ISDIR(status.st_mode))
		errno = ENOTDIR;
	else if (!state_is_hidden(place->state) && may(folder, W_OK | X_OK))
		return checks_say(said, CHECK_OK, "%s", state_path(place->state));
	err_set(said, ERR_USAGE,
		"%s: %s: what is about to be deleted is written there first (paths.state)", folder,
		strerror(errno));
	return CHECK_TROUBLE;
}

enum check_verdict checks_log(struct checks_place *place, struct err *said)
{
	const char *path = place->config->log.file;
	int syslog = place->config->log.syslog ? log_try_syslog(LOG_SYSLOG) : 0;

	if (syslog)
		return checks_say(said, CHECK_TROUBLE,
				  LOG_SYSLOG ": %s: no line goes to syslog; start a syslog daemon, "
					     "or leave out log.syslog",
				  strerror(syslog));
	if (!*path)
		return checks_say(said, CHECK_NOT_ASKED, "log.file is empty: there is no log file");
	if (could_write(path) == 0)
		return checks_say(said, CHECK_OK, "%s", path);
	return checks_say(said, CHECK_TROUBLE,
			  "%s: %s: a run has no log file; make its folder, or set log.file", path,
			  strerror(errno));
}

/* PATH, named by NAME. */
static enum check_verdict check_output(struct checks_place *place, const char *name,
				       const char *path, struct err *said)
{
	if (output_file_check(path, place->options, place->config, said) < 0) {
		err_wrap(said, "%s", name);
		return CHECK_TROUBLE;
	}
	if (could_write(path) == 0)
		return checks_say(said, CHECK_OK, "%s", path);
	return checks_say(said, CHECK_TROUBLE, "%s: %s: %s", name, path, strerror(errno));
}

enum check_verdict checks_report(struct checks_place *place, struct err *said)
{
	const struct options *options = place->options;
	const char *page = place->config->report.html_file;
	const char *metrics = place->config->report.metrics_file;
	enum check_verdict verdict = CHECK_OK;
	bool asked = options->report && !options_report_to_stdout(options);

	if (!asked && !*page && !*metrics)
		return checks_say(said, CHECK_NOT_ASKED,
				  "no report is asked for; with --report FILE it is");
	if (asked)
		verdict = check_output(place, "--report", options->report, said);
	if (verdict == CHECK_OK && *page)
		verdict = check_output(place, "report.html_file", page, said);
	if (verdict == CHECK_OK && *metrics)
		verdict = check_output(place, "report.metrics_file", metrics, said);
	return verdict;
}

static enum check_verdict fail_held(const char *path, long pid, struct err *said)
{
	err_set(said, ERR_BUSY,
		"another clean-registry is at work: it holds a lock on %s (process %ld)", path,
		pid);
	return CHECK_TROUBLE;
}

/* As state_open locks them. */
enum check_verdict checks_lock(struct checks_place *place, struct err *said)
{
	CLEANUP(free_p) char *lock = xasprintf("%s/lock", state_path(place->state));
	const char *storage = place->config->paths.host_storage;
	struct err why = { 0 };
	long pid = 0;
	int held = lock_holder_find(lock, &pid, &why);

	if (held > 0)
		return fail_held(lock, pid, said);
	if (held == 0 && *storage)
		held = lock_holder_find(storage, &pid, &why);
	if (held > 0)
		return fail_held(storage, pid, said);
	return held == 0 ? checks_say(said, CHECK_OK, "%s", "")
			 : checks_say(said, CHECK_NOT_ASKED, "it cannot be told: %s", why.msg);
}

static const char *leftover_text(const struct leftover *leftover)
{
	if (leftover->kind == LEFTOVER_DOOR)
		return door_leftover_text(leftover);
	return "a run that was killed left the registry stopped; the next run starts it";
}

static enum check_verdict find_native_left(const struct checks_place *place, struct err *said)
{
	CLEANUP(native_left_clear) struct native_left left;
	int found = native_left_find(place->config, place->state, &left, said);

	if (found < 0)
		return CHECK_TROUBLE;
	if (found > 0)
		return checks_say(
			said, CHECK_TROUBLE,
			"a collection was interrupted: layers may be without their links, "
			"or in the trash; clean-registry recover puts them back");
	return checks_say(said, CHECK_OK, "%s", "");
}

enum check_verdict checks_leftovers(struct checks_place *place, struct err *said)
{
	static const enum leftover_kind KINDS[] = { LEFTOVER_DOOR, LEFTOVER_OFFLINE };

	for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
		CLEANUP(leftover_clear) struct leftover leftover = { 0 };
		int found = leftover_read(place->state, KINDS[i], &leftover, said);

		if (found < 0)
			return CHECK_TROUBLE;
		if (found > 0)
			return checks_say(said, CHECK_TROUBLE, "%s", leftover_text(&leftover));
	}
	return find_native_left(place, said);
}

static const char *size_text(uint64_t bytes, char text[UNITS_SIZE])
{
	return bytes == FREE_SPACE_UNKNOWN ? "an unknown size" : units_bytes(bytes, text);
}

/* A full disk of the storage is no hindrance: a run may free it. */
enum check_verdict checks_space(struct checks_place *place, struct err *said)
{
	CLEANUP(free_p) char *folder = existing_folder(state_path(place->state));
	const char *storage = place->config->paths.host_storage;
	char state_text[UNITS_SIZE], storage_text[UNITS_SIZE];
	struct statvfs space;
	uint64_t bytes;

	if (statvfs(folder, &space) != 0)
		return checks_say(said, CHECK_NOT_ASKED, "%s: %s", folder, strerror(errno));
	bytes = (uint64_t)space.f_bavail * space.f_frsize;
	if (bytes < SPACE_LEAST)
		return checks_say(
			said, CHECK_TROUBLE,
			"only %s are free where %s lies, and what is about to be deleted is "
			"written there first: make room, or set paths.state",
			units_bytes(bytes, state_text), folder);
	if (!*storage)
		return checks_say(said, CHECK_OK, "%s for paths.state",
				  units_bytes(bytes, state_text));
	return checks_say(said, CHECK_OK, "%s for paths.state, %s for the images",
			  units_bytes(bytes, state_text),
			  size_text(measure_free_space(storage), storage_text));
}
