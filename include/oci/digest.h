/* Digests, "sha256:<64 hex>", "sha384:<96 hex>" or "sha512:<128 hex>" (OCI image-spec v1.1.1,
 * descriptor.md; these three are what distribution 2.x and 3.x take, through go-digest). */
#ifndef OCI_DIGEST_H
#define OCI_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_TEXT 136 /* room for the longest, with its NUL */

struct digest_algorithm {
	const char *name; /* "sha256"; also that of a folder in the storage */
	size_t hex;       /* digits */
};
extern const struct digest_algorithm DIGEST_ALGORITHMS[]; /* one without a name ends it */

/* True for the name of an algorithm. */
bool digest_is_algorithm(const char *name);
/* True when TEXT begins with the name of an algorithm and a colon. */
bool digest_begins(const char *text);
/* True for a well-formed digest of an algorithm that we can compute, lower-case hex only. */
bool digest_valid(const char *text, size_t length);
/* True when both are valid and of different algorithms: what a link names DIGEST and holds STORED
 * is an alias of that. */
bool digest_is_alias(const char *digest, const char *stored);
/* True for a digest by which distribution stores blobs, whatever they were pushed by: sha256
 * (digest.Canonical of go-digest). */
bool digest_canonical(const char *digest);
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
/* The digest of what was added, of the algorithm that the check began with; into TEXT, returned.
 * Ends the check. */
const char *digest_check_sum(struct digest_check *check, char text[DIGEST_TEXT]);

/* The sha256 digest of BODY as text; into TEXT, returned. */
const char *digest_of(const void *body, size_t length, char text[DIGEST_TEXT]);

#endif
