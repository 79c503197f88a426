/* The configured rules, and the options of this run. */
#include "report/criteria.h"

#include "config/config.h"
#include "plan/plan.h"
#include "plan_file/json.h"
#include "policy/policy.h"
#include "report/run_json.h"
#include "util/date.h"
#include "json/write.h"

static const char *const AGES[] = { [AGE_CREATED] = "created",
				    [AGE_PUSHED] = "pushed",
				    [AGE_NEWEST] = "newest",
				    [AGE_PULLED] = "pulled" };

static void write_texts(FILE *stream, const char *name, const struct string_list *list)
{
	fprintf(stream, ", \"%s\": ", name);
	plan_file_texts(stream, list);
}

static void write_number(FILE *stream, const char *name, long number)
{
	fprintf(stream, ", \"%s\": ", name);
	json_write_number(stream, number ? (uint64_t)number : JSON_WRITE_UNKNOWN);
}

static void write_text(FILE *stream, const char *name, const char *text)
{
	fprintf(stream, ", \"%s\": ", name);
	json_write_string(stream, text && *text ? text : NULL);
}

static void write_time(FILE *stream, const char *name, int64_t seconds)
{
	fprintf(stream, ", \"%s\": ", name);
	json_write_time(stream, seconds ? seconds : DATE_ABSENT);
}

static void write_safety(FILE *stream, const struct config *config)
{
	fputs(", \"safety\": { \"max_growth_factor\": ", stream);
	if (config->safety.max_growth_factor > 0)
		fprintf(stream, "%g", config->safety.max_growth_factor);
	else
		fputs("null", stream);
	write_number(stream, "max_delete_tags", config->safety.max_delete_tags);
	write_number(stream, "max_delete_percent", config->safety.max_delete_percent);
	write_number(stream, "min_tags_per_repository", config->safety.min_tags_per_repository);
	write_number(stream, "max_clock_skew_seconds", config->safety.max_clock_skew_seconds);
	write_number(stream, "max_plan_age_hours", config->safety.max_plan_age_hours);
	fputs(" }", stream);
}

static void write_retain_lists(FILE *stream, const struct config_retain_lists *lists)
{
	fputs(", \"retain_lists\": [", stream);
	for (size_t i = 0; i < lists->count; i++) {
		fputs(i ? ", " : "", stream);
		json_write_string(stream, lists->items[i].file);
	}
	fputs("]", stream);
}

/* What only Scaleway's registry has. */
static void write_scaleway(FILE *stream, const struct config *config)
{
	if (config->registry.kind != KIND_SCALEWAY)
		return;
	write_text(stream, "registry_namespace", config->registry.namespace);
	write_text(stream, "registry_image", config->registry.image);
	fprintf(stream, ", \"delete_empty_namespaces\": %s, \"empty_namespace_hours\": %ld",
		config->cleanup.delete_empty_namespaces ? "true" : "false",
		config->cleanup.empty_namespace_hours);
}

void report_criteria_write(const struct report *report, FILE *stream)
{
	const struct config *config = report->config;
	long days = config->cleanup.days_to_keep;

	fputs("\"days_to_keep\": ", stream);
	json_write_number(stream, days ? (uint64_t)days : JSON_WRITE_UNKNOWN);
	write_time(stream, "created_before", days ? policy_cutoff(report->started_at, days) : 0);
	fprintf(stream, ", \"delete_old_tags\": %s",
		config->cleanup.delete_old_tags ? "true" : "false");
	write_text(stream, "tag_name_pattern", config->cleanup.tag_name_pattern);
	write_number(stream, "keep_last_images", config->cleanup.keep_last_images);
	write_text(stream, "repositories_file", config->cleanup.repositories_file);
	write_time(stream, "keep_since", config->cleanup.keep_since);
	write_text(stream, "age_from", AGES[config->cleanup.age_from]);
	write_number(stream, "pulled_days", config->protect.pulled_days);
	write_number(stream, "untagged_days", config->cleanup.untagged_days);
	write_texts(stream, "protected_tags", &config->cleanup.protected_tags);
	write_texts(stream, "protected_patterns", &config->cleanup.protected_patterns);
	write_texts(stream, "protected_repositories", &config->cleanup.protected_repositories);
	write_retain_lists(stream, &config->retain_lists);
	/* Not the commands: their words may be secrets. */
	fprintf(stream, ", \"in_use_commands\": %zu, \"delete_empty_repositories\": %s",
		config->protect.in_use.count,
		config->cleanup.delete_empty_repositories ? "true" : "false");
	write_scaleway(stream, config);
	write_safety(stream, config);
	if (!report->plan)
		return;
	fputs(", \"jobs\": ", stream);
	plan_file_due_jobs(stream, report->plan->policy);
	write_texts(stream, "repositories", &report->plan->policy->only);
	write_text(stream, "namespace", report->plan->policy->only_namespace);
}
