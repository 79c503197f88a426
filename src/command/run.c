/* The nightly run, as a row of stages. */
#include "command/run.h"

#include "apply.h"
#include "cli.h"
#include "command/act.h"
#include "config.h"
#include "forecast.h"
#include "http/engine.h"
#include "inventory.h"
#include "inventory_api.h"
#include "inventory_revisions.h"
#include "plan.h"
#include "policy.h"
#include "registry/api.h"
#include "registry/facts.h"
#include "report.h"
#include "state.h"
#include "storage/layout.h"
#include "util/file.h"
#include "util/log.h"
#include "util/stop.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define DELETE_SECONDS 600

static int open_registry(struct run *run, const struct hands *hands, struct err *err)
{
	const struct config *config = run->config;
	struct http_options options = {
		.max_in_flight = (unsigned)config->registry.max_concurrent_requests,
		.get_timeout_seconds = (unsigned)config->registry.timeout,
		.delete_timeout_seconds = DELETE_SECONDS,
		.retry_seconds = (unsigned)config->registry.retry_seconds,
		.ca_cert = config->registry.ca_cert[0] ? config->registry.ca_cert : NULL,
		.user = config->registry.user[0] ? config->registry.user : NULL,
		.password = config->registry.user[0] ? config->registry.password : NULL,
		.read_only = hands->read_only,
	};

	run->http = http_new(&options, err);
	if (!run->http)
		return -1;
	run->api = api_new(run->http, config->registry.url);
	return 0;
}

static int ask_facts(struct run *run, struct err *err)
{
	const struct config *config = run->config;
	struct facts *facts = &run->inventory->server;
	struct err why = { 0 };

	if (facts_ping(run->api, run->http, facts, err) < 0)
		return -1;
	if (facts_ask_version((const char *const *)config->registry.exec.items,
			      config->registry.program, facts, &why) < 0)
		log_warning("the registry's program cannot be asked for its version: %s", why.msg);
	log_info("registry %s%s%s, %s", config->registry.url,
		 facts->version[0] ? " is version " : "", facts->version,
		 facts->tag_delete == TAG_DELETE_YES
			 ? "assumed to delete single tags (3.x)"
			 : "assumed to delete whole manifests only (2.x)");
	return 0;
}

static void add_debt(void *ctx, const char *repository, const char *digest)
{
	struct inventory *inventory = ctx;
	uint32_t id =
		inventory_manifest(inventory, inventory_repository(inventory, repository), digest);

	inventory->manifests[id].owed = true;
}

static void add_gone(void *ctx, const char *repository, const char *digest)
{
	struct inventory *inventory = ctx;
	uint32_t place = inventory_repository_find(inventory, repository);
	uint32_t id = place == INVENTORY_NONE ? INVENTORY_NONE
					      : inventory_manifest_find(inventory, place, digest);

	if (id != INVENTORY_NONE)
		inventory->manifests[id].gone = true;
}

/* S3: the log says once when indexes that no tag reaches cannot be seen. */
static void open_layout(struct run *run)
{
	static const char WHAT[] = "indexes that no tag reaches cannot be protected";
	const char *path = run->config->paths.host_storage;
	struct err err = { 0 };

	if (!path[0]) {
		log_info("paths.host_storage is not set: %s", WHAT);
		return;
	}
	run->layout = layout_open(path, &err);
	if (!run->layout)
		log_warning("%s: %s", WHAT, err.msg);
}

static void read_revisions(struct run *run)
{
	struct inventory *inventory = run->inventory;
	const char *strange = NULL;

	for (uint32_t r = 0; run->layout && r < inventory->repository_count; r++) {
		const struct inventory_repository *repository = &inventory->repositories[r];

		if (repository->trouble)
			continue;
		if (!inventory_revisions(inventory, run->layout, r) &&
		    !inventory->repositories[r].trouble)
			strange = repository->name;
		if (inventory->repositories[r].trouble) {
			inventory->failures++;
			log_warning("%s: %s; nothing is deleted in this repository",
				    inventory->repositories[r].name,
				    inventory->repositories[r].trouble);
		}
	}
	if (strange)
		log_warning(
			"%s has tags, but no manifest of them in paths.host_storage: it is not "
			"this "
			"registry's folder, and indexes that no tag reaches cannot be protected",
			strange);
	inventory->revisions_seen = run->layout && !strange;
}

