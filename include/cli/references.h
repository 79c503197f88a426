/* Repositories and tags on the command line, which may be written as `docker pull` has them. */
#ifndef CLI_REFERENCES_H
#define CLI_REFERENCES_H

#include "util/err.h"

struct config;  /* config/config.h */
struct options; /* cli/options.h */

/* Takes apart what --repository, --tags and the argument of `why` name: a host in front must be one
 * of the registry of CONFIG (config/registry_names.h). OPTIONS has names of repositories
 * afterwards, and its reference. -1 (ERR_USAGE): one is no reference, or another registry's. */
int cli_resolve(struct options *options, const struct config *config, struct err *err)
	__attribute__((warn_unused_result));

#endif
