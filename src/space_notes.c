/* The sentences below the tables: what the figures are, and what they leave out. */
#include "space_notes.h"

#include "space.h"
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
	fprintf(out, "Uploads in progress, not counted above: %" PRIu64 " with %s", uploads->count,
		units_bytes(uploads->bytes, size));
	if (uploads->newest != INT64_MIN)
		fprintf(out, ", written to last at %s in %s", time_local(uploads->newest, when),
			uploads->newest_repository);
	fputs(".\n", out);
}

static void put_incomplete(const struct space_view *view, FILE *out)
{
	if (view->failures == 0)
		return;
	fprintf(out, "INCOMPLETE: %zu thing%s could not be read; the log names %s.%s\n",
		view->failures, units_s(view->failures), view->failures == 1 ? "it" : "them",
		view->space->complete ? " What they refer to may be called garbage here." : "");
}

void space_notes(const struct space_view *view, FILE *out)
{
	const struct space *space = view->space;

	if (space->complete)
		fprintf(out, "Counted: the data of the %" PRIu64 " blob%s in %s.\n", space->blobs,
			units_s(space->blobs), view->storage);
	else
		fprintf(out,
			"Counted: %" PRIu64 " blob%s as their manifests state it. The API does "
			"not show garbage, untagged\nmanifests and uploads.\n",
			space->blobs, units_s(space->blobs));
	if (!view->tags)
		fputs("ALONE adds up to the total. SHARED is what a repository shares with others, "
		      "counted in each.\n",
		      out);
	if (!view->tags && view->uploads)
		put_uploads(view->uploads, out);
	put_incomplete(view, out);
}
