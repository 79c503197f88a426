/* What the registry's storage needs: the reading half of the native collector. Nothing is opened
 * for writing here.
 *
 * Marked is every manifest that any repository has a revision of, and everything it refers to,
 * children of an index included, whether the repository links them or not; the subject is not
 * followed, as the registry does not follow it. Where a repository contradicts itself, everything
 * that it links is marked, too: unknown means keep. */
#ifndef NATIVE_MARKS_H
#define NATIVE_MARKS_H

#include "native/digests.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct native_store; /* native/store.h */

/* Bits of native_marks.flags. */
#define NATIVE_MARKED 1u
#define NATIVE_STORED \
	2u /* blobs has a folder of its name; whether data is in it, only a stat tells */
#define NATIVE_LINKED 4u /* a link of a layer or of a revision names it or holds it */

struct native_repository {
	const char *name;
	const char *unclear; /* why, the first reason, without a full stop; or NULL */
};

/* A link file _layers/<alg>/<hex>/link: NAMED by its folder, STORED what it holds, which is NAMED
 * but for aliases; NAMED also where it cannot be read, in an unclear repository. */
struct native_link {
	uint32_t repository, named, stored;
};

/* A whole manifest of REPOSITORY refers to NAMED, config or layer; its blob STORED is there, and
 * no layer link for it. */
struct native_missing {
	uint32_t repository, named, stored;
	bool foreign; /* it may be absent: has `urls` or a type that says so */
};

struct native_marks {
	struct native_digests *digests;
	uint8_t *flags; /* by number */
	/* Sorted by name; those that have no _manifests are among them. */
	struct native_repository *repositories;
	size_t repository_count, unclear_count;
	/* The layer links of all repositories, those of one together, in their order. */
	struct native_link *links;
	size_t link_count;
	struct native_missing *missing;
	size_t missing_count;
	uint64_t blobs_stored, blobs_marked; /* digests with NATIVE_STORED, and MARKED as well */
	uint64_t manifests;                  /* revisions of all repositories */
	/* Names that are none of the registry's, passed over; the first one's path below
	 * docker/registry/v2, or NULL. */
	uint64_t foreign_names;
	const char *foreign_name;
	struct native_marks_own *own; /* private to src/native */
};

/* Marks. 0: OUT is the caller's, native_marks_free. -1: ERR_STOPPED; or
 * ERR_COLLECTOR where what is needed cannot be known, and nothing may be collected: a folder
 * cannot be listed, vanishes again and again, is a symbolic link, or lies on another file system,
 * or there are blobs and not one repository. What is unreadable or wrong in files makes its
 * repository unclear. */
int native_mark(const struct native_store *store, struct native_marks **out, struct err *err)
	__attribute__((warn_unused_result));
/* Marks anew, for the second look: every folder is listed and every link is read again, as a push
 * before distribution 3.1 writes links in place; manifests that BEFORE read whole, and whose blobs
 * are there, are not. */
int native_mark_again(const struct native_store *store, const struct native_marks *before,
		      struct native_marks **out, struct err *err)
	__attribute__((warn_unused_result));
void native_marks_free(struct native_marks *marks); /* NULL is fine */

#endif
