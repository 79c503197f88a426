/* Lines into times: the table of names. */
#include "pulls/record.h"

#include "pulls/hours.h"
#include "pulls/target.h"
#include "util/date.h"
#include "util/string_list.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

#define NAMES_LIMIT 8000000
#define BYTES_LIMIT ((size_t)1 << 30) /* of names */

struct pulls *pulls_new(const struct pulls_options *options)
{
	struct pulls *pulls = xcalloc(1, sizeof *pulls);

	*pulls = (struct pulls){ .options = *options,
				 .names = strtab_new(),
				 .digests = strtab_new(),
				 .hours = hours_new(options->now),
				 .since = DATE_ABSENT,
				 .until = DATE_ABSENT,
				 .loss = DATE_ABSENT,
				 .first_time = DATE_ABSENT };
	return pulls;
}

void pulls_free(struct pulls *pulls)
{
	if (!pulls)
		return;
	strtab_free(pulls->names);
	strtab_free(pulls->digests);
	free(pulls->entries);
	free(pulls->hours);
	free(pulls);
}

struct pulls_entry *pulls_entry_find(const struct pulls *pulls, const char *name, size_t length)
{
	uint32_t number = strtab_find(pulls->names, name, length);

	return number == STRTAB_NONE ? NULL : &pulls->entries[number];
}

struct pulls_entry *pulls_entry_add(struct pulls *pulls, const char *name, size_t length)
{
	uint32_t number = strtab_find(pulls->names, name, length);

	if (number != STRTAB_NONE)
		return &pulls->entries[number];
	if (pulls->count >= NAMES_LIMIT || strtab_bytes(pulls->names) >= BYTES_LIMIT) {
		pulls->too_many = true;
		return NULL;
	}
	strtab_add(pulls->names, name, length);
	GROW(pulls->entries, pulls->count, pulls->capacity);
	pulls->entries[pulls->count] = (struct pulls_entry){
		.pulled = DATE_ABSENT,
		.pushed = DATE_ABSENT,
		.seen = DATE_ABSENT,
		.digest = STRTAB_NONE,
	};
	return &pulls->entries[pulls->count++];
}

int64_t pulls_read_until(const struct pulls *pulls)
{
	return pulls->until;
}

int64_t pulls_now(const struct pulls *pulls)
{
	return pulls->options.now;
}

bool pulls_source_changed(const struct pulls *pulls)
{
	return pulls->source_changed;
}

static bool has_word(struct access_text text, const char *word)
{
	return *word && memmem(text.at, text.length, word, strlen(word));
}

/* AGENT begins with our name. */
static bool is_our_name(struct access_text agent, bool escaped)
{
	static const char ESCAPED[] = "clean-registry\\/";
	size_t plain = strlen(PULLS_AGENT), longer = sizeof ESCAPED - 1;

	if (agent.length >= plain && memcmp(agent.at, PULLS_AGENT, plain) == 0)
		return true;
	return escaped && agent.length >= longer && memcmp(agent.at, ESCAPED, longer) == 0;
}

/* Whether the request was ours; the proofs are looked for in those. PULLED: the name of the
 * manifest that it was answered with, or "". */
static bool is_ours(struct pulls *pulls, const struct access_line *line, const char *pulled)
{
	if (!is_our_name(line->agent, line->escaped))
		return false;
	if (has_word(line->agent, pulls->before))
		pulls->before_found = true;
	if (*pulled && has_word(line->agent, pulls->options.proof)) {
		++*(strchr(pulled, '@') ? &pulls->digest_proofs : &pulls->tag_proofs);
		pulls->proof_time = line->time;
	}
	return true;
}

static bool is_ignored(const struct pulls *pulls, const struct access_line *line)
{
	const struct string_list *ignore = pulls->options.ignore;

	for (size_t i = 0; ignore && i < ignore->count; i++) {
		if (has_word(line->agent, ignore->items[i]))
			return true;
	}
	return false;
}

/* When the line says that it was, but not in the future. Where it says nothing that can be
 * believed, it may have been just now. */
static int64_t time_of(const struct pulls *pulls, const struct access_line *line)
{
	if (!date_known(line->time) || line->time > pulls->options.now)
		return pulls->options.now;
	return line->time;
}

