/* scaleway/object: from the API's JSON to namespaces, images and tags, and which are the same. */
#include "scaleway/object.h"

#include "util/date.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
/* cmocka.h needs those above. */
#include <cmocka.h>

#define ID        "0a1b2c3d-1111-4000-8000-00000000abcd"
#define PARENT    "99999999-1111-4000-8000-00000000abcd"
#define DIGEST    "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define TAG(more) "{\"id\":\"" ID "\",\"name\":\"v1\",\"image_id\":\"" PARENT "\"" more "}"

enum { NAMESPACE = SCALEWAY_NAMESPACE, IMAGE = SCALEWAY_IMAGE, TAGGED = SCALEWAY_TAG };

static char *told(const struct scaleway_object *object)
{
	char count[24] = "-";

	if (object->image_count != UINT64_MAX)
		(void)snprintf(count, sizeof count, "%llu",
			       (unsigned long long)object->image_count);
#define OR_NOT(text) ((text) ? (text) : "-")
	return xasprintf("%.4s %s %.4s %s %.12s %lld %lld %s %s %s", object->id, object->name,
			 OR_NOT(object->parent), scaleway_status_name(object->status),
			 OR_NOT(object->digest),
			 object->created == DATE_ABSENT ? -1LL : (long long)object->created,
			 object->updated == DATE_ABSENT ? -1LL : (long long)object->updated,
			 OR_NOT(object->created_text), OR_NOT(object->updated_text), count);
}

/* What is read: id, name, parent, status, digest, both dates, both as answered, the number of
 * images; or the fault. */
