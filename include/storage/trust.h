/* What is known of the folder at paths.host_storage. The session owns the one value there is; what
 * deletes raises or refutes it. */
#ifndef STORAGE_TRUST_H
#define STORAGE_TRUST_H

#include <stdbool.h>

enum storage_trust {
	STORAGE_NONE,     /* there is none, or it cannot be opened */
	STORAGE_UNPROVED, /* it may be the registry's own, or a copy of it */
	STORAGE_OWN,      /* device and inode: it is the folder that the registry's container has */
	STORAGE_CONFIRMED, /* and a delete at registry.url was seen in it: it may be read instead of
			    * asking (S6) */
	STORAGE_REFUTED,   /* it is another registry's: nothing in it tells of this one */
};

/* It is the registry's own folder, by all that is known. */
static inline bool storage_is_own(enum storage_trust trust)
{
	return trust == STORAGE_OWN || trust == STORAGE_CONFIRMED;
}

/* There is a folder, and nothing says that it is another registry's. */
static inline bool storage_may_be_own(enum storage_trust trust)
{
	return trust == STORAGE_UNPROVED || storage_is_own(trust);
}

#endif
