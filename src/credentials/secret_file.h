/* Files with secrets. Private to src/credentials. */
#ifndef CREDENTIALS_SECRET_FILE_H
#define CREDENTIALS_SECRET_FILE_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>

struct buf;    /* util/buf.h */
struct config; /* config/config.h */
struct notes;  /* util/notes.h */

/* Reads PATH, which the key NAME names, if nobody else can write it; EXPOSED: everybody can read
 * it. -1 (ERR_USAGE), beginning with NAME: also of one longer than LIMIT bytes. */
int secret_file_read(const char *name, const char *path, size_t limit, struct buf *text,
		     bool *exposed, struct err *err) __attribute__((warn_unused_result));
/* Everybody can read PATH, which the key NAME names. */
void secret_file_warn(struct config *config, const char *name, const char *path,
		      struct notes *warnings);

#endif
