/* Files that are lists: lines, fields, and what is wrong with them. */
#include "lists/list_file.h"

#include "util/notes.h"
#include "util/secure_file.h"
#include "util/strtab.h"
#include "util/u64map.h"
#include "util/xalloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SIZE_MIB     64
#define SIZE_LIMIT   ((size_t)SIZE_MIB << 20)
#define FAULTS_LIMIT 20 /* what is no list at all has a fault on every line */

static const char BYTE_ORDER_MARK[] = "\xef\xbb\xbf";

static void skip_byte_order_mark(struct list_file *file)
{
	size_t length = sizeof BYTE_ORDER_MARK - 1;

	if (file->text.length >= length && memcmp(file->text.data, BYTE_ORDER_MARK, length) == 0)
		file->at = length;
}

int list_file_open(struct list_file *file, const char *path, struct notes *notes)
{
	struct stat status;

	*file = (struct list_file){ .path = path, .notes = notes, .lines = u64map_new() };
	if (secure_file_read(path, SIZE_LIMIT, &file->text, &status, notes) < 0)
		return -1;
	if (file->text.length > SIZE_LIMIT) {
		notes_add(notes, "%s: longer than %d MiB", path, SIZE_MIB);
		return -1;
	}
	skip_byte_order_mark(file);
	return 0;
}

void list_file_of(struct list_file *file, const char *path, const char *text, size_t length,
		  struct notes *notes)
{
	*file = (struct list_file){ .path = path, .notes = notes, .lines = u64map_new() };
	buf_add(&file->text, text, length);
	skip_byte_order_mark(file);
}

void list_file_close(struct list_file *file)
{
	buf_free(&file->text);
	free(file->fields);
	u64map_free(file->lines);
	*file = (struct list_file){ 0 };
}

void list_file_fault_all(struct list_file *file, const char *problem)
{
	file->faults++;
	notes_add(file->notes, "%s: %s", file->path, problem);
}

void list_file_fault(struct list_file *file, const char *format, ...)
{
	char problem[1024];
	va_list arguments;

	if (file->faults == FAULTS_LIMIT)
		return;
	va_start(arguments, format);
	vsnprintf(problem, sizeof problem, format, arguments);
	va_end(arguments);
	file->faults++;
	notes_add(file->notes, "%s: line %zu: %s", file->path, file->line, problem);
	if (file->faults == FAULTS_LIMIT) {
		notes_add(file->notes, "%s: the rest was not read", file->path);
		file->at = file->text.length;
	}
}

/* The next line without its end, NUL-terminated, and its LENGTH. */
static char *take_line(struct list_file *file, size_t *length)
{
	char *start = file->text.data + file->at;
	size_t left = file->text.length - file->at;
	char *end = memchr(start, '\n', left);

	*length = end ? (size_t)(end - start) : left;
	file->at += end ? *length + 1 : *length;
	if (*length > 0 && start[*length - 1] == '\r')
		(*length)--;
	start[*length] = '\0';
	file->line++;
	return start;
}

static bool is_plain(struct list_file *file, const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (((unsigned char)line[i] < 0x20 && line[i] != '\t') || line[i] == 0x7f) {
			list_file_fault(file, "NUL or another control character");
			return false;
		}
	}
	return true;
}

static void split(struct list_file *file, char *line)
{
	char *rest = line;

	line[strcspn(line, "#")] = '\0';
	file->count = 0;
	for (char *field = strtok_r(line, " \t", &rest); field;
	     field = strtok_r(NULL, " \t", &rest)) {
		GROW(file->fields, file->count, file->capacity);
		file->fields[file->count++] = field;
	}
}

bool list_file_next(struct list_file *file)
{
	while (file->at < file->text.length) {
		size_t length;
		char *line = take_line(file, &length);

		if (!is_plain(file, line, length))
			continue;
		split(file, line);
		if (file->count > 0)
			return true;
	}
	return false;
}

uint32_t list_file_add_name(struct list_file *file, struct strtab *names)
{
	const char *name = file->fields[0];
	uint32_t id = strtab_find(names, name, strlen(name));

	if (id != STRTAB_NONE) {
		list_file_fault(file, "%s is on line %u already", name,
				u64map_get(file->lines, id));
		return STRTAB_NONE;
	}
	id = strtab_add(names, name, strlen(name));
	/* The file is too short for a line that does not fit. */
	u64map_set(file->lines, id, (uint32_t)file->line);
	return id;
}
