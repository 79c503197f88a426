/* What the registry has, and whether paths.host_storage is where it has it. */
#include "checks/checks.h"

#include "config/config.h"
#include "inventory/inventory.h"
#include "registry/server_config.h"
#include "session/folder.h"
#include "session/session.h"
#include "storage/layout.h"
#include "storage/uploads.h"
#include "util/time.h"
#include "util/units.h"

#include <inttypes.h>
#include <time.h>

#define RECENT 600 /* seconds */

enum check_verdict checks_folder(struct checks_place *place, struct err *said)
{
	const char *path = place->config->paths.host_storage;
	struct layout *layout = NULL;

	if (!*path)
		return checks_say(said, CHECK_NOT_ASKED,
				  "paths.host_storage is not set: all is asked through the API");
	if (server_config_has_no_folder(&place->session->server))
		return checks_say(said, CHECK_NOT_ASKED, "the registry has its storage in %s",
				  place->session->server.driver);
	layout = folder_expect_layout(path, said);
	if (layout) {
		layout_close(layout);
		return checks_say(said, CHECK_OK, "%s", path);
	}
	return folder_is_empty(path) ? CHECK_NOT_ASKED : CHECK_TROUBLE;
}

static size_t spared(const struct inventory *inventory, const char **why, const char **where)
{
	size_t count = 0;

	for (uint32_t r = 0; r < inventory->repository_count; r++) {
		if (!inventory->repositories[r].trouble)
			continue;
		if (count++ == 0) {
			*why = inventory->repositories[r].trouble;
			*where = inventory->repositories[r].name;
		}
	}
	return count;
}

enum check_verdict checks_contents(struct checks_place *place, struct err *said)
{
	struct session *session = place->session;
	const struct inventory *inventory;

	if (session_read(session, place->state, said) < 0)
		return CHECK_TROUBLE;
	inventory = session->inventory;
	return checks_say(said, CHECK_OK, "%zu tag%s in %zu repositor%s, read from %s",
			  inventory->tag_count, units_s(inventory->tag_count),
			  inventory->repository_count,
			  inventory->repository_count == 1 ? "y" : "ies",
			  inventory->from_storage ? "paths.host_storage" : "the API");
}

enum check_verdict checks_unreadable(struct checks_place *place, struct err *said)
{
	const struct inventory *inventory = place->session->inventory;
	const char *why = NULL, *where = NULL;
	size_t count = spared(inventory, &why, &where);

	if (count > 0)
		return checks_say(
			said, CHECK_TROUBLE,
			"nothing is deleted in %zu repositor%s, as not all of it could be "
			"read: %s: %s",
			count, count == 1 ? "y" : "ies", where, why);
	if (inventory->catalog_trouble)
		return checks_say(said, CHECK_TROUBLE,
				  "the list of repositories is not complete: %s",
				  inventory->catalog_trouble);
	if (inventory->failures > 0)
		return checks_say(said, CHECK_TROUBLE, "%zu entr%s could not be read",
				  inventory->failures, inventory->failures == 1 ? "y" : "ies");
	return checks_say(said, CHECK_OK, "%s", "");
}

enum check_verdict checks_own(struct checks_place *place, struct err *said)
{
	const struct session *session = place->session;
	const char *path = place->config->paths.host_storage;

	if (storage_is_own(session->trust))
		return checks_say(said, CHECK_OK, "%s", path);
	if (!session->layout && session->inventory->repository_count == 0)
		return checks_say(said, CHECK_NOT_ASKED, "nothing was pushed to the registry yet");
	if (!*path || server_config_has_no_folder(&session->server))
		return checks_say(said, CHECK_NOT_ASKED, "there is none");
	if (session->storage_why.kind != ERR_NONE)
		return checks_say(
			said, CHECK_TROUBLE,
			"reading through the API, and not paths.host_storage: %s; set it to "
			"the folder of this host that the registry has at paths.storage",
			session->storage_why.msg);
	if (place->config->inventory.source == SOURCE_API)
		return checks_say(said, CHECK_NOT_ASKED,
				  "inventory.source is api: the folder is not compared");
	if (!session->inventory->from_storage)
		return checks_say(said, CHECK_NOT_ASKED, "the registry could not be read");
	return checks_say(
		said, CHECK_NOT_ASKED,
		"%s has what the registry has, as far as was compared; that it is the very "
		"folder is not known, so what hangs on push times is kept: paths.storage, the "
		"registry's configuration and `stat` beside it would tell",
		path);
}

enum check_verdict checks_uploads(struct checks_place *place, struct err *said)
{
	const struct session *session = place->session;
	struct uploads uploads = UPLOADS_NONE;
	char bytes[UNITS_SIZE], text[TIME_TEXT];
	int64_t ago;
	long quiet = place->config->gc.quiet_minutes;

	if (!session->layout || !storage_may_be_own(session->trust))
		return checks_say(said, CHECK_NOT_ASKED,
				  "only the registry's own folder tells (paths.host_storage)");
	if (uploads_all(session->layout, &uploads, said) < 0)
		return CHECK_TROUBLE;
	if (uploads.newest == INT64_MIN)
		return checks_say(said, CHECK_OK, "none");
	if (place->config->gc.method == GC_NATIVE)
		return checks_say(said, CHECK_OK,
				  "gc.method is native: an upload in progress loses nothing");
	ago = (int64_t)time(NULL) - uploads.newest;
	time_local(uploads.newest, text);
	if (quiet == 0 && ago < RECENT)
		return checks_say(said, CHECK_TROUBLE,
				  "%s: an upload was written to at %s; a collection now could take "
				  "its layers: set gc.quiet_minutes",
				  uploads.newest_repository, text);
	return checks_say(said, CHECK_OK, "%" PRIu64 " of %s, written to last at %s (%s)%s",
			  uploads.count, units_bytes(uploads.bytes, bytes), text,
			  uploads.newest_repository,
			  ago < quiet * 60 ? "; a collection would wait (gc.quiet_minutes)" : "");
}
