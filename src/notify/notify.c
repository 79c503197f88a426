/* Who is told, one after the other. */
#include "notify/notify.h"

#include "config/config.h"
#include "notify/command.h"
#include "notify/deadline.h"
#include "notify/event.h"
#include "notify/mail.h"
#include "notify/message.h"
#include "notify/ping.h"
#include "notify/request.h"
#include "notify/told.h"
#include "notify/webhook.h"
#include "report/run_json.h"
#include "state/state.h"
#include "util/log.h"
#include "util/secrets.h"
#include "util/xalloc.h"

#include <string.h>

static void hide_header(const char *header)
{
	const char *value = strchr(header, ':') + 1, *word;

	value += strspn(value, " ");
	word = strrchr(value, ' ');
	secrets_add_login("", value);
	/* "Bearer TOKEN" */
	if (word)
		secrets_add_login("", word + 1);
}

void notify_hide(const struct config *config)
{
	request_hide(config->report.ping_url);
	for (size_t i = 0; i < config->notify.count; i++) {
		const struct config_notify *item = &config->notify.items[i];

		request_hide(item->url);
		secrets_add_login(item->user, item->password);
		for (size_t k = 0; k < item->headers.count; k++)
			hide_header(item->headers.items[k]);
	}
}

void notify_begun(const struct config *config)
{
	struct deadline deadline;

	if (!*config->report.ping_url)
		return;
	deadline_begin(&deadline);
	ping_begin(config, &deadline);
}

/* Whether one of them is told when it works again. */
static bool any_wants_recovery(const struct config *config)
{
	for (size_t i = 0; i < config->notify.count; i++) {
		if (config->notify.items[i].on >> NOTIFY_RECOVERY & 1)
			return true;
	}
	return false;
}

/* What happened, by what STATE remembers, which is brought up to date first: what cannot be written
 * down would be told again and again. */
static unsigned remember(const struct report *report, const struct state *state)
{
	enum event_outcome before = told_read(state, report->command);
	enum event_outcome now = event_outcome(report->exit_code);
	unsigned kinds = event_kinds(report->exit_code, message_changed(report), before);
	struct err err = { 0 };

	if (before == now || told_write(state, report->command, now, &err) == 0)
		return kinds;
	log_warning("how this %s ended cannot be remembered: %s; %s", report->command, err.msg,
		    now == EVENT_GOOD ? "that it works again is not told"
				      : "that it works again will not be told");
	return kinds & ~(1U << NOTIFY_RECOVERY);
}

static unsigned kinds_of(const struct notify_ended *ended)
{
	const struct report *report = ended->report;
	unsigned kinds = event_kinds(report->exit_code, message_changed(report), EVENT_UNKNOWN);
	struct state_options options = state_options(report->config);
	struct state *own = NULL;
	struct err err = { 0 };

	if (!event_counts(report->exit_code) || !any_wants_recovery(report->config))
		return kinds;
	if (!ended->state)
		own = state_open_read_only(&options, &err);
	if (ended->state || own)
		kinds = remember(report, ended->state ? ended->state : own);
	else
		log_warning("%s; whether it works again after trouble is not known", err.msg);
	state_close(own);
	return kinds;
}

static bool needs_report(const struct config_notify *item)
{
	return item->type != NOTIFY_WEBHOOK || item->format == NOTIFY_JSON;
}

/* Without room on the disk there is the short one. */
static void write_reports(const struct report *report, struct notify_message *message)
{
	struct err err = { 0 };

	if (report_file_whole(report, &message->whole, &err) < 0)
		log_warning("the report that is told is short: %s", err.msg);
	if (message->whole.fd >= 0 && message->whole.length <= WEBHOOK_WHOLE_MOST)
		return;
	if (report_file_brief(report, &message->brief, &err) < 0)
		log_warning("the report is not told: %s", err.msg);
}

static int tell(const struct config_notify *item, const char *name,
		const struct notify_message *message, struct err *err)
{
	switch (item->type) {
	case NOTIFY_WEBHOOK:
		return webhook_send(item, name, message, err);
	case NOTIFY_COMMAND:
		if (command_tell(item, message, err) < 0)
			return err_wrap(err, "%s", item->command.items[0]);
		return 0;
	case NOTIFY_MAIL:
		return notify_mail(item, name, message, err);
	}
	die_internal("notify of type %d", (int)item->type);
}

static void tell_all(const struct config *config, unsigned kinds, struct notify_message *message)
{
	size_t left = 0;

	for (size_t i = 0; i < config->notify.count; i++)
		left += (config->notify.items[i].on & kinds) != 0;
	for (size_t i = 0; i < config->notify.count; i++) {
		const struct config_notify *item = &config->notify.items[i];
		CLEANUP(free_p) char *name = xasprintf("notify[%zu]", i);
		struct err err = { 0 };

		if (!(item->on & kinds))
			continue;
		deadline_next(message->deadline, (unsigned)item->timeout, --left);
		if (tell(item, name, message, &err) < 0)
			log_warning("%s: %s", name, err.msg);
		else
			log_info("%s was told", name);
	}
}

static void tell_recipients(const struct notify_ended *ended, struct deadline *deadline)
{
	const struct config *config = ended->report->config;
	struct notify_message message = { .whole = REPORT_FILE_NONE,
					  .brief = REPORT_FILE_NONE,
					  .deadline = deadline };
	unsigned kinds = kinds_of(ended);
	bool any = false, report = false;

	for (size_t i = 0; i < config->notify.count; i++) {
		const struct config_notify *item = &config->notify.items[i];

		if (!(item->on & kinds))
			continue;
		any = true;
		report = report || needs_report(item);
	}
	if (!any)
		return;
	message_make(&message, ended->report, kinds, ended->why);
	if (report)
		write_reports(ended->report, &message);
	tell_all(config, kinds, &message);
	message_clear(&message);
}

void notify_ended(const struct notify_ended *ended)
{
	const struct config *config = ended->report->config;
	struct deadline deadline;

	deadline_begin(&deadline);
	if (ended->pings && *config->report.ping_url)
		ping_end(config, ended->report->exit_code, &deadline);
	if (config->notify.count > 0)
		tell_recipients(ended, &deadline);
}
