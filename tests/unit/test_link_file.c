/* A link that is being written in place is read again, by everybody who reads links. What comes
 * while it is waited for is written here. */
#include "storage/broken_links.h"
#include "storage/layout.h"
#include "storage/link_file.h"
#include "storage/links.h"
#include "temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

#define HEX      "1111111111111111111111111111111111111111111111111111111111111111"
#define DIGEST   "sha256:" HEX
#define FOLDER   "docker/registry/v2/repositories/r/"
#define REVISION FOLDER "_manifests/revisions/sha256/" HEX "/link"
#define TAG      FOLDER "_manifests/tags/v/current/link"
#define LAYER    FOLDER "_layers/sha256/" HEX "/link"
#define LONG_AGO 86400
#define TOO_LONG DIGEST DIGEST DIGEST

/* What the push writes as soon as somebody waits. */
static struct {
	const char *root, *path;
	unsigned waits;
} push;

int nanosleep(const struct timespec *duration, struct timespec *left)
{
	(void)duration;
	(void)left;
	push.waits++;
	if (push.path)
		temporary_text(push.root, push.path, DIGEST);
	return 0;
}

static struct layout *make_store(char *root)
{
	struct err err;
	struct layout *layout;

	temporary_mkdir(root, "docker/registry/v2/blobs");
	temporary_text(root, REVISION, DIGEST);
	temporary_text(root, TAG, DIGEST);
	temporary_text(root, LAYER, DIGEST);
	layout = layout_open(root, &err);
	assert_non_null(layout);
	return layout;
}

static void make_older(const char *root, const char *path)
{
	CLEANUP(free_p) char *file = xasprintf("%s/%s", root, path);
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
				     { .tv_sec = time(NULL) - LONG_AGO } };

	assert_int_equal(utimensat(AT_FDCWD, file, times, 0), 0);
}

static void what_may_be_half_written_is_read_again(void **state)
{
	static const struct {
		const char *text;
		bool old, comes;
		unsigned waits;
		int result; /* its length, or -errno */
	} CASES[] = {
		{ DIGEST, false, true, 0, 71 },     { "", false, true, 1, 71 },
		{ "sha256:1", false, true, 1, 71 }, { "", false, false, 1, 0 },
		{ "", true, true, 0, 0 },           { TOO_LONG, false, true, 0, -EFBIG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		char *root = temporary_folder();
		CLEANUP(free_p) char *file = xasprintf("%s/link", root);
		char text[DIGEST_TEXT];
		struct stat status;
		size_t length = 0;
		int result;

		temporary_text(root, "link", CASES[i].text);
		if (CASES[i].old)
			make_older(root, "link");
		push.root = root;
		push.path = CASES[i].comes ? "link" : NULL;
		push.waits = 0;
		result = link_file_read(AT_FDCWD, file, text, &length, &status);
		assert_int_equal(result < 0 ? -errno : (int)length, CASES[i].result);
		assert_int_equal(push.waits, CASES[i].waits);
		temporary_remove(root);
	}
}

static bool count(void *ctx, const char *digest, const char *stored)
{
	(void)digest;
	(void)stored;
	++*(unsigned *)ctx;
	return true;
}

/* PATH is empty at first. */
static void assert_all_see(struct layout *layout, const char *root, const char *path)
{
	struct broken_links found = { 0 };
	struct err err;
	unsigned revisions = 0;

	push.root = root;
	push.path = path;
	for (int reader = 0; reader < 5; reader++) {
		temporary_text(root, path, "");
		if (reader == 0)
			assert_int_equal(links_tag(layout, "r", "v").state, LINK_READ);
		else if (reader == 1)
			assert_int_equal(links_revision(layout, "r", DIGEST).state, LINK_READ);
		else if (reader == 2)
			assert_int_equal(links_layer(layout, "r", DIGEST).state, LINK_READ);
		else if (reader == 3)
			assert_int_equal(layout_revisions(layout, "r", count, &revisions, &err), 0);
		else
			assert_int_equal(broken_links_find(layout, &found, &err), 0);
	}
	assert_int_equal(revisions, 1);
	for (size_t kind = 0; kind < BROKEN_KINDS; kind++)
		assert_int_equal(found.counts[kind], 0);
	broken_links_clear(&found);
}

static void whoever_reads_links_reads_again(void **state)
{
	static const char *const PATHS[] = { TAG, REVISION, LAYER };

	(void)state;
	for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
		char *root = temporary_folder();
		struct layout *layout = make_store(root);

		assert_all_see(layout, root, PATHS[i]);
		layout_close(layout);
		temporary_remove(root);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_may_be_half_written_is_read_again),
		cmocka_unit_test(whoever_reads_links_reads_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
