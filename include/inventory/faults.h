/* What a reading of the registry could not find out (S2): kept in the inventory, counted in its
 * failures, and named in the log, in the same words for every source. */
#ifndef INVENTORY_FAULTS_H
#define INVENTORY_FAULTS_H

#include "inventory/image_dates.h"

#include <stdbool.h>
#include <stdint.h>

struct inventory;

/* Logs what was not told yet, one line for all that failed for one reason. */
void inventory_faults_tell(struct inventory *inventory);

/* Of a name in a list of tags. Whatever lies in a tag folder is listed, what a Mac or a NAS left
 * there as well. */
#define FAULT_TAG_NAME                                                                           \
	"it is listed, but its name cannot be a tag's; what lies by that name in the storage's " \
	"_manifests/tags may be removed"

/* QUIET: not logged, for a look whose outcome is told elsewhere. */

/* Nothing in REPOSITORY may go. WHAT is what could not be read, WHY the reason. */
void inventory_fault(struct inventory *inventory, bool quiet, uint32_t repository, const char *what,
		     const char *why);
/* The tag says nothing: TAG_UNREADABLE, and its repository has a fault. */
void inventory_fault_tag(struct inventory *inventory, bool quiet, uint32_t tag, const char *why);
/* The manifest is there and not understood: MANIFEST_UNREADABLE, and its repository has a fault. */
void inventory_fault_manifest(struct inventory *inventory, bool quiet, uint32_t manifest,
			      const char *why);
/* What came of the config DIGEST that REPOSITORY was asked for; TAKEN is no fault. */
void inventory_fault_config(struct inventory *inventory, bool quiet, uint32_t repository,
			    const char *digest, enum dates_taken taken, const char *why);
/* A repository whose NAME no registry could be asked for; always logged. */
void inventory_fault_name(struct inventory *inventory, const char *name);

#endif
