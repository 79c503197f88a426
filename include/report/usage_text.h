/* Where the space goes, as a table for people. */
#ifndef REPORT_USAGE_TEXT_H
#define REPORT_USAGE_TEXT_H

#include "report/usage_view.h"
#include "util/terminal.h"

#include <stdio.h>

/* The repositories, the largest first, then what they share, garbage, total, and uploads. */
void usage_text(const struct space_view *view, struct terminal terminal, FILE *out);
/* The tags of VIEW's repository. */
void usage_text_tags(const struct space_view *view, struct terminal terminal, FILE *out);

#endif
