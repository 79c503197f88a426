/* Values of JSON, written to a stream. */
#include "json/write.h"

#include "util/buf.h"
#include "util/date.h"
#include "util/time.h"
#include "util/xalloc.h"
#include "json/document.h"
#include "json/string.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

/* TEXT with a replacement character for each byte that is not UTF-8: names of folders may have any.
 */
static void add_valid(struct buf *out, const char *text)
{
	const char *end = text + strlen(text);

	while (text < end) {
		size_t length = json_utf8_length(text, end);

		if (length > 0)
			buf_add(out, text, length);
		else
			buf_text(out, "\ufffd");
		text += length > 0 ? length : 1;
	}
}

void json_write_string(FILE *stream, const char *text)
{
	CLEANUP(buf_free) struct buf valid = { 0 };
	struct json_object *string = NULL;
	const char *written = NULL;

	if (text) {
		add_valid(&valid, text);
		document_ensure_memory(valid.length);
		string =
			xchecked(json_object_new_string_len(buf_string(&valid), (int)valid.length));
	}
	/* No object is null. */
	written = json_object_to_json_string_ext(string, JSON_C_TO_STRING_NOSLASHESCAPE);
	fputs(written ? written : (const char *)xchecked(NULL), stream);
	json_object_put(string);
}

void json_write_number(FILE *stream, uint64_t number)
{
	if (number == JSON_WRITE_UNKNOWN)
		fputs("null", stream);
	else
		fprintf(stream, "%" PRIu64, number);
}

void json_write_time(FILE *stream, int64_t seconds)
{
	char text[TIME_TEXT];

	if (date_known(seconds))
		fprintf(stream, "\"%s\"", time_utc(seconds, text));
	else
		fputs("null", stream);
}
