/* The file in which docker and podman keep logins: config.json and auth.json have one format.
 * Private to src/credentials. */
#ifndef CREDENTIALS_DOCKER_CONFIG_H
#define CREDENTIALS_DOCKER_CONFIG_H

#include "util/err.h"
#include "util/string_list.h"

#include <stddef.h>

#define DOCKER_CONFIG_LIMIT ((size_t)1024 * 1024) /* bytes */

/* Either USER and PASSWORD, or a HELPER that is to be asked for them. */
struct docker_login {
	char *user, *password;
	char *helper; /* the NAME of docker-credential-NAME; NULL: none */
	/* Under which of the names it is kept; NULL: the helper is asked for all of them. */
	char *name;
};
void docker_config_clear(struct docker_login *login);

/* Looks NAMES, those of one registry, up in TEXT as docker does: credHelpers, then credsStore, then
 * auths. LOGIN is the caller's in any case. -1 (ERR_USAGE): no login that can be used; the message
 * has no secret. Secrets found on the way are masked (util/secrets.h). */
int docker_config_find(const char *text, size_t length, const struct string_list *names,
		       struct docker_login *login, struct err *err)
	__attribute__((warn_unused_result));

#endif
