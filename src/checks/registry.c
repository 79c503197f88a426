/* The registry at registry.url: whether it answers, and as what. */
#include "checks/checks.h"

#include "config/config.h"
#include "http/engine.h"
#include "inventory/inventory.h"
#include "plan/limits.h"
#include "registry/api.h"
#include "registry/facts.h"
#include "session/session.h"
#include "util/notes.h"
#include "util/units.h"

#include <inttypes.h>

enum check_verdict checks_registry(struct checks_place *place, struct err *said)
{
	const char *url = place->config->registry.url;

	if (session_open(place->session, true, said) == 0)
		return checks_say(said, CHECK_OK, "%s", url);
	if (!place->session->inventory->server.login_refused)
		return CHECK_TROUBLE;
	place->login = *said;
	return checks_say(said, CHECK_OK, "%s", url);
}

enum check_verdict checks_login(struct checks_place *place, struct err *said)
{
	const char *user = place->config->registry.user;

	if (place->login.kind != ERR_NONE) {
		*said = place->login;
		return CHECK_TROUBLE;
	}
	if (place->config->registry.kind == KIND_SCALEWAY)
		return checks_say(said, CHECK_OK, "with the key of %s",
				  *place->config->registry.scaleway_config
					  ? "registry.scaleway_config"
					  : "registry.secret_key");
	return *user ? checks_say(said, CHECK_OK, "as %s", user)
		     : checks_say(said, CHECK_OK, "none is needed");
}

enum check_verdict checks_clock(struct checks_place *place, struct err *said)
{
	const struct facts *server = &place->session->inventory->server;
	struct notes notes = { 0 };
	enum check_verdict verdict;
	int64_t apart = server->date_at - server->date;

	if (server->date < 0)
		return checks_say(said, CHECK_NOT_ASKED, "the registry does not tell its time");
	plan_limits_clock(place->config, server, &notes);
	if (notes.count > 0) {
		err_set(said, ERR_SAFETY, "%s", notes.lines[0]);
		verdict = CHECK_TROUBLE;
	} else {
		apart = apart < 0 ? -apart : apart;
		verdict = checks_say(said, CHECK_OK, "%" PRId64 " second%s apart", apart,
				     units_s((uint64_t)apart));
	}
	notes_clear(&notes);
	return verdict;
}

struct question {
	struct err *said;
	enum check_verdict verdict;
};

static void on_names(void *ctx, const struct api_answer *answer)
{
	struct question *question = ctx;

	if (answer->outcome == API_OK)
		return;
	question->verdict = CHECK_TROUBLE;
	err_set(question->said, ERR_UNREACHABLE,
		"the registry refuses to list its repositories: %s; name them in "
		"registry.repositories",
		answer->response->failure == HTTP_ANSWERED ? answer->why
							   : answer->response->message);
}

enum check_verdict checks_catalog(struct checks_place *place, struct err *said)
{
	struct session *session = place->session;
	struct question question = { said, CHECK_OK };
	struct err ended = { 0 };

	if (place->config->registry.repositories.count > 0)
		return checks_say(said, CHECK_NOT_ASKED, "registry.repositories names them");
	api_catalog_probe(session->api, on_names, &question);
	if (http_run(session->http, &ended) == 0 || ended.kind != ERR_STOPPED)
		return question.verdict;
	*said = ended;
	return CHECK_TROUBLE;
}

enum check_verdict checks_version(struct checks_place *place, struct err *said)
{
	const struct facts *server = &place->session->inventory->server;

	if (server->version[0])
		return checks_say(said, CHECK_OK, "%s", server->version);
	return checks_say(said, CHECK_TROUBLE,
			  "`%s --version` says none that is known: is registry.program the "
			  "registry's program, and is registry.exec right?",
			  place->config->registry.program);
}
