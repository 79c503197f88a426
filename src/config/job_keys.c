/* The tables of `jobs` and `retain_lists`. */
#include "config/job_keys.h"

#include "config/config.h"
#include "config/value.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

#define JOBS_LIMIT        1000
#define REGEXPS_LIMIT     60000
#define RETAIN_LIST_LIMIT 1000

/* A key has the name of its field. */
#define KEY_OF_JOB(field) .path = "jobs[]." #field, .offset = offsetof(struct config_job, field)
#define KEY_OF_RETAIN_LIST(field) \
	.path = "retain_lists[]." #field, .offset = offsetof(struct config_retain_list, field)

static const struct config_key JOB_KEYS[] = {
	{ KEY_OF_JOB(name), .rule = RULE_JOB,
	  .meaning = "What the log, the report and --jobs call it" },
	{ KEY_OF_JOB(description), .fallback = "\"\"", .meaning = "For people" },
	{ KEY_OF_JOB(repositories), .type = CONFIG_LIST, .rule = RULE_NOT_EMPTY, .filled = true,
	  .meaning = "Repositories in which it works: names or globs" },
	{ KEY_OF_JOB(tag_regexps), .type = CONFIG_LIST, .rule = RULE_REGEX, .filled = true,
	  .meaning = "Regular expressions; a tag with a match for one of them is selected" },
	{ KEY_OF_JOB(save_last), .type = CONFIG_NUMBER, .minimum = 0, .maximum = 1000000,
	  .fallback = "0",
	  .meaning =
		  "How many of the newest tags of each regular expression stay, per repository" },
	{ KEY_OF_JOB(older_than_days), .type = CONFIG_NUMBER, .minimum = 0, .maximum = 36500,
	  .fallback = "0", .meaning = "Only images older than this; 0: age does not matter" },
	{ KEY_OF_JOB(clean_every_n_hours), .type = CONFIG_NUMBER, .minimum = 0, .maximum = 876000,
	  .fallback = "0", .meaning = "Hours between two times that it runs; 0: in every run" },
};

static const struct config_key RETAIN_LIST_KEYS[] = {
	{ KEY_OF_RETAIN_LIST(file), .rule = RULE_PATH,
	  .meaning = "File with a line for each id: the id, and the revisions that stay" },
	{ KEY_OF_RETAIN_LIST(patterns), .type = CONFIG_LIST, .rule = RULE_RETAIN_PATTERN,
	  .filled = true, .meaning = "REPOSITORY:TAG with {id} and {revision} in it" },
};

/* ITEMS are COUNT jobs, of which fields at fault are missing. */
static bool check_names(const struct config_job *jobs, size_t count, const char *name,
			struct notes *faults)
{
	struct strtab *names = strtab_new();
	size_t *first = xcalloc(count, sizeof *first);
	bool good = true;

	for (size_t i = 0; i < count; i++) {
		uint32_t known = strtab_count(names), id;

		if (!jobs[i].name)
			continue;
		id = strtab_add(names, jobs[i].name, strlen(jobs[i].name));
		if (id == known) {
			first[id] = i;
			continue;
		}
		notes_add(faults, "%s[%zu].name: %s[%zu] has the same name", name, i, name,
			  first[id]);
		good = false;
	}
	free(first);
	strtab_free(names);
	return good;
}

static bool check_jobs(const void *items, size_t count, const char *name, struct notes *faults)
{
	const struct config_job *jobs = items;
	bool good = check_names(jobs, count, name, faults);
	size_t regexps = 0;

	for (size_t i = 0; i < count; i++)
		regexps += jobs[i].tag_regexps.count;
	if (regexps <= REGEXPS_LIMIT)
		return good;
	notes_add(faults, "%s: at most %d regular expressions are allowed in all, found %zu", name,
		  REGEXPS_LIMIT, regexps);
	return false;
}

const struct config_group CONFIG_JOB_GROUP = {
	.keys = JOB_KEYS,
	.key_count = sizeof JOB_KEYS / sizeof *JOB_KEYS,
	.item_size = sizeof(struct config_job),
	.maximum = JOBS_LIMIT,
	.check = check_jobs,
};

const struct config_group CONFIG_RETAIN_LIST_GROUP = {
	.keys = RETAIN_LIST_KEYS,
	.key_count = sizeof RETAIN_LIST_KEYS / sizeof *RETAIN_LIST_KEYS,
	.item_size = sizeof(struct config_retain_list),
	.maximum = RETAIN_LIST_LIMIT,
};