static void put_later(int64_t *time, int64_t other)
{
	if (other > *time)
		*time = other;
}

/* The log has a line of that time. */
static void mark_line(struct pulls *pulls, int64_t time)
{
	hours_mark(pulls->hours, time);
	if (pulls->losing && time > pulls->loss)
		pulls->loss = time;
	pulls->losing = false;
	if (!date_known(pulls->first_time) || time < pulls->first_time)
		pulls->first_time = time;
}

void pulls_line(struct pulls *pulls, const char *text, size_t length)
{
	struct access_line line;
	struct target target;
	struct pulls_entry *entry;
	bool get, answered, push;

	if (!access_line_parse(text, length, &line))
		return;
	target_read(&line, pulls->options.prefix, &target);
	if (!target.api)
		return;
	pulls->lines++;
	if (date_known(line.time) && line.time <= pulls->options.now + pulls->options.skew)
		mark_line(pulls, time_of(pulls, &line));
	get = access_text_is(line.method, "GET") || access_text_is(line.method, "HEAD");
	push = access_text_is(line.method, "PUT") && line.status == 201;
	answered = get && ((line.status >= 200 && line.status < 300) || line.status == 304);
	if (is_ours(pulls, &line, answered && target.length > 0 ? target.name : "") ||
	    (!push && !answered) || target.length == 0 || (!push && is_ignored(pulls, &line)))
		return;
	entry = pulls_entry_add(pulls, target.name, target.length);
	if (!entry)
		return;
	put_later(push ? &entry->pushed : &entry->pulled, time_of(pulls, &line));
	pulls->pulls += !push;
}

void pulls_lost(struct pulls *pulls)
{
	pulls->losing = true;
}

void pulls_again(struct pulls *pulls)
{
	pulls->tag_proofs = pulls->digest_proofs = 0;
	pulls->lines = pulls->pulls = 0;
}

bool pulls_proved(const struct pulls *pulls)
{
	return pulls->tag_proofs >= PULLS_PROOFS && pulls->digest_proofs >= PULLS_PROOFS;
}

static enum pulls_belief believe(const struct pulls *pulls, int64_t *clock_off)
{
	if (!pulls_proved(pulls))
		return PULLS_NO_PROOF;
	if (!date_known(pulls->proof_time))
		return PULLS_OTHER_TIME;
	*clock_off = pulls->proof_time - pulls->options.now;
	if (*clock_off > pulls->options.skew || *clock_off < -pulls->options.skew)
		return PULLS_OTHER_TIME;
	*clock_off = 0;
	return pulls->too_many ? PULLS_TOO_MANY : PULLS_BELIEVED;
}

struct pulls_verdict pulls_judge(struct pulls *pulls)
{
	struct pulls_verdict *verdict = &pulls->verdict;
	int64_t now = pulls->options.now, whole;
	bool goes_on = pulls->before_found && date_known(pulls->since);

	*verdict = (struct pulls_verdict){ .since = DATE_ABSENT,
					   .restarted = pulls->before[0] && !pulls->before_found,
					   .lines = pulls->lines,
					   .pulls = pulls->pulls };
	verdict->belief = believe(pulls, &verdict->clock_off);
	if (verdict->belief != PULLS_BELIEVED)
		return *verdict;
	whole = hours_whole_since(pulls->hours, now, goes_on ? pulls->until : DATE_ABSENT,
				  PULLS_SILENCE_HOURS, &verdict->silent);
	verdict->silent *= 3600;
	/* The hour of the first line is known better. */
	if (whole != pulls->until && pulls->first_time < whole &&
	    pulls->first_time / 3600 == (whole - 1) / 3600)
		whole = pulls->first_time;
	verdict->since = goes_on && whole == pulls->until ? pulls->since : whole;
	if (pulls->losing)
		pulls->loss = now;
	verdict->lost = date_known(pulls->loss) && pulls->loss > verdict->since;
	if (verdict->lost)
		verdict->since = pulls->loss;
	verdict->since_moved = date_known(pulls->since) && verdict->since > pulls->since;
	return *verdict;
}
