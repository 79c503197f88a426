/* Which manifests the registry itself reads, by its version: distribution answers 500 for a tag of
 * any other, and its collector aborts there. All of it is in one table. */
#ifndef OCI_SUPPORT_H
#define OCI_SUPPORT_H

#include "oci/manifest.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether distribution of this MAJOR version reads a stored manifest of this FORM; 0: the version
 * is not known, so any. */
bool oci_is_supported(const struct oci_form *form, unsigned major);
/* What is not supported, for people: into TEXT, returned. "schema1", "manifests of the type …". */
const char *oci_support_words(const struct oci_form *form, char *text, size_t size);

#endif
