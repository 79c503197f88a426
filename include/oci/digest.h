/* Digests, "sha256:<64 hex>" or "sha512:<128 hex>" (OCI image-spec v1.1.1, descriptor.md). */
#ifndef OCI_DIGEST_H
#define OCI_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_TEXT 136 /* room for the longest, with its NUL */

/* True for a well-formed digest of an algorithm that we can compute, lower-case hex only. */
bool digest_valid(const char *text, size_t length);
/* True when BODY hashes to DIGEST (which is valid). */
bool digest_matches(const char *digest, const void *body, size_t length);
/* The same for a body that comes in pieces. */
struct digest_check; /* opaque */
struct digest_check *digest_check_new(const char *digest);
void digest_check_free(struct digest_check *check); /* NULL is fine */
/* Forgets what was added. */
void digest_check_restart(struct digest_check *check);
void digest_check_add(struct digest_check *check, const void *bytes, size_t length);
/* True when what was added hashes to the digest; ends the check. */
bool digest_check_end(struct digest_check *check);

/* The sha256 digest of BODY as text; into TEXT, returned. */
const char *digest_of(const void *body, size_t length, char text[DIGEST_TEXT]);

#endif
