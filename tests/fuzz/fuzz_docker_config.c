/* Any bytes as the file of `docker login`. A login is found only under the registry's own names,
 * and what is said of a file that has none holds nothing of its secrets. */
#include "fuzz.h"

#include "credentials/docker_config.h"
#include "util/secrets.h"

#include <string.h>

static void check_login(const struct docker_login *login)
{
	fuzz_require(!login->name || strcmp(login->name, "h:5000") == 0 ||
		     strcmp(login->name, "other") == 0);
	if (login->helper) {
		fuzz_require(*login->helper && !login->user && !login->password);
		fuzz_require(!strpbrk(login->helper, "/ \n"));
	} else {
		fuzz_require(login->name && login->user && login->password);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char first[] = "h:5000", second[] = "other";
	const struct string_list names = { .items = (char *[]){ first, second, NULL }, .count = 2 };
	struct docker_login login;
	struct err err = { 0 };

	if (docker_config_find((const char *)data, size, &names, &login, &err) == 0) {
		check_login(&login);
	} else {
		fuzz_require(err.kind == ERR_USAGE && *err.msg);
		/* The corpus has it in every secret. The name of a namespace is none. */
		fuzz_require(!strstr(err.msg, "s3cr3t") || strstr(err.msg, "its login is for"));
	}
	docker_config_clear(&login);
	secrets_clear();
	return 0;
}
