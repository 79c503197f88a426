/* What a tag's age is counted from: created, pushed, or the newest of the two. */
#include "plan/plan.h"

#include "config/config.h"
#include "policy/policy.h"
#include "util/xalloc.h"
#include "world.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NEVER  INT64_MIN /* no date */
#define BEFORE 10000     /* days ago: before images existed */

static const struct {
	const char *sentence;
	enum age_from from;
	enum unknown_age unknown;
	int64_t created, pushed; /* days ago; the limit is at 30 */
	enum plan_reason reason;
	bool by_push;
} ROWS[] = {
	{ "created counts", AGE_CREATED, UNKNOWN_KEEP, 90, 1, REASON_OLD, false },
	{ "created counts, young", AGE_CREATED, UNKNOWN_KEEP, 1, 90, REASON_RECENT, false },
	{ "no creation", AGE_CREATED, UNKNOWN_KEEP, NEVER, 90, REASON_UNKNOWN_AGE, false },
	{ "no creation, its push counts", AGE_CREATED, UNKNOWN_PUSHED, NEVER, 90, REASON_OLD,
	  true },
	{ "no creation, a young push", AGE_CREATED, UNKNOWN_PUSHED, NEVER, 1, REASON_RECENT, true },
	{ "no creation, no push", AGE_CREATED, UNKNOWN_PUSHED, NEVER, NEVER, REASON_UNKNOWN_AGE,
	  true },
	{ "a push is not asked for when there is a creation", AGE_CREATED, UNKNOWN_PUSHED, 90, 1,
	  REASON_OLD, false },
	{ "pushed counts", AGE_PUSHED, UNKNOWN_KEEP, 1, 90, REASON_OLD, true },
	{ "pushed counts, without a creation", AGE_PUSHED, UNKNOWN_KEEP, NEVER, 90, REASON_OLD,
	  true },
	{ "pushed counts, young", AGE_PUSHED, UNKNOWN_KEEP, 90, 1, REASON_RECENT, true },
	{ "no push", AGE_PUSHED, UNKNOWN_KEEP, 90, NEVER, REASON_UNKNOWN_AGE, true },
	{ "a push in the future", AGE_PUSHED, UNKNOWN_PUSHED, 90, -1, REASON_RECENT, true },
	{ "no creation, a push in the future", AGE_CREATED, UNKNOWN_PUSHED, NEVER, -1,
	  REASON_RECENT, true },
	{ "the newest of the two, a push in the future", AGE_NEWEST, UNKNOWN_KEEP, 90, -1,
	  REASON_RECENT, true },
	{ "a push before images existed", AGE_PUSHED, UNKNOWN_KEEP, 90, BEFORE, REASON_UNKNOWN_AGE,
	  true },
	{ "a push at this very moment", AGE_PUSHED, UNKNOWN_KEEP, 90, 0, REASON_RECENT, true },
	{ "an old image promoted today", AGE_NEWEST, UNKNOWN_KEEP, 400, 0, REASON_RECENT, true },
	{ "both old, the push is newer", AGE_NEWEST, UNKNOWN_KEEP, 400, 40, REASON_OLD, true },
	{ "both old, the creation is newer", AGE_NEWEST, UNKNOWN_KEEP, 40, 400, REASON_OLD, false },
	{ "created today, pushed long ago", AGE_NEWEST, UNKNOWN_KEEP, 0, 400, REASON_RECENT,
	  false },
	{ "created in the future", AGE_NEWEST, UNKNOWN_KEEP, -5, 400, REASON_RECENT, false },
	{ "the newest of one", AGE_NEWEST, UNKNOWN_KEEP, 90, NEVER, REASON_UNKNOWN_AGE, false },
	{ "the newest of the other", AGE_NEWEST, UNKNOWN_KEEP, NEVER, 90, REASON_UNKNOWN_AGE,
	  false },
	{ "the newest of the other, which counts", AGE_NEWEST, UNKNOWN_PUSHED, NEVER, 90,
	  REASON_OLD, true },
	{ "the newest of none", AGE_NEWEST, UNKNOWN_PUSHED, NEVER, NEVER, REASON_UNKNOWN_AGE,
	  true },
};
#define ROW_COUNT (sizeof ROWS / sizeof *ROWS)

static int64_t date_of(int64_t days)
{
	return days == NEVER ? DATE_ABSENT : WORLD_NOW - days * 86400;
}

static void each_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROW_COUNT; i++) {
		struct config config = { .cleanup = { .days_to_keep = 30,
						      .delete_old_tags = true,
						      .age_from = ROWS[i].from,
						      .unknown_age = ROWS[i].unknown } };
		struct inventory *inventory = world_new("image A none\ntag v1 A");
		struct policy *policy = policy_new(&config);
		struct plan *plan = NULL;

		inventory->manifests[0].created = date_of(ROWS[i].created);
		inventory->tags[0].pushed = date_of(ROWS[i].pushed);
		plan = plan_build(inventory, policy, WORLD_NOW);
		if (plan->tags[0].reasons != ROWS[i].reason ||
		    plan->tags[0].goes != (ROWS[i].reason == REASON_OLD) ||
		    plan_age(inventory, plan, 0).pushed != ROWS[i].by_push)
			fail_msg("%s: reasons %#" PRIx64 ", by push %d", ROWS[i].sentence,
				 plan->tags[0].reasons, plan_age(inventory, plan, 0).pushed);
		plan_free(plan);
		policy_free(policy);
		inventory_free(inventory);
	}
}

