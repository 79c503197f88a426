/* What rules by pulls need of the other keys. */
#include "config/config.h"
#include "config/cross_check.h"
#include "engine/engine.h"

long config_pull_days(const struct config *config)
{
	long days = config->protect.pulled_days;

	if (config->cleanup.age_from != AGE_PULLED)
		return days;
	if (config->cleanup.days_to_keep > days)
		days = config->cleanup.days_to_keep;
	for (size_t j = 0; j < config->jobs.count; j++) {
		if (config->jobs.items[j].older_than_days > days)
			days = config->jobs.items[j].older_than_days;
	}
	return days;
}

/* NULL: nobody. */
static const char *who_needs_pulls(const struct config *config)
{
	if (config->cleanup.age_from == AGE_PULLED)
		return "cleanup.age_from \"pulled\"";
	return config->protect.pulled_days > 0 ? "protect.pulled_days" : NULL;
}

/* Whether registry.exec names an engine that keeps what containers print. */
static bool has_engine(const struct config *config)
{
	struct engine_target target;
	bool has;

	engine_target_read((const char *const *)config->registry.exec.items, &target);
	has = engine_has_containers(&target);
	engine_target_clear(&target);
	return has;
}

void config_finish_pulls(const struct config *config, struct notes *faults)
{
	const char *who = who_needs_pulls(config);

	/* What is at fault is missing, and was told already. */
	if (!who || !config->paths.access_log || !config->registry.container)
		return;
	if (config->pulled.from == PULLED_LOG && !*config->paths.access_log)
		notes_add(faults,
			  "paths.access_log: required, because %s needs to know of pulls; or set "
			  "pulled.from",
			  who);
	if (config->pulled.from == PULLED_CONTAINER && !has_engine(config))
		notes_add(faults, "pulled.from: \"container\" needs a registry.exec of docker, "
				  "podman or nerdctl");
	if (config_pull_days(config) == 0)
		notes_add(faults, "cleanup.age_from: \"pulled\" needs a number of days: "
				  "cleanup.days_to_keep, older_than_days of a job, or "
				  "protect.pulled_days");
}
