/* Which manifests the registry's collector said that it marks, by repository. */
#ifndef MARKS_H
#define MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct marks; /* opaque */

struct marks *marks_new(void);
void marks_free(struct marks *marks); /* NULL is fine */

/* REPOSITORY and DIGEST need no NUL at their end; what is there already is not added twice. */
void marks_add(struct marks *marks, const char *repository, size_t repository_length,
	       const char *digest, size_t digest_length);
bool marks_has(const struct marks *marks, const char *repository, const char *digest);
/* In how many repositories DIGEST is marked. */
uint32_t marks_holders(const struct marks *marks, const char *digest);

/* Number I of all that are marked, in the order in which they were added; borrowed from MARKS. */
size_t marks_count(const struct marks *marks);
const char *marks_repository(const struct marks *marks, size_t i);
const char *marks_digest(const struct marks *marks, size_t i);

#endif
