/* One line in a checksummed text. */
#include "state/last_collection.h"

#include "lists/checksummed.h"
#include "state/state.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/log.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define FILE_NAME "collected"
#define HEADER    "clean-registry last collection 1\n"
#define LINE      "collected "
#define LIMIT     ((size_t)4096)

int last_collection_parse(const char *text, size_t length, int64_t *at, struct err *err)
{
	char sum[DIGEST_TEXT];
	size_t body = 0;
	const char *line = text + strlen(HEADER);
	uint64_t seconds;

	if (checksummed_open(HEADER, text, length, &body, sum, err) < 0)
		return -1;
	if (strncmp(line, LINE, strlen(LINE)) != 0)
		return err_set(err, ERR_IO, "damaged in line 2");
	line += strlen(LINE);
	if (!units_read_u64(&line, &seconds) || seconds > INT64_MAX ||
	    !date_known((int64_t)seconds) || line + 1 != text + strlen(HEADER) + body)
		return err_set(err, ERR_IO, "damaged in line 2");
	*at = (int64_t)seconds;
	return 0;
}

int64_t last_collection_read(const struct state *state)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };
	int64_t at = DATE_ABSENT;

	if (!state)
		return DATE_ABSENT;
	if (state_read_file(state, FILE_NAME, LIMIT, &text, &err) < 0) {
		if (errno == ENOENT)
			return DATE_ABSENT;
	} else if (last_collection_parse(buf_string(&text), text.length, &at, &err) == 0) {
		return at;
	} else {
		err_wrap(&err, "the file " FILE_NAME " in paths.state");
	}
	log_warning("%s; when a collection was completed last is not known, so one counts as due",
		    err.msg);
	return DATE_ABSENT;
}

int last_collection_write(const struct state *state, int64_t at, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	char sum[DIGEST_TEXT];

	buf_format(&text, HEADER LINE "%" PRId64 "\n", at);
	checksummed_close(&text, sum);
	return state_replace_file(state, FILE_NAME, &text, err);
}
