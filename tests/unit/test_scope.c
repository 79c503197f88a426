/* What a token must allow for a request. */
#include "registry/api_private.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stddef.h>
#include <string.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

static const struct {
	enum http_method method;
	const char *path, *scope; /* NULL: none */
} ROWS[] = {
	{ HTTP_GET, "", NULL },
	{ HTTP_GET, "?clean-registry=00", NULL },
	{ HTTP_GET, "_catalog", "registry:catalog:*" },
	{ HTTP_GET, "_catalog?n=1000&last=a/manifests/b", "registry:catalog:*" },
	{ HTTP_GET, "a/tags/list", "repository:a:pull" },
	{ HTTP_GET, "team/app/tags/list?n=1&last=x", "repository:team/app:pull" },
	{ HTTP_GET, "team/app/manifests/latest?clean-registry=00", "repository:team/app:pull" },
	{ HTTP_HEAD, "team/app/manifests/sha256:00", "repository:team/app:pull" },
	{ HTTP_OPTIONS, "team/app/manifests/x", "repository:team/app:pull" },
	{ HTTP_GET, "team/app/blobs/sha256:00", "repository:team/app:pull" },
	{ HTTP_DELETE, "team/app/manifests/sha256:00", "repository:team/app:pull,delete" },
	{ HTTP_PUT, "team/app/manifests/latest", "repository:team/app:pull,push" },
	/* Words of the API in names. */
	{ HTTP_GET, "a/manifests/b/manifests/x", "repository:a/manifests/b:pull" },
	{ HTTP_GET, "a/blobs/tags/list", "repository:a/blobs:pull" },
	{ HTTP_GET, "tags/list/tags/list", "repository:tags/list:pull" },
	{ HTTP_DELETE, "blobs/manifests/manifests/sha256:00",
	  "repository:blobs/manifests:pull,delete" },
	{ HTTP_GET, "_catalogue/tags/list", "repository:_catalogue:pull" },
	{ HTTP_GET, "manifests", NULL },
};

static void test_scopes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		CLEANUP(free_p) char *scope = scope_of(ROWS[i].method, ROWS[i].path);
		const char *expected = ROWS[i].scope ? ROWS[i].scope : "-";

		if (strcmp(scope ? scope : "-", expected) != 0)
			fail_msg("%s: %s instead of %s", ROWS[i].path, scope, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_scopes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
