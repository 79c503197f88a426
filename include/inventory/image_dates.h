/* Image configs, each read once for all manifests that have it: only their dates are kept (S5). */
#ifndef INVENTORY_IMAGE_DATES_H
#define INVENTORY_IMAGE_DATES_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inventory;

struct image_dates; /* opaque */

struct image_dates *image_dates_new(void);
void image_dates_free(struct image_dates *dates); /* NULL is fine */

/* What an earlier run read: the dates EARLIER of the configs in KNOWN. A config is not asked for
 * when it is among them; manifests that have it are marked as remembered. Both are borrowed. */
void image_dates_remember(struct image_dates *dates, const struct image_dates *earlier,
			  const struct inventory *known);
/* Enters the date of the config BLOB, read earlier. */
void image_dates_enter(struct image_dates *dates, uint32_t blob, int64_t created);
/* The date of the config BLOB, if it was read: then true. DATE_ABSENT: it states none; INVALID: it
 * is no date, or no image config. */
bool image_dates_of(const struct image_dates *dates, uint32_t blob, int64_t *created);

/* True when MANIFEST is an image whose config was not asked for yet: the caller must ask for it
 * now, through this manifest's repository. */
bool image_dates_wanted(struct image_dates *dates, const struct inventory *inventory,
			uint32_t manifest);
/* The digest of its config, as a number of the inventory and as text. */
uint32_t image_dates_config_number(const struct inventory *inventory, uint32_t manifest);
const char *image_dates_config(const struct inventory *inventory, uint32_t manifest);

enum dates_taken {
	DATES_TAKEN,
	DATES_MISSING,    /* it is not there, in this repository */
	DATES_NO_CONFIG,  /* it is there, and is no image config: for good */
	DATES_UNREADABLE, /* no answer that says anything */
	DATES_CORRUPT,    /* its body does not match its digest (S2) */
};

/* Reads a config's BODY: TAKEN with CREATED, NO_CONFIG or CORRUPT with ERR. Pure: threads may call
 * it. */
enum dates_taken image_dates_read(const char *digest, const char *body, size_t length,
				  int64_t *created, struct err *err);
/* Notes what the question for MANIFEST's config came to; CREATED counts when TAKEN. */
void image_dates_note(struct image_dates *dates, const struct inventory *inventory,
		      uint32_t manifest, enum dates_taken taken, int64_t created);

/* Notes that it was read by an earlier run; manifests that have it are marked as remembered. */
void image_dates_note_remembered(struct image_dates *dates, const struct inventory *inventory,
				 uint32_t manifest, int64_t created);

/* Enters the dates into INVENTORY. ASK is called for each manifest whose config could not be had
 * through another repository and was not yet asked for through its own; when it was called, settle
 * again after the answers. True when ASK was called. */
bool image_dates_settle(struct image_dates *dates, struct inventory *inventory,
			void (*ask)(void *ctx, uint32_t manifest), void *ctx);

#endif
