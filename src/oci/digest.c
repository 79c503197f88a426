/* Digests as text, and the hashes behind them. */
#include "oci/digest.h"

#include "util/xalloc.h"

#include <openssl/evp.h>
#include <pthread.h>
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

/* Without a branch for each digit, so that the compiler takes all of them at once. The lengths of
 * all algorithms are a multiple of HEX_RUN. */
#define HEX_RUN 16

static bool are_lower_hex(const char *text)
{
	unsigned char wrong = 0;

	for (int i = 0; i < HEX_RUN; i++) {
		unsigned char digit = (unsigned char)(text[i] - '0');
		unsigned char letter = (unsigned char)(text[i] - 'a');

		wrong |= (unsigned char)((digit > 9) & (letter > 5));
	}
	return !wrong;
}

bool digest_valid(const char *text, size_t length)
{
	if (length <= PREFIX || length != PREFIX + hex_length(text))
		return false;
	for (size_t i = PREFIX; i < length; i += HEX_RUN) {
		if (!are_lower_hex(text + i))
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

/* Looked up once: libcrypto 3 would do so for each hash, under locks that all threads share. They
 * stay until the process ends. */
static struct {
	const EVP_MD *sha256, *sha384, *sha512;
} fetched;

static const EVP_MD *fetch(const char *name, const EVP_MD *otherwise)
{
	const EVP_MD *algorithm = EVP_MD_fetch(NULL, name, NULL);

	return algorithm ? algorithm : otherwise;
}

static void fetch_all(void)
{
	fetched.sha256 = fetch("SHA2-256", EVP_sha256());
	fetched.sha384 = fetch("SHA2-384", EVP_sha384());
	fetched.sha512 = fetch("SHA2-512", EVP_sha512());
}

static const EVP_MD *algorithm_by_length(size_t hex)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fetch_all);
	return hex == 64 ? fetched.sha256 : hex == 96 ? fetched.sha384 : fetched.sha512;
}

static const EVP_MD *algorithm_of(const char *digest)
{
	return algorithm_by_length(hex_length(digest));
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

const char *digest_check_sum(struct digest_check *check, char text[DIGEST_TEXT])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	must(check, EVP_DigestFinal_ex(check->context, hash, &size));
	memcpy(text, check->digest, PREFIX);
	write_hex(hash, size, text + PREFIX);
	return text;
}

bool digest_check_end(struct digest_check *check)
{
	char text[DIGEST_TEXT];

	return strcmp(check->digest, digest_check_sum(check, text)) == 0;
}

const char *digest_of(const void *body, size_t length, char text[DIGEST_TEXT])
{
	memcpy(text, SHA256, PREFIX);
	hash_hex(algorithm_by_length(64), body, length, text + PREFIX);
	return text;
}