/* Two tags of one image: the young push of one keeps the image of both. */
static void a_young_push_holds_the_image_of_an_old_one(void **state)
{
	struct config config = {
		.cleanup = { .days_to_keep = 30, .delete_old_tags = true, .age_from = AGE_NEWEST }
	};
	struct inventory *inventory = world_new("image A 90\ntag old A\ntag promoted A");
	struct policy *policy = policy_new(&config);
	struct plan *plan = NULL;

	(void)state;
	inventory->tags[0].pushed = date_of(90);
	inventory->tags[1].pushed = date_of(1);
	plan = plan_build(inventory, policy, WORLD_NOW);
	assert_int_equal(plan->tags[0].reasons, REASON_OLD | REASON_SHARED_DIGEST);
	assert_int_equal(plan->tags[1].reasons, REASON_RECENT);
	assert_int_equal(plan->step_count, 0);
	plan_free(plan);
	policy_free(policy);
	inventory_free(inventory);
}

/* An image that is kept for its number is kept with all its tags, also one without a date. */
static void an_undated_tag_of_the_newest_image_stays(void **state)
{
	static char everything[] = ".";
	struct config config = { .cleanup = { .keep_last_images = 1,
					      .tag_name_pattern = everything,
					      .age_from = AGE_PUSHED } };
	struct inventory *inventory =
		world_new("3x\nimage A 90\nimage B 90\ntag a1 A\ntag a2 A\ntag b B");
	struct policy *policy = policy_new(&config);
	struct plan *plan = NULL;

	(void)state;
	inventory->tags[0].pushed = date_of(1);
	inventory->tags[1].pushed = DATE_ABSENT;
	inventory->tags[2].pushed = date_of(2);
	plan = plan_build(inventory, policy, WORLD_NOW);
	assert_int_equal(plan->tags[0].reasons, REASON_NAME_MATCH | REASON_KEEP_LAST);
	assert_int_equal(plan->tags[1].reasons, REASON_NAME_MATCH | REASON_KEEP_LAST);
	assert_int_equal(plan->tags[2].reasons, REASON_NAME_MATCH);
	plan_free(plan);
	policy_free(policy);
	inventory_free(inventory);
}

static const struct {
	const char *sentence;
	int64_t pulled, pushed, seen; /* days ago; the limit is at 30 */
	int64_t since;                /* days that the log covers */
	long pulled_days;             /* protect.pulled_days; 0: none */
	uint64_t reasons;
} PULLED[] = {
	{ "pulled long ago", 40, 90, 90, 50, 0, REASON_OLD },
	{ "pulled lately", 20, 90, 90, 50, 0, REASON_RECENT },
	{ "never pulled, pushed long ago", NEVER, 90, 90, 50, 0, REASON_OLD },
	{ "never pulled, pushed lately", NEVER, 20, 90, 50, 0, REASON_RECENT },
	{ "a push that is later than the pull", 40, 20, 90, 50, 0, REASON_RECENT },
	{ "not known when it was pushed: since it was seen", NEVER, NEVER, 40, 50, 0, REASON_OLD },
	{ "seen lately", NEVER, NEVER, 20, 50, 0, REASON_RECENT },
	{ "never seen", NEVER, NEVER, NEVER, 50, 0, REASON_UNKNOWN_AGE },
	{ "no log", 40, 90, 90, NEVER, 0, REASON_UNKNOWN_AGE },
	{ "no log, though it was pulled lately", 2, 90, 90, NEVER, 0, REASON_UNKNOWN_AGE },
	{ "a log of fewer days", NEVER, 90, 90, 29, 0, REASON_UNKNOWN_AGE },
	{ "a log of just enough days", NEVER, 90, 90, 30, 0, REASON_OLD },
	{ "a log of fewer days, but of its pull", 20, 90, 90, 25, 0, REASON_RECENT },
	{ "a log of fewer days than another rule asks for", NEVER, 90, 90, 50, 60,
	  REASON_UNKNOWN_AGE | REASON_UNDATED },
	{ "protected", 40, 90, 90, 80, 60, REASON_OLD | REASON_PULLED },
	{ "protected at the limit", 60, 90, 90, 80, 60, REASON_OLD | REASON_PULLED },
	{ "no longer protected", 61, 90, 90, 80, 60, REASON_OLD },
	{ "protected without a log, as it was pulled for sure", 40, 90, 90, NEVER, 60,
	  REASON_PULLED | REASON_UNKNOWN_AGE },
	{ "pushed since there is a log, never pulled: nothing to protect", NEVER, 35, 90, 40, 60,
	  REASON_OLD },
};

static void the_last_pull(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof PULLED / sizeof *PULLED; i++) {
		struct config config = { .cleanup = { .days_to_keep = 30,
						      .delete_old_tags = true,
						      .age_from = AGE_PULLED,
						      .unknown_age = UNKNOWN_PUSHED },
					 .protect.pulled_days = PULLED[i].pulled_days };
		struct inventory *inventory = world_new("image A none\ntag v1 A");
		struct policy *policy = policy_new(&config);
		struct plan *plan;

		inventory->pulls_since = date_of(PULLED[i].since);
		inventory->tags[0].pulled = date_of(PULLED[i].pulled);
		inventory->tags[0].pushed = date_of(PULLED[i].pushed);
		inventory->tags[0].seen = date_of(PULLED[i].seen);
		plan = plan_build(inventory, policy, WORLD_NOW);
		if (plan->tags[0].reasons != PULLED[i].reasons ||
		    plan->tags[0].goes != (PULLED[i].reasons == REASON_OLD))
			fail_msg("%s: reasons %#" PRIx64, PULLED[i].sentence,
				 plan->tags[0].reasons);
		plan_free(plan);
		policy_free(policy);
		inventory_free(inventory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row),
		cmocka_unit_test(the_last_pull),
		cmocka_unit_test(a_young_push_holds_the_image_of_an_old_one),
		cmocka_unit_test(an_undated_tag_of_the_newest_image_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
