/* Registries among the processes of this host, and what a command line says of a registry. */
#include "init/setup.h"

#include "util/arena.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/text.h"
#include "util/xalloc.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROC_LIMIT ((size_t)1 << 20)

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void init_split(const char *cmdline, size_t length, struct string_list *out)
{
	for (size_t i = 0; i < length; i += strlen(cmdline + i) + 1)
		string_list_add(out, xstrdup(cmdline + i));
}

/* Where `serve` stands, behind the program; 0: nowhere. */
static size_t find_serve(const struct string_list *argv)
{
	for (size_t i = 1; i < argv->count; i++)
		if (strcmp(argv->items[i], "serve") == 0)
			return i;
	return 0;
}

const char *init_program_in(const struct string_list *argv)
{
	size_t serve = find_serve(argv);

	return serve ? argv->items[serve - 1] : NULL;
}

static bool is_yaml(const char *word)
{
	return text_ends(word, ".yml") || text_ends(word, ".yaml");
}

/* The images' own entrypoint puts `registry serve` before a lone *.yml. */
const char *init_config_in(const struct string_list *argv)
{
	size_t serve = find_serve(argv);
	const char *found = NULL;

	if (serve)
		return serve + 1 < argv->count && argv->items[serve + 1][0] != '-'
			       ? argv->items[serve + 1]
			       : NULL;
	for (size_t i = 1; i < argv->count; i++) {
		if (!is_yaml(argv->items[i]))
			continue;
		if (found)
			return NULL;
		found = argv->items[i];
	}
	return found;
}

/* The last part of a line such as "0::/system.slice/NAME.service". */
const char *init_unit_in(struct setup *setup, const char *text)
{
	static const char SLICE[] = "/system.slice/", SERVICE[] = ".service";
	const char *at = strstr(text, SLICE), *end;

	if (!at)
		return "";
	at += sizeof SLICE - 1;
	end = at + strcspn(at, "/\n");
	if ((size_t)(end - at) <= sizeof SERVICE - 1 ||
	    strncmp(end - (sizeof SERVICE - 1), SERVICE, sizeof SERVICE - 1) != 0)
		return "";
	return arena_string(setup->texts, at, (size_t)(end - at) - (sizeof SERVICE - 1));
}

static int read_entry(const char *pid, const char *name, struct buf *out)
{
	CLEANUP(free_p) char *path = xasprintf("/proc/%s/%s", pid, name);
	struct err ignored;

	return file_read(AT_FDCWD, path, PROC_LIMIT, out, &ignored);
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat first, second;

	return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
	       first.st_ino == second.st_ino;
}

/* What runs in a container sees other files than we do. */
static bool sees_our_files(const char *pid)
{
	CLEANUP(free_p) char *theirs = xasprintf("/proc/%s/ns/mnt", pid);

	return is_same_file(theirs, "/proc/self/ns/mnt");
}

static bool is_ours_alone(const struct stat *status)
{
	bool others = status->st_mode & (S_IWGRP | S_IWOTH);
	bool own_names = S_ISDIR(status->st_mode) && status->st_mode & S_ISVTX;

	return (status->st_uid == 0 || status->st_uid == geteuid()) && (!others || own_names);
}

bool init_trusts(const char *path)
{
	CLEANUP(free_p) char *at = *path == '/' ? realpath(path, NULL) : NULL;
	struct stat status;

	if (!at || stat(at, &status) < 0 || !S_ISREG(status.st_mode))
		return false;
	while (is_ours_alone(&status)) {
		char *above = file_folder(at);

		if (strcmp(at, "/") == 0) {
			free(above);
			return true;
		}
		free(at);
		at = above;
		if (stat(at, &status) < 0)
			return false;
	}
	return false;
}

static bool is_registry(const char *program)
{
	const char *name = base_name(program);

	return strcmp(name, "registry") == 0 || strcmp(name, "docker-registry") == 0 ||
	       strcmp(name, "distribution") == 0;
}

/* The file that PID serves, as a path from here; NULL when it serves none. */
static char *served_file(const char *pid, const struct string_list *argv)
{
	const char *program = init_program_in(argv), *path = init_config_in(argv);

	if (!program || !is_registry(program) || !path || !sees_our_files(pid))
		return NULL;
	return *path == '/' ? xstrdup(path) : xasprintf("/proc/%s/cwd/%s", pid, path);
}

static void take_process(const char *pid, const struct string_list *argv, const char *file,
			 struct setup *setup)
{
	CLEANUP(buf_free) struct buf environment = { 0 };
	CLEANUP(buf_free) struct buf groups = { 0 };
	CLEANUP(free_p) char *real = realpath(file, NULL);

	for (size_t i = 0; i < argv->count; i++)
		string_list_add(&setup->argv, xstrdup(argv->items[i]));
	setup->config = setup_text(setup, *file == '/' && !text_begins(file, "/proc/") ? file
					  : real                                       ? real
										       : "");
	if (read_entry(pid, "environ", &environment) == 0) {
		for (size_t i = 0; i < environment.length; i++)
			if (!environment.data[i])
				environment.data[i] = '\n';
		setup->environment = setup_text(setup, buf_string(&environment));
	}
	if (read_entry(pid, "cgroup", &groups) == 0)
		setup->unit = init_unit_in(setup, buf_string(&groups));
}

/* 1 if PID serves CONFIG. */
static size_t look_at(const char *pid, const char *config, bool take, struct setup *setup)
{
	CLEANUP(buf_free) struct buf cmdline = { 0 };
	CLEANUP(string_list_clear) struct string_list argv = { 0 };
	CLEANUP(free_p) char *file = NULL;

	if (read_entry(pid, "cmdline", &cmdline) < 0 || cmdline.length == 0)
		return 0;
	init_split(buf_string(&cmdline), cmdline.length, &argv);
	file = served_file(pid, &argv);
	if (!file || !(config ? is_same_file(file, config) : init_trusts(file)))
		return 0;
	if (take)
		take_process(pid, &argv, file, setup);
	return 1;
}

size_t init_find_process(const char *config, struct setup *setup)
{
	DIR *folder = opendir("/proc");
	const struct dirent *entry;
	size_t count = 0;

	while (folder && (entry = readdir(folder)))
		if (isdigit((unsigned char)entry->d_name[0]))
			count += look_at(entry->d_name, config, count == 0, setup);
	if (folder)
		closedir(folder);
	return count;
}
