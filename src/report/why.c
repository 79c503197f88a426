/* Asks the rules once more and writes down what they say of one tag. */
#include "report/why.h"

#include "inventory/inventory.h"
#include "lists/holds.h"
#include "plan/explain.h"
#include "plan/graph.h"
#include "plan/plan.h"
#include "plan/rules.h"
#include "policy/policy.h"
#include "report/why_date.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <string.h>

#define WIDEST 60 /* longer names of rules push their line to the right */

struct trace {
	uint32_t tag;
	struct plan_finding *findings; /* by rule */
	bool *about;                   /* by rule: there is a finding */
};

static void keep_finding(void *ctx, const struct plan_finding *finding)
{
	struct trace *trace = ctx;

	if (finding->tag != trace->tag)
		return;
	trace->findings[finding->rule] = *finding;
	trace->about[finding->rule] = true;
}

static void write_date(const char *what, int64_t date, int64_t now, FILE *stream)
{
	char text[TIME_TEXT], days[UNITS_SIZE];

	if (!date_known(date))
		fprintf(stream, "%-10s not known\n", what);
	else if (date > now)
		fprintf(stream, "%-10s %s (in the future)\n", what, time_utc(date, text));
	else
		fprintf(stream, "%-10s %s (%s ago)\n", what, time_utc(date, text),
			units_days(now - date, days));
}

static void write_undated(const struct inventory *inventory, const struct plan *plan,
			  uint32_t manifest, FILE *stream)
{
	CLEANUP(buf_free) struct buf places = { 0 };

	why_date_undated(inventory, plan, manifest, &places);
	fprintf(stream, "%-10s not known; looked for in %s\n", "created", buf_string(&places));
}

/* Where a rule asks for pulls. */
static void write_pulls(const struct inventory *inventory, const struct plan *plan,
			const struct inventory_tag *entry, FILE *stream)
{
	char since[TIME_TEXT];

	if (config_pull_days(plan->policy->config) == 0)
		return;
	if (!date_known(entry->pushed))
		write_date("seen", entry->seen, plan->now, stream);
	if (date_known(entry->pulled))
		write_date("pulled", entry->pulled, plan->now, stream);
	else if (date_known(inventory->pulls_since))
		fprintf(stream, "%-10s not since %s, when what is known of pulls begins\n",
			"pulled", time_utc(inventory->pulls_since, since));
	else
		fprintf(stream, "%-10s not known\n", "pulled");
}

static void write_tag(const struct inventory *inventory, const struct plan *plan, uint32_t tag,
		      FILE *stream)
{
	const struct inventory_tag *entry = &inventory->tags[tag];

	fprintf(stream, "%-10s %s:%s\n", "tag", inventory_tag_repository(inventory, tag),
		entry->name);
	if (entry->manifest == INVENTORY_NONE)
		return;
	fprintf(stream, "%-10s %s\n", "digest", inventory_digest(inventory, entry->manifest));
	/* An API that tells no manifests tells of pushes alone. */
	if (date_known(plan->manifests[entry->manifest].created))
		write_date("created", plan->manifests[entry->manifest].created, plan->now, stream);
	else if (!inventory->opaque)
		write_undated(inventory, plan, entry->manifest, stream);
	write_date("pushed", entry->pushed, plan->now, stream);
	write_pulls(inventory, plan, entry, stream);
}

/* "keep: 2nd newest" */
static void add_place(const struct plan_finding *finding, struct buf *out)
{
	static const char *const ENDINGS[] = { "th", "st", "nd", "rd" };
	uint32_t place = finding->place, last = place % 10;
	bool plain = last > 3 || (place % 100 >= 11 && place % 100 <= 13);

	if (place)
		buf_format(out, ", %" PRIu32 "%s newest", place, ENDINGS[plain ? 0 : last]);
}

static void add_age(const struct inventory *inventory, const struct plan *plan, uint32_t tag,
		    struct buf *out)
{
	struct plan_age age = plan_age(inventory, plan, tag);
	char days[UNITS_SIZE];

	if (date_known(age.date) && age.date <= plan->now)
		buf_format(out, ", %s %s ago", plan_age_word(age),
			   units_days(plan->now - age.date, days));
}

static void add_saying(const struct inventory *inventory, const struct plan *plan,
		       const struct plan_finding *finding, struct buf *out)
{
	static const char *const SAYS[] = {
		[PLAN_SELECTS] = "delete",
		[PLAN_KEEPS] = "keep",
		[PLAN_KEEPS_UNDATED] = "keep: its age is not known",
		[PLAN_KEEPS_GROUP] = "keep: of most that it counts the age is not known",
		[PLAN_TOO_YOUNG] = "nothing: too young",
		[PLAN_UNDATED] = "nothing: its age is not known",
		[PLAN_NOT_DUE] = "nothing: not due, or not asked for in this run",
		[PLAN_LIMIT] = "keep: whether it matches takes too long to tell",
		[PLAN_NOT_COUNTED] = "nothing: it is held, so it is not counted",
		[PLAN_SILENT] = "nothing: not among those that it keeps",
	};
	bool by_age = finding->says == PLAN_TOO_YOUNG || finding->says == PLAN_SELECTS;

	if (finding->says == PLAN_NOT_COUNTED && inventory->tags[finding->tag].not_ready)
		buf_text(out, "nothing: it is not ready, so it is not counted");
	else
		buf_text(out, SAYS[finding->says]);
	if (finding->says == PLAN_KEEPS_GROUP)
		buf_format(out, " (%" PRIu32 " of %" PRIu32 ")", finding->group.undated,
			   finding->group.undated + finding->group.dated);
	add_place(finding, out);
	if (by_age)
		add_age(inventory, plan, finding->tag, out);
}

