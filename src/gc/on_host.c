/* Goes through /proc. Which files a process means is found out from its own root and folder, and
 * compared by device and inode: names may be relative, indirect, or of another mount namespace. */
#include "gc/on_host.h"

#include "config/config.h"
#include "gc/process.h"
#include "registry/server_config.h"
#include "storage/layout.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/log.h"
#include "util/xalloc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PROC_LIMIT   ((size_t)4 << 20)
#define CONFIG_LIMIT ((size_t)1 << 20)
#define PLACES       6

/* Files and folders that tell our registry, by device and inode. */
struct places {
	const struct config *config;
	bool here;
	struct stat configuration;
	bool has_configuration;
	struct stat roots[PLACES];
	size_t root_count;
};

enum ours { OURS_NO, OURS_YES, OURS_UNKNOWN };

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* PATH as a process sees it whose root is FOLDER: also its absolute symbolic links. */
static int open_inside(int folder, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };

	return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}

/* What PID's entry NAME in /proc leads to, for looking only. */
static int open_entry(const char *pid, const char *name)
{
	CLEANUP(free_p) char *path = xasprintf("/proc/%s/%s", pid, name);

	return open(path, O_PATH | O_CLOEXEC);
}

/* -1 with errno set. */
static int read_entry(const char *pid, const char *name, struct buf *out)
{
	CLEANUP(free_p) char *path = xasprintf("/proc/%s/%s", pid, name);
	struct err err;

	return file_read(AT_FDCWD, path, PROC_LIMIT, out, &err);
}

/* Appends what the regular file behind FD holds; opening anything else could make somebody wait. */
static int read_opened(int fd, struct buf *out)
{
	CLEANUP(free_p) char *path = xasprintf("/proc/self/fd/%d", fd);
	struct stat status;
	struct err err;

	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
		return -1;
	return file_read(AT_FDCWD, path, CONFIG_LIMIT, out, &err);
}

static void add_root(struct places *places, const char *path)
{
	CLEANUP(free_p) char *folder = xasprintf("%s/" LAYOUT_FOLDER, path);
	const char *const names[] = { path, folder };

	for (size_t i = 0; i < 2 && *path && places->root_count < PLACES; i++)
		if (stat(names[i], &places->roots[places->root_count]) == 0)
			places->root_count++;
}

static bool is_root(const struct places *places, int fd)
{
	struct stat status;

	if (fd < 0 || fstat(fd, &status) != 0)
		return false;
	for (size_t i = 0; i < places->root_count; i++)
		if (is_same(&status, &places->roots[i]))
			return true;
	return false;
}

/* The root that a registry works on that reads the file behind FD with that ENVIRONMENT (NULs
 * between its variables). "" when that is not known. */
static void find_root(int fd, const struct buf *environment, char root[SERVER_ROOT])
{
	CLEANUP(buf_free) struct buf yaml = { 0 };
	CLEANUP(free_p) char *lines = xcalloc(environment->length + 1, 1);
	struct server_config server;

	root[0] = '\0';
	if (read_opened(fd, &yaml) != 0)
		return;
	if (environment->length > 0)
		memcpy(lines, environment->data, environment->length);
	for (size_t i = 0; i < environment->length; i++)
		if (!lines[i])
			lines[i] = '\n';
	server_config_parse(buf_string(&yaml), yaml.length, lines, &server);
	memcpy(root, server.root, SERVER_ROOT);
}

/* Our own collector's configuration and root, which it would have with our own environment. */
static void add_own(struct places *places)
{
	CLEANUP(file_close) int fd = open(places->config->paths.config, O_PATH | O_CLOEXEC);
	CLEANUP(buf_free) struct buf environment = { 0 };
	char root[SERVER_ROOT];

	if (fd < 0 || fstat(fd, &places->configuration) != 0)
		return;
	places->has_configuration = true;
	if (read_entry("self", "environ", &environment) != 0)
		return;
	find_root(fd, &environment, root);
	add_root(places, root);
}

static struct places find_places(const struct config *config, bool here)
{
	struct places places = { .config = config, .here = here };

	add_root(&places, config->paths.host_storage);
	if (here) {
		add_root(&places, config->paths.storage);
		add_own(&places);
	}
	return places;
}

/* Whether PID, which reads the configuration behind FD, works on one of our roots. */
static enum ours compare_roots(const struct places *places, const char *pid, int fd,
			       const struct buf *environment)
{
	CLEANUP(file_close) int top = open_entry(pid, "root");
	CLEANUP(free_p) char *below = NULL;
	char root[SERVER_ROOT];

	find_root(fd, environment, root);
	if (!root[0] || top < 0 || places->root_count == 0)
		return OURS_UNKNOWN;
	below = xasprintf("%s/" LAYOUT_FOLDER, root);
	for (int i = 0; i < 2; i++) {
		CLEANUP(file_close) int folder = open_inside(top, i ? below : root);

		if (is_root(places, folder))
			return OURS_YES;
		if (folder < 0 && errno != ENOENT)
			return OURS_UNKNOWN;
	}
	return OURS_NO;
}

