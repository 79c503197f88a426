/* The sentences below the tables: what the figures are, and what they leave out. */
#include "report/usage_notes.h"

#include "forecast/usage.h"
#include "storage/uploads.h"
#include "util/time.h"
#include "util/units.h"

#include <inttypes.h>

static void put_uploads(const struct uploads *uploads, FILE *out)
{
	char size[UNITS_SIZE], when[TIME_TEXT];

	if (uploads->count == 0) {
		fputs("No upload is in progress.\n", out);
		return;
	}
	fprintf(out, "Not counted: %" PRIu64 " upload%s in progress with %s", uploads->count,
		units_s(uploads->count), units_bytes(uploads->bytes, size));
	if (uploads->newest != INT64_MIN)
		fprintf(out, ", written to last\nat %s in %s", time_local(uploads->newest, when),
			uploads->newest_repository);
	fputs(".\n", out);
}

static void put_source(const struct space_view *view, FILE *out)
{
	uint64_t blobs = view->space->blobs;

	if (view->tags && view->space->complete)
		fprintf(out, "Counted: the data of blobs in %s.\n", view->storage);
	else if (view->tags)
		fputs("Counted: blobs, as their manifests state it.\n", out);
	else if (view->space->complete)
		fprintf(out, "Counted: the data of the %" PRIu64 " blob%s in %s.\n", blobs,
			units_s(blobs), view->storage);
	else
		fprintf(out,
			"Counted: %" PRIu64 " blob%s, as their manifests state it. Garbage, "
			"untagged\nmanifests and uploads cannot be seen through the API.\n",
			blobs, units_s(blobs));
}

static void put_meaning(const struct space_view *view, FILE *out)
{
	uint64_t garbage = view->space->garbage_blobs;

	if (view->tags) {
		fputs("SIZE counts what tags share in each of them; the total counts it once. "
		      "ALONE is\nwhat deleting that tag alone would free.\n",
		      out);
		return;
	}
	fputs("ALONE adds up to the total. SHARED is counted in each repository that shares.\n",
	      out);
	if (garbage)
		fprintf(out,
			"Garbage: %" PRIu64
			" blob%s that nothing refers to. A collection removes %s: the next "
			"run's\nthat deletes something, each run's with gc.when: always, or "
			"clean-registry collect.\n",
			garbage, units_s(garbage), garbage == 1 ? "it" : "them");
}

static void put_incomplete(const struct space_view *view, FILE *out)
{
	if (view->failures == 0)
		return;
	fprintf(out, "INCOMPLETE: %zu thing%s could not be read; the log names %s.%s\n",
		view->failures, units_s(view->failures), view->failures == 1 ? "it" : "them",
		view->space->complete ? "\nWhat that refers to may be called garbage here." : "");
}

void usage_notes(const struct space_view *view, FILE *out)
{
	put_source(view, out);
	put_meaning(view, out);
	if (!view->tags && view->uploads)
		put_uploads(view->uploads, out);
	put_incomplete(view, out);
}
