/* Reads what there is now, asks for all that its tags need, and tells what is not whole. */
#include "session/verification.h"

#include "config/config.h"
#include "inventory/inventory.h"
#include "scan_api/load.h"
#include "scan_storage/load.h"
#include "session/findings.h"
#include "session/session.h"
#include "util/progress.h"
#include "verify/ask_api.h"
#include "verify/ask_storage.h"
#include "verify/needs.h"
#include "verify/vanished.h"

struct inventory *verification_inventory(const struct session *session)
{
	struct inventory *inventory = inventory_new();

	inventory->server = session->inventory->server;
	inventory->to_verify = true;
	return inventory;
}

static unsigned window(const struct session *session)
{
	return (unsigned)session->config->registry.max_concurrent_requests;
}

/* Only the very folder of the registry tells what that has. */
static bool is_read_here(const struct session *session)
{
	return session->inventory->from_storage && storage_is_own(session->trust);
}

int verification_read(struct session *session, struct inventory *inventory, struct err *err)
{
	int result;

	if (is_read_here(session))
		return scan_storage_load(inventory, session->layout, err);
	result = scan_api_load(inventory, session->api, session->http, window(session), NULL, err);
	progress_end();
	return result;
}

static int ask_storage(struct session *session, struct inventory *inventory, struct verify *verify,
		       bool deep, struct err *err)
{
	verify_vanished_storage(inventory, session->layout);
	if (verify_storage(verify, session->layout, err) < 0)
		return -1;
	return deep ? verify_storage_deep(verify, session->layout, err) : 0;
}

static int ask_api(struct session *session, struct inventory *inventory, struct verify *verify,
		   bool deep, struct err *err)
{
	if (verify_vanished_api(inventory, session->api, session->http, err) < 0 ||
	    verify_api(verify, session->api, session->http, window(session), err) < 0)
		return -1;
	return deep ? verify_api_deep(verify, session->api, session->http, window(session), err)
		    : 0;
}

/* distribution takes an index without its parts only since 3.0, and only if it is told to. */
static bool takes_all_parts(struct session *session)
{
	if (session->inventory->server.major == 2)
		return true;
	session_ask_server(session);
	return session->server.sparse == CONFIG_NO;
}

int verification_run(struct session *session, struct inventory *inventory,
		     const struct verify_past *past, bool deep, struct verify_result *result,
		     size_t *errors, struct err *err)
{
	struct verify *verify = verify_new(inventory);
	int asked = inventory->from_storage ? ask_storage(session, inventory, verify, deep, err)
					    : ask_api(session, inventory, verify, deep, err);

	verify->complete = takes_all_parts(session);
	if (asked == 0) {
		verify_judge(verify, past, result);
		*errors = findings_tell_troubles(inventory);
		findings_tell(inventory, result);
		*errors += result->damaged + result->unverified;
	}
	verify_free(verify);
	return asked;
}
