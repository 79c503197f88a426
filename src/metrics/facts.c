/* Reads strictly what it wrote, and believes no time to come. */
#include "metrics/facts.h"

#include "lists/checksummed.h"
#include "state/state.h"
#include "util/date.h"
#include "util/log.h"
#include "util/text.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#define FILE_NAME "metrics"
#define HEADER    "clean-registry metrics 1\n"

#define GROUP_NAME(id, name) name,
const char *const METRICS_GROUP_NAMES[METRICS_GROUPS] = { METRICS_GROUP_TABLE(GROUP_NAME) };

void facts_init(struct metrics_facts *facts)
{
	*facts = (struct metrics_facts){ .success_at = DATE_ABSENT };
	for (int g = 0; g < METRICS_GROUPS; g++)
		facts->groups[g].at = DATE_ABSENT;
}

void facts_clear(struct metrics_facts *facts)
{
	for (int g = 0; g < METRICS_GROUPS; g++)
		buf_free(&facts->groups[g].text);
	facts_init(facts);
}

void facts_forget(struct metrics_facts *facts, enum metrics_group group)
{
	buf_clear(&facts->groups[group].text);
	facts->groups[group].at = DATE_ABSENT;
}

static void print_time(struct buf *out, int64_t at)
{
	if (date_known(at))
		buf_format(out, " %" PRId64, at);
	else
		buf_text(out, " -");
}

void facts_print(const struct metrics_facts *facts, struct buf *out)
{
	char sum[DIGEST_TEXT];

	buf_text(out, HEADER "success");
	print_time(out, facts->success_at);
	buf_format(out, "\ntotals %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", facts->runs,
		   facts->tags, facts->manifests, facts->freed);
	if (facts->namespaces > 0)
		buf_format(out, "namespaces %" PRIu64 "\n", facts->namespaces);
	for (int g = 0; g < METRICS_GROUPS; g++) {
		const struct buf *text = &facts->groups[g].text;

		if (text->length == 0)
			continue;
		buf_format(out, "group %s", METRICS_GROUP_NAMES[g]);
		print_time(out, facts->groups[g].at);
		buf_format(out, " %zu\n", text->length);
		buf_add(out, text->data, text->length);
	}
	checksummed_close(out, sum);
}

/* Moves *AT behind WORD, if it is there. */
static bool take_word(const char **at, const char *word)
{
	if (!text_begins(*at, word))
		return false;
	*at += strlen(word);
	return true;
}

static bool take_number(const char **at, uint64_t *number)
{
	return take_word(at, " ") && units_read_u64(at, number);
}

static bool take_time(const char **at, int64_t *time)
{
	uint64_t number;

	if (take_word(at, " -"))
		return true;
	if (!take_number(at, &number) || number > INT64_MAX || !date_known((int64_t)number))
		return false;
	*time = (int64_t)number;
	return true;
}

static bool take_group(const char **at, const char *end, struct metrics_facts *facts)
{
	uint64_t length;
	int g = 0;

	if (!take_word(at, "group "))
		return false;
	while (g < METRICS_GROUPS && !take_word(at, METRICS_GROUP_NAMES[g]))
		g++;
	if (g == METRICS_GROUPS || facts->groups[g].text.length > 0 ||
	    !take_time(at, &facts->groups[g].at) || !take_number(at, &length) ||
	    !take_word(at, "\n") || length == 0 || length > (uint64_t)(end - *at))
		return false;
	buf_add(&facts->groups[g].text, *at, (size_t)length);
	*at += length;
	return true;
}

/* Where any were deleted. */
static bool take_namespaces(const char **at, struct metrics_facts *facts)
{
	if (!take_word(at, "namespaces"))
		return true;
	return take_number(at, &facts->namespaces) && take_word(at, "\n");
}

static bool take_all(const char *at, const char *end, struct metrics_facts *facts)
{
	if (!take_word(&at, "success") || !take_time(&at, &facts->success_at) ||
	    !take_word(&at, "\ntotals") || !take_number(&at, &facts->runs) ||
	    !take_number(&at, &facts->tags) || !take_number(&at, &facts->manifests) ||
	    !take_number(&at, &facts->freed) || !take_word(&at, "\n") ||
	    !take_namespaces(&at, facts))
		return false;
	while (at < end)
		if (!take_group(&at, end, facts))
			return false;
	return true;
}

int facts_parse(struct metrics_facts *facts, const char *text, size_t length, struct err *err)
{
	char sum[DIGEST_TEXT];
	size_t body = 0;
	const char *at = text + strlen(HEADER);

	facts_init(facts);
	if (checksummed_open(HEADER, text, length, &body, sum, err) < 0)
		return -1;
	if (take_all(at, at + body, facts))
		return 0;
	facts_clear(facts);
	return err_set(err, ERR_IO, "damaged");
}

static void forget_future(int64_t *at, int64_t now)
{
	if (*at > now)
		*at = DATE_ABSENT;
}

void facts_load(struct metrics_facts *facts, const struct state *state, int64_t now)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	facts_init(facts);
	if (!state)
		return;
	if (state_read_file(state, FILE_NAME, METRICS_FACTS_LIMIT, &text, &err) < 0) {
		if (errno == ENOENT)
			return;
	} else if (facts_parse(facts, buf_string(&text), text.length, &err) == 0) {
		forget_future(&facts->success_at, now);
		for (int g = 0; g < METRICS_GROUPS; g++)
			forget_future(&facts->groups[g].at, now);
		return;
	} else {
		err_wrap(&err, "the file " FILE_NAME " in paths.state");
	}
	log_warning("%s: the metrics say nothing of earlier runs", err.msg);
}

void facts_save(const struct metrics_facts *facts, const struct state *state)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	facts_print(facts, &text);
	if (text.length > METRICS_FACTS_LIMIT)
		err_set(&err, ERR_IO, "longer than 64 MiB");
	else if (state_replace_file(state, FILE_NAME, &text, &err) == 0)
		return;
	log_warning("the file " FILE_NAME " in paths.state: %s: the next run's metrics will say "
		    "nothing of this one",
		    err.msg);
}
