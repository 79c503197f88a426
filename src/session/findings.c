/* Findings and troubles are grouped by what they say, in the order in which that comes first. */
#include "session/findings.h"

#include "inventory/inventory.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/strtab.h"
#include "util/units.h"
#include "util/xalloc.h"
#include "verify/needs.h"

#include <string.h>

#define NAMED 5

/* All findings that say the same. */
struct group {
	const struct verify_finding *first;
	size_t tags, repositories;
	uint32_t last_repository; /* tags of a repository follow one another */
};

static const char *words_of(const struct verify_finding *finding)
{
	return finding->what + finding->noun;
}

static void add_to(struct group *group, const struct inventory *inventory,
		   const struct verify_finding *finding)
{
	uint32_t repository = inventory->tags[finding->tag].repository;

	if (group->tags == 0)
		group->first = finding;
	if (group->tags == 0 || repository != group->last_repository)
		group->repositories++;
	group->last_repository = repository;
	group->tags++;
}

static void tell_group(const struct inventory *inventory, const struct group *group)
{
	static const char *const SINCE[] = { [VERIFY_SINCE_WHENEVER] = "",
					     [VERIFY_SINCE_BEFORE] = " (it was so before this run)",
					     [VERIFY_SINCE_THIS_RUN] = " (removed in this run)" };
	const struct verify_finding *finding = group->first;
	enum log_level level = finding->damage ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING;
	const char *repository = inventory_tag_repository(inventory, finding->tag);
	const char *tag = inventory->tags[finding->tag].name;
	const char *digest = finding->digest ? finding->digest : "";
	const char *since = finding->damage ? SINCE[finding->since] : "";
	int noun = (int)finding->noun;

	if (group->tags == 1)
		log_write(level, "%s:%s %s: %.*s%s%s%s%s", repository, tag,
			  finding->damage ? "is damaged" : "could not be verified", noun,
			  finding->what, *digest ? " " : "", digest, words_of(finding), since);
	else
		log_write(level, "%.*s%s%s%s; %zu tags of %zu %s need it%s, among them %s:%s%s",
			  noun, finding->what, *digest ? " " : "", digest, words_of(finding),
			  group->tags, group->repositories,
			  group->repositories == 1 ? "repository" : "repositories",
			  finding->damage ? " and are damaged" : " and could not be verified",
			  repository, tag, since);
}

static void tell_groups(const struct inventory *inventory, const struct verify_result *result)
{
	struct group *groups = xcalloc(result->finding_count + 1, sizeof *groups);
	struct strtab *texts = strtab_new();

	for (size_t i = 0; i < result->finding_count; i++) {
		const struct verify_finding *finding = &result->findings[i];
		CLEANUP(buf_free) struct buf text = { 0 };

		/* A fault without a digest belongs to one tag. */
		if (finding->digest)
			buf_format(&text, "%d%d %s %s", finding->damage, finding->since,
				   finding->digest, finding->what);
		else
			buf_format(&text, "%zu", i);
		add_to(&groups[strtab_add(texts, buf_string(&text), text.length)], inventory,
		       finding);
	}
	for (uint32_t g = 0; g < strtab_count(texts); g++)
		tell_group(inventory, &groups[g]);
	strtab_free(texts);
	free(groups);
}

/* Sparse indexes: somebody copied one platform, or the registry is told to take them so. */
static void tell_sparse(const struct inventory *inventory, const struct verify_result *result)
{
	CLEANUP(buf_free) struct buf names = { 0 };

	if (result->sparse == 0)
		return;
	for (size_t i = 0; i < result->sparse && i < NAMED; i++) {
		uint32_t tag = result->sparse_tags[i];

		buf_format(&names, "%s%s:%s", i ? ", " : "",
			   inventory_tag_repository(inventory, tag), inventory->tags[tag].name);
	}
	log_info("%zu tag%s list%s parts that the registry does not have, and did not have before: "
		 "%s%s",
		 result->sparse, units_s(result->sparse), result->sparse == 1 ? "s" : "",
		 buf_string(&names), result->sparse > NAMED ? ", …" : "");
}

void findings_tell(const struct inventory *inventory, const struct verify_result *result)
{
	tell_groups(inventory, result);
	tell_sparse(inventory, result);
}

/* Of COUNT repositories with the same trouble the first is named. */
static void tell_trouble(const struct inventory *inventory, uint32_t first, size_t count,
			 const char *trouble)
{
	const char *name = inventory->repositories[first].name;

	if (count == 1)
		log_warning("%s could not be verified completely: %s", name, trouble);
	else
		log_warning("%zu repositories could not be verified completely: %s; among them %s",
			    count, trouble, name);
}

size_t findings_tell_troubles(const struct inventory *inventory)
{
	size_t *counts = xcalloc(inventory->repository_count + 1, sizeof *counts);
	uint32_t *firsts = xcalloc(inventory->repository_count + 1, sizeof *firsts);
	struct strtab *texts = strtab_new();
	size_t count = inventory->catalog_trouble != NULL;

	for (uint32_t r = 0; r < inventory->repository_count; r++) {
		const char *trouble = inventory->repositories[r].trouble;
		uint32_t text;

		if (!trouble)
			continue;
		text = strtab_add(texts, trouble, strlen(trouble));
		firsts[text] = counts[text]++ == 0 ? r : firsts[text];
		count++;
	}
	for (uint32_t t = 0; t < strtab_count(texts); t++)
		tell_trouble(inventory, firsts[t], counts[t], strtab_text(texts, t));
	strtab_free(texts);
	free(firsts);
	free(counts);
	return count;
}
