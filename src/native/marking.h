/* What the stages of a mark share. Private to src/native; only the calling thread changes it. */
#ifndef NATIVE_MARKING_H
#define NATIVE_MARKING_H

#include "native/digests.h"
#include "native/listing.h"
#include "native/marks.h"
#include "native/store.h"
#include "util/err.h"
#include "util/u64map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum native_manifest_state {
	NATIVE_UNREAD = 0,
	NATIVE_WANTED,   /* it is in the queue */
	NATIVE_WHOLE,    /* its bytes hash to its digest, and all it refers to is known */
	NATIVE_DOUBTFUL, /* there is a fault; what could be read of it is followed */
	NATIVE_ABSENT,   /* no such blob */
};

/* What is known by a digest's number. */
struct native_node {
	uint32_t first, count; /* what it refers to, in native_marks_own.refs */
	uint8_t state;         /* enum native_manifest_state */
	uint8_t flags;         /* NATIVE_MARKED … */
};

/* A reference: a number and two bits. */
#define NATIVE_REF_CHILD   0x80000000u /* an index's child */
#define NATIVE_REF_FOREIGN 0x40000000u
#define NATIVE_REF_NUMBER  0x3fffffffu

struct native_pair {
	uint32_t a, b;
};

struct native_fault {
	uint32_t number;
	char *text;
};

/* What stays with the marks, so that they can be made again sooner. */
struct native_marks_own {
	struct native_node *nodes; /* by number */
	size_t node_capacity;
	uint32_t *refs;
	size_t ref_count, ref_capacity;
	char **texts; /* that repositories and faults borrow */
	size_t text_count, text_capacity;
};

struct native_revision {
	uint32_t named, stored;
};

/* A repository while it is read. */
struct native_place {
	char *name;
	bool layers, manifests; /* it has these folders */
	bool again;             /* it must be read again */
	unsigned tries;
	const char *unclear; /* borrowed from the texts, or NULL */
	struct native_listing *listing;
	struct native_pair *links; /* named, stored */
	size_t link_count, link_capacity;
	struct native_revision *revisions;
	size_t revision_count, revision_capacity;
	uint32_t *tags; /* by the item in the listing: what it points at, or NATIVE_NONE */
	size_t tag_count;
};

struct native_marking {
	const struct native_store *store;
	const struct native_marks *before; /* or NULL */
	int repositories;                  /* descriptor */
	struct native_marks *marks;        /* what becomes of it */
	struct native_marks_own *own;
	struct native_place *places;
	size_t place_count, place_capacity;
	struct native_pair *aliases; /* digests of the same bytes */
	size_t alias_count, alias_capacity;
	struct native_fault *faults; /* of manifests */
	size_t fault_count, fault_capacity;
	struct u64map *fault_of; /* number → index */
	uint32_t *queue;         /* manifests to be read */
	size_t queue_count, queue_capacity;
};

/* The number of a digest, with a node. */
uint32_t native_marking_number(struct native_marking *marking, const uint8_t *bytes, size_t length);
/* TEXT, which is allocated, belongs to the marks from now on; returned. */
const char *native_marking_keep(struct native_marking *marking, char *text);
/* The first reason counts. TEXT is allocated, and released where there is one before it. */
void native_marking_unclear(struct native_marking *marking, struct native_place *place, char *text);
void native_marking_foreign(struct native_marking *marking, uint64_t count, const char *where,
			    const char *name);
/* Manifest NUMBER is to be read, if it was not yet. */
void native_marking_want(struct native_marking *marking, uint32_t number);
void native_marking_fault(struct native_marking *marking, uint32_t number, char *text);
/* The fault of manifest NUMBER, or NULL. */
const char *native_marking_fault_of(const struct native_marking *marking, uint32_t number);

/* The stages, in their order; each -1 as native_mark. */
int native_blobs_list(struct native_marking *marking, struct err *err)
	__attribute__((warn_unused_result));
int native_places_find(struct native_marking *marking, struct err *err)
	__attribute__((warn_unused_result));
int native_places_read(struct native_marking *marking, struct err *err)
	__attribute__((warn_unused_result));
int native_manifests_read(struct native_marking *marking, struct err *err)
	__attribute__((warn_unused_result));
void native_judge(struct native_marking *marking);
void native_spread(struct native_marking *marking);
void native_missing_find(struct native_marking *marking);

/* Digests of the same bytes as NUMBER's: those from *FIRST on, as long as their `a` is NUMBER.
 * Once native_aliases_sort was called. */
void native_aliases_sort(struct native_marking *marking);
size_t native_aliases_first(const struct native_marking *marking, uint32_t number);

#endif
