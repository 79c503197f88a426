/* What must be said below a table of where the space goes. For src/usage_text*.c only. */
#ifndef REPORT_USAGE_NOTES_H
#define REPORT_USAGE_NOTES_H

#include "report/usage_view.h"

#include <stdio.h>

void usage_notes(const struct space_view *view, FILE *out);

#endif
