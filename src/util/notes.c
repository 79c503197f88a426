/* Sentences that are gathered before any is shown. */
#include "util/notes.h"

#include "util/xalloc.h"

#include <stdarg.h>
#include <stdio.h>

void notes_add(struct notes *notes, const char *format, ...)
{
	va_list arguments;
	char *line = NULL;

	va_start(arguments, format);
	if (vasprintf(&line, format, arguments) < 0)
		die_internal("a note cannot be formatted");
	va_end(arguments);
	for (char *at = line; *at; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = '?';
	}
	notes->lines = xreallocarray(notes->lines, notes->count + 1, sizeof *notes->lines);
	notes->lines[notes->count++] = line;
}

void notes_clear(struct notes *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		free(notes->lines[i]);
	free(notes->lines);
	*notes = (struct notes){ 0 };
}
