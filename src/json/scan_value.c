/* What values that a scan pulled mean. */
#include "json/scan.h"

#include "util/date.h"
#include "util/xalloc.h"

#include <string.h>

#define REPLACEMENT 0xfffdU

/* A string whose escapes are undone; the scan has seen that they are in order. */
struct decoder {
	const char *at;
	char *to;
	uint32_t high; /* the first half of a surrogate pair whose second is awaited, or 0 */
};

static void add_utf8(struct decoder *decoder, uint32_t code)
{
	static const unsigned char first_bits[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	for (size_t i = length - 1; i > 0; i--, code >>= 6)
		decoder->to[i] = (char)(0x80 | (code & 0x3f));
	decoder->to[0] = (char)(first_bits[length] | code);
	decoder->to += length;
}

static void end_pair(struct decoder *decoder)
{
	if (decoder->high)
		add_utf8(decoder, REPLACEMENT);
	decoder->high = 0;
}

static uint32_t take_hex4(struct decoder *decoder)
{
	uint32_t code = 0;

	for (int i = 0; i < 4; i++) {
		uint32_t byte = (unsigned char)*decoder->at++;

		code = code << 4 | (byte <= '9' ? byte - '0' : (byte | 0x20) - 'a' + 10);
	}
	return code;
}

static void add_unit(struct decoder *decoder, uint32_t unit)
{
	bool low = unit >= 0xdc00 && unit <= 0xdfff;

	if (decoder->high && low) {
		add_utf8(decoder, 0x10000 + ((decoder->high - 0xd800) << 10) + (unit - 0xdc00));
		decoder->high = 0;
		return;
	}
	end_pair(decoder);
	if (unit >= 0xd800 && unit <= 0xdbff)
		decoder->high = unit;
	else
		add_utf8(decoder, low ? REPLACEMENT : unit);
}

/* What stands behind a backslash. */
static void add_escape(struct decoder *decoder)
{
	static const char letters[] = "bfnrt";
	static const char meanings[] = "\b\f\n\r\t";
	char letter = *decoder->at++;
	const char *found = strchr(letters, letter);

	if (letter == 'u') {
		add_unit(decoder, take_hex4(decoder));
		return;
	}
	end_pair(decoder);
	if (found)
		letter = meanings[found - letters];
	*decoder->to++ = letter;
}

/* Nothing becomes longer by it. */
char *json_string_copy(const struct json_value *string, size_t *length)
{
	char *copy = xmalloc(string->length + 1);
	struct decoder decoder = { .at = string->at, .to = copy };
	const char *end = string->at + string->length;

	if (!string->escaped) {
		memcpy(copy, string->at, string->length);
		decoder.to += string->length;
		decoder.at = end;
	}
	while (decoder.at < end) {
		if (*decoder.at == '\\') {
			decoder.at++;
			add_escape(&decoder);
			continue;
		}
		end_pair(&decoder);
		*decoder.to++ = *decoder.at++;
	}
	end_pair(&decoder);
	*decoder.to = '\0';
	if (length)
		*length = (size_t)(decoder.to - copy);
	return copy;
}

char *json_text_copy(const struct json_value *value)
{
	CLEANUP(free_p) char *text = NULL;
	size_t length;

	if (value->type != JSON_STRING)
		return NULL;
	text = json_string_copy(value, &length);
	return strlen(text) == length ? steal(&text) : NULL;
}

bool json_string_is(const struct json_value *value, const char *text)
{
	CLEANUP(free_p) char *copy = NULL;
	size_t wanted = strlen(text), length;

	if (value->type != JSON_STRING)
		return false;
	if (!value->escaped)
		return value->length == wanted && memcmp(value->at, text, wanted) == 0;
	copy = json_string_copy(value, &length);
	return length == wanted && memcmp(copy, text, wanted) == 0;
}

bool json_integer(const struct json_value *value, int64_t *out)
{
	bool negative = value->type == JSON_NUMBER && *value->at == '-';
	int64_t number = 0;

	if (value->type != JSON_NUMBER)
		return false;
	for (size_t i = negative; i < value->length; i++) {
		int digit = value->at[i] - '0';

		if (digit < 0 || digit > 9)
			return false;
		/* Counted below zero, where there is room for one number more. */
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_sub_overflow(number, digit, &number))
			number = INT64_MIN;
	}
	if (!negative)
		number = number == INT64_MIN ? INT64_MAX : -number;
	*out = number;
	return true;
}

int64_t json_date(const struct json_value *value)
{
	CLEANUP(free_p) char *copy = NULL;
	size_t length;

	if (!json_given(value))
		return DATE_ABSENT;
	if (value->type != JSON_STRING)
		return DATE_INVALID;
	if (!value->escaped)
		return date_parse(value->at, value->length);
	copy = json_string_copy(value, &length);
	return date_parse(copy, length);
}
