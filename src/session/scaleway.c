/* Asks Scaleway's API whether it takes the key, and reads what it lists. */
#include "session/scaleway.h"

#include "config/config.h"
#include "http/engine.h"
#include "inventory/faults.h"
#include "inventory/inventory.h"
#include "scaleway/api.h"
#include "scan_scaleway/catalog.h"
#include "scan_scaleway/load.h"
#include "session/pending_known.h"
#include "session/session.h"
#include "util/log.h"
#include "util/progress.h"
#include "util/units.h"

#include <inttypes.h>
#include <time.h>

struct ping {
	struct facts *facts;
	enum scaleway_outcome outcome;
	char message[512];
};

static void on_ping(void *ctx, const struct scaleway_answer *answer)
{
	struct ping *ping = ctx;

	/* Whatever answers so, and however: it has no such list. */
	ping->outcome = answer->status == 404 ? SCALEWAY_GONE : answer->outcome;
	ping->facts->date = answer->date;
	ping->facts->date_at = (int64_t)time(NULL);
	ping->facts->login_refused = answer->outcome == SCALEWAY_DENIED;
	snprintf(ping->message, sizeof ping->message, "%s", answer->message);
}

static int ask_facts(struct session *session, struct err *err)
{
	const struct config *config = session->config;
	struct ping ping = { .facts = &session->inventory->server, .outcome = SCALEWAY_FAILED };

	scaleway_ping(session->scaleway_api, on_ping, &ping);
	if (http_run(session->http, err) < 0)
		return -1;
	if (ping.outcome == SCALEWAY_DENIED)
		return err_set(err, ERR_UNREACHABLE,
			       "%s refuses the key (registry.secret_key, or that of "
			       "registry.scaleway_config): %s",
			       config->registry.url, ping.message);
	if (ping.outcome == SCALEWAY_GONE)
		return err_set(err, ERR_UNREACHABLE,
			       "%s: there is no such API; is registry.region right? %s",
			       config->registry.url, ping.message);
	if (ping.outcome != SCALEWAY_OK)
		return err_set(err, ERR_UNREACHABLE, "%s: %s", config->registry.url, ping.message);
	log_info("registry %s is Scaleway's, region %s", config->registry.url,
		 config->registry.region);
	return 0;
}

int session_scaleway_open(struct session *session, bool read_only, struct err *err)
{
	struct http_options options = session_http_options(session->config);

	options.read_only = read_only;
	session->http = http_new(&options, err);
	if (!session->http)
		return -1;
	session->scaleway_api = scaleway_api_new(session->http, session->config->registry.url);
	return ask_facts(session, err);
}

int session_scaleway_read(struct session *session, const struct state *state, struct err *err)
{
	struct inventory *inventory = session->inventory;
	uint64_t sent = http_requests(session->http);
	int result;

	session->scaleway = scan_scaleway_catalog_new();
	result = scan_scaleway_load(inventory, session->scaleway, session->scaleway_api,
				    session->http, session->config, err);
	progress_end();
	inventory_faults_tell(inventory);
	if (result < 0)
		return -1;
	log_debug("read %zu tag%s of %zu image%s with %" PRIu64 " requests", inventory->tag_count,
		  units_s(inventory->tag_count), inventory->repository_count,
		  units_s(inventory->repository_count), http_requests(session->http) - sent);
	pending_known_add(inventory, state);
	pending_known_add_gone(inventory, state);
	scan_scaleway_settle(inventory, session->scaleway, session->config);
	return 0;
}