static enum ours compare(const struct places *places, const char *pid, const struct buf *cmdline)
{
	CLEANUP(buf_free) struct buf environment = { 0 };
	CLEANUP(file_close) int folder = -1;
	CLEANUP(file_close) int fd = -1;
	const char *path = NULL;
	struct stat status;

	if (read_entry(pid, "environ", &environment) != 0)
		return OURS_UNKNOWN;
	if (!gc_process_config(buf_string(cmdline), cmdline->length, buf_string(&environment),
			       environment.length, &path))
		return OURS_UNKNOWN;
	if (!path)
		return OURS_NO;
	folder = open_entry(pid, *path == '/' ? "root" : "cwd");
	if (folder >= 0)
		fd = *path == '/' ? open_inside(folder, path)
				  : openat(folder, path, O_PATH | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) != 0)
		return OURS_UNKNOWN;
	if (places->has_configuration && is_same(&status, &places->configuration))
		return OURS_YES;
	return compare_roots(places, pid, fd, &environment);
}

/* While it was looked at it may have ended, and what was seen of it last means nothing. */
static bool lives(const char *pid)
{
	CLEANUP(buf_free) struct buf cmdline = { 0 };

	return read_entry(pid, "cmdline", &cmdline) == 0 &&
	       gc_process_kind(buf_string(&cmdline), cmdline.length) == GC_PROCESS_COLLECTS;
}

/* HIDDEN is set when PID cannot be looked at. */
static bool is_at_work(const struct places *places, const char *pid, bool *hidden)
{
	CLEANUP(buf_free) struct buf cmdline = { 0 };
	enum ours ours;

	if (read_entry(pid, "cmdline", &cmdline) != 0) {
		*hidden |= errno != ENOENT && errno != ESRCH;
		return false;
	}
	if (gc_process_kind(buf_string(&cmdline), cmdline.length) != GC_PROCESS_COLLECTS)
		return false;
	ours = compare(places, pid, &cmdline);
	if (ours == OURS_NO || (ours == OURS_UNKNOWN && (!places->here || !lives(pid))))
		return false;
	log_debug("process %s of this host is a collector%s", pid,
		  ours == OURS_YES ? " of this registry" : ", perhaps of this registry");
	return true;
}

typedef bool (*asked)(void *ctx, const char *pid, bool *hidden);

/* Asks ABOUT each process but our own, until it says yes. */
static enum gc_on_host each_process(asked about, void *ctx, struct err *err)
{
	DIR *folder = opendir("/proc");
	CLEANUP(free_p) char *own = xasprintf("%ld", (long)getpid());
	const struct dirent *entry = NULL;
	bool hidden = false, found = false;
	bool first = false; /* that process is always there, unless it may not be seen */

	if (!folder) {
		err_set(err, ERR_IO, "/proc: %s", strerror(errno));
		return GC_HOST_HIDDEN;
	}
	while (!found && (entry = readdir(folder))) {
		first |= strcmp(entry->d_name, "1") == 0;
		if (isdigit((unsigned char)entry->d_name[0]) && strcmp(entry->d_name, own) != 0)
			found = about(ctx, entry->d_name, &hidden);
	}
	closedir(folder);
	if (found)
		return GC_HOST_FOUND;
	if (first && !hidden)
		return GC_HOST_NONE;
	err_set(err, ERR_IO, "/proc does not show other users' processes (hidepid)");
	return GC_HOST_HIDDEN;
}

static bool ask_at_work(void *ctx, const char *pid, bool *hidden)
{
	return is_at_work(ctx, pid, hidden);
}

enum gc_on_host gc_on_host(const struct config *config, bool here, struct err *err)
{
	struct places places = find_places(config, here);

	if (!here && places.root_count == 0)
		return GC_HOST_NONE;
	return each_process(ask_at_work, &places, err);
}

static bool is_of_run(void *ctx, const char *pid, bool *hidden)
{
	CLEANUP(buf_free) struct buf environment = { 0 };
	const char *run = NULL;

	(void)hidden;
	if (read_entry(pid, "environ", &environment) == 0)
		run = gc_process_variable(buf_string(&environment), environment.length,
					  GC_RUN_VARIABLE);
	return run && strcmp(run, ctx) == 0;
}

bool gc_on_host_of_run(const char *run)
{
	struct err ignored;
	CLEANUP(free_p) char *name = xstrdup(run);

	return each_process(is_of_run, name, &ignored) == GC_HOST_FOUND;
}
