/* What lies where the registry follows, and a walk does not, is measured like the rest, once. */
#include "measure/measure.h"
#include "temporary.h"

#define V2   "docker/registry/v2"
#define HEX  "aa11111111111111111111111111111111111111111111111111111111111111"
#define BLOB V2 "/blobs/sha256/aa/" HEX "/data"
#define TEXT "0123456789"

struct place {
	const char *parent; /* of the folder that lies elsewhere, NULL: the storage itself */
	const char *name;
	bool inside; /* it lies elsewhere in the storage */
};

static const struct place PLACES[] = {
	{ V2, "blobs", false },           { V2, "blobs", true },
	{ V2 "/blobs", "sha256", false }, { "docker/registry", "v2", true },
	{ "docker", "registry", false },  { NULL, "docker", false },
};

static void put_elsewhere(const struct place *place, const char *root, const char *other)
{
	const char *parent = place->parent ? place->parent : ".";
	CLEANUP(free_p) char *link = xasprintf("%s/%s/%s", root, parent, place->name);
	CLEANUP(free_p) char *target = xasprintf("%s/elsewhere", place->inside ? root : other);

	temporary_mkdir(place->inside ? root : other, "elsewhere");
	temporary_mkdir(root, parent);
	assert_int_equal(symlink(target, link), 0);
}

static void it_is_measured_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
		char *root = temporary_folder(), *other = temporary_folder();
		CLEANUP(free_p) char *blob = xasprintf("%s/" BLOB, root);
		struct measurement before, after;
		uint64_t freed = 0, added = 0, count = 0;
		struct err err;

		print_message("# %s%s\n", PLACES[i].name, PLACES[i].inside ? ", inside" : "");
		put_elsewhere(&PLACES[i], root, other);
		temporary_text(root, BLOB, TEXT);
		assert_int_equal(measure_folder(root, &before, &err), 0);
		assert_int_equal(unlink(blob), 0);
		assert_int_equal(measure_folder(root, &after, &err), 0);
		assert_int_equal(before.files, 1);
		assert_int_equal(before.bytes, strlen(TEXT));
		assert_true(measure_compare(&before, &after, &freed, &added, &count));
		assert_int_equal(freed, strlen(TEXT));
		assert_int_equal(count, 1);
		measure_clear(&before);
		measure_clear(&after);
		temporary_remove(root);
		temporary_remove(other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_measured_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
