/* Strings of JSON text: what is between the quotes, and what it means. */
#include "json/string.h"

#include "util/buf.h"

#include <stdint.h>
#include <string.h>

static const char NO_SECOND_HALF[] = "expected the second half of a surrogate pair";

static int hex_digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

/* The four digits after "\u". */
static const char *scan_hex4(const char **at, const char *end, uint32_t *unit)
{
	*unit = 0;
	for (int i = 0; i < 4; i++, ++*at) {
		int digit = *at < end ? hex_digit(**at) : -1;

		if (digit < 0)
			return "expected four hexadecimal digits after \\u";
		*unit = *unit * 16 + (uint32_t)digit;
	}
	return NULL;
}

static void add_utf8(struct buf *text, uint32_t code)
{
	static const unsigned char first_bits[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	unsigned char bytes[4];

	for (size_t i = length - 1; i > 0; i--, code >>= 6)
		bytes[i] = (unsigned char)(0x80 | (code & 0x3f));
	bytes[0] = (unsigned char)(first_bits[length] | code);
	buf_add(text, bytes, length);
}

static const char *scan_unicode_escape(const char **at, const char *end, struct buf *text)
{
	uint32_t code, low;
	const char *problem = scan_hex4(at, end, &code);

	if (problem)
		return problem;
	if (code >= 0xdc00 && code <= 0xdfff)
		return "found the second half of a surrogate pair without the first";
	if (code >= 0xd800 && code <= 0xdbff) {
		if (end - *at < 2 || memcmp(*at, "\\u", 2) != 0)
			return NO_SECOND_HALF;
		*at += 2;
		problem = scan_hex4(at, end, &low);
		if (problem)
			return problem;
		if (low < 0xdc00 || low > 0xdfff)
			return NO_SECOND_HALF;
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	}
	add_utf8(text, code);
	return NULL;
}

/* What follows a backslash. */
static const char *scan_escape(const char **at, const char *end, struct buf *text)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	const char *found = *at < end ? memchr(letters, **at, sizeof letters - 1) : NULL;

	if (*at < end && **at == 'u') {
		++*at;
		return scan_unicode_escape(at, end, text);
	}
	if (!found)
		return "expected one of \" \\ / b f n r t u after a backslash";
	buf_add(text, &meanings[found - letters], 1);
	++*at;
	return NULL;
}

size_t json_utf8_length(const char *at, const char *end)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *bytes = (const unsigned char *)at;
	size_t length;
	uint32_t code;

	if (bytes[0] < 0x80)
		return 1;
	length = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
	if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || length > (size_t)(end - at))
		return 0;
	code = bytes[0] & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (bytes[i] & 0x3fU);
	}
	if (code < smallest[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return length;
}

const char *json_string_scan(const char **at, const char *end, struct buf *text)
{
	while (*at < end && **at != '"') {
		size_t length = json_utf8_length(*at, end);

		if ((unsigned char)**at < 0x20)
			return "a line break or control character in a string";
		if (length == 0)
			return "a string is not UTF-8";
		if (**at == '\\') {
			const char *problem;

			++*at;
			problem = scan_escape(at, end, text);
			if (problem)
				return problem;
			continue;
		}
		buf_add(text, *at, length);
		*at += length;
	}
	if (*at == end)
		return "expected '\"' after a string";
	++*at;
	return NULL;
}
