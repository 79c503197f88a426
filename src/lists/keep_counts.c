/* The file of cleanreg (its option -f): how many images to keep in which repository. */
#include "lists/keep_counts.h"

#include "lists/list_file.h"
#include "registry/api.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <stdbool.h>
#include <string.h>

#define KEEP_LIMIT 1000000000

struct keep_counts {
	struct strtab *names;
	long *keep; /* by the numbers of NAMES */
	size_t capacity;
};

/* False: DIGITS is no number that can be meant. */
static bool read_number(const char *digits, long *number)
{
	*number = 0;
	for (const char *at = digits; *at; at++) {
		if (*at < '0' || *at > '9')
			return false;
		*number = *number * 10 + (*at - '0');
		if (*number > KEEP_LIMIT)
			return false;
	}
	return true;
}

static void read_line(struct keep_counts *repositories, struct list_file *file)
{
	const char *name = file->fields[0];
	long keep = 0;
	uint32_t id;

	if (!api_repository_valid(name)) {
		list_file_fault(file,
				"\"%.100s\" can be no repository: small letters, digits, '.', '_', "
				"'-' and '/'",
				name);
	} else if (file->count != 2) {
		list_file_fault(file, "expected a repository and the number of images to keep");
	} else if (!read_number(file->fields[1], &keep)) {
		list_file_fault(file, "\"%.100s\" is no number of images, 0 to %d", file->fields[1],
				KEEP_LIMIT);
	} else {
		id = list_file_add_name(file, repositories->names);
		if (id == STRTAB_NONE)
			return;
		GROW(repositories->keep, id, repositories->capacity);
		repositories->keep[id] = keep;
	}
}

static struct keep_counts *read_file(struct list_file *file)
{
	struct keep_counts *repositories = xcalloc(1, sizeof *repositories);

	repositories->names = strtab_new();
	while (list_file_next(file))
		read_line(repositories, file);
	if (strtab_count(repositories->names) == 0 && file->faults == 0)
		list_file_fault_all(file, "lists no repository");
	if (file->faults == 0)
		return repositories;
	keep_counts_free(repositories);
	return NULL;
}

struct keep_counts *keep_counts_load(const char *path, struct notes *faults)
{
	CLEANUP(list_file_close) struct list_file file;

	if (list_file_open(&file, path, faults) < 0)
		return NULL;
	return read_file(&file);
}

struct keep_counts *keep_counts_parse(const char *path, const char *text, size_t length,
				      struct notes *faults)
{
	CLEANUP(list_file_close) struct list_file file;

	list_file_of(&file, path, text, length, faults);
	return read_file(&file);
}

void keep_counts_free(struct keep_counts *file)
{
	if (!file)
		return;
	strtab_free(file->names);
	free(file->keep);
	free(file);
}

long keep_counts_keep(const struct keep_counts *file, const char *repository)
{
	uint32_t id = strtab_find(file->names, repository, strlen(repository));

	return id == STRTAB_NONE ? -1 : file->keep[id];
}

size_t keep_counts_count(const struct keep_counts *file)
{
	return strtab_count(file->names);
}

const char *keep_counts_name(const struct keep_counts *file, size_t index)
{
	return strtab_text(file->names, (uint32_t)index);
}
