/* Reads the configuration as often as it is asked to: each time anew, with the variables that the
 * process was started with. */
#include "watch/settings.h"

#include "util/environment.h"
#include "watch/schedule.h"

#include <time.h>
#include <unistd.h>

/* Something must be due at some time, or watch would do nothing for ever. */
static int check(const struct config *config, struct notes *faults)
{
	struct schedule schedule;
	bool any;

	schedule_of(config, 0, &schedule);
	any = schedule_has_any(&schedule);
	schedule_clear(&schedule);
	if (any)
		return 0;
	notes_add(faults, "watch.at: it, watch.every_hours or a job with clean_every_n_hours is "
			  "required for the command watch");
	return -1;
}

int settings_load(const char *path, const struct environment *started, struct settings *out,
		  struct notes *faults)
{
	char **before = environ;

	*out = (struct settings){ .environment = environment_copy_of(started) };
	environment_use(out->environment);
	if (config_load(path, NULL, &out->config, faults, &out->warnings) == 0) {
		if (check(&out->config, faults) == 0)
			return 0;
	}
	environ = before;
	settings_clear(out);
	return -1;
}

void settings_clear(struct settings *settings)
{
	config_clear(&settings->config);
	notes_clear(&settings->warnings);
	environment_free(settings->environment);
	*settings = (struct settings){ 0 };
}
