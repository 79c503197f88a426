/* Docker's credential helpers: programs docker-credential-NAME, which keep passwords
 * (github.com/docker/docker-credential-helpers). Private to src/credentials. */
#ifndef CREDENTIALS_HELPER_H
#define CREDENTIALS_HELPER_H

#include "util/err.h"
#include "util/string_list.h"

struct docker_login; /* credentials/docker_config.h */

/* Asks LOGIN's helper for the login of its name, or, without one, of each of NAMES until it has
 * one. -1: ERR_USAGE: it cannot be run, fails, or has none; ERR_STOPPED. */
int helper_ask(struct docker_login *login, const struct string_list *names, struct err *err)
	__attribute__((warn_unused_result));

#endif
