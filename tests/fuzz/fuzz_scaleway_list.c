/* Any bytes as a page of a list, an object, and an error of Scaleway's API. What is read must keep
 * the contracts of scaleway/object.h and scaleway/page.h. */
#include "fuzz.h"

#include "oci/digest.h"
#include "scaleway/answer.h"
#include "scaleway/error.h"
#include "scaleway/page.h"
#include "util/date.h"
#include "util/uuid.h"
#include "util/xalloc.h"

#include <stdbool.h>
#include <string.h>

#define PARENT "99999999-1111-4000-8000-00000000abcd"

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

static bool is_lower_id(const char *id)
{
	return uuid_valid(id) && !strpbrk(id, "ABCDEF");
}

static bool is_date(int64_t date)
{
	return date == DATE_ABSENT || date_known(date);
}

static void check_object(const struct scaleway_object *object, enum scaleway_kind kind)
{
	struct scaleway_object copy = scaleway_object_copy(object);

	fuzz_require(object->kind == kind && is_lower_id(object->id));
	fuzz_require(object->name[0] && is_printable(object->name));
	fuzz_require(kind != SCALEWAY_NAMESPACE || !strchr(object->name, '/'));
	fuzz_require((kind == SCALEWAY_NAMESPACE) == !object->parent);
	fuzz_require(!object->parent || is_lower_id(object->parent));
	fuzz_require(!object->digest || (kind == SCALEWAY_TAG &&
					 digest_valid(object->digest, strlen(object->digest))));
	fuzz_require(is_date(object->created) && is_date(object->updated));
	fuzz_require(object->created == DATE_ABSENT || object->created_text);
	fuzz_require(!object->created_text || is_printable(object->created_text));
	fuzz_require(!object->updated_text || is_printable(object->updated_text));
	fuzz_require(kind == SCALEWAY_NAMESPACE || object->image_count == UINT64_MAX);
	fuzz_require(scaleway_object_same(object, &copy));
	scaleway_object_clear(&copy);
}

static void check_list(const uint8_t *data, size_t size, enum scaleway_kind kind,
		       const char *parent)
{
	struct scaleway_page page = { 0 };
	struct err err = { 0 };
	int result = scaleway_page_read((const char *)data, size, kind, parent, &page, &err);

	fuzz_require((result < 0) == (err.kind == ERR_IO) && (result < 0) == (err.msg[0] != '\0'));
	fuzz_require(result < 0 || page.total >= -1);
	for (size_t i = 0; result == 0 && i < page.count; i++) {
		check_object(&page.items[i], kind);
		fuzz_require(!parent || strcmp(page.items[i].parent, parent) == 0);
	}
	scaleway_page_clear(&page);
}

static void check_one(const uint8_t *data, size_t size, enum scaleway_kind kind)
{
	struct scaleway_object object;
	struct err err = { 0 };

	if (scaleway_object_parse((const char *)data, size, kind, &object, &err) == 0)
		check_object(&object, kind);
	else
		fuzz_require(err.kind == ERR_IO && err.msg[0] && !object.id);
	scaleway_object_clear(&object);
}

static void check_error(const uint8_t *data, size_t size, int status)
{
	CLEANUP(free_p) char *body = xstrndup((const char *)data, size);
	struct http_response response = { .status = status,
					  .content_type = "application/json",
					  .body = body,
					  .body_length = strlen(body),
					  .retry_after_ms = -1,
					  .attempts = 1 };
	struct scaleway_error error;
	struct http_verdict verdict = scaleway_error_judge(&response);

	scaleway_error_read(&response, &error);
	fuzz_require(error.outcome != SCALEWAY_OK && error.message[0]);
	fuzz_require(is_printable(error.message) && error.pause_ms >= -1);
	fuzz_require(verdict.limited == (error.outcome == SCALEWAY_LIMITED));
	/* Gone is only what says so. */
	fuzz_require(error.outcome != SCALEWAY_GONE || error.typed || status == 404);
	scaleway_error_clear(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (enum scaleway_kind kind = SCALEWAY_NAMESPACE; kind <= SCALEWAY_TAG; kind++) {
		check_list(data, size, kind, NULL);
		check_one(data, size, kind);
	}
	check_list(data, size, SCALEWAY_IMAGE, PARENT);
	check_list(data, size, SCALEWAY_TAG, PARENT);
	check_error(data, size, 404);
	check_error(data, size, 500);
	return 0;
}
