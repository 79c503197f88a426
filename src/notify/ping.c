/* The form that Healthchecks has: URL/start, URL, URL/EXITCODE. */
#include "notify/ping.h"

#include "config/config.h"
#include "notify/deadline.h"
#include "notify/event.h"
#include "notify/request.h"
#include "util/log.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

char *ping_url(const char *url, const char *suffix)
{
	size_t length = strcspn(url, "?"), path = length;

	while (path > 0 && url[path - 1] == '/')
		path--;
	return xasprintf("%.*s/%s%s", (int)path, url, suffix, url + length);
}

static void ping(const char *url, struct deadline *deadline)
{
	struct request_to to = { .url = url, .ca_cert = "" };
	CLEANUP(free_p) char *place = request_place(url);
	struct err err = { 0 };

	deadline_next(deadline, PING_SECONDS, 0);
	if (request_send(&to, deadline, &err) < 0)
		log_warning("report.ping_url: %s: %s", place, err.msg);
	else
		log_debug("report.ping_url: %s was told", place);
}

void ping_begin(const struct config *config, struct deadline *deadline)
{
	CLEANUP(free_p) char *url = ping_url(config->report.ping_url, "start");

	ping(url, deadline);
}

/* Of a run that did nothing because another one is at work nothing is told: that one pings. */
void ping_end(const struct config *config, int exit_code, struct deadline *deadline)
{
	CLEANUP(free_p) char *url = NULL;
	char code[16];

	if (!event_counts(exit_code))
		return;
	snprintf(code, sizeof code, "%d", exit_code);
	url = event_outcome(exit_code) == EVENT_GOOD ? xstrdup(config->report.ping_url)
						     : ping_url(config->report.ping_url, code);
	ping(url, deadline);
}