static const struct {
	const char *sentence;
	int kind;
	const char *body, *told;
} ROWS[] = {
	{ "a namespace", NAMESPACE,
	  "{\"id\":\"" ID "\",\"name\":\"team\",\"description\":\"\",\"status\":\"ready\","
	  "\"size\":0,\"image_count\":3,\"created_at\":\"2024-01-02T03:04:05.123456Z\","
	  "\"updated_at\":\"2024-01-02T03:04:06Z\",\"region\":\"fr-par\"}",
	  "0a1b team - ready - 1704164645 1704164646 2024-01-02T03:04:05.123456Z "
	  "2024-01-02T03:04:06Z 3" },
	{ "an image", IMAGE,
	  "{\"id\":\"" ID "\",\"name\":\"app\",\"namespace_id\":\"" PARENT "\",\"tags\":[\"a\"],"
	  "\"status\":\"locked\",\"status_message\":null,\"visibility\":\"inherit\"}",
	  "0a1b app 9999 locked - -1 -1 - - -" },
	{ "a tag", TAGGED,
	  TAG(",\"status\":\"deleting\",\"digest\":\"" DIGEST
	      "\",\"created_at\":\"2024-01-02T03:04:05Z\""),
	  "0a1b v1 9999 deleting sha256:44136 1704164645 -1 2024-01-02T03:04:05Z - -" },
	{ "ids in upper case", TAGGED,
	  "{\"id\":\"0A1B2C3D-1111-4000-8000-00000000ABCD\",\"name\":\"v1\",\"image_id\":"
	  "\"99999999-1111-4000-8000-00000000ABCD\",\"status\":\"ready\"}",
	  "0a1b v1 9999 ready - -1 -1 - - -" },
	{ "a status that is no word of the API", TAGGED, TAG(",\"status\":\"sleeping\""),
	  "0a1b v1 9999 unknown - -1 -1 - - -" },
	{ "a status in another case", TAGGED, TAG(",\"status\":\"Ready\""),
	  "0a1b v1 9999 unknown - -1 -1 - - -" },
	{ "a status that is no string", TAGGED, TAG(",\"status\":1"),
	  "0a1b v1 9999 unknown - -1 -1 - - -" },
	{ "the status error", TAGGED, TAG(",\"status\":\"error\""),
	  "0a1b v1 9999 error - -1 -1 - - -" },
	{ "a date before images existed", TAGGED,
	  TAG(",\"created_at\":\"1970-01-01T00:00:00Z\",\"updated_at\":null"),
	  "0a1b v1 9999 unknown - -1 -1 1970-01-01T00:00:00Z - -" },
	{ "a date that is none", TAGGED, TAG(",\"created_at\":\"to\\u001bday\",\"updated_at\":7"),
	  "0a1b v1 9999 unknown - -1 -1 to\\x1bday - -" },
	{ "a digest that is none", TAGGED, TAG(",\"digest\":\"sha256:44136F\""),
	  "0a1b v1 9999 unknown - -1 -1 - - -" },
	{ "a namespace's count that is none", NAMESPACE,
	  "{\"id\":\"" ID "\",\"name\":\"team\",\"image_count\":-1}",
	  "0a1b team - unknown - -1 -1 - - -" },
	{ "a count with a fraction", NAMESPACE,
	  "{\"id\":\"" ID "\",\"name\":\"team\",\"image_count\":0.0}",
	  "0a1b team - unknown - -1 -1 - - -" },
	{ "a slash in an image's name", IMAGE,
	  "{\"id\":\"" ID "\",\"name\":\"a/b\",\"namespace_id\":\"" PARENT "\"}",
	  "0a1b a/b 9999 unknown - -1 -1 - - -" },
	{ "a slash in a namespace's name", NAMESPACE, "{\"id\":\"" ID "\",\"name\":\"a/b\"}",
	  "not a usable namespace: it has no name that can be one" },
	{ "an id with a slash", NAMESPACE,
	  "{\"id\":\"../images/11111111-1111-4000-8000-0\",\"name\":\"a\"}",
	  "not a usable namespace: its id is no UUID" },
	{ "an id that is too long", NAMESPACE, "{\"id\":\"" ID "0\",\"name\":\"a\"}",
	  "not a usable namespace: its id is no UUID" },
	{ "an id that is too short", NAMESPACE,
	  "{\"id\":\"0a1b2c3d-1111-4000-8000-00000000abc\",\"name\":\"a\"}",
	  "not a usable namespace: its id is no UUID" },
	{ "an id with a NUL behind it", NAMESPACE, "{\"id\":\"" ID "\\u0000x\",\"name\":\"a\"}",
	  "not a usable namespace: its id is no UUID" },
	{ "an empty id", NAMESPACE, "{\"id\":\"\",\"name\":\"a\"}",
	  "not a usable namespace: its id is no UUID" },
	{ "no id", NAMESPACE, "{\"name\":\"a\"}", "not a usable namespace: its id is no UUID" },
	{ "a key in another case is another key", NAMESPACE, "{\"ID\":\"" ID "\",\"name\":\"a\"}",
	  "not a usable namespace: its id is no UUID" },
	{ "no name", IMAGE, "{\"id\":\"" ID "\",\"namespace_id\":\"" PARENT "\"}",
	  "not a usable image: it has no name that can be one" },
	{ "an empty name", NAMESPACE, "{\"id\":\"" ID "\",\"name\":\"\"}",
	  "not a usable namespace: it has no name that can be one" },
	{ "a name with a control character", NAMESPACE,
	  "{\"id\":\"" ID "\",\"name\":\"a\\u001b[2J\"}",
	  "not a usable namespace: it has no name that can be one" },
	{ "a name with a NUL", NAMESPACE, "{\"id\":\"" ID "\",\"name\":\"a\\u0000\"}",
	  "not a usable namespace: it has no name that can be one" },
	{ "an image of no namespace", IMAGE, "{\"id\":\"" ID "\",\"name\":\"a\"}",
	  "not a usable image: its namespace_id is no UUID" },
	{ "a tag of no image", TAGGED,
	  "{\"id\":\"" ID "\",\"name\":\"a\",\"image_id\":\"7\",\"namespace_id\":\"" PARENT "\"}",
	  "not a usable tag: its image_id is no UUID" },
};

static void objects_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct scaleway_object object;
		struct err err = { 0 };
		CLEANUP(free_p) char *text = NULL;
		int result = scaleway_object_parse(ROWS[i].body, strlen(ROWS[i].body),
						   (enum scaleway_kind)ROWS[i].kind, &object, &err);

		text = result == 0 ? told(&object) : xstrdup(err.msg);
		if (strcmp(text, ROWS[i].told) != 0)
			fail_msg("%s: \"%s\"", ROWS[i].sentence, text);
		assert_int_equal(err.kind, result == 0 ? ERR_NONE : ERR_IO);
		assert_true(result == 0 || !object.id);
		scaleway_object_clear(&object);
	}
}

