/* Where the space goes, as a table for people. */
#ifndef SPACE_TEXT_H
#define SPACE_TEXT_H

#include "space_view.h"
#include "util/terminal.h"

#include <stdio.h>

/* The repositories, the largest first, then what they share, garbage, total, and uploads. */
void space_text(const struct space_view *view, struct terminal terminal, FILE *out);
/* The tags of VIEW's repository. */
void space_text_tags(const struct space_view *view, struct terminal terminal, FILE *out);

#endif