static int read_inventory(struct run *run, struct err *err)
{
	struct inventory *inventory = run->inventory;
	unsigned window = (unsigned)run->config->registry.max_concurrent_requests;

	state_each_debt(run->state, add_debt, inventory);
	if (inventory_api_load(inventory, run->api, run->http, window, err) < 0)
		return -1;
	state_each_gone(run->state, add_gone, inventory);
	log_progress(NULL);
	open_layout(run);
	read_revisions(run);
	return 0;
}

/* The stages up to the plan send nothing but GETs. */
static int run_stages(struct run *run, const struct hands *hands, struct err *err)
{
	if (hands->open_state(run, err) < 0 || open_registry(run, hands, err) < 0 ||
	    ask_facts(run, err) < 0 || read_inventory(run, err) < 0)
		return -1;
	act_plan(run);
	report_log_plan(&run->report);
	return hands->act(run, err);
}

/* Of several reasons the first that applies: 128+n, 4, 1, 0; the others end a run before it
 * deletes. */
static int exit_code(const struct run *run, const struct err *err)
{
	bool deleted = run->outcome.tags_deleted > 0 || run->outcome.manifests_deleted > 0;

	if (err->kind == ERR_STOPPED || stop_signal())
		return 128 + stop_signal();
	if (err->kind == ERR_COLLECTOR || run->collector_failed)
		return EXIT_COLLECTOR;
	if (err->kind == ERR_USAGE)
		return EXIT_USAGE;
	if (err->kind == ERR_UNREACHABLE && !deleted)
		return EXIT_UNREACHABLE;
	if (err->kind == ERR_BUSY && !deleted)
		return EXIT_BUSY;
	if (err->kind == ERR_SAFETY && !deleted)
		return EXIT_SAFETY;
	return err->kind != ERR_NONE || run->report.errors ? EXIT_PARTLY : EXIT_ALL_DONE;
}

/* Reports, and returns the exit code, which a report that cannot be written can still make worse.
 */
static int finish(struct run *run, struct file_new *file, int64_t began, const struct err *failure)
{
	struct report *report = &run->report;
	struct err err = { 0 };

	if (failure->kind != ERR_NONE)
		log_error("%s", failure->msg);
	report->errors += run->outcome.failures + run->inventory->failures;
	report->errors += failure->kind != ERR_NONE && failure->kind != ERR_STOPPED;
	report->exit_code = exit_code(run, failure);
	report->seconds = (double)(time_monotonic_ms() - began) / 1000;
	report->finished_at = report->started_at + (int64_t)report->seconds;
	if (report->exit_code != EXIT_USAGE && file->stream &&
	    (report_write(report, file->stream, &err) < 0 || file_new_publish(file, &err) < 0)) {
		log_error("%s", err.msg);
		report->errors++;
		report->exit_code = exit_code(run, failure);
	}
	report_log(report);
	return report->exit_code;
}

static void clear(struct run *run, struct file_new *file)
{
	file_new_discard(file);
	outcome_clear(&run->outcome);
	measure_clear(&run->report.before);
	measure_clear(&run->report.after);
	forecast_free(run->forecast);
	plan_free(run->plan);
	inventory_free(run->inventory);
	layout_close(run->layout);
	api_free(run->api);
	http_free(run->http);
	state_close(run->state);
	policy_free(run->policy);
}

/* A report replaces a file, also behind a link, but never a folder or a device (/dev/stdout). */
static int open_report(struct file_new *file, const char *path, struct err *err)
{
	CLEANUP(free_p) char *target = realpath(path, NULL);
	struct stat status;
	bool fits = target ? stat(target, &status) == 0 && S_ISREG(status.st_mode)
			   : lstat(path, &status) != 0;

	if (!fits)
		return err_set(err, ERR_USAGE, "%s: not a regular file", path);
	return file_new_open(file, target ? target : path, 0640, err);
}

int command_run(const struct options *options, const struct config *config)
{
	const struct hands *hands = options->dry_run ? &HANDS_DRY : &HANDS_REAL;
	struct run run = { .config = config,
			   .policy = policy_new(config),
			   .inventory = inventory_new(),
			   .report = { .config = config,
				       .started_at = time(NULL),
				       .dry_run = options->dry_run } };
	struct file_new file = { 0 };
	struct err err = { 0 };
	int64_t began = time_monotonic_ms();
	int code;

	measure_nothing(&run.report.before);
	measure_nothing(&run.report.after);
	if (options->report && open_report(&file, options->report, &err) < 0) {
		fprintf(stderr, "clean-registry: --report: %s\n", err.msg);
		code = EXIT_USAGE;
	} else {
		if (run_stages(&run, hands, &err) == 0)
			err.kind = ERR_NONE;
		code = finish(&run, &file, began, &err);
	}
	clear(&run, &file);
	return code;
}