/* What two readers could understand differently is no document. */
static const char *const BROKEN[] = {
	"",
	"null",
	"[]",
	"{",
	TAG("") " x",
	TAG(",\"id\":\"" ID "\""),
	TAG(",\"digest\":\"" DIGEST "\",\"digest\":\"" DIGEST "\""),
	TAG(",\"x\":{\"a\":1,\"a\":2}"),
	TAG(",\"x\":NaN"),
	TAG(",\"x\":\"\xff\""),
	"{'id':1}",
};

static void what_is_not_strict_is_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof BROKEN / sizeof *BROKEN; i++) {
		struct scaleway_object object;
		struct err err = { 0 };

		if (scaleway_object_parse(BROKEN[i], strlen(BROKEN[i]), SCALEWAY_TAG, &object,
					  &err) == 0)
			fail_msg("%s", BROKEN[i]);
		assert_null(object.id);
		assert_int_equal(err.kind, ERR_IO);
		assert_null(strstr(err.msg, "0a1b2c3d"));
	}
}

static const struct {
	const char *sentence, *other;
	bool same;
} CHANGES[] = {
#define BASE(more)                                                                             \
	"{\"id\":\"" ID "\",\"name\":\"v1\",\"image_id\":\"" PARENT "\",\"status\":\"ready\"," \
	"\"created_at\":\"2024-01-02T03:04:05.1Z\"" more "}"
	{ "itself", BASE(",\"digest\":\"" DIGEST "\""), true },
	{ "with what does not matter", BASE(",\"digest\":\"" DIGEST "\",\"size\":7"), true },
	{ "another id",
	  "{\"id\":\"" PARENT "\",\"name\":\"v1\",\"image_id\":\"" PARENT
	  "\",\"status\":\"ready\",\"created_at\":\"2024-01-02T03:04:05.1Z\",\"digest\":\"" DIGEST
	  "\"}",
	  false },
	{ "another name",
	  "{\"id\":\"" ID "\",\"name\":\"v2\",\"image_id\":\"" PARENT
	  "\",\"status\":\"ready\",\"created_at\":\"2024-01-02T03:04:05.1Z\",\"digest\":\"" DIGEST
	  "\"}",
	  false },
	{ "another parent",
	  "{\"id\":\"" ID "\",\"name\":\"v1\",\"image_id\":\"" ID
	  "\",\"status\":\"ready\",\"created_at\":\"2024-01-02T03:04:05.1Z\",\"digest\":\"" DIGEST
	  "\"}",
	  false },
	{ "another status",
	  "{\"id\":\"" ID "\",\"name\":\"v1\",\"image_id\":\"" PARENT
	  "\",\"status\":\"locked\",\"created_at\":\"2024-01-02T03:04:05.1Z\",\"digest\":\"" DIGEST
	  "\"}",
	  false },
	{ "created within the same second",
	  "{\"id\":\"" ID "\",\"name\":\"v1\",\"image_id\":\"" PARENT
	  "\",\"status\":\"ready\",\"created_at\":\"2024-01-02T03:04:05.2Z\",\"digest\":\"" DIGEST
	  "\"}",
	  false },
	{ "no digest", BASE(""), false },
	{ "updated", BASE(",\"digest\":\"" DIGEST "\",\"updated_at\":\"2024-01-02T03:04:05Z\""),
	  false },
	{ "updated at a date that cannot be read",
	  BASE(",\"digest\":\"" DIGEST "\",\"updated_at\":\"now\""), false },
};

static struct scaleway_object tag_of(const char *body)
{
	struct scaleway_object object;
	struct err err;

	assert_int_equal(scaleway_object_parse(body, strlen(body), SCALEWAY_TAG, &object, &err), 0);
	return object;
}

static void changes_are_seen(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++) {
		struct scaleway_object one = tag_of(CHANGES[0].other);
		struct scaleway_object other = tag_of(CHANGES[i].other);
		struct scaleway_object copy = scaleway_object_copy(&other);

		if (scaleway_object_same(&one, &other) != CHANGES[i].same ||
		    scaleway_object_same(&other, &one) != CHANGES[i].same)
			fail_msg("%s", CHANGES[i].sentence);
		assert_true(scaleway_object_same(&copy, &other));
		scaleway_object_clear(&other);
		scaleway_object_clear(&copy);
		scaleway_object_clear(&one);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_read),
		cmocka_unit_test(what_is_not_strict_is_nothing),
		cmocka_unit_test(changes_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
