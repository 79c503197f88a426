/* Gathers what the policy needs before a plan can be made. */
#include "session/policy_inputs.h"

#include "cli/options.h"
#include "config/value.h"
#include "inventory/faults.h"
#include "inventory/inventory.h"
#include "inventory/named.h"
#include "lists/holds.h"
#include "lists/image_refs.h"
#include "lists/keep_counts.h"
#include "lists/retain_list.h"
#include "policy/policy.h"
#include "scaleway/object.h"
#include "scan_scaleway/catalog.h"
#include "session/ask_in_use.h"
#include "session/session.h"
#include "state/holds_file.h"
#include "state/state.h"
#include "util/edit_distance.h"
#include "util/log.h"
#include "util/notes.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

static size_t find_job(const struct config *config, const char *name)
{
	size_t j = 0;

	while (j < config->jobs.count && strcmp(config->jobs.items[j].name, name) != 0)
		j++;
	return j;
}

/* The job whose name is nearest to NAME, or NULL. */
static const char *nearest_job(const struct config *config, const char *name)
{
	struct edits_nearest best = { .below = strlen(name) / 2 + 1 };

	for (size_t j = 0; j < config->jobs.count; j++)
		edit_distance_consider(&best, name, config->jobs.items[j].name);
	return best.name;
}

static void name_jobs(struct policy_inputs *rules, const struct string_list *names,
		      struct notes *faults)
{
	for (size_t i = 0; i < names->count; i++) {
		size_t job = find_job(rules->config, names->items[i]);
		const char *other;

		if (job < rules->config->jobs.count) {
			rules->due[job] = true;
			continue;
		}
		other = nearest_job(rules->config, names->items[i]);
		notes_add(faults, "--jobs: there is no job '%s'%s%s%s", names->items[i],
			  other ? "; did you mean '" : "", other ? other : "", other ? "'?" : "");
	}
	rules->jobs_named = names->count > 0;
}

static void load_lists(struct policy_inputs *rules, struct notes *faults)
{
	const struct config_retain_lists *lists = &rules->config->retain_lists;
	const char *file = rules->config->cleanup.repositories_file;

	rules->retain_lists = xcalloc(lists->count + 1, sizeof *rules->retain_lists);
	for (size_t i = 0; i < lists->count; i++)
		rules->retain_lists[i] =
			retain_list_load(lists->items[i].file, &lists->items[i].patterns, faults);
	if (*file)
		rules->repositories = keep_counts_load(file, faults);
}

/* Reads the plan file, which must be of this registry; the jobs that it was made for are due. */
static void read_plan(struct policy_inputs *rules, const char *path, struct notes *faults)
{
	const struct config *config = rules->config;
	struct plan_file *file = &rules->file;

	if (plan_file_read(path, file, faults) < 0)
		return;
	if (strcmp(file->registry, config->registry.url) != 0 ||
	    strcmp(file->container, config->registry.container) != 0)
		notes_add(faults, "%s: the plan is for another registry: %s%s%s", path,
			  file->registry, *file->container ? ", container " : "", file->container);
	if (file->repositories_file &&
	    strcmp(file->repositories_file, config->cleanup.repositories_file) != 0)
		log_warning("%s: the plan was made with the repositories file '%s', and now it is "
			    "'%s' (--repos-file)",
			    path, file->repositories_file, config->cleanup.repositories_file);
	for (size_t i = 0; i < file->jobs.count; i++) {
		size_t job = find_job(config, file->jobs.items[i]);

		if (job < config->jobs.count)
			rules->due[job] = true;
		else
			notes_add(faults,
				  "%s: the plan is for the job '%s', and there is none of that "
				  "name; make a new one",
				  path, file->jobs.items[i]);
	}
	rules->jobs_named = true;
}

static void make_policy(struct policy_inputs *rules, const struct options *options)
{
	const struct plan_file *file = &rules->file;
	struct policy *policy = policy_new(rules->config);

	policy->retain_lists = (const struct retain_list *const *)rules->retain_lists;
	policy->repositories = rules->repositories;
	policy->due = rules->due;
	policy->jobs_alone = file->wanted ? file->jobs_alone : rules->jobs_named;
	policy->only = file->wanted ? file->only : options->repositories;
	policy->only_namespace = file->wanted ? file->only_namespace : options->only_namespace;
	policy->wanted = file->wanted;
	rules->policy = policy;
}

