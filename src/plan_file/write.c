/* Writes plan files, piece by piece. */
#include "plan_file/write.h"

#include "forecast/forecast.h"
#include "inventory/inventory.h"
#include "inventory/order.h"
#include "plan/plan.h"
#include "plan_file/json.h"
#include "policy/policy.h"
#include "util/xalloc.h"
#include "json/write.h"

#include <string.h>

#define RULES_LIMIT ((size_t)64 * 1024) /* bytes of their names */

/* For people: nothing is made of these names when the file is read. There may be so many that the
 * line would be longer than one that is read may be. */
static void write_rules(FILE *stream, const struct policy *policy)
{
	size_t length = 0;

	fputs("\"rules\": [", stream);
	for (size_t r = 0; r < policy->rule_count; r++) {
		length += strlen(policy->rules[r].name);
		if (length > RULES_LIMIT)
			break;
		fputs(r ? ", " : "", stream);
		json_write_string(stream, policy->rules[r].name);
	}
	fprintf(stream, "], \"rule_count\": %zu", policy->rule_count);
}

static void write_header(const struct inventory *inventory, const struct plan *plan, FILE *stream)
{
	const struct policy *policy = plan->policy;
	const struct config *config = policy->config;

	fputs("{\"clean_registry_plan\": 1, \"version\": \"" VERSION "\", \"registry\": ", stream);
	json_write_string(stream, config->registry.url);
	fputs(", \"container\": ", stream);
	json_write_string(stream, config->registry.container);
	fputs(", \"created_at\": ", stream);
	json_write_time(stream, plan->now);
	fprintf(stream, ", \"source\": \"%s\", \"policy\": {",
		inventory->from_storage ? "storage" : "api");
	write_rules(stream, policy);
	fputs(", ", stream);
	fputs("\"jobs\": ", stream);
	plan_file_due_jobs(stream, policy);
	fprintf(stream, ", \"jobs_alone\": %s", policy->jobs_alone ? "true" : "false");
	fputs(", \"repositories\": ", stream);
	plan_file_texts(stream, &policy->only);
	fputs(", \"namespace\": ", stream);
	json_write_string(stream, policy->only_namespace);
	fputs(", \"repositories_file\": ", stream);
	json_write_string(stream, config->cleanup.repositories_file);
	fprintf(stream, ", \"untagged_days\": %ld", config->cleanup.untagged_days);
	fprintf(stream, "}, \"tags\": %zu, \"delete\": %zu, \"untagged\": %zu}\n",
		inventory->tag_count, plan->tags_going, plan->untagged_going);
}

static void write_tag(const struct inventory *inventory, const struct plan *plan,
		      const struct forecast *forecast, uint32_t tag, FILE *stream)
{
	const struct inventory_tag *entry = &inventory->tags[tag];
	const struct plan_tag *decision = &plan->tags[tag];
	bool known = entry->manifest != INVENTORY_NONE;

	fputs("{\"repository\": ", stream);
	json_write_string(stream, inventory_tag_repository(inventory, tag));
	fputs(", \"tag\": ", stream);
	json_write_string(stream, entry->name);
	fputs(", \"digest\": ", stream);
	json_write_string(stream, known ? inventory_digest(inventory, entry->manifest) : NULL);
	fprintf(stream,
		", \"decision\": \"%s\", \"reasons\": ", decision->goes ? "delete" : "keep");
	plan_file_reasons(stream, decision->reasons);
	if (decision->rule != PLAN_NO_RULE) {
		fputs(", \"rule\": ", stream);
		json_write_string(stream, plan->policy->rules[decision->rule].name);
	}
	if (known) {
		fputs(", \"created_at\": ", stream);
		json_write_time(stream, plan->manifests[entry->manifest].created);
		fputs(", \"pushed_at\": ", stream);
		json_write_time(stream, entry->pushed);
		fputs(", \"pulled_at\": ", stream);
		json_write_time(stream, entry->pulled);
	}
	fputs(", \"exclusive_bytes\": ", stream);
	json_write_number(stream, forecast->tags[tag]);
	fputs("}\n", stream);
}

static void write_untagged(const struct inventory *inventory, const struct plan *plan,
			   uint32_t manifest, FILE *stream)
{
	const struct inventory_manifest *entry = &inventory->manifests[manifest];

	fputs("{\"repository\": ", stream);
	json_write_string(stream, inventory->repositories[entry->repository].name);
	fputs(", \"digest\": ", stream);
	json_write_string(stream, inventory_digest(inventory, manifest));
	fprintf(stream, ", \"decision\": \"%s\", \"untagged_since\": ",
		plan->manifests[manifest].goes ? "delete" : "keep");
	json_write_time(stream, entry->untagged_since);
	fputs("}\n", stream);
}

void plan_file_write(const struct inventory *inventory, const struct plan *plan,
		     const struct forecast *forecast, FILE *stream)
{
	CLEANUP(free_p) uint32_t *order = inventory_order_tags(inventory);

	write_header(inventory, plan, stream);
	for (size_t i = 0; i < inventory->tag_count; i++)
		write_tag(inventory, plan, forecast, order[i], stream);
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		if (plan->manifests[m].untagged)
			write_untagged(inventory, plan, m, stream);
	}
}
