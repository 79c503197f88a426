/* The file in which Scaleway's own tools (CLI, SDKs, Terraform) keep keys: config.yaml. Private to
 * src/credentials. */
#ifndef CREDENTIALS_SCALEWAY_CONFIG_H
#define CREDENTIALS_SCALEWAY_CONFIG_H

#include "util/err.h"

#include <stddef.h>

#define SCALEWAY_CONFIG_LIMIT ((size_t)1024 * 1024) /* bytes */

/* What a profile says; NULL: nothing. */
struct scaleway_profile {
	char *name; /* NULL: it is what stands outside of all profiles */
	char *secret_key;
	char *api_url;
	char *region;
};
void scaleway_config_clear(struct scaleway_profile *profile);

/* The profile NAME of TEXT; NULL: the file's active_profile, or else what stands outside of all
 * profiles. What a profile does not say is taken from outside, as Scaleway's SDKs do
 * (scaleway-sdk-go, scw/config.go). FOUND is the caller's in any case. -1 (ERR_USAGE): TEXT is no
 * YAML, has what could change the meaning of what stands elsewhere (anchors, aliases, tags, merge
 * keys, a key given twice, two documents), or has no such profile; the message has no secret. Every
 * secret key in TEXT is masked from then on (util/secrets.h). */
int scaleway_config_find(const char *text, size_t length, const char *name,
			 struct scaleway_profile *found, struct err *err)
	__attribute__((warn_unused_result));

#endif
