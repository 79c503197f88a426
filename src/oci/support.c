/* The switch in registry/storage/manifeststore.go, Get: by schemaVersion, and within version 2 by
 * the exact text of mediaType (tried with 2.8.2, 3.0.0 and 3.1.1, read in 2.8.3 as well). */
#include "oci/support.h"

#include <limits.h>
#include <stdio.h>

#define LATEST UINT_MAX

static const struct {
	int version; /* schemaVersion */
	bool any;    /* whatever its mediaType */
	bool typed;  /* it has one: TYPE */
	enum mediatype type;
	unsigned first, last; /* major versions that read it */
} READ[] = {
	{ 1, true, false, MEDIATYPE_OTHER, 2, 2 }, /* 3.0 forgot schema1 */
	{ 2, false, false, MEDIATYPE_OTHER, 2, LATEST },
	{ 2, false, true, MEDIATYPE_DOCKER_MANIFEST, 2, LATEST },
	{ 2, false, true, MEDIATYPE_DOCKER_LIST, 2, LATEST },
	{ 2, false, true, MEDIATYPE_OCI_MANIFEST, 2, LATEST },
	{ 2, false, true, MEDIATYPE_OCI_INDEX, 2, LATEST },
	/* The OCI artifact manifest, MEDIATYPE_OCI_ARTIFACT, is in no version. */
};

bool oci_is_supported(const struct oci_form *form, unsigned major)
{
	for (size_t i = 0; i < sizeof READ / sizeof *READ; i++) {
		if (READ[i].version == form->version &&
		    (READ[i].any || (READ[i].typed == form->typed && READ[i].type == form->type)) &&
		    (major == 0 || (major >= READ[i].first && major <= READ[i].last)))
			return true;
	}
	return false;
}

static bool in_table(enum mediatype type)
{
	for (size_t i = 0; i < sizeof READ / sizeof *READ; i++) {
		if (READ[i].typed && READ[i].type == type)
			return true;
	}
	return false;
}

const char *oci_support_words(const struct oci_form *form, char *text, size_t size)
{
	const char *name = mediatype_name(form->type);

	if (form->version == 1)
		snprintf(text, size, "schema1");
	else if (name && (form->version == 2 || !in_table(form->type)))
		snprintf(text, size, "manifests of the type %s", name);
	else if (form->typed && !name)
		snprintf(text, size, "manifests of an unknown media type");
	else
		snprintf(text, size, "manifests without schemaVersion 2");
	return text;
}
