/* Digests in a compact table: each has a number, 0, 1, 2, … in the order of their first mention.
 * Keys are binary. A table is one thread's; several may look into one that nobody changes. */
#ifndef NATIVE_DIGESTS_H
#define NATIVE_DIGESTS_H

#include "oci/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NATIVE_NONE       UINT32_MAX /* no number */
#define NATIVE_HASH_BYTES 64         /* of the longest */

/* LENGTH tells the algorithm: 32 sha256, 48 sha384, 64 sha512. */
struct native_digest {
	uint8_t length;
	uint8_t bytes[NATIVE_HASH_BYTES];
};

/* False when TEXT of LENGTH characters is no digest (digest_valid). */
bool native_digest_parse(const char *text, size_t length, struct native_digest *out);
/* The same of the HEX digits alone, for an algorithm of hashes of BYTES bytes. */
bool native_digest_parse_hex(const char *hex, size_t length, size_t bytes, uint8_t *out);
/* Writes the digits of LENGTH bytes and a NUL; returns where the NUL is. */
char *native_digest_hex(const uint8_t *bytes, size_t length, char *hex);
/* As text, "sha256:…"; into TEXT, returned. */
const char *native_digest_text(const struct native_digest *digest, char text[DIGEST_TEXT]);

struct native_digests; /* opaque */

struct native_digests *native_digests_new(void);
void native_digests_free(struct native_digests *table); /* NULL is fine */
/* The number of DIGEST, added if it is new. */
uint32_t native_digests_add(struct native_digests *table, const struct native_digest *digest);
/* The same by LENGTH bytes of the hash, 32, 48 or 64. */
uint32_t native_digests_add_bytes(struct native_digests *table, const uint8_t *bytes,
				  size_t length);
/* The number of DIGEST, or NATIVE_NONE. */
uint32_t native_digests_find(const struct native_digests *table,
			     const struct native_digest *digest);
/* The same by its text; NATIVE_NONE also for what is no digest. */
uint32_t native_digests_find_text(const struct native_digests *table, const char *text);
uint32_t native_digests_count(const struct native_digests *table);
struct native_digest native_digests_get(const struct native_digests *table, uint32_t number);
/* As text; into TEXT, returned. */
const char *native_digests_text(const struct native_digests *table, uint32_t number,
				char text[DIGEST_TEXT]);
/* True for sha256, by which distribution stores blobs. */
bool native_digests_canonical(const struct native_digests *table, uint32_t number);

#endif
