/* Is every tag whole? What tags need, and what the answers about it mean: no I/O. The questions are
 * asked by verify/ask_storage.c or verify/ask_api.c. */
#ifndef VERIFY_NEEDS_H
#define VERIFY_NEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inventory;

#define VERIFY_SIZE_UNKNOWN UINT64_MAX

enum verify_fault {
	VERIFY_UNASKED = 0,
	VERIFY_FOUND,    /* it is there, as long as FOUND says */
	VERIFY_MISSING,  /* its data are not there */
	VERIFY_UNLINKED, /* the repository's own link to it is missing */
	VERIFY_BAD_LINK, /* that link says nothing; WHY */
	VERIFY_SHORT,    /* less comes than is announced */
	VERIFY_CORRUPT,  /* its data are not what its digest says */
	VERIFY_UNKNOWN,  /* that could not be found out; WHY */
};

struct verify_answer {
	enum verify_fault fault;
	uint64_t found; /* bytes, or VERIFY_SIZE_UNKNOWN */
	char why[200];  /* for people; "" */
};

/* A config or layer that tags need in a repository; each once. */
struct verify_item {
	uint32_t repository;
	uint32_t blob; /* index into inventory.blobs */
	uint8_t fault; /* enum verify_fault */
	uint64_t found;
	char *why; /* or NULL */
};

struct verify {
	const struct inventory *inventory;
	struct verify_item *items;
	size_t item_count, item_capacity;
	uint32_t *items_of; /* as inventory.references: which item each is, or INVENTORY_NONE */
	/* The registry takes no index without all its parts: one that is not there is damage, also
	 * where it was not there before. */
	bool complete;
};

/* Gathers what the tags of INVENTORY (borrowed) need: the configs and layers of their manifests,
 * and of all manifests that these list, down to the last; layers that may be absent are left out.
 */
struct verify *verify_new(const struct inventory *inventory);
void verify_free(struct verify *verify); /* NULL is fine */
const char *verify_item_digest(const struct verify *verify, size_t item);
const char *verify_item_repository(const struct verify *verify, size_t item);
/* Notes what was found out about ITEM; the last word counts. */
void verify_answer(struct verify *verify, size_t item, const struct verify_answer *answer);

struct inventory_manifest; /* inventory/inventory.h */
/* Whether what MANIFEST's REFERENCE names, an item that was found, is as long as it says, or that
 * cannot be told. */
bool verify_fits(const struct verify *verify, const struct inventory_manifest *manifest,
		 uint32_t reference);

/* What was there before a run, and what its collector removed. */
struct verify_past {
	const struct inventory *before;
	bool (*removed)(const void *ctx, const char *repository, const char *digest);
	const void *ctx;
};

enum verify_since {
	VERIFY_SINCE_WHENEVER, /* no past is known */
	VERIFY_SINCE_BEFORE,
	VERIFY_SINCE_THIS_RUN,
};

/* Why a tag is not verified whole. */
struct verify_finding {
	uint32_t tag;
	bool damage;        /* else it could not be found out */
	uint8_t since;      /* enum verify_since, of damage */
	const char *digest; /* of what is wrong, borrowed from the inventories; or NULL */
	char *what;         /* "layer is missing", without the digest */
	size_t noun;        /* how many bytes of WHAT name the thing */
};

struct verify_result {
	size_t tags, whole, damaged, unverified;
	/* All damage of each tag that has some; one for each other tag that is not verified. In the
	 * order of the tags. */
	struct verify_finding *findings;
	size_t finding_count, finding_capacity;
	/* Tags, whole or not, that list manifests which are not there and were not there before. */
	uint32_t *sparse_tags;
	size_t sparse, sparse_capacity;
};

/* Judges all tags that are there (TAG_UNSEEN are not); PAST may be NULL. RESULT is the caller's to
 * verify_result_clear, and borrows from VERIFY's inventory and PAST's. */
void verify_judge(const struct verify *verify, const struct verify_past *past,
		  struct verify_result *result);
void verify_result_clear(struct verify_result *result);

#endif
