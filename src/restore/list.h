/* What is to come back: manifests and tags of journals, and how they hang together. No I/O. */
#ifndef RESTORE_LIST_H
#define RESTORE_LIST_H

#include "oci/digest.h"
#include "oci/manifest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strtab;    /* util/strtab.h */
struct u64map;    /* util/u64map.h */
struct undo_run;  /* undo/journal.h */
struct reference; /* registry/reference.h */

#define RESTORE_NONE UINT32_MAX

/* What the registry has now. */
enum restore_found {
	FOUND_UNASKED = 0,
	FOUND_ABSENT,
	FOUND_THERE,   /* of a tag: it points at the digest of the journal */
	FOUND_OTHER,   /* of a tag: it points at another one */
	FOUND_UNKNOWN, /* it could not be asked; WHY says why */
};

/* Where the bytes of a blob are. */
enum restore_blob_found {
	BLOB_UNASKED = 0,
	BLOB_THERE,
	BLOB_UNLINKED, /* stored, but its repository does not link it; that can be mended */
	BLOB_TRASHED,  /* in the trash, whole */
	BLOB_GONE,     /* WHY says what was found instead */
};

enum restore_verdict {
	VERDICT_NONE = 0, /* nobody wants it */
	VERDICT_PUT,      /* it can come back, and is to be put */
	VERDICT_DONE,     /* it was put */
	VERDICT_THERE,    /* it is there already */
	VERDICT_EXISTS,   /* a tag that exists again, as something else; it stays so */
	VERDICT_IMPOSSIBLE,
	VERDICT_FAILED, /* it was tried */
};

struct restore_blob {
	const char *repository, *digest;
	uint64_t size;      /* bytes, as the manifest has them */
	const char *stored; /* the digest that it is stored by; NULL: not looked for */
	enum restore_blob_found found;
	char *why;
	bool linked;  /* by its repository */
	bool checked; /* it was fetched after all was put back, and is whole */
};

struct restore_manifest {
	const char *repository, *digest;
	const char *run;  /* whose journal has its body; NULL: none of those that were read */
	const char *type; /* its media type */
	const char *body; /* NULL: not in a journal */
	size_t body_length;
	char *fetched;      /* its body as the registry has it, where no journal has it; or NULL */
	char *fetched_type; /* the same of its type */
	bool schema1;
	bool deleted; /* by its digest, or it may have been, by a run that was read */
	bool parsed;  /* CONTENT is what its body says; else WHY says why, if there is a body */
	struct oci_manifest content;
	uint32_t *children; /* manifests of this list; as many as CONTENT has */
	uint32_t *blobs;    /* config and layers that a registry must have; blobs of this list */
	size_t blob_count;
	bool named;     /* a run had it to delete, and no tag with it */
	bool sole;      /* somebody asks for just this one */
	bool describes; /* something that is wanted, by its subject */
	bool listed;    /* an index that is wanted lists it */
	bool wanted;
	bool needed;    /* for itself, or for what comes back or is there */
	bool told;      /* it is none that only a tag or an index stands for */
	unsigned level; /* it comes after all that have a lower one */
	enum restore_found found;
	enum restore_verdict verdict;
	bool maybe; /* it was put, or may have been */
	char *why;  /* of FOUND_UNKNOWN, VERDICT_IMPOSSIBLE and VERDICT_FAILED */
};

struct restore_tag {
	const char *repository, *name, *run;
	uint32_t manifest;
	int64_t created_at, pushed_at, seen_at, pulled_at; /* seconds since 1970, or DATE_ABSENT */
	bool wanted;
	bool belongs; /* its name says that it describes something that is wanted */
	enum restore_found found;
	char now[DIGEST_TEXT]; /* of FOUND_OTHER */
	enum restore_verdict verdict;
	bool maybe; /* it was put, or may have been */
	char *why;
};

struct restore_list {
	struct strtab *texts;
	struct u64map *by_digest, *by_name, *blobs_by_digest;
	struct restore_manifest *manifests;
	size_t manifest_count, manifest_capacity;
	struct restore_tag *tags;
	size_t tag_count, tag_capacity;
	struct restore_blob *blobs;
	size_t blob_count, blob_capacity;
};

/* TEXT, kept as long as LIST. */
const char *restore_list_text(struct restore_list *list, const char *text);
struct restore_list *restore_list_new(void);
void restore_list_free(struct restore_list *list); /* NULL is fine */

/* Adds what RUN, which must outlive LIST, had to delete. Call it with the youngest run first: of a
 * tag that several runs deleted the first one counts. */
void restore_list_add(struct restore_list *list, const struct undo_run *run);

/* All that RUN deleted, or may have deleted, is wanted; of REPOSITORIES alone unless there is none.
 * Returns how much. */
size_t restore_list_want_run(struct restore_list *list, const struct undo_run *run,
			     const char *const *repositories, size_t count);
/* That tag, or that manifest, is wanted. False: no run that was added has deleted it. */
bool restore_list_want(struct restore_list *list, const struct reference *reference);
/* For closure.c: the manifest of that digest, the blob, made if it is new. */
uint32_t restore_list_manifest(struct restore_list *list, const char *repository,
			       const char *digest);
uint32_t restore_list_blob(struct restore_list *list, const char *repository,
			   const struct oci_descriptor *descriptor);
/* When all that is asked for is wanted: so is what belongs to it, its parts, and what describes it.
 * Gives each its level, and lists the blobs that are needed. */
void restore_list_close(struct restore_list *list);

/* When the registry was asked: of a part that stayed there, and that no journal has, it lists the
 * blobs. */
void restore_list_learn(struct restore_list *list, uint32_t id);

/* The manifest of that digest, or RESTORE_NONE. */
uint32_t restore_list_find(const struct restore_list *list, const char *repository,
			   const char *digest);
/* The same of a tag. */
uint32_t restore_list_find_tag(const struct restore_list *list, const char *repository,
			       const char *name);

#endif
