/* A question of the run stands here once: its words are those of whoever asks it. */
#include "run/questions.h"

#include "config/config.h"
#include "gc/activity.h"
#include "run/collect.h"
#include "run/context.h"
#include "run/delete.h"
#include "run/deletion_door.h"
#include "run/hazard_check.h"
#include "run/limits.h"
#include "run/preflight.h"
#include "run/rehearsal.h"
#include "run/settle.h"
#include "session/pulls_known.h"
#include "util/log.h"
#include "util/notes.h"

#include <time.h>

static int ask_limits(struct run *run, struct err *err)
{
	return limits_check(run, err);
}

static int ask_idle(struct run *run, struct err *err)
{
	return gc_check_idle(run->config, err);
}

static int ask_probe(struct run *run, struct err *err)
{
	session_ask_server(&run->session);
	return run_door_open(run, err) < 0 ? -1 : delete_probe(run, err);
}

static int ask_door(struct run *run, struct err *err)
{
	session_ask_server(&run->session);
	if (!run->config->registry.delete_door) {
		err_set(err, ERR_NONE, "registry.delete_door is not set");
		return 1;
	}
	return run_door_foresee(run, err);
}

/* What the configuration names is read beside it. */
static int ask_lists(struct run *run, struct err *err)
{
	struct notes faults = { 0 };
	int result = policy_inputs_open(&run->rules, run->config, run->options, &faults);

	for (size_t i = 1; result < 0 && i < faults.count; i++)
		log_error("%s", faults.lines[i]);
	if (result < 0)
		err_set(err, ERR_USAGE, "%s", faults.count > 0 ? faults.lines[0] : "");
	notes_clear(&faults);
	return result;
}

static const char NATIVE[] = "gc.method is native: what is wrong in a repository keeps all of it";

static int ask_hazards(struct run *run, struct err *err)
{
	if (run->config->gc.method != GC_NATIVE)
		return hazard_check_before_deletes(run, err);
	err_set(err, ERR_NONE, "%s", NATIVE);
	return 1;
}

static int ask_broken_links(struct run *run, struct err *err)
{
	if (run->config->gc.method == GC_NATIVE) {
		err_set(err, ERR_NONE, "%s", NATIVE);
		return 1;
	}
	if (!preflight_sees_storage(&run->session)) {
		err_set(err, ERR_NONE, "only the registry's own folder tells (paths.host_storage)");
		return 1;
	}
	if (preflight_broken_links(&run->session, err) < 0)
		return -1;
	*err = run->session.strays;
	return 0;
}

static int ask_pulls(struct run *run, struct err *err)
{
	if (config_pull_days(run->config) == 0) {
		err_set(err, ERR_NONE, "no rule asks when tags were pulled");
		return 1;
	}
	return pulls_known_read(&run->session, run->state, (int64_t)time(NULL), err);
}

