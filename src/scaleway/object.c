/* What the API lists: compared, copied, named. */
#include "scaleway/object.h"

#include "util/xalloc.h"

#include <string.h>

void scaleway_object_clear(struct scaleway_object *object)
{
	free(object->id);
	free(object->name);
	free(object->parent);
	free(object->digest);
	free(object->created_text);
	free(object->updated_text);
	*object = (struct scaleway_object){ 0 };
}

static char *copy_of(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

struct scaleway_object scaleway_object_copy(const struct scaleway_object *object)
{
	struct scaleway_object copy = *object;

	copy.id = copy_of(object->id);
	copy.name = copy_of(object->name);
	copy.parent = copy_of(object->parent);
	copy.digest = copy_of(object->digest);
	copy.created_text = copy_of(object->created_text);
	copy.updated_text = copy_of(object->updated_text);
	return copy;
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool scaleway_object_same(const struct scaleway_object *a, const struct scaleway_object *b)
{
	return a->kind == b->kind && a->status == b->status && is_same(a->id, b->id) &&
	       is_same(a->name, b->name) && is_same(a->parent, b->parent) &&
	       is_same(a->digest, b->digest) && a->created == b->created &&
	       a->updated == b->updated && is_same(a->created_text, b->created_text) &&
	       is_same(a->updated_text, b->updated_text);
}

const char *scaleway_kind_name(enum scaleway_kind kind)
{
	static const char *const NAMES[] = { [SCALEWAY_NAMESPACE] = "namespace",
					     [SCALEWAY_IMAGE] = "image",
					     [SCALEWAY_TAG] = "tag" };

	return NAMES[kind];
}

const char *scaleway_status_name(enum scaleway_status status)
{
	static const char *const NAMES[] = { [SCALEWAY_UNKNOWN] = "unknown",
					     [SCALEWAY_READY] = "ready",
					     [SCALEWAY_DELETING] = "deleting",
					     [SCALEWAY_ERROR] = "error",
					     [SCALEWAY_LOCKED] = "locked" };

	return NAMES[status];
}
