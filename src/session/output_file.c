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

/* The role that the file of STATUS already has for this program, or NULL. */
static const char *file_used_as(const struct stat *status, const struct options *options,
				const struct config *config)
{
	const struct config_retain_lists *lists = &config->retain_lists;

	if (is_same(status, options->config ? options->config : config_default_path()))
		return "the configuration";
	if (is_same(status, config->log.file))
		return "the log (log.file)";
	if (is_same(status, config->cleanup.repositories_file))
		return "the list of repositories (cleanup.repositories_file)";
	if (is_same(status, config->registry.ca_cert))
		return "the file of registry.ca_cert";
	if (is_same(status, config->registry.client_cert))
		return "the file of registry.client_cert";
	if (is_same(status, config->registry.client_key))
		return "the file of registry.client_key";
	if (is_same(status, config->registry.password_file))
		return "the file of registry.password_file";
	if (is_same(status, config->registry.docker_config))
		return "the file of registry.docker_config";
	if (config->registry.exec.count == 0 && is_same(status, config->paths.config))
		return "the registry's configuration (paths.config)";
	if (options->command == COMMAND_APPLY && is_same(status, options->argument))
		return "the plan that is to be applied";
	for (size_t i = 0; i < lists->count; i++)
		if (is_same(status, lists->items[i].file))
			return "a list of retain_lists";
	return NULL;
}

static bool is_within(const char *path, const char *folder)
{
	CLEANUP(free_p) char *real = *folder ? realpath(folder, NULL) : NULL;
	size_t length = real ? strlen(real) : 0;

	return real && strncmp(path, real, length) == 0 &&
	       (length == 1 || !path[length] || path[length] == '/');
}

/* What the FOLDER, a real path, is for this program, or NULL. Beside the registries' own folders, a
 * report may lie in paths.state. */
static const char *folder_used_as(const char *folder, const struct config *config)
{
	CLEANUP(free_p) char *above = xasprintf("%s/..", folder);
	struct stat status;

	if (stat(above, &status) == 0 && is_same(&status, config->paths.state))
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
	const char *used = NULL;
	struct stat status;
	bool fits = target ? stat(target, &status) == 0 && S_ISREG(status.st_mode)
			   : lstat(path, &status) != 0;

	if (!fits)
		return err_set(err, ERR_USAGE, "%s: not a regular file", path);
	if (target)
		used = file_used_as(&status, options, config);
	if (!used && folder)
		used = folder_used_as(folder, config);
	if (used)
		return err_set(err, ERR_USAGE, "%s is %s; name another file", path, used);
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
