/* Names of repositories and tags as the last run left them: the file `names` in the registry's
 * folder of the state, for who types them (the completion of shells). Nothing is decided by it, it
 * has no checksum, and it may be deleted at any time.
 *
 *   clean-registry names 1
 *   r NAME         a repository, in the order of their names
 *   t NAME         its next tag, in the order of their names, between them
 *   d NAME TIME    a tag that a run deleted which began then, seconds since 1970 */
#ifndef SESSION_NAMES_FILE_H
#define SESSION_NAMES_FILE_H

#include <stdbool.h>
#include <stdint.h>

struct inventory;
struct outcome; /* apply/outcome.h */
struct state;

/* With more tags than that, repositories alone are written. */
#define NAMES_TAGS_MOST 500000

/* Writes what INVENTORY has, says OUTCOME, of a run that began at NOW; what runs deleted for
 * KEEP_DAYS. Silently nothing where that cannot be written. */
void names_file_save(const struct inventory *inventory, const struct outcome *outcome,
		     const struct state *state, int64_t now, long keep_days);

/* Of a tag, or with TAG NULL, of the repository itself; DELETED: when, or 0, it is there. */
typedef void (*names_each)(void *ctx, const char *repository, const char *tag, int64_t deleted);
/* Calls EACH for what STATE has, in its order; nothing where there is no such file, or a damaged
 * one. Names are valid ones. */
void names_file_each(const struct state *state, names_each each, void *ctx);

#endif
