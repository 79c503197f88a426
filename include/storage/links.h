/* The registry's link files on this host: small files that hold a digest (registry notes, section
 * 1). Threads may read them at the same time. */
#ifndef STORAGE_LINKS_H
#define STORAGE_LINKS_H

#include "oci/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct layout; /* storage/layout.h */

enum link_state {
	LINK_ABSENT = 0, /* there is no such file */
	LINK_READ,
	LINK_EMPTY,        /* as a crash of distribution before 3.1 leaves it */
	LINK_NO_DIGEST,    /* it holds something else */
	LINK_OTHER_DIGEST, /* not that of the folder it lies in, of the same algorithm */
	LINK_UNREADABLE,   /* ERROR says why */
};

struct link {
	enum link_state state;
	int error;          /* an errno */
	int64_t written;    /* when the file was written last, seconds since 1970 */
	int64_t written_ns; /* the same in nanoseconds */
	/* What it holds: the digest that the blob is stored by. Where the folder names another
	 * algorithm, the folder's digest is an alias of this one. */
	char digest[DIGEST_TEXT];
};

/* What TAG of REPOSITORY points at: _manifests/tags/<tag>/current/link. */
struct link links_tag(const struct layout *layout, const char *repository, const char *tag);
/* Whether REPOSITORY has the manifest DIGEST: _manifests/revisions/<alg>/<hex>/link. */
struct link links_revision(const struct layout *layout, const char *repository, const char *digest);
/* Whether TAG of REPOSITORY ever pointed at DIGEST: _manifests/tags/<tag>/index/<alg>/<hex>/link,
 * written when it was set to that last. */
struct link links_history(const struct layout *layout, const char *repository, const char *tag,
			  const char *digest);
/* Whether REPOSITORY has the config or layer DIGEST: _layers/<alg>/<hex>/link. */
struct link links_layer(const struct layout *layout, const char *repository, const char *digest);

/* The links of one kind in a repository, whose folders are held open: for very many of them. They
 * say what the functions above say of each. One thread's; released by links_close. */
struct links_folder {
	int folder;     /* -1: ERROR says why there is none */
	int algorithm;  /* -1 likewise: the folder of digests below it … */
	char prefix[8]; /* … that begin so, "sha256:"; "" for none yet */
	int error, algorithm_error;
};

enum links_kind { LINKS_TAGS, LINKS_REVISIONS, LINKS_LAYERS };
/* Nothing fails here; links that cannot be reached say so. */
void links_open(struct links_folder *links, const struct layout *layout, const char *repository,
		enum links_kind kind);
void links_close(struct links_folder *links);
/* links_tag, in LINKS_TAGS. */
struct link links_tag_in(const struct links_folder *links, const char *tag);
/* links_revision or links_layer; one that is not valid is absent. */
struct link links_digest_in(struct links_folder *links, const char *digest);

/* True when there is a file, but not one that says anything (S2). */
static inline bool link_is_bad(const struct link *link)
{
	return link->state != LINK_ABSENT && link->state != LINK_READ;
}

/* What is wrong with a bad one, "broken link: it is empty"; into TEXT, returned. */
const char *links_fault(const struct link *link, char *text, size_t size);

#endif
