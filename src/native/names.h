/* The names in a folder, read in large pieces. Private to src/native. */
#ifndef NATIVE_NAMES_H
#define NATIVE_NAMES_H

#include <stdbool.h>

/* Calls EACH for every name in the folder FD, "." and ".." left out, with its type (DT_…, never
 * DT_UNKNOWN unless it vanished); false ends that. -1 with errno set. */
int native_names(int fd, bool (*each)(void *ctx, const char *name, unsigned char type), void *ctx)
	__attribute__((warn_unused_result));

#endif
