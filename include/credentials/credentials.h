/* User and password from other places than config.json: a file of their own, what `docker login` or
 * `podman login` kept, or one of docker's credential helpers. */
#ifndef CREDENTIALS_CREDENTIALS_H
#define CREDENTIALS_CREDENTIALS_H

#include "util/err.h"

#include <stdbool.h>

struct config; /* config/config.h */
struct notes;  /* util/notes.h */

/* Puts the path for "default" into registry.docker_config or registry.scaleway_config. Puts user
 * and password, or registry.secret_key, into CONFIG where registry.password_file,
 * registry.docker_config or registry.scaleway_config says where they are, and masks the password
 * from then on (util/secrets.h). May run a credential helper, for at most 30 seconds a name. TOLD
 * gets a line that says where they came from; WARNINGS one for each file with a secret that
 * everybody can read. -1: ERR_USAGE, beginning with the key; ERR_STOPPED. */
int credentials_complete(struct config *config, struct notes *told, struct notes *warnings,
			 struct err *err) __attribute__((warn_unused_result));

/* Reads the only line of the file PATH, which the key NAME names and nobody else can write, into
 * LINE, the caller's; EXPOSED: everybody can read it. It is not masked yet. -1: ERR_USAGE,
 * beginning with NAME. */
int credentials_read_line(const char *name, const char *path, char **line, bool *exposed,
			  struct err *err) __attribute__((warn_unused_result));

/* Masks from then on (util/secrets.h) the logins of registry.user, of registry.proxy, and of the
 * proxies that the environment names, and registry.secret_key. */
void credentials_hide(const struct config *config);

#endif
