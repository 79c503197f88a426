/* Parses tag names that refer to another manifest. */
#include "oci/referrer.h"

#include <string.h>

static const char PREFIX[] = "sha256-";

#define DIGEST_LENGTH (sizeof PREFIX - 1 + 64)

static enum referrer_name name_of(const char *suffix)
{
	if (*suffix == '\0')
		return REFERRER_BARE;
	return suffix[0] == '.' && suffix[1] ? REFERRER_WORD : REFERRER_NONE;
}

enum referrer_name referrer_parse(const char *tag, char subject[DIGEST_TEXT])
{
	char digest[DIGEST_LENGTH + 1];
	enum referrer_name name;

	if (strncmp(tag, PREFIX, sizeof PREFIX - 1) != 0 ||
	    strnlen(tag, DIGEST_LENGTH) < DIGEST_LENGTH)
		return REFERRER_NONE;
	memcpy(digest, tag, DIGEST_LENGTH);
	digest[DIGEST_LENGTH] = '\0';
	digest[sizeof PREFIX - 2] = ':';
	name = name_of(tag + DIGEST_LENGTH);
	if (name == REFERRER_NONE || !digest_valid(digest, DIGEST_LENGTH))
		return REFERRER_NONE;
	memcpy(subject, digest, sizeof digest);
	return name;
}
