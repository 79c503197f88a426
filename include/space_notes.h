/* What must be said below a table of where the space goes. For src/space_text*.c only. */
#ifndef SPACE_NOTES_H
#define SPACE_NOTES_H

#include "space_view.h"

#include <stdio.h>

void space_notes(const struct space_view *view, FILE *out);

#endif
