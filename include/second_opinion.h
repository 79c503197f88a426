/* Whether a tag needs what the collector would remove: a pure function of an inventory and of what
 * the collector listed. */
#ifndef SECOND_OPINION_H
#define SECOND_OPINION_H

#include <stddef.h>
#include <stdint.h>

struct inventory; /* inventory.h */
struct strtab;    /* util/strtab.h */

/* A tag that would lose something. */
struct second_opinion_loss {
	uint32_t tag;
	uint32_t manifest; /* the first one that the tag leads to and that needs such a blob */
	uint32_t digest;   /* of that blob: a number in inventory.digests */
};

struct second_opinion {
	struct second_opinion_loss *losses; /* one for each tag, in the order of inventory.tags */
	size_t loss_count;
	/* Listed blobs that no tag needs, but a revision that is linked: the collector should have
	 * kept these, too. */
	size_t untagged;
};

/* A tag needs the manifest that it points at, what an index lists, as far as it is there, and what
 * describes any of that (S3, S4); and of all these manifests the configs and layers. LISTED holds
 * digests; what else is in it does no harm. */
struct second_opinion *second_opinion_form(const struct inventory *inventory,
					   const struct strtab *listed);
void second_opinion_free(struct second_opinion *opinion); /* NULL is fine */

#endif
