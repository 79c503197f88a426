/* One line in a checksummed text. */
#include "notify/told.h"

#include "lists/checksummed.h"
#include "state/state.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/xalloc.h"

#include <errno.h>
#include <string.h>

#define FILE_NAME "told-%s"
#define HEADER    "clean-registry last outcome 1\n"
#define LIMIT     ((size_t)4096)

static const char *const LINES[] = { [EVENT_GOOD] = "good\n", [EVENT_TROUBLE] = "trouble\n" };

int told_parse(const char *text, size_t length, enum event_outcome *outcome, struct err *err)
{
	char sum[DIGEST_TEXT];
	size_t body = 0;

	if (checksummed_open(HEADER, text, length, &body, sum, err) < 0)
		return -1;
	for (int i = EVENT_GOOD; i <= EVENT_TROUBLE; i++) {
		if (strlen(LINES[i]) != body || memcmp(text + strlen(HEADER), LINES[i], body) != 0)
			continue;
		*outcome = (enum event_outcome)i;
		return 0;
	}
	return err_set(err, ERR_IO, "damaged in line 2");
}

enum event_outcome told_read(const struct state *state, const char *verb)
{
	CLEANUP(free_p) char *file = xasprintf(FILE_NAME, verb);
	CLEANUP(buf_free) struct buf text = { 0 };
	enum event_outcome outcome = EVENT_UNKNOWN;
	struct err err = { 0 };

	if (state_read_file(state, file, LIMIT, &text, &err) < 0) {
		if (errno == ENOENT)
			return EVENT_UNKNOWN;
	} else if (told_parse(buf_string(&text), text.length, &outcome, &err) == 0) {
		return outcome;
	} else {
		err_wrap(&err, "the file %s in paths.state", file);
	}
	log_warning("%s: how the last %s ended is not known, so no recovery is told", err.msg,
		    verb);
	return EVENT_UNKNOWN;
}

int told_write(const struct state *state, const char *verb, enum event_outcome outcome,
	       struct err *err)
{
	CLEANUP(free_p) char *file = xasprintf(FILE_NAME, verb);
	CLEANUP(buf_free) struct buf text = { 0 };
	char sum[DIGEST_TEXT];

	buf_format(&text, HEADER "%s", LINES[outcome]);
	checksummed_close(&text, sum);
	return state_replace_file(state, file, &text, err);
}
