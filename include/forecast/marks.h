/* What the registry's collector marks, by the numbers that digests have in inventory.digests. For
 * src/forecast*.c, src/verify/needs.c and their kin: anything that asks which blobs are needed. */
#ifndef FORECAST_MARKS_H
#define FORECAST_MARKS_H

#include <stdbool.h>
#include <stdint.h>

struct inventory;
struct strtab; /* util/strtab.h */

/* Whether the collector comes across MANIFEST: its repository has a revision link for it and its
 * blob is there. Through the API everything that was answered counts as linked. */
bool forecast_marks(const struct inventory *inventory, uint32_t manifest);

/* How many digests MANIFEST marks, one of them perhaps more than once: itself, its config and
 * layers, and an index its children, which are not followed here (one that is linked marks for
 * itself). What is named by another algorithm counts as the blob that it is stored as, as far as
 * that is known: the collector itself does not follow such a name, so it is not let loose while a
 * manifest that stays has one (forecast/hazards.h). */
uint32_t forecast_mark_count(const struct inventory *inventory, uint32_t manifest);
uint32_t forecast_mark(const struct inventory *inventory, uint32_t manifest, uint32_t i);

/* The bytes of every digest's blob, INVENTORY_ABSENT where there is none (or, from the API, none
 * that is known of). The caller frees it. */
uint64_t *forecast_sizes(const struct inventory *inventory);

/* A + B, or the largest number there is: sizes are what manifests state, and these may lie. */
static inline uint64_t forecast_add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

/* GONE: of each manifest (as inventory.manifests). From the storage, all blob files that no
 * manifest refers to that is linked and not gone. From the API, where blobs may be shared with what
 * is not known, only the manifests themselves. The caller frees it. */
struct strtab *forecast_left(const struct inventory *inventory, const bool *gone);

#endif
