/* Plans, and lets people look at it. */
#include "command/plan.h"

#include "cli/options.h"
#include "command/preview.h"
#include "config/config.h"
#include "plan/plan.h"
#include "plan_file/write.h"
#include "report/plan_table.h"
#include "report/rules.h"
#include "run/limits.h"
#include "util/file.h"
#include "util/log.h"
#include "util/proc.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <unistd.h>

/* A run of this plan would be refused; the plan itself may be looked at. */
static void tell_limits(const struct preview *preview)
{
	struct notes refused = { 0 };

	limits_ask(&preview->rules, preview->session.inventory, preview->plan, preview->now,
		   &refused);
	for (size_t i = 0; i < refused.count; i++)
		log_warning("would be refused without --force: %s", refused.lines[i]);
	for (size_t i = 0; i < refused.count; i++)
		printf("\nThis plan would be refused without --force: %s\n", refused.lines[i]);
	notes_clear(&refused);
}

static int write_file(struct preview *preview, struct err *err)
{
	const struct options *options = preview->options;
	const char *argv[8] = { "clean-registry", "apply", options->output };
	CLEANUP(free_p) char *line = NULL;
	size_t count = 3;

	plan_file_write(preview->session.inventory, preview->plan, preview->forecast,
			preview->output.stream);
	if (file_new_publish(&preview->output, err) < 0)
		return -1;
	if (options->config) {
		argv[count++] = "-c";
		argv[count++] = options->config;
	}
	if (options->repos_file) {
		argv[count++] = "--repos-file";
		argv[count++] = options->repos_file;
	}
	line = proc_command_line(argv);
	printf("\n%s has this plan; carry it out with: %s\n", options->output, line);
	return 0;
}

static int print(struct preview *preview, struct err *err)
{
	const struct plan *plan = preview->plan;

	plan_table(preview->session.inventory, plan, preview->forecast, terminal_of(STDOUT_FILENO),
		   stdout);
	report_rules_warn(preview->session.inventory, plan);
	tell_limits(preview);
	if (preview->config->cleanup.delete_empty_repositories)
		printf("\nEmpty repositories are no part of a plan: only a run removes them.\n");
	if (preview->config->cleanup.delete_empty_namespaces)
		printf("\nEmpty namespaces are no part of a plan: only a run deletes them.\n");
	return preview->options->output ? write_file(preview, err) : 0;
}

int command_plan(const struct options *options, const struct config *config)
{
	return preview_run(options, config, print);
}
