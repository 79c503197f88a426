/* Where the space goes, as JSON for programs (clean-registry(8), WHERE THE SPACE GOES). */
#ifndef SPACE_JSON_H
#define SPACE_JSON_H

#include "space_view.h"

#include <stdio.h>

/* One object, written piece by piece: a million tags are never held whole. */
void space_json(const struct space_view *view, FILE *out);

#endif
