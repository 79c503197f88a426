/* Which images are in use somewhere, as commands such as `docker ps` tell (protect.in_use). A set
 * that is filled once and then asked; no I/O. */
#ifndef IN_USE_H
#define IN_USE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct in_use; /* opaque */

/* NAMES: hosts (HOST or HOST:PORT, without regard to case) under which the registry is known in
 * references. They are taken literally: a name without a port is of references without a port, so
 * the caller adds every HOST:PORT. A name can only be found if Docker takes it for a host: it has
 * a '.' or ':', or is "localhost". */
struct in_use *in_use_new(const char *const *names, size_t count);
void in_use_free(struct in_use *in_use); /* NULL is fine */

/* Adds what a command printed: references separated by white space, with SCHEME:// in front or
 * without. Each is one of
 *   HOST/REPOSITORY[:TAG][@DIGEST]   of this registry if HOST is one of the names; without tag and
 *                                    digest it is `latest`, with both, both count;
 *   anything@DIGEST                  the digest counts whatever the host;
 *   [ALGORITHM:]HEX                  a bare image ID, 12 digits or more: it names every manifest
 *                                    and config whose digest begins so;
 * and what is of another host or of Docker Hub counts as foreign. `<none>`, what engines print for
 * an image whose name was taken, is counted: it may be any. Anything else is no reference: what it
 * stands for may be in use. */
void in_use_add(struct in_use *in_use, const char *text, size_t length);

/* An image of this name is in use, but as that of another host, which may be one more name of this
 * registry. */
bool in_use_has_foreign_tag(const struct in_use *in_use, const char *repository, const char *tag);
bool in_use_has_tag(const struct in_use *in_use, const char *repository, const char *tag);
/* Calls EACH with every tag of this registry that is in use by its name, REPOSITORY:TAG. */
void in_use_each_tag(const struct in_use *in_use, void (*each)(void *ctx, const char *reference),
		     void *ctx);
/* DIGEST, of a manifest or of a config, is in use. */
bool in_use_has_digest(const struct in_use *in_use, const char *digest);
#define IN_USE_NO_ID SIZE_MAX
/* The number, below in_use_count's `ids`, of the ID with which DIGEST, or a hex alone, begins; or
 * IN_USE_NO_ID. */
size_t in_use_id_of(const struct in_use *in_use, const char *digest);
/* Calls EACH with every bare ID that came without an algorithm, as those of containers do. */
void in_use_each_plain_id(const struct in_use *in_use, void (*each)(void *ctx, const char *hex),
			  void *ctx);

/* Distinct references. OWN are those of this registry; bare image IDs are neither own nor foreign.
 */
struct in_use_counts {
	size_t references, own, foreign, bare, nameless;
	size_t ids;               /* of digests and bare */
	const char *foreign_host; /* the first host of a foreign one, or NULL; borrowed */
	const char *unreadable;   /* the first that is no reference, or NULL */
};
struct in_use_counts in_use_count(const struct in_use *in_use);

#endif
