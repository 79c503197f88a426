/* How the lines of a journal are written (undo/journal.h), for src/undo alone. */
#ifndef UNDO_LINES_H
#define UNDO_LINES_H

#include "undo/journal.h"

#include <stdio.h>

void lines_head(FILE *stream, const char *run, const struct undo_about *about);
void lines_manifest(FILE *stream, const struct undo_manifest *manifest);
/* One for each tag, the body in the first. */
void lines_tags(FILE *stream, const struct undo_manifest *manifest);
void lines_listed(FILE *stream, const struct undo_listed *listed);
void lines_fate(FILE *stream, enum undo_fate fate, const char *repository, const char *digest,
		const char *tag);
void lines_collecting(FILE *stream, const struct undo_collection *collection);
void lines_collected(FILE *stream, const struct undo_collection *collection);
void lines_end(FILE *stream, const struct undo_run *run);

#endif
