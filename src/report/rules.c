/* Counts of rules, and what in the lists of policies is not in the registry. */
#include "report/rules.h"

#include "inventory/inventory.h"
#include "lists/image_refs.h"
#include "lists/keep_counts.h"
#include "lists/retain_list.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "report/run_json.h"
#include "util/glob.h"
#include "util/log.h"
#include "util/units.h"
#include "util/xalloc.h"
#include "json/write.h"

/* That nothing is held is the rule. */
static bool is_told(const struct report *report, size_t rule)
{
	return report->plan->policy->rules[rule].kind != POLICY_HELD ||
	       report->plan->rules[rule].matched > 0;
}

static void log_rule(const struct policy_rule *rule, const struct plan_rule *counts)
{
	if (counts->selected && counts->kept)
		log_info("  %s: %zu tag%s, %zu selected, %zu kept", rule->name, counts->matched,
			 units_s(counts->matched), counts->selected, counts->kept);
	else if (counts->selected || counts->kept)
		log_info("  %s: %zu tag%s, %zu %s", rule->name, counts->matched,
			 units_s(counts->matched), counts->selected + counts->kept,
			 counts->selected ? "selected" : "kept");
	else
		log_info("  %s: %zu tag%s", rule->name, counts->matched, units_s(counts->matched));
}

/* Only in a run that looks at everything can it be said that nothing is there. */
static bool looks_at_all(const struct inventory *inventory, const struct policy *policy)
{
	if (inventory->tag_count == 0 || policy->only.count > 0 || policy->only_namespace ||
	    policy->config->registry.repositories.count > 0 || inventory->catalog_trouble)
		return false;
	for (uint32_t r = 0; r < inventory->repository_count; r++) {
		if (inventory->repositories[r].trouble)
			return false;
	}
	return true;
}

static void warn_unused_ids(const struct inventory *inventory, const struct policy *policy,
			    const struct policy_rule *rule)
{
	const struct retain_list *list = policy->retain_lists[rule->item];
	CLEANUP(free_p) bool *used = xcalloc(retain_list_count(list) + 1, sizeof *used);
	size_t id;

	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		if (retain_list_ask(list, inventory_tag_repository(inventory, t),
				    inventory->tags[t].name, &id) != RETAIN_NOT_LISTED)
			used[id] = true;
	}
	for (size_t i = 0; i < retain_list_count(list); i++) {
		if (!used[i])
			log_warning("%s: no tag is of the id %s", rule->name,
				    retain_list_id(list, i));
	}
}

static void warn_unused_repositories(const struct inventory *inventory,
				     const struct keep_counts *file)
{
	for (size_t i = 0; file && i < keep_counts_count(file); i++) {
		const char *name = keep_counts_name(file, i);

		if (inventory_repository_find(inventory, name) == INVENTORY_NONE)
			log_warning("%s: there is no such repository, which the repositories file "
				    "names",
				    name);
	}
}

static bool any_in_use(const struct inventory *inventory, const struct plan *plan)
{
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		if (plan->manifests[m].in_use)
			return true;
	}
	return false;
}

static bool protects_any_repository(const struct inventory *inventory, const char *glob)
{
	for (uint32_t r = 0; r < inventory->repository_count; r++) {
		if (glob_matches(glob, inventory->repositories[r].name))
			return true;
	}
	return false;
}

/* Manifests and repositories without a tag are protected, too. */
static bool is_of_use(const struct inventory *inventory, const struct plan *plan, size_t rule)
{
	const struct policy_rule *entry = &plan->policy->rules[rule];
	const struct string_list *globs = &plan->policy->config->cleanup.protected_repositories;

	if (plan->rules[rule].matched > 0)
		return true;
	if (entry->kind == POLICY_IN_USE)
		return any_in_use(inventory, plan);
	return entry->kind == POLICY_PROTECTED_REPOSITORY &&
	       protects_any_repository(inventory, globs->items[entry->item]);
}

#define UNUSED_LEVEL(kind, unused, ...) LOG_LEVEL_##unused,

void report_rules_warn(const struct inventory *inventory, const struct plan *plan)
{
	static const enum log_level LEVELS[] = { POLICY_RULE_TABLE(UNUSED_LEVEL) };
	const struct policy *policy = plan->policy;

	if (!looks_at_all(inventory, policy))
		return;
	for (size_t r = 0; r < policy->rule_count; r++) {
		const struct policy_rule *rule = &policy->rules[r];

		if (rule->implied)
			continue;
		if (rule->kind == POLICY_RETAIN)
			warn_unused_ids(inventory, policy, rule);
		else if (!is_of_use(inventory, plan, r))
			log_write(LEVELS[rule->kind], "%s matches no tag", rule->name);
	}
	warn_unused_repositories(inventory, policy->repositories);
}

void report_warn_namesakes(const struct report *report)
{
	const struct image_refs *in_use = report->plan->policy->in_use;
	const struct inventory *inventory = report->inventory;

	for (uint32_t t = 0; in_use && t < inventory->tag_count; t++) {
		const char *repository = inventory_tag_repository(inventory, t);
		const char *tag = inventory->tags[t].name;

		if (report->plan->tags[t].goes &&
		    image_refs_has_foreign_tag(in_use, repository, tag))
			log_warning("%s:%s is selected, and an image of that name is in use under "
				    "another host: if that is one more name of this registry, add "
				    "it to protect.registry_names",
				    repository, tag);
	}
}

void report_rules_log(const struct report *report)
{
	const struct policy *policy = report->plan->policy;

	log_info("the rules matched:");
	for (size_t r = 0; r < policy->rule_count; r++) {
		if (is_told(report, r))
			log_rule(&policy->rules[r], &report->plan->rules[r]);
	}
	report_rules_warn(report->inventory, report->plan);
}

void report_rules_write(const struct report *report, FILE *stream)
{
	const struct policy *policy = report->plan->policy;
	const char *separator = "";

	for (size_t r = 0; r < policy->rule_count; r++) {
		const struct plan_rule *counts = &report->plan->rules[r];

		if (!is_told(report, r))
			continue;
		fprintf(stream, "%s\n      { \"rule\": ", separator);
		separator = ",";
		json_write_string(stream, policy->rules[r].name);
		fprintf(stream, ", \"matched\": %zu, \"selected\": %zu, \"kept\": %zu }",
			counts->matched, counts->selected, counts->kept);
	}
}
