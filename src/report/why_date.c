/* The places that a date is read from, by kind; those in a config are named by who reads it. */
#include "report/why_date.h"

#include "inventory/inventory.h"
#include "oci/image_config.h"
#include "oci/manifest.h"
#include "plan/effective_dates.h"
#include "plan/plan.h"
#include "util/buf.h"

#define ANNOTATION "annotation " OCI_ANNOTATION_CREATED

#define DEEPEST 32 /* levels of indexes */

static const struct {
	bool config; /* first its config's fields */
	const char *place;
} PLACES[] = {
	[MANIFEST_UNSEEN] = { false, "nothing: it was not read" },
	[MANIFEST_IMAGE] = { true, ANNOTATION },
	[MANIFEST_ARTIFACT] = { false, ANNOTATION },
	[MANIFEST_INDEX] = { false, "what it lists" },
	[MANIFEST_SCHEMA1] = { false, "history[0].v1Compatibility, created" },
	[MANIFEST_UNREADABLE] = { false, "nothing: it cannot be read" },
	[MANIFEST_MISSING] = { false, "nothing: it is missing" },
	[MANIFEST_OPAQUE] = { false, "nothing: the API does not tell it" },
};

void why_date_undated(const struct inventory *inventory, const struct plan *plan, uint32_t manifest,
		      struct buf *out)
{
	const char *field = NULL;
	uint8_t kind;

	for (int level = 0; level < DEEPEST; level++) {
		uint32_t child = plan_undated_child(inventory, plan->manifests, manifest);

		if (child == INVENTORY_NONE)
			break;
		manifest = child;
		buf_format(out, "%s, which it lists: ", inventory_digest(inventory, manifest));
	}
	kind = inventory->manifests[manifest].kind;
	for (size_t i = 0; PLACES[kind].config && (field = image_config_field(i)); i++)
		buf_format(out, "%s%s, ", i == 0 ? "config " : "", field);
	buf_text(out, PLACES[kind].place);
}
