/* Which manifests the registry's collector said that it marks, by repository. */
#ifndef FORECAST_COLLECTOR_MARKS_H
#define FORECAST_COLLECTOR_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct collector_marks; /* opaque */

struct collector_marks *collector_marks_new(void);
void collector_marks_free(struct collector_marks *marks); /* NULL is fine */

/* REPOSITORY and DIGEST need no NUL at their end; what is there already is not added twice. */
void collector_marks_add(struct collector_marks *marks, const char *repository,
			 size_t repository_length, const char *digest, size_t digest_length);
bool collector_marks_has(const struct collector_marks *marks, const char *repository,
			 const char *digest);
/* In how many repositories DIGEST is marked. */
uint32_t collector_marks_holders(const struct collector_marks *marks, const char *digest);

/* Number I of all that are marked, in the order in which they were added; borrowed from MARKS. */
size_t collector_marks_count(const struct collector_marks *marks);
const char *collector_marks_repository(const struct collector_marks *marks, size_t i);
const char *collector_marks_digest(const struct collector_marks *marks, size_t i);

#endif
