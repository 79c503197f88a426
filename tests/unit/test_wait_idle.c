/* Whether nobody uploads, and how long that is waited for. */
#include "run/wait_idle.h"

#include "config/config.h"
#include "inventory/inventory.h"
#include "oci/manifest.h"
#include "storage/layout.h"
#include "temporary.h"
#include "util/time.h"

#include <fcntl.h>
#include <time.h>

#define UPLOAD "docker/registry/v2/repositories/team/app/_uploads/1/data"
#define NONE   INT64_MIN

struct quiet_case {
	const char *what;
	long minutes;
	int64_t age;     /* of what the upload has, in seconds; NONE: there is no upload */
	int64_t wait_ms; /* from now on */
	enum quiet quiet;
};

static const struct quiet_case CASES[] = {
	{ "nobody uploads", 10, NONE, 0, QUIET_NOW },
	{ "long ago", 10, 6000, 0, QUIET_NOW },
	{ "exactly so many minutes ago", 10, 600, 0, QUIET_NOW },
	{ "a little less", 10, 590, 0, QUIET_NEVER },
	{ "just now", 1440, 0, 0, QUIET_NEVER },
	{ "in the future", 10, -100000, 0, QUIET_NEVER },
	{ "just now, and it is off", 0, 0, 0, QUIET_NOW },
	{ "there is time to wait for it", 1, 58, 60000, QUIET_WAITED },
	{ "there is too little time", 1, 10, 20, QUIET_NEVER },
};

static void make_upload(const char *root, int64_t age)
{
	CLEANUP(free_p) char *path = xasprintf("%s/" UPLOAD, root);
	struct timespec written = { .tv_sec = time(NULL) - age };
	struct timespec times[2] = { written, written };

	temporary_text(root, UPLOAD, "part");
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void quiet_or_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		const struct quiet_case *row = &CASES[i];
		struct config config = { .gc = { .quiet_minutes = row->minutes } };
		struct inventory *inventory = inventory_new();
		struct quiet_place place = { .config = &config, .inventory = inventory };
		char *root = temporary_folder();
		struct layout *layout = NULL;
		enum quiet quiet = QUIET_NEVER;
		struct err err = { 0 };

		print_message("# %s\n", row->what);
		temporary_mkdir(root, "docker/registry/v2/repositories");
		if (row->age != NONE)
			make_upload(root, row->age);
		layout = layout_open(root, &err);
		assert_non_null(layout);
		place.layout = layout;
		assert_int_equal(
			wait_idle(&place, time_monotonic_ms() + row->wait_ms, &quiet, &err), 0);
		assert_int_equal(quiet, row->quiet);
		layout_close(layout);
		inventory_free(inventory);
		temporary_remove(root);
	}
}

#define LAYER  "1111111111111111111111111111111111111111111111111111111111111111"
#define CONFIG "2222222222222222222222222222222222222222222222222222222222222222"

/* A push links its layers before its manifest comes. */
static void a_layer_without_a_manifest_is_a_push(void **state)
{
	struct config config = { .gc = { .quiet_minutes = 10 } };
	struct inventory *inventory = inventory_new();
	struct quiet_place place = { .config = &config, .inventory = inventory };
	struct oci_descriptor layer = { .digest = (char[]){ "sha256:" LAYER } };
	struct oci_manifest body = { .kind = OCI_IMAGE, .layers = &layer, .layer_count = 1 };
	char *root = temporary_folder();
	enum quiet quiet = QUIET_NOW;
	struct layout *layout = NULL;
	struct err err = { 0 };
	uint32_t id = 0;

	(void)state;
	temporary_text(root, "docker/registry/v2/repositories/app/_layers/sha256/" LAYER "/link",
		       "sha256:" LAYER);
	layout = layout_open(root, &err);
	assert_non_null(layout);
	place.layout = layout;
	assert_int_equal(wait_idle(&place, 0, &quiet, &err), 0);
	assert_int_equal(quiet, QUIET_NEVER);
	id = inventory_manifest(inventory, inventory_repository(inventory, "app"),
				"sha256:" CONFIG);
	inventory_describe(inventory, id, &body, 10);
	assert_int_equal(wait_idle(&place, 0, &quiet, &err), 0);
	assert_int_equal(quiet, QUIET_NOW);
	layout_close(layout);
	inventory_free(inventory);
	temporary_remove(root);
}

static void what_cannot_be_seen_is_not_quiet(void **state)
{
	struct config config = { .gc = { .quiet_minutes = 1 } };
	struct quiet_place place = { .config = &config };
	enum quiet quiet = QUIET_NOW;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(wait_idle(&place, time_monotonic_ms() + 60000, &quiet, &err), 0);
	assert_int_equal(quiet, QUIET_NEVER);
	config.gc.quiet_minutes = 0;
	assert_int_equal(wait_idle(&place, 0, &quiet, &err), 0);
	assert_int_equal(quiet, QUIET_NOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quiet_or_not),
		cmocka_unit_test(a_layer_without_a_manifest_is_a_push),
		cmocka_unit_test(what_cannot_be_seen_is_not_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
