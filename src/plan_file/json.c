/* Lists of names, written to a stream. */
#include "plan_file/json.h"

#include "config/config.h"
#include "plan/explain.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "json/write.h"

void plan_file_texts(FILE *stream, const struct string_list *list)
{
	fputs("[", stream);
	for (size_t i = 0; i < list->count; i++) {
		fputs(i ? ", " : "", stream);
		json_write_string(stream, list->items[i]);
	}
	fputs("]", stream);
}

void plan_file_reasons(FILE *stream, uint64_t reasons)
{
	const char *separator = "";

	fputs("[", stream);
	for (unsigned i = 0; i < PLAN_REASONS; i++) {
		if (!(reasons & (UINT64_C(1) << i)))
			continue;
		fprintf(stream, "%s\"%s\"", separator,
			plan_reason_name((enum plan_reason)(UINT64_C(1) << i)));
		separator = ", ";
	}
	fputs("]", stream);
}

void plan_file_due_jobs(FILE *stream, const struct policy *policy)
{
	const struct config_jobs *jobs = &policy->config->jobs;
	const char *separator = "";

	fputs("[", stream);
	for (uint32_t j = 0; j < jobs->count; j++) {
		if (!policy_job_is_due(policy, j))
			continue;
		fputs(separator, stream);
		json_write_string(stream, jobs->items[j].name);
		separator = ", ";
	}
	fputs("]", stream);
}
