/* What the API of Scaleway's registry lists: namespaces, the images in them, the tags of these.
 * Scaleway Container Registry API v1; its SDKs (registry/v1) are what is known of the fields. */
#ifndef SCALEWAY_OBJECT_H
#define SCALEWAY_OBJECT_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scaleway_kind { SCALEWAY_NAMESPACE, SCALEWAY_IMAGE, SCALEWAY_TAG };

/* UNKNOWN is a word of the API, and also any word that is none of these. */
enum scaleway_status {
	SCALEWAY_UNKNOWN,
	SCALEWAY_READY,
	SCALEWAY_DELETING, /* a DELETE was taken, and is being carried out */
	SCALEWAY_ERROR,
	SCALEWAY_LOCKED, /* a namespace: blocked by the provider */
};

/* Zero-initialised is one without texts. Its texts are its own; nothing in them is NUL. */
struct scaleway_object {
	enum scaleway_kind kind;
	enum scaleway_status status;
	char *id;   /* a UUID, its letters in lower case */
	char *name; /* as answered: not empty, no control characters; of a namespace without '/' */
	char *parent; /* of an image its namespace's id, of a tag its image's; else NULL */
	char *digest; /* of a tag; NULL: none is told, or what is told is no digest */
	/* util/date.h, seconds since 1970, UTC; DATE_ABSENT: null, not told or unreadable, and
	 * whatever date_known does not believe */
	int64_t created, updated;
	char *created_text, *updated_text; /* as answered, printable; or NULL */
	uint64_t image_count;              /* of a namespace; UINT64_MAX: not told */
};

/* Reads BODY (an object of strict JSON) as a KIND. 0: OUT is the caller's to
 * scaleway_object_clear. -1 (ERR_IO; OUT is zero): no such JSON, a key given twice, an id that is
 * no UUID, no name, or a parent that is no UUID. The message has none of the text. */
int scaleway_object_parse(const char *body, size_t length, enum scaleway_kind kind,
			  struct scaleway_object *out, struct err *err)
	__attribute__((warn_unused_result));
/* Releases what it has; it is zero then. */
void scaleway_object_clear(struct scaleway_object *object);
/* A copy, the caller's. */
struct scaleway_object scaleway_object_copy(const struct scaleway_object *object);
/* True when both are the same, unchanged: kind, id, name, parent, digest, status and both dates (as
 * answered, to the last digit). The number of images does not count. */
bool scaleway_object_same(const struct scaleway_object *a, const struct scaleway_object *b);

/* "namespace", "image", "tag". Static. */
const char *scaleway_kind_name(enum scaleway_kind kind);
/* The API's word: "unknown", "ready", "deleting", "error", "locked". Static. */
const char *scaleway_status_name(enum scaleway_status status);

#endif
