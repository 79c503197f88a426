/* Reads the registry and verifies its tags. */
#include "command/verify.h"

#include "cli/options.h"
#include "inventory/inventory.h"
#include "report/run_json.h"
#include "session/exit_code.h"
#include "session/session.h"
#include "session/verification.h"
#include "util/log.h"
#include "util/stop_signal.h"
#include "util/time.h"
#include "util/units.h"

static int verify_all(struct session *session, bool deep, struct verify_result *result,
		      size_t *errors, struct err *err)
{
	session->inventory->to_verify = true;
	if (session_open(session, true, err) < 0 || session_read(session, NULL, err) < 0)
		return -1;
	return verification_run(session, session->inventory, NULL, deep, result, errors, err);
}

int command_verify(const struct options *options, const struct config *config)
{
	struct session session = session_new(config);
	struct verify_result result = { 0 };
	struct err err = { 0 };
	int64_t began = time_monotonic_ms();
	char duration[UNITS_SIZE];
	size_t errors = 0;
	int code;

	if (verify_all(&session, options->deep, &result, &errors, &err) < 0)
		log_error("%s", err.msg);
	else
		report_log_verification(&result);
	code = exit_code(&err, (struct exit_facts){ .errors = errors });
	log_info("ended after %s, exit code %d",
		 units_duration((double)(time_monotonic_ms() - began) / 1000, duration), code);
	verify_result_clear(&result);
	session_close(&session);
	return code;
}
