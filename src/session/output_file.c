/* Looks before it replaces. */
#include "session/output_file.h"

#include "cli/options.h"
#include "config/config.h"
#include "util/file.h"
#include "util/sweep.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_same(const struct stat *one, const char *path)
{
	struct stat other;

	return path && *path && stat(path, &other) == 0 && one->st_dev == other.st_dev &&
	       one->st_ino == other.st_ino;
}

/* The role that the file of STATUS already has for this program, or NULL; the caller's. */
static char *file_used_as(const struct stat *status, const struct options *options,
			  const struct config *config)
{
	const char *key;

	if (is_same(status, options->config ? options->config : config_default_path()))
		return xstrdup("the configuration");
	if (options->command == COMMAND_APPLY && is_same(status, options->argument))
		return xstrdup("the plan that is to be applied");
	key = config_key_of_file(config, status, "report.");
	return key ? xasprintf("the file of %s", key) : NULL;
}

/* Whether PATH, a real path of a folder, is FOLDER or below it, by whatever name: a folder can be
 * mounted in several places. */
static bool is_within(const char *path, const char *folder)
{
	CLEANUP(free_p) char *above = xstrdup(path);
	struct stat status;

	for (;;) {
		char *slash = strrchr(above, '/');

		if (stat(*above ? above : "/", &status) == 0 && is_same(&status, folder))
			return true;
		if (!slash)
			return false;
		*slash = '\0';
	}
}

/* What the FOLDER, a real path, is for this program, or NULL. Beside the registries' own folders, a
 * report may lie in paths.state. */
static const char *folder_used_as(const char *folder, const struct config *config)
{
	struct stat status;

	if (is_within(folder, config->paths.state) &&
	    !(stat(folder, &status) == 0 && is_same(&status, config->paths.state)))
		return "in a registry's folder of paths.state";
	return is_within(folder, config->paths.host_storage)
		       ? "in the registry's storage (paths.host_storage)"
		       : NULL;
}

/* TARGET is PATH's real path, or NULL: there is no such file. The folder's real path, or NULL; the
 * caller's. */
static char *folder_of(const char *path, const char *target)
{
	CLEANUP(free_p) char *folder = file_folder(target ? target : path);

	return realpath(folder, NULL);
}

int output_file_check(const char *path, const struct options *options, const struct config *config,
		      struct err *err)
{
	CLEANUP(free_p) char *target = realpath(path, NULL);
	CLEANUP(free_p) char *folder = folder_of(path, target);
	CLEANUP(free_p) char *used = NULL;
	const char *place;
	struct stat status;
	bool fits = target ? stat(target, &status) == 0 && S_ISREG(status.st_mode)
			   : lstat(path, &status) != 0;

	if (!fits)
		return err_set(err, ERR_USAGE, "%s: not a regular file", path);
	if (target)
		used = file_used_as(&status, options, config);
	place = used || !folder ? used : folder_used_as(folder, config);
	if (place)
		return err_set(err, ERR_USAGE, "%s is %s; name another file", path, place);
	return 0;
}

/* What PATH is without links; the caller's. */
static char *canonical(const char *path)
{
	CLEANUP(free_p) char *target = realpath(path, NULL);
	CLEANUP(free_p) char *folder = folder_of(path, target);
	const char *slash = strrchr(path, '/');

	if (target || !folder)
		return xstrdup(target ? target : path);
	return xasprintf("%s/%s", folder, slash ? slash + 1 : path);
}

bool output_file_is_same(const char *one, const char *other)
{
	CLEANUP(free_p) char *first = canonical(one);
	CLEANUP(free_p) char *second = canonical(other);

	return strcmp(first, second) == 0;
}

int output_file_open(struct file_new *file, const char *path, const struct options *options,
		     const struct config *config, struct err *err)
{
	CLEANUP(free_p) char *target = realpath(path, NULL);
	struct stat status;

	if (output_file_check(path, options, config, err) < 0)
		return -1;
	if (target && stat(target, &status) == 0 && is_same(&status, config->report.metrics_file))
		return err_set(err, ERR_USAGE,
			       "%s is the file of report.metrics_file; name another file", path);
	sweep_beside(target ? target : path);
	return file_new_open(file, target ? target : path, 0640, err);
}