int policy_inputs_open(struct policy_inputs *rules, const struct config *config,
		       const struct options *options, struct notes *faults)
{
	*rules = (struct policy_inputs){ .config = config,
					 .holds = holds_new(),
					 .due = xcalloc(config->jobs.count + 1,
							sizeof *rules->due) };
	load_lists(rules, faults);
	name_jobs(rules, &options->jobs, faults);
	if (options->command == COMMAND_APPLY)
		read_plan(rules, options->argument, faults);
	if (faults->count > 0)
		return -1;
	make_policy(rules, options);
	return 0;
}

void policy_inputs_close(struct policy_inputs *rules)
{
	policy_free(rules->policy);
	for (size_t i = 0; rules->retain_lists && i < rules->config->retain_lists.count; i++)
		retain_list_free(rules->retain_lists[i]);
	free(rules->retain_lists);
	keep_counts_free(rules->repositories);
	image_refs_free(rules->in_use);
	holds_free(rules->holds);
	named_free(rules->named);
	plan_file_clear(&rules->file);
	growth_clear(&rules->growth);
	free(rules->due);
}

void policy_inputs_print_faults(const struct notes *faults)
{
	for (size_t i = 0; i < faults->count; i++)
		fprintf(stderr, "clean-registry: %s\n", faults->lines[i]);
}

int policy_inputs_check_plan_age(const struct policy_inputs *rules, int64_t now, struct err *err)
{
	const struct config *config = rules->config;
	int64_t created = rules->file.created_at;
	char made[TIME_TEXT], here[TIME_TEXT];

	if (!rules->file.wanted)
		return 0;
	time_utc(created, made);
	time_utc(now, here);
	if (now - created > config->safety.max_plan_age_hours * 3600)
		return err_set(err, ERR_SAFETY,
			       "safety.max_plan_age_hours: the plan was made at %s, and now it is "
			       "%s: more than %ld hours; make a new one",
			       made, here, config->safety.max_plan_age_hours);
	if (created - now > config->safety.max_clock_skew_seconds)
		return err_set(err, ERR_SAFETY,
			       "safety.max_clock_skew_seconds: the plan was made at %s, and now it "
			       "is %s: look at the clock",
			       made, here);
	return 0;
}

void policy_inputs_recall(struct policy_inputs *rules, const struct state *state, int64_t now)
{
	const struct config_jobs *jobs = &rules->config->jobs;

	growth_load(state, &rules->growth);
	for (size_t j = 0; j < jobs->count && !rules->jobs_named; j++) {
		rules->due[j] = growth_job_due(&rules->growth, &jobs->items[j], now);
		log_debug("job %s is %s", jobs->items[j].name,
			  rules->due[j] ? "due" : "not due yet");
	}
}

int policy_inputs_read_holds(struct policy_inputs *rules, const struct state *state,
			     struct err *err)
{
	rules->policy->holds = rules->holds;
	return holds_file_read(state, rules->holds, err);
}

int policy_inputs_ask_in_use(struct policy_inputs *rules, const struct inventory *inventory,
			     struct err *err)
{
	if (rules->config->protect.in_use.count == 0)
		return 0;
	rules->in_use = ask_in_use(rules->config, inventory, err);
	rules->policy->in_use = rules->in_use;
	return rules->in_use ? 0 : -1;
}

struct naming {
	struct named *named;
	const char *where;
};

static void add_named(void *ctx, const char *reference)
{
	const struct naming *naming = ctx;

	named_add(naming->named, reference, naming->where, true);
}

/* Gathers the tags that are in use, retained, held, or in the plan; those may go meanwhile. */
static void gather_named(struct policy_inputs *rules)
{
	struct naming in_use = { rules->named, "protect.in_use" };
	struct naming retained = { rules->named, "a retain list" };

	if (rules->in_use)
		image_refs_each_tag(rules->in_use, add_named, &in_use);
	for (size_t i = 0; i < rules->config->retain_lists.count; i++)
		retain_list_each(rules->retain_lists[i], add_named, &retained);
	for (size_t i = 0; i < rules->holds->count; i++) {
		if (holds_is_of_tag(&rules->holds->items[i]))
			named_add(rules->named, rules->holds->items[i].name, "a hold", true);
	}
	for (size_t i = 0; i < rules->file.line_count; i++) {
		const struct plan_file_line *line = &rules->file.lines[i];
		CLEANUP(free_p) char *reference = NULL;

		if (!line->tag)
			continue;
		reference = xasprintf("%s:%s", line->repository, line->tag);
		named_add(rules->named, reference, "the plan", false);
	}
}

