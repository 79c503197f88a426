/* Whether those whom `notify` names could be told. Nobody is, and no name is looked up. */
#include "checks/checks.h"

#include "config/config.h"
#include "notify/notify.h"
#include "util/log.h"
#include "util/xalloc.h"

/* The first trouble is the answer, and the others are its details. */
static size_t check_all(const struct config *config, struct err *said)
{
	size_t troubles = 0;

	for (size_t i = 0; i < config->notify.count; i++) {
		CLEANUP(free_p) char *name = xasprintf("notify[%zu]", i);
		struct err err = { 0 };

		if (notify_check(&config->notify.items[i], name, &err) == 0)
			continue;
		if (troubles++ == 0)
			*said = err;
		else
			log_error("%s", err.msg);
	}
	return troubles;
}

enum check_verdict checks_notify(struct checks_place *place, struct err *said)
{
	const struct config *config = place->config;
	size_t count = config->notify.count;

	if (count == 0)
		return checks_say(said, CHECK_NOT_ASKED, "%s",
				  *config->report.ping_url
					  ? "only a ping would show whether report.ping_url works"
					  : "nobody is to be told: notify is empty");
	if (check_all(config, said) > 0)
		return CHECK_TROUBLE;
	return checks_say(said, CHECK_OK, "%zu of them; nothing was sent", count);
}
