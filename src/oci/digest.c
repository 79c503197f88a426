/* Digests as text, and the hashes behind them. */
#include "oci/digest.h"

#include "util/xalloc.h"

#include <openssl/evp.h>
#include <string.h>

static const char SHA256[] = "sha256:";
static const char SHA512[] = "sha512:";

/* Both algorithms have names of the same length. */
#define PREFIX (sizeof SHA256 - 1)

/* How many hex digits follow the prefix of TEXT; 0 for an algorithm that we cannot compute. */
static size_t hex_length(const char *text)
{
	if (memcmp(text, SHA256, PREFIX) == 0)
		return 64;
	return memcmp(text, SHA512, PREFIX) == 0 ? 128 : 0;
}

static bool is_lower_hex(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
}

bool digest_valid(const char *text, size_t length)
{
	if (length <= PREFIX || length != PREFIX + hex_length(text))
		return false;
	for (size_t i = PREFIX; i < length; i++) {
		if (!is_lower_hex(text[i]))
			return false;
	}
	return true;
}

/* Writes the hash of BODY as hex digits with a NUL. */
static void hash_hex(const EVP_MD *algorithm, const void *body, size_t length, char *hex)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	if (EVP_Digest(body, length, hash, &size, algorithm, NULL) != 1)
		die_internal("libcrypto cannot compute %s", EVP_MD_get0_name(algorithm));
	for (unsigned int i = 0; i < size; i++) {
		*hex++ = digits[hash[i] >> 4];
		*hex++ = digits[hash[i] & 0xf];
	}
	*hex = '\0';
}

bool digest_matches(const char *digest, const void *body, size_t length)
{
	char hex[2 * EVP_MAX_MD_SIZE + 1];

	hash_hex(hex_length(digest) == 64 ? EVP_sha256() : EVP_sha512(), body, length, hex);
	return strcmp(digest + PREFIX, hex) == 0;
}

const char *digest_of(const void *body, size_t length, char text[DIGEST_TEXT])
{
	memcpy(text, SHA256, PREFIX);
	hash_hex(EVP_sha256(), body, length, text + PREFIX);
	return text;
}