int policy_inputs_check_named(struct policy_inputs *rules, struct session *session, struct err *err)
{
	struct inventory *inventory = session->inventory;
	unsigned window = (unsigned)rules->config->registry.max_concurrent_requests;
	int result;

	named_free(rules->named);
	rules->named = named_new();
	gather_named(rules);
	inventory->named = rules->named;
	/* Scaleway's lists were read twice, and told how long they are. */
	if (inventory->from_storage || inventory->opaque)
		return 0;
	result = named_check(rules->named, inventory, session->api, session->http, window, err);
	inventory_faults_tell(inventory);
	return result;
}

/* A name that is mistyped, or of what was removed since. */
static void warn_missing_names(const struct policy *policy, const struct inventory *inventory)
{
	const struct string_list *names = &policy->config->registry.repositories;

	for (size_t i = 0; i < names->count; i++) {
		uint32_t id = inventory_repository_find(inventory, names->items[i]);

		if (id == INVENTORY_NONE || inventory->repositories[id].never_tagged)
			log_warning("registry.repositories: the registry has no repository '%s', "
				    "or none that ever had a tag",
				    names->items[i]);
	}
}

/* Whether the registry is Scaleway's, and has a namespace of that NAME, with images or none. */
static bool has_namespace(const struct session *session, const char *name)
{
	const struct scaleway_catalog *catalog = session->scaleway;

	for (size_t i = 0; catalog && i < catalog->namespace_count; i++)
		if (strcmp(catalog->namespaces[i].name, name) == 0)
			return true;
	return false;
}

size_t policy_inputs_missing_targets(const struct policy_inputs *rules,
				     const struct session *session)
{
	const struct inventory *inventory = session->inventory;
	const struct policy *policy = rules->policy;
	size_t missing = 0, targets = 0;

	warn_missing_names(policy, inventory);
	for (size_t i = 0; i < policy->only.count; i++) {
		uint32_t id = inventory_repository_find(inventory, policy->only.items[i]);

		if (id == INVENTORY_NONE || (inventory->repositories[id].unlisted &&
					     inventory->repositories[id].never_tagged)) {
			log_error("--repository: the registry has no repository '%s'",
				  policy->only.items[i]);
			missing++;
		}
	}
	for (size_t r = 0; r < inventory->repository_count; r++)
		targets += policy_targets(policy, inventory->repositories[r].name);
	if (policy->only_namespace && policy->only.count == 0 && targets == 0 &&
	    !has_namespace(session, policy->only_namespace)) {
		log_error("--namespace: the registry has no repository below '%s/'",
			  policy->only_namespace);
		missing++;
	}
	return missing;
}

int policy_inputs_remember(struct policy_inputs *rules, struct state *state,
			   const struct growth_run *run)
{
	const struct config_jobs *jobs = &rules->config->jobs;
	const struct policy *policy = rules->policy;
	/* A run for some repositories, for some jobs or for a plan says nothing of what is usual.
	 */
	bool everywhere = policy->only.count == 0 && !policy->only_namespace && !policy->wanted;
	struct err err;

	if (everywhere && !policy->jobs_alone)
		growth_add_run(&rules->growth, run);
	else
		growth_move_end(&rules->growth, run->ended_at);
	growth_forget(&rules->growth, jobs, run->ended_at);
	/* Jobs are still due where they were not carried out. */
	for (size_t j = 0; j < jobs->count && run->complete && everywhere; j++) {
		if (rules->due[j])
			growth_set_job(&rules->growth, jobs->items[j].name, run->started_at);
	}
	if (growth_save(&rules->growth, state, &err) == 0)
		return 0;
	log_error("what this run did cannot be written down for the next: %s", err.msg);
	return -1;
}
