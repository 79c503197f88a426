/* Fields that Scaleway Registry Purge has, in its answer and in the report. */
#include "report/scaleway_fields.h"

#include "apply/outcome.h"
#include "apply_scaleway/namespaces.h"
#include "inventory/inventory.h"
#include "plan/plan.h"
#include "plan_file/json.h"
#include "report/run_json.h"
#include "scaleway/object.h"
#include "scan_scaleway/catalog.h"
#include "json/write.h"

#include <stddef.h>

static void write_member(FILE *stream, const char *name, const char *text)
{
	fprintf(stream, "\"%s\": ", name);
	json_write_string(stream, text);
}

static void write_place(const struct scaleway_catalog *catalog, uint32_t repository, FILE *stream)
{
	const struct scaleway_object *image = NULL, *space = NULL;
	size_t place;

	if (catalog && repository < catalog->image_count) {
		place = catalog->places[repository];
		image = &catalog->images[repository];
		space = place < catalog->namespace_count ? &catalog->namespaces[place] : NULL;
	}
	write_member(stream, "image_id", image ? image->id : NULL);
	fputs(", ", stream);
	write_member(stream, "image_name", image ? image->name : NULL);
	fputs(", ", stream);
	write_member(stream, "namespace_name", space ? space->name : NULL);
}

/* Why a tag that was to go is still there; NULL: it is not, or nobody tried yet. */
static const char *error_of(const struct report *report, uint32_t tag)
{
	static const char *const OTHERWISE[] = {
		[TAG_KEPT] = NULL,
		[TAG_PLANNED] = "not come to: it is left for the next run",
		[TAG_DELETED] = NULL,
		[TAG_FAILED] = "not deleted: the log tells why",
		[TAG_CHANGED] = "it changed meanwhile: it is left for the next run",
	};
	uint8_t status = report->outcome->tags[tag];
	const char *noted = NULL;

	if (!OTHERWISE[status] || report->dry_run)
		return NULL;
	if (report->scaleway)
		noted = scan_scaleway_catalog_error(report->scaleway, tag);
	return noted ? noted : OTHERWISE[status];
}

void scaleway_fields_write(const struct report *report, uint32_t tag, FILE *stream)
{
	const struct scaleway_catalog *catalog = report->scaleway;
	const struct scaleway_object *object =
		catalog && tag < catalog->tag_count ? &catalog->tags[tag] : NULL;
	const char *error = error_of(report, tag);
	uint64_t reasons = report->plan->tags[tag].goes ? report->plan->tags[tag].reasons : 0;

	write_member(stream, "tag_id", object ? object->id : NULL);
	fputs(", ", stream);
	write_member(stream, "tag_name", report->inventory->tags[tag].name);
	fputs(", ", stream);
	write_place(catalog, report->inventory->tags[tag].repository, stream);
	fputs(", \"deletion_reasons\": ", stream);
	plan_file_reasons(stream, reasons);
	fputs(", ", stream);
	write_member(stream, "created_at", object ? object->created_text : NULL);
	fputs(", ", stream);
	write_member(stream, "updated_at", object ? object->updated_text : NULL);
	if (error) {
		fputs(", ", stream);
		write_member(stream, "error", error);
	}
}

void scaleway_fields_namespace(const struct scaleway_namespace *space, FILE *stream)
{
	static const char *const FATES[] = { [SCALEWAY_NAMESPACE_PLANNED] = "planned",
					     [SCALEWAY_NAMESPACE_DELETED] = "deleted",
					     [SCALEWAY_NAMESPACE_FAILED] = "error",
					     [SCALEWAY_NAMESPACE_KEPT] = "changed" };

	write_member(stream, "namespace_id", space->id);
	fputs(", ", stream);
	write_member(stream, "namespace_name", space->name);
	fprintf(stream,
		", \"status\": \"%s\", \"type\": \"namespace\", \"reason\": \"empty_namespace\"",
		FATES[space->fate]);
	if (space->fate == SCALEWAY_NAMESPACE_FAILED) {
		fputs(", ", stream);
		write_member(stream, "error", space->error);
	}
}