const struct question QUESTIONS[] = {
	{ .name = "configuration",
	  .text = "the configuration can be loaded",
	  .stages = QUESTIONS_CHECK,
	  .otherwise = "the configuration could not be loaded",
	  .ask = checks_configuration },
	{ .name = "permissions",
	  .text = "nobody else can read its passwords",
	  .stages = QUESTIONS_CHECK,
	  .needs = { "configuration" },
	  .ask = checks_permissions },
	{ .name = "lists",
	  .text = "the files that it names can be read",
	  .stages = QUESTIONS_CHECK,
	  .needs = { "configuration" },
	  .otherwise = "a file that the configuration names could not be read",
	  .ask_run = ask_lists },
	{ .name = "state",
	  .text = "paths.state can be written",
	  .stages = QUESTIONS_CHECK,
	  .needs = { "configuration" },
	  .otherwise = "paths.state cannot be used",
	  .ask = checks_state },
	{ .name = "log",
	  .text = "the log can be written",
	  .stages = QUESTIONS_CHECK,
	  .needs = { "configuration" },
	  .ask = checks_log },
	{ .name = "report",
	  .text = "the report can be written",
	  .stages = QUESTIONS_CHECK,
	  .needs = { "configuration" },
	  .ask = checks_report },
	{ .name = "notify",
	  .text = "those who are told of runs can be, by files and commands here",
	  .stages = QUESTIONS_CHECK,
	  .warning = WARNING_IS_TROUBLE,
	  .needs = { "configuration" },
	  .ask = checks_notify },
	{ .name = "other_run",
	  .text = "no other clean-registry is at work",
	  .stages = QUESTIONS_CHECK,
	  .needs = { "state" },
	  .otherwise = "another clean-registry is at work",
	  .ask = checks_lock },
	{ .name = "leftovers",
	  .text = "no run that was killed left anything behind",
	  .stages = QUESTIONS_CHECK,
	  .needs = { "state", "other_run" },
	  .ask = checks_leftovers },
	{ .name = "free_space",
	  .text = "there is room for what a run writes down",
	  .stages = QUESTIONS_CHECK,
	  .needs = { "state" },
	  .ask = checks_space },
	{ .name = "registry",
	  .text = "the registry answers",
	  .stages = QUESTIONS_CHECK,
	  .needs = { "configuration" },
	  .otherwise = "the registry was not reached",
	  .ask = checks_registry },
	{ .name = "login",
	  .text = "the registry accepts the login",
	  .stages = QUESTIONS_CHECK,
	  .needs = { "registry" },
	  .otherwise = "the registry refuses the login",
	  .ask = checks_login },
	{ .name = "clock",
	  .text = "its clock agrees with this one",
	  .stages = QUESTIONS_CHECK,
	  .needs = { "login" },
	  .ask = checks_clock },
	{ .name = "catalog",
	  .text = "its repositories can be listed",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK,
	  .needs = { "login" },
	  .ask = checks_catalog },
	{ .name = "engine",
	  .text = "the container engine can be used",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK,
	  .needs = { "configuration" },
	  .otherwise = "the container engine cannot be used",
	  .ask = checks_engine },
	{ .name = "program",
	  .text = "the registry's program can be started",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK,
	  .needs = { "engine" },
	  .otherwise = "the registry's program could not be started",
	  .ask = checks_container },
	{ .name = "version",
	  .text = "its version is known",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK,
	  .needs = { "program", "login" },
	  .ask = checks_version },
	{ .name = "server_configuration",
	  .text = "the registry's configuration can be read",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK,
	  .needs = { "program" },
	  .otherwise = "the registry's configuration could not be read",
	  .ask = checks_server_config },
	{ .name = "storage_driver",
	  .text = "where the registry keeps its images fits paths.host_storage",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK,
	  .needs = { "server_configuration" },
	  .ask = checks_driver },
	{ .name = "folder",
	  .text = "paths.host_storage is a registry's storage",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK,
	  .needs = { "configuration" },
	  .otherwise = "paths.host_storage is no registry's storage",
	  .ask = checks_folder },
	{ .name = "contents",
	  .text = "the registry can be read",
	  .stages = QUESTIONS_CHECK,
	  .needs = { "login", "state" },
	  .otherwise = "the registry could not be read",
	  .ask = checks_contents },
	{ .name = "scope",
	  .text = "what registry.region, namespace and image mean is there",
	  .kind = QUESTIONS_OF_SCALEWAY,
	  .stages = QUESTIONS_CHECK,
	  .needs = { "contents" },
	  .ask = checks_scope },
	{ .name = "unreadable",
	  .text = "nothing in it is unreadable",
	  .stages = QUESTIONS_CHECK,
	  .needs = { "contents" },
	  .ask = checks_unreadable },
	{ .name = "right_to_delete",
	  .text = "the key may delete",
	  .kind = QUESTIONS_OF_SCALEWAY,
	  .stages = QUESTIONS_CHECK,
	  .needs = { "login" },
	  .ask = checks_may_delete },
	{ .name = "own_folder",
	  .text = "paths.host_storage is this registry's own",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK,
	  .needs = { "folder", "login", "state" },
	  .ask = checks_own },
	{ .name = "pulls",
	  .text = "the access log tells when tags were pulled",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK,
	  .warning = WARNING_IS_TROUBLE,
	  .needs = { "contents" },
	  .ask_run = ask_pulls },
	{ .name = "limits",
	  .text = "the plan keeps to the safety limits",
	  .stages = QUESTIONS_FIRST,
	  .ask_run = ask_limits },
	{ .name = "last_collection",
	  .text = "the last collection has ended",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK | QUESTIONS_FIRST,
	  .needs = { "state" },
	  .ask_run = settle_check },
	{ .name = "collector_idle",
	  .text = "no collector is at work",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK | QUESTIONS_ACTING,
	  .warning = WARNING_IS_DOUBT,
	  .needs = { "program" },
	  .ask_run = ask_idle },
	{ .name = "hazards",
	  .text = "the collector knows all that tags need",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK | QUESTIONS_ACTING,
	  .collects = true,
	  .warning = WARNING_IS_TROUBLE,
	  .needs = { "contents", "lists" },
	  .otherwise = "something is in the collector's way",
	  .ask_run = ask_hazards },
	{ .name = "read_only",
	  .text = "the registry is not in read-only mode",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK | QUESTIONS_FORESEEN,
	  .needs = { "server_configuration" },
	  .ask = checks_read_only },
	{ .name = "pull_through",
	  .text = "the registry is no pull-through cache",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK | QUESTIONS_FORESEEN,
	  .needs = { "server_configuration" },
	  .ask = checks_pull_through },
	{ .name = "deletion",
	  .text = "the registry deletes",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK | QUESTIONS_FORESEEN,
	  .needs = { "server_configuration" },
	  .ask = checks_deletion },
	{ .name = "door",
	  .text = "the deletion door can be opened",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK | QUESTIONS_FORESEEN,
	  .needs = { "program", "login", "server_configuration" },
	  .ask_run = ask_door },
	{ .name = "probe",
	  .text = "the registry deletes",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_TRIED,
	  .ask_run = ask_probe },
	{ .name = "single_tags",
	  .text = "single tags can be deleted, and only where deletion is enabled",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK,
	  .needs = { "login", "server_configuration" },
	  .ask = checks_tag_delete },
	{ .name = "cache",
	  .text = "no cache of the registry outlives a collection",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK,
	  .needs = { "server_configuration" },
	  .ask = checks_cache },
	{ .name = "broken_links",
	  .text = "nothing in the storage is in the collector's way",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK,
	  .warning = WARNING_IS_TROUBLE,
	  .needs = { "folder", "contents" },
	  .otherwise = "the storage has broken links",
	  .ask_run = ask_broken_links },
	{ .name = "uploads",
	  .text = "no upload is in a collection's way",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK,
	  .needs = { "folder", "contents" },
	  .ask = checks_uploads },
	{ .name = "collector",
	  .text = "the collector works, on this registry, and keeps what tags need",
	  .kind = QUESTIONS_OF_V2,
	  .stages = QUESTIONS_CHECK | QUESTIONS_ACTING,
	  .collects = true,
	  .needs = { "program", "contents", "lists", "broken_links", "hazards" },
	  .ask_run = rehearsal_before_deletes },
};
const size_t QUESTIONS_COUNT = sizeof QUESTIONS / sizeof *QUESTIONS;

