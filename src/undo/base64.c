/* libcrypto's encoder and decoder, in pieces that its int lengths can hold, and read strictly. */
#include "undo/base64.h"

#include "util/xalloc.h"

#include <openssl/evp.h>
#include <string.h>

/* Bytes at a time, a multiple of three. */
#define PIECE ((size_t)3 << 20)

static size_t encoded_length(size_t length)
{
	return (length + 2) / 3 * 4;
}

char *base64_encode(const char *bytes, size_t length)
{
	char *text = xmalloc(encoded_length(length) + 1);
	char *at = text;

	while (length > 0) {
		size_t piece = length < PIECE ? length : PIECE;

		at += EVP_EncodeBlock((unsigned char *)at, (const unsigned char *)bytes,
				      (int)piece);
		bytes += piece;
		length -= piece;
	}
	*at = '\0';
	return text;
}

/* The decoder takes blanks, line breaks and bits that mean nothing: only what is the same again
 * when it is encoded counts. */
static bool is_strict(const char *text, size_t length, const char *bytes, size_t byte_length)
{
	CLEANUP(free_p) char *again = base64_encode(bytes, byte_length);

	return encoded_length(byte_length) == length && memcmp(again, text, length) == 0;
}

char *base64_decode(const char *text, size_t length, size_t *out_length)
{
	CLEANUP(free_p) char *bytes = xmalloc(length / 4 * 3 + 1);
	size_t done = 0;

	if (length % 4 != 0)
		return NULL;
	for (size_t at = 0; at < length;) {
		size_t piece = length - at < PIECE / 3 * 4 ? length - at : PIECE / 3 * 4;
		int count = EVP_DecodeBlock((unsigned char *)bytes + done,
					    (const unsigned char *)text + at, (int)piece);

		if (count < 0)
			return NULL;
		at += piece;
		done += (size_t)count;
	}
	/* The decoder counts what pads the end. */
	for (size_t i = 0; i < 2 && done > 0 && length > i && text[length - 1 - i] == '='; i++)
		done--;
	bytes[done] = '\0';
	if (!is_strict(text, length, bytes, done))
		return NULL;
	*out_length = done;
	return steal(&bytes);
}
