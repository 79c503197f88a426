/* Asks the storage on this host for what tags need, by as many threads as there are cores. */
#ifndef VERIFY_ASK_STORAGE_H
#define VERIFY_ASK_STORAGE_H

#include "util/err.h"

struct layout; /* storage/layout.h */
struct verify;

/* Answers all items of VERIFY: is the blob there, how long is it, does the repository link it. -1:
 * ERR_STOPPED. */
int verify_storage(struct verify *verify, const struct layout *layout, struct err *err)
	__attribute__((warn_unused_result));
/* Then reads every blob that was found, unless its length is wrong already, and compares it with
 * its digest. -1: ERR_STOPPED, soon. */
int verify_storage_deep(struct verify *verify, const struct layout *layout, struct err *err)
	__attribute__((warn_unused_result));

#endif
