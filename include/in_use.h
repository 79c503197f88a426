/* Which images are in use somewhere, as commands such as `docker ps` tell (protect.in_use). A set
 * that is filled once and then asked; no I/O. */
#ifndef IN_USE_H
#define IN_USE_H

#include <stdbool.h>
#include <stddef.h>

struct in_use; /* opaque */

/* NAMES: hosts (HOST or HOST:PORT, without regard to case) under which the registry is known in
 * references. */
struct in_use *in_use_new(const char *const *names, size_t count);
void in_use_free(struct in_use *in_use); /* NULL is fine */

/* Adds what a command printed: references separated by white space. Each is one of
 *   HOST/REPOSITORY[:TAG][@DIGEST]   of this registry if HOST is one of the names; without tag and
 *                                    digest it is `latest`;
 *   anything@DIGEST                  the digest counts whatever the host;
 *   [ALGORITHM:]HEX                  a bare image ID, 12 digits or more: it names every manifest
 *                                    and config whose digest begins so;
 * and what is none of these, or of another host, counts as foreign. */
void in_use_add(struct in_use *in_use, const char *text, size_t length);

bool in_use_has_tag(const struct in_use *in_use, const char *repository, const char *tag);
/* DIGEST, of a manifest or of a config, is in use. */
bool in_use_has_digest(const struct in_use *in_use, const char *digest);

struct in_use_counts {
	size_t references, own, foreign; /* distinct ones */
	const char *foreign_host;        /* one of the hosts of foreign ones, or NULL */
};
struct in_use_counts in_use_count(const struct in_use *in_use);

#endif
