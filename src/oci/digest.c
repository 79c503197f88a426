/* Digests as text, and the hashes behind them. */
#include "oci/digest.h"

#include "util/xalloc.h"

#include <openssl/evp.h>
#include <string.h>

static const char SHA256[] = "sha256:";

/* All algorithms have names of the same length. */
#define PREFIX (sizeof SHA256 - 1)

const struct digest_algorithm DIGEST_ALGORITHMS[] = {
	{ "sha256", 64 }, { "sha384", 96 }, { "sha512", 128 }, { 0 }
};

static const struct digest_algorithm *algorithm_named(const char *text, size_t length)
{
	const struct digest_algorithm *algorithm = DIGEST_ALGORITHMS;

	while (algorithm->name &&
	       (length != PREFIX - 1 || memcmp(text, algorithm->name, length) != 0))
		algorithm++;
	return algorithm->name ? algorithm : NULL;
}

bool digest_is_algorithm(const char *name)
{
	return algorithm_named(name, strlen(name)) != NULL;
}

bool digest_begins(const char *text)
{
	size_t length = strcspn(text, ":");

	return text[length] == ':' && algorithm_named(text, length) != NULL;
}

bool digest_canonical(const char *digest)
{
	return strncmp(digest, SHA256, PREFIX) == 0;
}

/* How many hex digits follow the prefix of TEXT; 0 for an algorithm that we cannot compute. */
static size_t hex_length(const char *text)
{
	const struct digest_algorithm *algorithm = algorithm_named(text, PREFIX - 1);

	return algorithm && text[PREFIX - 1] == ':' ? algorithm->hex : 0;
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

bool digest_is_alias(const char *digest, const char *stored)
{
	return digest_valid(digest, strlen(digest)) && digest_valid(stored, strlen(stored)) &&
	       strncmp(digest, stored, PREFIX) != 0;
}

static void write_hex(const unsigned char *hash, unsigned int size, char *hex)
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned int i = 0; i < size; i++) {
		*hex++ = digits[hash[i] >> 4];
		*hex++ = digits[hash[i] & 0xf];
	}
	*hex = '\0';
}

/* Writes the hash of BODY as hex digits with a NUL. */
static void hash_hex(const EVP_MD *algorithm, const void *body, size_t length, char *hex)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	if (EVP_Digest(body, length, hash, &size, algorithm, NULL) != 1)
		die_internal("libcrypto cannot compute %s", EVP_MD_get0_name(algorithm));
	write_hex(hash, size, hex);
}

static const EVP_MD *algorithm_of(const char *digest)
{
	switch (hex_length(digest)) {
	case 64:
		return EVP_sha256();
	case 96:
		return EVP_sha384();
	default:
		return EVP_sha512();
	}
}

bool digest_matches(const char *digest, const void *body, size_t length)
{
	char hex[2 * EVP_MAX_MD_SIZE + 1];

	hash_hex(algorithm_of(digest), body, length, hex);
	return strcmp(digest + PREFIX, hex) == 0;
}

struct digest_check {
	EVP_MD_CTX *context;
	char digest[DIGEST_TEXT];
};

struct digest_check *digest_check_new(const char *digest)
{
	struct digest_check *check = xcalloc(1, sizeof *check);

	memcpy(check->digest, digest, strlen(digest) + 1);
	check->context = EVP_MD_CTX_new();
	digest_check_restart(check);
	return check;
}

void digest_check_free(struct digest_check *check)
{
	if (!check)
		return;
	EVP_MD_CTX_free(check->context);
	free(check);
}

static void must(const struct digest_check *check, int result)
{
	if (result != 1)
		die_internal("libcrypto cannot compute %s",
			     EVP_MD_get0_name(algorithm_of(check->digest)));
}

void digest_check_restart(struct digest_check *check)
{
	must(check, check->context != NULL &&
			    EVP_DigestInit_ex(check->context, algorithm_of(check->digest), NULL));
}

void digest_check_add(struct digest_check *check, const void *bytes, size_t length)
{
	must(check, EVP_DigestUpdate(check->context, bytes, length));
}

bool digest_check_end(struct digest_check *check)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	unsigned int size = 0;

	must(check, EVP_DigestFinal_ex(check->context, hash, &size));
	write_hex(hash, size, hex);
	return strcmp(check->digest + PREFIX, hex) == 0;
}

const char *digest_of(const void *body, size_t length, char text[DIGEST_TEXT])
{
	memcpy(text, SHA256, PREFIX);
	hash_hex(EVP_sha256(), body, length, text + PREFIX);
	return text;
}
