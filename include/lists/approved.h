/* What a plan that was written earlier wants to go: nothing else may (`apply FILE`). A set that is
 * filled once and then asked; no I/O. */
#ifndef LISTS_APPROVED_H
#define LISTS_APPROVED_H

#include <stdbool.h>

struct approved; /* opaque */

struct approved *approved_new(void);
void approved_free(struct approved *wanted); /* NULL is fine */

/* TAG may be NULL: the manifest DIGEST of REPOSITORY, which has no tag. */
void approved_add(struct approved *wanted, const char *repository, const char *tag,
		  const char *digest);
bool approved_has(const struct approved *wanted, const char *repository, const char *tag,
		  const char *digest);

#endif
