/* References of images in use. */
#include "lists/image_refs.h"
#include "util/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define HEX_A        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST_A     "sha256:" HEX_A

static const char *const NAMES[] = { "registry.example.org", "Localhost:5000", "10.0.0.1:5000",
				     "[::1]:5000", "registry" };

static struct image_refs *in_use_of(const char *text)
{
	struct image_refs *in_use = image_refs_new(NAMES, COUNT(NAMES));

	image_refs_add(in_use, text, strlen(text));
	return in_use;
}

static void references_of_this_registry_are_found(void **state)
{
	static const struct {
		const char *reference;
		const char *repository, *tag; /* what is in use, or NULL */
		const char *digest;           /* the same */
	} cases[] = {
		{ "registry.example.org/app:1", "app", "1", NULL },
		{ "REGISTRY.example.org/app:1", "app", "1", NULL },
		{ "registry.example.org/team/app:1.0-x_Y", "team/app", "1.0-x_Y", NULL },
		{ "registry.example.org/app", "app", "latest", NULL },
		{ "localhost:5000/app:1", "app", "1", NULL },
		{ "10.0.0.1:5000/a/b/c:1", "a/b/c", "1", NULL },
		{ "[::1]:5000/app:1", "app", "1", NULL },
		{ "registry.example.org/app:1@" DIGEST_A, "app", "1", DIGEST_A },
		{ "registry.example.org/app@" DIGEST_A, NULL, NULL, DIGEST_A },
		{ "docker-pullable://registry.example.org/app@" DIGEST_A, NULL, NULL, DIGEST_A },
		{ "docker://registry.example.org/app:1", "app", "1", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct image_refs *in_use = in_use_of(cases[i].reference);
		struct in_use_counts counts = image_refs_count(in_use);

		print_message("# %s\n", cases[i].reference);
		assert_int_equal(counts.references, 1);
		assert_int_equal(counts.own, 1);
		assert_int_equal(counts.foreign, 0);
		assert_null(counts.foreign_host);
		if (cases[i].repository)
			assert_true(image_refs_has_tag(in_use, cases[i].repository, cases[i].tag));
		assert_int_equal(image_refs_has_tag(in_use, "app", "latest"),
				 cases[i].tag && strcmp(cases[i].tag, "latest") == 0);
		assert_int_equal(image_refs_has_digest(in_use, DIGEST_A), cases[i].digest != NULL);
		assert_false(image_refs_has_tag(in_use, "app", "2"));
		image_refs_free(in_use);
	}
	image_refs_free(NULL);
}

static void other_references_are_foreign(void **state)
{
	static const struct {
		const char *reference, *host;
	} cases[] = {
		{ "app:1", NULL },
		{ "app", NULL },
		{ "team/app:1", NULL },
		{ "registry/app:1", NULL },
		{ "docker.io/library/app:1", "docker.io" },
		{ "registry.example.org:443/app:1", "registry.example.org:443" },
		{ "10.0.0.1/app:1", "10.0.0.1" },
		{ "localhost/app:1", "localhost" },
		{ "localhost:5001/app:1", "localhost:5001" },
		{ "other.example.org/app:1", "other.example.org" },
		{ "registry.example.org.evil/app:1", "registry.example.org.evil" },
		{ "registry.example.org", NULL },
		{ "aaaaaaaaaaa", NULL },
		{ "aaaaaaaaaaaag", NULL },
		{ "md5:aaaaaaaaaaaa", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct image_refs *in_use = in_use_of(cases[i].reference);
		struct in_use_counts counts = image_refs_count(in_use);

		print_message("# %s\n", cases[i].reference);
		assert_int_equal(counts.references, 1);
		assert_int_equal(counts.own, 0);
		assert_int_equal(counts.foreign, 1);
		if (cases[i].host)
			assert_string_equal(counts.foreign_host, cases[i].host);
		else
			assert_null(counts.foreign_host);
		assert_false(image_refs_has_tag(in_use, "app", "1"));
		assert_int_equal(image_refs_has_foreign_tag(in_use, "app", "1"),
				 cases[i].host && !strstr(cases[i].reference, "library"));
		assert_false(image_refs_has_tag(in_use, "app", "latest"));
		assert_false(image_refs_has_digest(in_use, DIGEST_A));
		image_refs_free(in_use);
	}
}

static void a_name_that_was_taken_is_counted(void **state)
{
	struct image_refs *in_use =
		in_use_of("<none> <none>:<none> <none>@<none> app:1 aaaaaaaaaaaa");
	struct in_use_counts counts = image_refs_count(in_use);

	(void)state;
	assert_int_equal(counts.nameless, 3);
	assert_int_equal(counts.foreign, 1);
	assert_int_equal(counts.bare, 1);
	assert_int_equal(counts.references, 5);
	assert_null(counts.unreadable);
	image_refs_free(in_use);
}

static void count_id(void *ctx, const char *hex)
{
	assert_string_equal(hex, "aaaaaaaaaaaa");
	++*(unsigned *)ctx;
}

/* IDs of containers have no algorithm in front. */
static void ids_without_an_algorithm_are_told_apart(void **state)
{
	struct image_refs *in_use = in_use_of("aaaaaaaaaaaa sha256:bbbbbbbbbbbb x@" DIGEST_A);
	unsigned plain = 0;

	(void)state;
	image_refs_each_plain_id(in_use, count_id, &plain);
	assert_int_equal(plain, 1);
	assert_int_equal(image_refs_count(in_use).bare, 2);
	assert_int_equal(image_refs_id_of(in_use, DIGEST_A),
			 image_refs_id_of(in_use, "aaaaaaaaaaaa"));
	assert_int_not_equal(image_refs_id_of(in_use, "bbbbbbbbbbbb"), IN_USE_NO_ID);
	assert_int_equal(image_refs_id_of(in_use, "cccccccccccc"), IN_USE_NO_ID);
	image_refs_free(in_use);
}

static void note_word(void *ctx, const char *hex)
{
	buf_format(ctx, "%.14s ", hex);
}

static void note_digest(void *ctx, const char *repository, const char *digest)
{
	buf_format(ctx, "%s@%.14s ", repository, digest);
}

/* Of this registry alone, and each once. */
static void digests_are_told_with_their_repositories(void **state)
{
	struct image_refs *in_use = in_use_of(
		"registry.example.org/app@" DIGEST_A " registry.example.org/team/app:1@" DIGEST_A
		" docker://registry.example.org/team/app:2@" DIGEST_A
		" localhost:5000/cut@sha256:abcdefabcdef elsewhere.test/app@" DIGEST_A
		" app@" DIGEST_A " registry.example.org/app:1 " DIGEST_A " bbbbbbbbbbbb");
	struct buf told = { 0 };

	(void)state;
	image_refs_each_digest(in_use, note_digest, &told);
	assert_string_equal(buf_string(&told), "app@sha256:aaaaaaa team/app@sha256:aaaaaaa "
					       "cut@sha256:abcdefa ");
	buf_clear(&told);
	image_refs_each_bare_id(in_use, note_word, &told);
	assert_string_equal(buf_string(&told), "aaaaaaaaaaaaaa bbbbbbbbbbbb ");
	buf_free(&told);
	image_refs_free(in_use);
}

/* What stands for an image that cannot be told may be in use. */
static void what_is_no_reference_is_told(void **state)
{
	static const char *const texts[] = {
		"'registry.example.org/app:1'",
		"registry.example.org/app:1,",
		"registry.example.org/App:1",
		"registry.example.org/app:",
		"registry.example.org/:1",
		"registry.example.org/",
		"registry.example.org/app:1:2",
		"registry.example.org/app:1@blake3:00",
		"registry.example.org/app@",
		"/app:1",
		"@",
		"://",
		"sha256:",
		"sha256:abcdef",
		"AAAAAAAAAAAA",
		"Error:",
		"{\"Image\":\"app\"}",
		"registry.example.org/a:1,registry.example.org/b:1",
		"<none>x",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct image_refs *in_use = in_use_of(texts[i]);

		print_message("# %s\n", texts[i]);
		assert_string_equal(image_refs_count(in_use).unreadable, texts[i]);
		image_refs_free(in_use);
	}
	for (size_t i = 0; i < 2; i++) {
		struct image_refs *in_use = in_use_of(i ? "app:1" : "registry.example.org/app:1");

		assert_null(image_refs_count(in_use).unreadable);
		image_refs_free(in_use);
	}
}

static void digests_count_whatever_the_host(void **state)
{
	static const char *const references[] = {
		"app@" DIGEST_A,    "docker.io/app:1@" DIGEST_A,
		"<none>@" DIGEST_A, "other.org/App,@" DIGEST_A,
		"@" DIGEST_A,       "a@sha256:aaaaaaaaaaaa",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(references); i++) {
		struct image_refs *in_use = in_use_of(references[i]);

		print_message("# %s\n", references[i]);
		assert_true(image_refs_has_digest(in_use, DIGEST_A));
		assert_int_equal(image_refs_count(in_use).foreign, 1);
		image_refs_free(in_use);
	}
}

static void ids_name_what_begins_so(void **state)
{
	static const struct {
		const char *ids, *digest;
		bool in_use;
	} cases[] = {
		{ "aaaaaaaaaaaa", DIGEST_A, true },
		{ "sha256:aaaaaaaaaaaa", DIGEST_A, true },
		{ "docker://sha256:" HEX_A, DIGEST_A, true },
		{ DIGEST_A, DIGEST_A, true },
		{ HEX_A, DIGEST_A, true },
		{ "aaaaaaaaaaab", DIGEST_A, false },
		{ "aaaaaaaaaaaab", DIGEST_A, false },
		{ HEX_A "a", DIGEST_A, false },
		{ "aaaaaaaaaaaa", "sha256:aaaaaaaaaaaab", true },
		{ "aaaaaaaaaaaa", "sha256:aaaaaaaaaaa", false },
		{ "aaaaaaaaaaaa", "sha512:aaaaaaaaaaaab", true },
		/* One is the beginning of others, which stand between it and the digest. */
		{ "aaaaaaaaaaaa aaaaaaaaaaaa0 aaaaaaaaaaaa00 aaaaaaaaaaaa1", DIGEST_A, true },
		{ "000000000000 ffffffffffff aaaaaaaaaaaa", DIGEST_A, true },
		{ "000000000000 ffffffffffff", DIGEST_A, false },
		{ "000000000000 ffffffffffff", "sha256:000000000000f", true },
		{ "000000000000 ffffffffffff", "sha256:ffffffffffff0", true },
		{ "000000000000 ffffffffffff", "", false },
		{ "", DIGEST_A, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct image_refs *in_use = in_use_of(cases[i].ids);

		print_message("# %s: %s\n", cases[i].ids, cases[i].digest);
		assert_int_equal(image_refs_has_digest(in_use, cases[i].digest), cases[i].in_use);
		assert_int_equal(image_refs_count(in_use).own, 0);
		assert_int_equal(image_refs_count(in_use).foreign, 0);
		image_refs_free(in_use);
	}
}

static void white_space_separates_and_repeats_count_once(void **state)
{
	static const char text[] = "registry.example.org/a:1 nginx:1\t\nregistry.example.org/b\r\n"
				   "\v\fquay.io/c  aaaaaaaaaaaa registry.example.org/a:1\n";
	struct image_refs *in_use = in_use_of(text);
	struct in_use_counts counts;

	(void)state;
	image_refs_add(in_use, text, sizeof text - 1);
	image_refs_add(in_use, "", 0);
	image_refs_add(in_use, " \n", 2);
	image_refs_add(in_use, "ghcr.io/x bbbbbbbbbbbb", 22);
	counts = image_refs_count(in_use);
	assert_int_equal(counts.references, 7);
	assert_int_equal(counts.own, 2);
	assert_int_equal(counts.foreign, 3);
	assert_string_equal(counts.foreign_host, "quay.io");
	assert_true(image_refs_has_tag(in_use, "a", "1"));
	assert_true(image_refs_has_tag(in_use, "b", "latest"));
	assert_true(image_refs_has_digest(in_use, DIGEST_A));
	assert_true(image_refs_has_digest(in_use, "sha256:bbbbbbbbbbbb"));
	image_refs_free(in_use);
}

static void bytes_that_are_no_text_are_no_reference(void **state)
{
	struct image_refs *in_use = image_refs_new(NAMES, COUNT(NAMES));

	(void)state;
	image_refs_add(in_use, "registry.example.org/a:1\0x \xff\xfe/ \0", 32);
	assert_string_equal(image_refs_count(in_use).unreadable, "registry.example.org/a:1");
	assert_int_equal(image_refs_count(in_use).foreign, 0);
	assert_false(image_refs_has_tag(in_use, "a", "1"));
	image_refs_free(in_use);
	in_use = image_refs_new(NULL, 0);
	image_refs_add(in_use, "registry.example.org/a:1", 24);
	assert_int_equal(image_refs_count(in_use).foreign, 1);
	image_refs_free(in_use);
}

static void many_references_take_no_time(void **state)
{
	struct buf text = { 0 };
	struct timespec start, end;
	struct image_refs *in_use;

	(void)state;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	for (unsigned i = 0; i < 100000; i++)
		buf_format(&text, "registry.example.org/a:%u sha256:%012x\n", i, i * 7919);
	in_use = in_use_of(buf_string(&text));
	for (unsigned i = 0; i < 100000; i++) {
		char digest[80], tag[16];

		snprintf(digest, sizeof digest, "sha256:%012x0123", i * 7919);
		snprintf(tag, sizeof tag, "%u", i);
		assert_true(image_refs_has_digest(in_use, digest));
		assert_true(image_refs_has_tag(in_use, "a", tag));
	}
	image_refs_free(in_use);
	buf_free(&text);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	assert_true(end.tv_sec - start.tv_sec < 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(references_of_this_registry_are_found),
		cmocka_unit_test(other_references_are_foreign),
		cmocka_unit_test(a_name_that_was_taken_is_counted),
		cmocka_unit_test(ids_without_an_algorithm_are_told_apart),
		cmocka_unit_test(digests_are_told_with_their_repositories),
		cmocka_unit_test(what_is_no_reference_is_told),
		cmocka_unit_test(digests_count_whatever_the_host),
		cmocka_unit_test(ids_name_what_begins_so),
		cmocka_unit_test(white_space_separates_and_repeats_count_once),
		cmocka_unit_test(bytes_that_are_no_text_are_no_reference),
		cmocka_unit_test(many_references_take_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
