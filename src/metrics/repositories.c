/* So many repositories by name, and all others as one: a registry with a hundred thousand of them
 * must not become as many time series. */
#include "metrics/groups.h"

#include "apply/outcome.h"
#include "config/config.h"
#include "forecast/forecast.h"
#include "forecast/usage.h"
#include "inventory/inventory.h"
#include "metrics/families.h"
#include "report/run_json.h"
#include "report/space.h"
#include "util/xalloc.h"

/* No repository can have this name. */
#define OTHERS "(others)"

/* Of one repository, or of the others. */
struct line {
	const char *name;
	uint64_t tags, deleted, bytes, freed;
};

struct lines {
	struct line *items;
	size_t count;
};

static uint64_t add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX - 1 : sum;
}

/* Of each repository; the caller frees it. */
static uint32_t *count_deleted(const struct report *report)
{
	const struct inventory *inventory = report->inventory;
	uint32_t *deleted = xcalloc(inventory->repository_count + 1, sizeof *deleted);

	for (size_t t = 0; t < inventory->tag_count; t++)
		deleted[inventory->tags[t].repository] += report->outcome->tags[t] == TAG_DELETED;
	return deleted;
}

static void add_others(struct lines *lines, const struct report *report, const struct usage *usage,
		       const uint32_t *deleted, size_t first)
{
	struct space_part rest = usage_rest(report->inventory, usage, first);
	struct line *line = &lines->items[lines->count++];

	*line = (struct line){ .name = OTHERS, .tags = rest.tags, .bytes = usage_size(&rest) };
	for (size_t i = first; i < report->inventory->repository_count; i++) {
		uint32_t r = usage->order[i];

		line->deleted += deleted[r];
		line->freed = add(line->freed, report->forecast->repositories[r].freed);
	}
}

static void fill(struct lines *lines, const struct report *report, const struct usage *usage,
		 size_t most)
{
	const struct inventory *inventory = report->inventory;
	CLEANUP(free_p) uint32_t *deleted = count_deleted(report);

	while (lines->count < most && lines->count < inventory->repository_count) {
		uint32_t r = usage->order[lines->count];

		lines->items[lines->count++] =
			(struct line){ .name = inventory->repositories[r].name,
				       .tags = inventory->repositories[r].tag_count,
				       .deleted = deleted[r],
				       .bytes = usage_size(&usage->repositories[r]),
				       .freed = report->forecast->repositories[r].freed };
	}
	if (lines->count < inventory->repository_count)
		add_others(lines, report, usage, deleted, lines->count);
}

#define WRITE(family, field)                                                           \
	do {                                                                           \
		metrics_begin(out, family);                                            \
		for (size_t i = 0; i < lines.count; i++)                               \
			metrics_sample(out, family, "repository", lines.items[i].name, \
				       lines.items[i].field);                          \
	} while (0)

void metrics_repositories(const struct metrics_out *out, const struct report *report,
			  const struct usage *usage)
{
	size_t most = (size_t)report->config->report.metrics_repositories;
	CLEANUP(free_p) struct line *items = xcalloc(most + 1, sizeof *items);
	struct lines lines = { .items = items };

	if (most == 0 || report->inventory->repository_count == 0)
		return;
	fill(&lines, report, usage, most);
	WRITE(METRICS_REPOSITORY_TAGS, tags);
	WRITE(METRICS_REPOSITORY_DELETED, deleted);
	if (!report_knows_space(report))
		return;
	WRITE(METRICS_REPOSITORY_BYTES, bytes);
}

void metrics_repositories_space(const struct metrics_out *out, const struct report *report,
				const struct usage *usage, uint64_t left)
{
	size_t most = (size_t)report->config->report.metrics_repositories;
	CLEANUP(free_p) struct line *items = xcalloc(most + 1, sizeof *items);
	struct lines lines = { .items = items };

	if (most == 0 || report->inventory->repository_count == 0 ||
	    (report->gc.ran && left > 0 && left != report_expected(report).bytes))
		return;
	fill(&lines, report, usage, most);
	for (size_t i = 0; left == 0 && i < lines.count; i++)
		lines.items[i].freed = 0;
	WRITE(METRICS_REPOSITORY_FREED, freed);
}
