/* Where the space goes, as JSON for programs (clean-registry(8), WHERE THE SPACE GOES). */
#ifndef REPORT_USAGE_JSON_H
#define REPORT_USAGE_JSON_H

#include "report/usage_view.h"

#include <stdio.h>

/* One object, written piece by piece: a million tags are never held whole. */
void usage_json(const struct space_view *view, FILE *out);

#endif
