/* What a plan that was written earlier wants to go: nothing else may (`apply FILE`). A set that is
 * filled once and then asked; no I/O. */
#ifndef WANTED_H
#define WANTED_H

#include <stdbool.h>

struct wanted; /* opaque */

struct wanted *wanted_new(void);
void wanted_free(struct wanted *wanted); /* NULL is fine */

/* TAG may be NULL: the manifest DIGEST of REPOSITORY, which has no tag. */
void wanted_add(struct wanted *wanted, const char *repository, const char *tag, const char *digest);
bool wanted_has(const struct wanted *wanted, const char *repository, const char *tag,
		const char *digest);

#endif
