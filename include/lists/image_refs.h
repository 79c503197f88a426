/* Which images are in use somewhere, as commands such as `docker ps` tell (protect.in_use). A set
 * that is filled once and then asked; no I/O. */
#ifndef LISTS_IMAGE_REFS_H
#define LISTS_IMAGE_REFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image_refs; /* opaque */

/* NAMES: hosts (HOST or HOST:PORT, without regard to case) under which the registry is known in
 * references. They are taken literally: a name without a port is of references without a port, so
 * the caller adds every HOST:PORT. A name can only be found if Docker takes it for a host: it has
 * a '.' or ':', or is "localhost". */
struct image_refs *image_refs_new(const char *const *names, size_t count);
void image_refs_free(struct image_refs *in_use); /* NULL is fine */

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
void image_refs_add(struct image_refs *in_use, const char *text, size_t length);

/* An image of this name is in use, but as that of another host, which may be one more name of this
 * registry. */
bool image_refs_has_foreign_tag(const struct image_refs *in_use, const char *repository,
				const char *tag);
bool image_refs_has_tag(const struct image_refs *in_use, const char *repository, const char *tag);
/* Calls EACH with every tag of this registry that is in use by its name, REPOSITORY:TAG. */
void image_refs_each_tag(const struct image_refs *in_use,
			 void (*each)(void *ctx, const char *reference), void *ctx);
/* DIGEST, of a manifest or of a config, is in use. */
bool image_refs_has_digest(const struct image_refs *in_use, const char *digest);
#define IN_USE_NO_ID SIZE_MAX
/* The number, below image_refs_count's `ids`, of the ID with which DIGEST, or a hex alone, begins;
 * or IN_USE_NO_ID. */
size_t image_refs_id_of(const struct image_refs *in_use, const char *digest);
/* Calls EACH with every bare ID that came without an algorithm, as those of containers do. */
void image_refs_each_plain_id(const struct image_refs *in_use,
			      void (*each)(void *ctx, const char *hex), void *ctx);
/* The same with every bare ID, with an algorithm or without. */
void image_refs_each_bare_id(const struct image_refs *in_use,
			     void (*each)(void *ctx, const char *hex), void *ctx);
/* Calls EACH with every digest of a reference of this registry, and its repository. It may be cut
 * short, to 12 digits or more. */
void image_refs_each_digest(const struct image_refs *in_use,
			    void (*each)(void *ctx, const char *repository, const char *digest),
			    void *ctx);

/* Distinct references. OWN are those of this registry; bare image IDs are neither own nor foreign.
 */
struct in_use_counts {
	size_t references, own, foreign, bare, nameless;
	size_t ids;               /* of digests and bare */
	const char *foreign_host; /* the first host of a foreign one, or NULL; borrowed */
	const char *unreadable;   /* the first that is no reference, or NULL */
};
struct in_use_counts image_refs_count(const struct image_refs *in_use);

#endif
