/* Tag names that belong to a manifest: cosign's (.sig, .att, .sbom), imgpkg's (.imgpkg of what is
 * relocated with a bundle, and has that very digest; .image-locations.imgpkg of a bundle), and the
 * fallback tags of the referrers API (OCI distribution-spec v1.1.1, "Referrers Tag Schema"). */
#ifndef OCI_REFERRER_H
#define OCI_REFERRER_H

#include "oci/digest.h"

enum referrer_name {
	REFERRER_NONE, /* an ordinary tag */
	REFERRER_WORD, /* sha256-<64 hex>.<word>, whatever the word */
	REFERRER_BARE, /* sha256-<64 hex>: a fallback index if its content agrees */
};

/* Says what TAG's name is; for WORD and BARE writes the digest that it names to SUBJECT. */
enum referrer_name referrer_parse(const char *tag, char subject[DIGEST_TEXT]);

#endif
