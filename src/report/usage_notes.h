/* Notes below a table of usage. For src/report/usage_text*.c only. */
#ifndef REPORT_USAGE_NOTES_H
#define REPORT_USAGE_NOTES_H

#include "report/usage_view.h"

#include <stdio.h>

void usage_notes(const struct space_view *view, FILE *out);

#endif
