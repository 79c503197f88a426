/* References of images as `docker pull` has them. No I/O. */
#ifndef REGISTRY_REFERENCE_H
#define REGISTRY_REFERENCE_H

#include "util/err.h"

#include <stddef.h>

struct reference {
	char *repository; /* api_repository_valid() */
	char *tag;        /* api_tag_valid(), or NULL when none is named */
	char *digest;     /* digest_valid(), or NULL when none is named */
};

/* Takes TEXT apart: [http[s]://][HOST/]REPOSITORY[:TAG][@DIGEST]. HOSTS are the COUNT names (HOST
 * or HOST:PORT, without regard to case) of the registry that is meant (config/registry_names.h).
 * What stands before the first slash is a host if it is one of them, as Docker has it, or if it has
 * a colon or a scheme before it; otherwise it is a part of the repository's name, as it may have
 * dots. 0: OUT is the caller's to clear. -1 (ERR_USAGE): it is no such reference, or one of another
 * registry; OUT holds nothing. */
int reference_parse(const char *text, const char *const *hosts, size_t count, struct reference *out,
		    struct err *err) __attribute__((warn_unused_result));
void reference_clear(struct reference *reference);

#endif
