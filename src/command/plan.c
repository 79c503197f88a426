/* Plans, and lets people look at it. */
#include "command/plan.h"

#include "cli.h"
#include "command/limits.h"
#include "command/preview.h"
#include "config.h"
#include "plan.h"
#include "plan_file.h"
#include "plan_table.h"
#include "util/file.h"
#include "util/log.h"
#include "util/units.h"

#include <stdio.h>
#include <unistd.h>

/* A run of this plan would be refused; the plan itself may be looked at. */
static void tell_limits(const struct preview *preview)
{
	struct config_notes refused = { 0 };

	limits_ask(&preview->rules, preview->session.inventory, preview->plan, preview->now,
		   &refused);
	for (size_t i = 0; i < refused.count; i++)
		log_warning("would be refused: %s", refused.lines[i]);
	for (size_t i = 0; i < refused.count; i++)
		printf("\nThis plan would be refused: %s\n", refused.lines[i]);
	config_notes_clear(&refused);
}

static int write_file(struct preview *preview, struct err *err)
{
	const char *path = preview->options->output;

	plan_file_write(preview->session.inventory, preview->plan, preview->forecast,
			preview->output.stream);
	if (file_new_publish(&preview->output, err) < 0)
		return -1;
	printf("\n%s has this plan; carry it out with: clean-registry apply %s\n", path, path);
	return 0;
}

static int print(struct preview *preview, struct err *err)
{
	const struct plan *plan = preview->plan;

	plan_table(preview->session.inventory, plan, preview->forecast, terminal_of(STDOUT_FILENO),
		   stdout);
	tell_limits(preview);
	return preview->options->output ? write_file(preview, err) : 0;
}

int command_plan(const struct options *options, const struct config *config)
{
	return preview_run(options, config, print);
}
