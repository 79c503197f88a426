/* The folder is read as a run would read it, for the proof alone. */
#include "config/config.h"
#include "inventory/inventory.h"
#include "scan_storage/load.h"
#include "session/folder.h"
#include "session/session.h"
#include "session/storage_proof.h"
#include "util/log.h"

static int prove(const struct session *session, bool *own, struct err *err)
{
	struct inventory *inventory = inventory_new();
	const struct proof proof = { .config = session->config,
				     .server = &session->server,
				     .layout = session->layout,
				     .inventory = inventory,
				     .api = session->api,
				     .http = session->http };
	int result;

	inventory->server = session->inventory->server;
	result = scan_storage_load(inventory, session->layout, err);
	if (result == 0)
		result = storage_proof(&proof, own, err);
	inventory_free(inventory);
	return result;
}

int session_find_storage(struct session *session, struct err *err)
{
	struct err why = { 0 };
	bool own = false;

	if (!session->config->paths.host_storage[0])
		return 0;
	session_ask_server(session);
	folder_open(session);
	if (!session->layout)
		return 0;
	if (prove(session, &own, &why) == 0) {
		session->trust = own ? STORAGE_OWN : STORAGE_UNPROVED;
		return 0;
	}
	if (why.kind != ERR_IO) {
		*err = why;
		return -1;
	}
	session->trust = STORAGE_REFUTED;
	log_warning("paths.host_storage is not read: %s", why.msg);
	return 0;
}
