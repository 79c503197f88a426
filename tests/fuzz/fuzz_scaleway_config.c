/* Any bytes as Scaleway's config.yaml. What is found is a text of its own for each field, and what
 * is said of a file that cannot be used holds nothing of its secrets. */
#include "fuzz.h"

#include "credentials/scaleway_config.h"
#include "util/secrets.h"

#include <string.h>

static void read_profile(const uint8_t *data, size_t size, const char *name)
{
	struct scaleway_profile profile;
	struct err err = { 0 };

	if (scaleway_config_find((const char *)data, size, name, &profile, &err) == 0) {
		fuzz_require(!name || !profile.name || strcmp(profile.name, name) == 0);
		fuzz_require(!profile.secret_key || strlen(profile.secret_key) <= size);
	} else {
		fuzz_require(err.kind == ERR_USAGE && *err.msg);
		/* The corpus has it in every secret. The name of a profile is none. */
		fuzz_require(!strstr(err.msg, "s3cr3t") || strstr(err.msg, "no profile"));
		fuzz_require(!profile.secret_key && !profile.name);
	}
	scaleway_config_clear(&profile);
	secrets_clear();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_profile(data, size, NULL);
	read_profile(data, size, "work");
	return 0;
}