static void write_rules(const struct inventory *inventory, const struct policy *policy,
			const struct plan *plan, const struct trace *trace, FILE *stream)
{
	size_t width = strlen("RULE");

	for (size_t r = 0; r < policy->rule_count; r++) {
		size_t length = strlen(policy->rules[r].name);

		if (length > width)
			width = length < WIDEST ? length : WIDEST;
	}
	fprintf(stream, "\n%-*s  MATCHES  SAYS\n", (int)width, "RULE");
	for (size_t r = 0; r < policy->rule_count; r++) {
		CLEANUP(buf_free) struct buf says = { 0 };

		if (policy->rules[r].kind == POLICY_HELD && !trace->about[r])
			continue;
		if (trace->about[r])
			add_saying(inventory, plan, &trace->findings[r], &says);
		fprintf(stream, "%-*s  %s%s\n", (int)width, policy->rules[r].name,
			trace->about[r] ? "yes      " : "no", buf_string(&says));
	}
}

/* The reasons that keep the tag although a rule selects it. */
static void write_holder(const struct inventory *inventory, const struct plan *plan, uint32_t tag,
			 FILE *stream)
{
	const struct plan_tag *decision = &plan->tags[tag];
	CLEANUP(buf_free) struct buf why = { 0 };

	if (decision->reasons & REASON_SHARED_DIGEST) {
		plan_explain(inventory, plan, decision->blocker, &why);
		fprintf(stream, "\n%s has the same digest, and stays (%s).\n",
			inventory->tags[decision->blocker].name, buf_string(&why));
	} else if (decision->reasons & REASON_INDEX_KEPT) {
		fprintf(stream, "\nThe index %s lists it, and stays.\n",
			inventory_digest(inventory, decision->blocker));
	}
}

/* Who holds the tag, or its manifest. */
static void write_hold(const struct inventory *inventory, const struct policy *policy,
		       const struct plan *plan, uint32_t tag, FILE *stream)
{
	const struct inventory_tag *entry = &inventory->tags[tag];
	const char *repository = inventory_tag_repository(inventory, tag);
	const struct hold *hold = holds_find_tag(policy->holds, repository, entry->name, plan->now);
	CLEANUP(free_p) char *name = NULL;
	CLEANUP(buf_free) struct buf text = { 0 };

	if (!hold && entry->manifest != INVENTORY_NONE) {
		name = xasprintf("%s@%s", repository, inventory_digest(inventory, entry->manifest));
		hold = holds_find(policy->holds, name);
	}
	if (!hold)
		return;
	holds_describe(hold, &text);
	fprintf(stream, "%-10s %s\n", "held", buf_string(&text));
}

/* Reasons that are no rules, and the verdict. */
static void write_decision(const struct inventory *inventory, const struct policy *policy,
			   const struct plan *plan, uint32_t tag, FILE *stream)
{
	const struct plan_tag *decision = &plan->tags[tag];
	uint32_t subject = plan_graph_named_subject(inventory, tag);
	CLEANUP(buf_free) struct buf why = { 0 };

	if (inventory->tags[tag].manifest != INVENTORY_NONE && subject == INVENTORY_NONE)
		subject = inventory->manifests[inventory->tags[tag].manifest].subject;
	if (subject != INVENTORY_NONE)
		fprintf(stream, "\nIt describes %s, and goes and stays with it.\n",
			inventory_digest(inventory, subject));
	write_holder(inventory, plan, tag, stream);
	plan_explain(inventory, plan, tag, &why);
	fprintf(stream, "\n%-10s %s (%s)\n", "decision", decision->goes ? "delete" : "keep",
		buf_string(&why));
	if (decision->reasons & REASON_HELD)
		write_hold(inventory, policy, plan, tag, stream);
	if (decision->rule != PLAN_NO_RULE && decision->blocker == INVENTORY_NONE)
		fprintf(stream, "%-10s %s\n", "rule", policy->rules[decision->rule].name);
}

void why_write(const struct inventory *inventory, const struct policy *policy,
	       const struct plan *plan, uint32_t tag, FILE *stream)
{
	struct plan_judge *judge = plan_judge_new(inventory, policy, plan);
	CLEANUP(free_p)
	struct plan_finding *findings = xcalloc(policy->rule_count + 1, sizeof *findings);
	CLEANUP(free_p) bool *about = xcalloc(policy->rule_count + 1, sizeof *about);
	struct trace trace = { tag, findings, about };

	plan_judge_repository(judge, inventory->tags[tag].repository, keep_finding, &trace);
	plan_judge_free(judge);
	write_tag(inventory, plan, tag, stream);
	write_rules(inventory, policy, plan, &trace, stream);
	write_decision(inventory, policy, plan, tag, stream);
}
