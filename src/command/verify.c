/* Reads the registry and verifies its tags. */
#include "command/verify.h"

#include "cli/options.h"
#include "http/engine.h"
#include "inventory/inventory.h"
#include "measure/measure.h"
#include "notify/notify.h"
#include "report/run_json.h"
#include "session/exit_code.h"
#include "session/session.h"
#include "session/verification.h"
#include "util/date.h"
#include "util/log.h"
#include "util/stop_signal.h"
#include "util/time.h"
#include "util/units.h"

#include <time.h>

static int verify_all(struct session *session, bool deep, struct verify_result *result,
		      size_t *errors, struct err *err)
{
	session->inventory->to_verify = true;
	if (session_open(session, true, err) < 0 || session_read(session, NULL, err) < 0)
		return -1;
	return verification_run(session, session->inventory, NULL, deep, result, errors, err);
}

/* The report of a run in which nothing was deleted. */
static struct report make_report(const struct options *options, const struct config *config)
{
	struct report report = { .config = config,
				 .command = options_command(options),
				 .started_at = time(NULL),
				 .next_collection = DATE_ABSENT };

	measure_nothing(&report.before);
	measure_nothing(&report.after);
	return report;
}

/* It deletes nothing, but finds trouble as well as a run does. */
static void tell(struct report *report, const struct session *session)
{
	struct notify_ended ended = { .report = report };

	report->driver = session->server.driver;
	report->requests = session->http ? http_requests(session->http) : 0;
	report->finished_at = report->started_at + (int64_t)report->seconds;
	notify_ended(&ended);
}

void command_verify_not_begun(const struct options *options, const struct config *config, int code,
			      const char *why)
{
	struct report report = make_report(options, config);
	struct notify_ended ended = { .report = &report, .why = why };

	report.exit_code = code;
	report.errors = 1;
	report.finished_at = report.started_at;
	notify_ended(&ended);
}

int command_verify(const struct options *options, const struct config *config)
{
	struct session session = session_new(config);
	struct report report = make_report(options, config);
	struct err err = { 0 };
	int64_t began = time_monotonic_ms();
	char duration[UNITS_SIZE];

	if (verify_all(&session, options->deep, &report.verification, &report.errors, &err) < 0) {
		log_error("%s", err.msg);
	} else {
		report_log_verification(&report.verification);
		report.verified = session.inventory;
	}
	report.exit_code = exit_code(&err, (struct exit_facts){ .errors = report.errors });
	report.seconds = (double)(time_monotonic_ms() - began) / 1000;
	tell(&report, &session);
	log_info("ended after %s, exit code %d", units_duration(report.seconds, duration),
		 report.exit_code);
	verify_result_clear(&report.verification);
	session_close(&session);
	return report.exit_code;
}