bool questions_applies(const struct question *question, const struct config *config)
{
	enum registry_kind kind = config ? config->registry.kind : KIND_V2;

	return question->kind == QUESTIONS_OF_ANY ||
	       (question->kind == QUESTIONS_OF_SCALEWAY) == (kind == KIND_SCALEWAY);
}

enum check_verdict questions_one(const struct question *question, struct run *run,
				 struct checks_place *place, struct err *said)
{
	int result;

	if (question->ask)
		return question->ask(place, said);
	result = question->ask_run(run, said);
	if (result < 0)
		return CHECK_TROUBLE;
	return result > 0 ? CHECK_NOT_ASKED : CHECK_OK;
}

int questions_each(struct run *run, unsigned stages, int (*each)(void *ctx, const struct err *why),
		   void *ctx, struct err *err)
{
	struct checks_place place = { .config = run->config,
				      .options = run->options,
				      .session = &run->session,
				      .state = run->state };

	for (size_t i = 0; i < QUESTIONS_COUNT; i++) {
		struct err why = { 0 };

		if (!(QUESTIONS[i].stages & stages) ||
		    !questions_applies(&QUESTIONS[i], run->config) ||
		    questions_one(&QUESTIONS[i], run, &place, &why) != CHECK_TROUBLE)
			continue;
		*err = why;
		if (why.kind == ERR_STOPPED || each(ctx, &why) < 0)
			return -1;
	}
	return 0;
}

static int end_here(void *ctx, const struct err *why)
{
	(void)ctx;
	(void)why;
	return -1;
}

int questions_ask(struct run *run, unsigned stages, struct err *err)
{
	return questions_each(run, stages, end_here, NULL, err);
}
