/* What the collector's lines say (registry notes, section 4, "stdout"). */
#include "gc/gc.h"

#include "forecast/collector_marks.h"
#include "oci/digest.h"
#include "registry/api.h"
#include "util/buf.h"
#include "util/strtab.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <string.h>

#define MARKING_MANIFEST ": marking manifest "
#define MARKING_BLOB     ": marking blob "
#define REMOVED_BLOB     "blob eligible for deletion: "
#define REMOVED_LINK     ": layer link eligible for deletion: "

/* Moves *AT behind TEXT if it stands there. */
static bool skip(const char **at, const char *text)
{
	size_t length = strlen(text);

	if (strncmp(*at, text, length) != 0)
		return false;
	*at += length;
	return true;
}

/* "4 blobs marked, 5 blobs and 0 manifests eligible for deletion" */
static bool read_summary(const char *line, struct gc_result *result)
{
	uint64_t marked, blobs, manifests;

	if (!units_read_u64(&line, &marked) || !skip(&line, " blobs marked, ") ||
	    !units_read_u64(&line, &blobs) || !skip(&line, " blobs and ") ||
	    !units_read_u64(&line, &manifests) || !skip(&line, " manifests eligible for deletion"))
		return false;
	result->blobs_marked = marked;
	result->manifests_deleted = manifests;
	return true;
}

/* Names of repositories stand on lines of their own, and before each manifest. */
static void note_repository(const char *name, size_t length, struct gc_result *result)
{
	CLEANUP(free_p) char *text = xstrndup(name, length);

	if (result->repositories && api_repository_valid(text))
		strtab_add(result->repositories, text, length);
}

static void note_manifest(const char *repository, size_t repository_length, const char *digest,
			  size_t length, struct gc_result *result)
{
	if (!result->marks || !digest_valid(digest, length))
		return;
	collector_marks_add(result->marks, repository, repository_length, digest, length);
	note_repository(repository, repository_length, result);
}

static void note_marked(const char *digest, size_t length, const struct strtab *expected,
			struct gc_result *result)
{
	if (expected && strtab_find(expected, digest, length) != STRTAB_NONE)
		strtab_add(result->held, digest, length);
}

bool gc_read_line(const char *line, const struct strtab *expected, struct gc_result *result)
{
	/* No repository has a colon in its name. */
	const char *colon = strchr(line, ':');
	const char *rest = colon ? colon : "";
	size_t length;
	CLEANUP(buf_free) struct buf link = { 0 };

	if (read_summary(line, result))
		return true;
	if (skip(&rest, MARKING_MANIFEST)) {
		length = strcspn(rest, " ");
		note_manifest(line, (size_t)(colon - line), rest, length, result);
		note_marked(rest, length, expected, result);
	} else if (skip(&rest, MARKING_BLOB)) {
		note_marked(rest, strcspn(rest, " "), expected, result);
	} else if (skip(&rest, REMOVED_LINK)) {
		result->links_deleted++;
		buf_format(&link, "%.*s %s", (int)(colon - line), line, rest);
		strtab_add(result->removed, buf_string(&link), link.length);
	} else if (skip(&line, REMOVED_BLOB)) {
		result->blobs_deleted++;
		strtab_add(result->removed, line, strlen(line));
	} else if (!colon) {
		note_repository(line, strlen(line), result);
	}
	return false;
}
