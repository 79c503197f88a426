/* Where a registry listens, and whether it asks for a login. */
#ifndef REGISTRY_SERVER_LISTEN_H
#define REGISTRY_SERVER_LISTEN_H

#include "registry/server_config.h"
#include "registry/server_yaml.h"

/* Sets what FOUND, of the whole file, says of it. */
void server_listen_found(const struct server_findings *found, struct server_config *out);
/* What the variables of ENVIRONMENT (server_config_parse) change of that. */
void server_listen_apply(const char *environment, struct server_config *out);

#endif
