/* Values of JSON, written to a stream. */
#include "json_write.h"

#include "oci/date.h"
#include "util/time.h"

#include <inttypes.h>
#include <json-c/json.h>

void json_write_string(FILE *stream, const char *text)
{
	struct json_object *string = text ? json_object_new_string(text) : NULL;

	/* No object is null. */
	fputs(json_object_to_json_string_ext(string, JSON_C_TO_STRING_NOSLASHESCAPE), stream);
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
