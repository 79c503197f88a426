/* One line, or one object, for each hold. */
#include "command/held_list.h"

#include "command/held.h"
#include "config/config.h"
#include "lists/holds.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/log.h"
#include "util/printable.h"
#include "util/time.h"
#include "util/xalloc.h"
#include "json/write.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define UNTIL_WIDTH 28 /* "expired 2026-01-31T23:59:59Z" */
#define STATE_WIDTH 17

static void print_line(const struct hold *hold, const struct held *answer, int width, int64_t now)
{
	static const char *const STATES[] = {
		[HELD_UNKNOWN] = "not known",
		[HELD_THERE] = "there",
		[HELD_ABSENT] = "not there",
		[HELD_DANGLING] = "its image is gone",
	};
	CLEANUP(buf_free) struct buf who = { 0 }, reason = { 0 };
	char since[TIME_TEXT], until[TIME_TEXT], expired[2 * TIME_TEXT];

	printable_add(&who, hold->who);
	printable_add(&reason, hold->reason);
	time_utc(hold->until, until);
	snprintf(expired, sizeof expired, "expired %s", until);
	printf("%-*s  %-*s  %-*s  %s  %s%s%s\n", width, hold->name, UNTIL_WIDTH,
	       hold->until == HOLDS_FOREVER ? "released"
	       : holds_is_valid(hold, now)  ? until
					    : expired,
	       STATE_WIDTH, STATES[answer->state], time_utc(hold->since, since), buf_string(&who),
	       reason.length ? ": " : "", buf_string(&reason));
}

static void print_table(const struct holds *holds, const struct held *answers, int64_t now)
{
	size_t width = strlen("HELD");

	if (holds->count == 0) {
		puts("nothing is held");
		return;
	}
	for (size_t i = 0; i < holds->count; i++) {
		if (strlen(holds->items[i].name) > width)
			width = strlen(holds->items[i].name);
	}
	printf("%-*s  %-*s  %-*s  %-20s  BY\n", (int)width, "HELD", UNTIL_WIDTH, "UNTIL",
	       STATE_WIDTH, "IN THE REGISTRY", "SINCE");
	for (size_t i = 0; i < holds->count; i++)
		print_line(&holds->items[i], &answers[i], (int)width, now);
}

static void print_object(const struct hold *hold, const struct held *answer, int64_t now)
{
	static const char *const STATES[] = {
		[HELD_UNKNOWN] = "unknown",
		[HELD_THERE] = "there",
		[HELD_ABSENT] = "absent",
		[HELD_DANGLING] = "dangling",
	};
	size_t length = strcspn(hold->name, ":@");
	bool tag = holds_is_of_tag(hold);
	CLEANUP(free_p) char *repository = xstrndup(hold->name, length);

	printf("\n    { \"repository\": ");
	json_write_string(stdout, repository);
	printf(", \"tag\": ");
	json_write_string(stdout, tag ? hold->name + length + 1 : NULL);
	printf(", \"digest\": ");
	json_write_string(stdout, tag ? NULL : hold->name + length + 1);
	printf(", \"since\": ");
	json_write_time(stdout, hold->since);
	printf(", \"until\": ");
	json_write_time(stdout, hold->until == HOLDS_FOREVER ? DATE_ABSENT : hold->until);
	printf(", \"expired\": %s, \"by\": ", holds_is_valid(hold, now) ? "false" : "true");
	json_write_string(stdout, hold->who);
	printf(", \"reason\": ");
	json_write_string(stdout, hold->reason);
	printf(", \"state\": \"%s\" }", STATES[answer->state]);
}

static void print_json(const struct config *config, const struct holds *holds,
		       const struct held *answers, int64_t now)
{
	printf("{\n  \"version\": 1,\n  \"registry\": ");
	json_write_string(stdout, config->registry.url);
	printf(",\n  \"holds\": [");
	for (size_t i = 0; i < holds->count; i++) {
		if (i > 0)
			putchar(',');
		print_object(&holds->items[i], &answers[i], now);
	}
	printf("%s]\n}\n", holds->count ? "\n  " : "");
}

int command_held_list(const struct config *config, const struct holds *holds,
		      const struct held *answers, bool json, size_t *unknown, struct err *err)
{
	int64_t now = time(NULL);

	for (size_t i = 0; i < holds->count; i++) {
		if (answers[i].state == HELD_UNKNOWN && (*unknown)++ == 0)
			log_warning("whether the registry has what is held is not known: %s",
				    answers[i].why);
	}
	if (json)
		print_json(config, holds, answers, now);
	else
		print_table(holds, answers, now);
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return err_set(err, ERR_IO, "standard output: %s",
		       errno ? strerror(errno) : "cannot be written");
}
