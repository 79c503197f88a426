/* Characters one by one, as UTF-8 has them. */
#include "util/printable.h"

#include "util/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* The length of the character at AT: 1 to 4 bytes of UTF-8 (RFC 3629), or 0 where it is none. */
static size_t character_length(const unsigned char *at)
{
	static const struct {
		unsigned char first, last, low, high; /* the first byte, the second byte */
		size_t length;
	} SHAPES[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	if (*at < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++) {
		if (*at < SHAPES[i].first || *at > SHAPES[i].last)
			continue;
		if (at[1] < SHAPES[i].low || at[1] > SHAPES[i].high)
			return 0;
		for (size_t k = 2; k < SHAPES[i].length; k++) {
			if ((at[k] & 0xc0) != 0x80)
				return 0;
		}
		return SHAPES[i].length;
	}
	return 0;
}

/* How many bytes of TEXT are ASCII letters, digits and signs, until the first that is not. */
static size_t plain_length(const unsigned char *text)
{
	size_t length = 0;

	while (text[length] >= 0x20 && text[length] < 0x7f)
		length++;
	return length;
}

void printable_add(struct buf *out, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	for (;;) {
		size_t plain = plain_length(at), length;
		bool control;

		buf_add(out, at, plain);
		at += plain;
		if (*at == '\0')
			return;
		length = character_length(at);
		control = *at < 0x20 || *at == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0);

		if (length > 0 && !control) {
			buf_add(out, at, length);
			at += length;
			continue;
		}
		for (size_t i = 0; i < (length ? length : 1); i++)
			buf_format(out, "\\x%02x", *at++);
	}
}
