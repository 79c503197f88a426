/* The phases of the native collector on small storages: what goes, what stays, what returns. */
#include "collect_world.h"

#include <sys/xattr.h>

#define SELINUX "security.selinux"
#define LABEL   "system_u:object_r:container_file_t:s0:c1,c2"

#define HEX512                                                           \
	"55555555555555555555555555555555555555555555555555555555555555" \
	"555555555555555555555555555555555555555555555555555555555555555555"

static struct native_world *world;

static int setup(void **state)
{
	(void)state;
	world = native_world_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	native_world_free(world);
	return 0;
}

/* Garbage: linked in two repositories. */
static void add_garbage(char digest[DIGEST_TEXT], const char *text)
{
	native_put_blob(world, text, digest);
	native_put_link(world, "a", "_layers", digest, digest);
	native_put_link(world, "team/b", "_layers", digest, digest);
}

static size_t journal_count(void)
{
	struct native_journal *journal = native_world_journal(world);
	size_t count = journal->count;

	native_journal_free(journal);
	return count;
}

static void test_garbage_goes_in_two_phases(void **state)
{
	char linked[DIGEST_TEXT], loose[DIGEST_TEXT];
	CLEANUP(free_p) char *folder = NULL;
	struct native_result result;

	(void)state;
	add_garbage(linked, "garbage");
	native_put_blob(world, "loose garbage", loose);
	result = native_collect_well(world, NULL);
	assert_int_equal(result.detached.blobs, 2);
	assert_int_equal(result.detached.links, 2);
	assert_int_equal(result.swept.blobs, 0);
	assert_false(native_has_link(world, "a", linked));
	assert_false(native_has_link(world, "team/b", linked));
	assert_true(native_has_blob(world, linked));
	folder = native_link_path("a", "_layers", linked);
	*strrchr(folder, '/') = '\0';
	assert_true(native_world_has(world, folder));
	assert_int_equal(journal_count(), 2);
	/* Not yet a grace later. */
	world->now += 19 * HOURS;
	result = native_collect_well(world, NULL);
	assert_int_equal(result.waiting, 2);
	assert_int_equal(result.swept.blobs, 0);
	world->now += 2 * HOURS;
	result = native_collect_well(world, NULL);
	assert_int_equal(result.swept.blobs, 2);
	assert_int_equal(result.swept.bytes, 20);
	assert_int_equal(result.emptied.blobs, 2);
	assert_int_equal(result.emptied.bytes, 20);
	assert_false(native_has_blob(world, linked));
	assert_false(native_has_blob(world, loose));
	assert_false(native_world_has(world, LAYOUT_TRASH));
	assert_int_equal(journal_count(), 0);
	native_all_whole(world, "at the end");
}

static void test_young_stays(void **state)
{
	char digest[DIGEST_TEXT];
	struct native_result result;

	(void)state;
	add_garbage(digest, "garbage");
	world->now = 19 * HOURS;
	result = native_collect_well(world, NULL);
	assert_int_equal(result.young, 1);
	assert_int_equal(result.detached.blobs, 0);
	assert_true(native_has_link(world, "a", digest));
	/* The clock of the storage was set back: everything lies in the future. */
	world->now = -100 * HOURS;
	result = native_collect_well(world, NULL);
	assert_int_equal(result.young, 1);
	assert_int_equal(result.detached.blobs, 0);
}

/* Each makes the blob new by one thing alone: CTIMEs cannot be set, mtimes can. */
static void test_the_newest_time_counts(void **state)
{
	static const char *const PATHS[] = { "blob", "folder", "link" };
	char digest[DIGEST_TEXT];
	CLEANUP(free_p) char *link = NULL;
	CLEANUP(free_p) char *blob = NULL;
	CLEANUP(free_p) char *folder = NULL;

	(void)state;
	add_garbage(digest, "garbage");
	blob = native_blob_path(digest);
	folder = xstrndup(blob, strlen(blob) - strlen("/data"));
	link = native_link_path("team/b", "_layers", digest);
	for (size_t i = 0; i < 3; i++) {
		const char *path = i == 0 ? blob : i == 1 ? folder : link;
		CLEANUP(free_p) char *full = native_world_path(world, path);
		struct timespec young = native_world_now(world);
		struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, young };
		struct native_result result;

		times[1].tv_sec -= HOURS;
		assert_int_equal(utimensat(AT_FDCWD, full, times, 0), 0);
		result = native_collect_well(world, NULL);
		if (result.young != 1 || result.detached.blobs != 0)
			fail_msg("a young %s was not seen", PATHS[i]);
		times[1].tv_sec -= 90 * HOURS;
		assert_int_equal(utimensat(AT_FDCWD, full, times, 0), 0);
	}
	assert_int_equal(native_collect_well(world, NULL).detached.blobs, 1);
}

/* What happens to a detached blob before phase 2, and why it stays. */
enum event { PUSHED, LINKED, TOUCHED, GREW, REPLACED, VANISHED, CHOWNED };

static void happen(enum event event, const char *digest)
{
	CLEANUP(free_p) char *path = native_blob_path(digest);
	CLEANUP(free_p) char *full = native_world_path(world, path);
	CLEANUP(free_p) char *other = xasprintf("%s.other", full);

	switch (event) {
	case PUSHED:
		native_push(world, "team/b", "again", "config of it", "garbage");
		break;
	case LINKED:
		native_put_link(world, "new", "_layers", digest, digest);
		break;
	case TOUCHED:
		assert_int_equal(utimensat(AT_FDCWD, full, NULL, 0), 0);
		break;
	case GREW: {
		struct timespec times[2];
		struct stat status;

		assert_int_equal(stat(full, &status), 0);
		times[0] = status.st_atim;
		times[1] = status.st_mtim;
		temporary_text(world->storage, path, "garbage and more");
		assert_int_equal(utimensat(AT_FDCWD, full, times, 0), 0);
		break;
	}
	case REPLACED:
		assert_int_equal(rename(full, other), 0);
		temporary_text(world->storage, path, "garbage");
		assert_int_equal(unlink(other), 0);
		break;
	case VANISHED:
		assert_int_equal(unlink(full), 0);
		break;
	case CHOWNED:
		/* Renews the ctime, which proves nothing. */
		assert_int_equal(chmod(full, 0600), 0);
		break;
	}
}

static void test_what_changed_stays(void **state)
{
	for (enum event event = PUSHED; event <= CHOWNED; event++) {
		char digest[DIGEST_TEXT];
		struct native_result result;

		add_garbage(digest, "garbage");
		assert_int_equal(native_collect_well(world, NULL).detached.blobs, 1);
		world->now += 30 * HOURS;
		happen(event, digest);
		result = native_collect_well(world, NULL);
		if (result.swept.blobs != (event == CHOWNED))
			fail_msg("event %d: %zu swept", event, result.swept.blobs);
		assert_int_equal(native_has_blob(world, digest),
				 event != CHOWNED && event != VANISHED);
		native_all_whole(world, "after an event");
		teardown(state);
		setup(state);
	}
}

/* Where it is needed again, what was taken returns; other repositories get no link. */
static void test_needed_links_return(void **state)
{
	char digest[DIGEST_TEXT];
	struct native_result result;
	CLEANUP(free_p) char *path = NULL;
	CLEANUP(free_p) char *link = NULL;
	CLEANUP(free_p) char *folder = NULL;
	struct stat of_link, of_folder;
	bool labelled = false;
	char label[100];

	(void)state;
	add_garbage(digest, "garbage");
	path = native_link_path("a", "_layers", digest);
	link = native_world_path(world, path);
	folder = xstrndup(link, strlen(link) - strlen("/link"));
	assert_int_equal(chmod(folder, 0750), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(folder, 1234, 4321), 0);
	labelled = setxattr(folder, SELINUX, LABEL, strlen(LABEL), 0) == 0;
	(void)native_collect_well(world, NULL);
	/* A server with a cache took a manifest without a layer of it. */
	native_push(world, "a", "again", "config of it", "other");
	native_put_manifest(world, "a", "cached", "config of it", "garbage");
	result = native_collect_well(world, NULL);
	assert_int_equal(result.healed.links, 1);
	assert_int_equal(result.healed.ours, 1);
	assert_true(native_has_link(world, "a", digest));
	assert_false(native_has_link(world, "team/b", digest));
	assert_int_equal(stat(link, &of_link), 0);
	assert_int_equal(stat(folder, &of_folder), 0);
	assert_int_equal(of_link.st_uid, of_folder.st_uid);
	assert_int_equal(of_link.st_gid, of_folder.st_gid);
	assert_int_equal(of_link.st_mode & 07777, 0640);
	if (labelled)
		assert_int_equal(getxattr(link, SELINUX, label, sizeof label), strlen(LABEL));
	native_all_whole(world, "healed");
	assert_int_equal(journal_count(), 0);
}

struct minute {
	enum native_point when;
	void (*what)(void);
};

static void at_point(void *ctx, enum native_point point)
{
	const struct minute *minute = ctx;

	if (point == minute->when)
		minute->what();
}

static void push_with_link(void)
{
	native_push(world, "team/b", "again", "config of it", "garbage");
}

/* The server had looked before the blob was moved: a link without a blob. */
static void link_without_blob(void)
{
	char digest[DIGEST_TEXT];

	digest_of("garbage", strlen("garbage"), digest);
	native_put_link(world, "team/b", "_layers", digest, digest);
}

static void test_what_is_linked_in_the_minute_returns(void **state)
{
	struct minute minute = { .when = NATIVE_POINT_MINUTE, .what = link_without_blob };
	struct native_visit visit = { .at = at_point, .ctx = &minute };
	char digest[DIGEST_TEXT];
	struct native_result result;

	(void)state;
	add_garbage(digest, "garbage");
	(void)native_collect_well(world, NULL);
	world->now += 30 * HOURS;
	result = native_collect_well(world, &visit);
	assert_int_equal(result.swept.blobs, 1);
	assert_int_equal(result.settled.needed, 1);
	assert_int_equal(result.emptied.blobs, 0);
	native_blob_is(world, digest, "linked in the minute");
	assert_true(native_has_link(world, "team/b", digest));
	assert_int_equal(journal_count(), 0);
}

static void test_what_is_stored_anew_stays(void **state)
{
	struct minute minute = { .when = NATIVE_POINT_MINUTE, .what = push_with_link };
	struct native_visit visit = { .at = at_point, .ctx = &minute };
	char digest[DIGEST_TEXT];
	struct native_result result;

	(void)state;
	add_garbage(digest, "garbage");
	(void)native_collect_well(world, NULL);
	world->now += 30 * HOURS;
	result = native_collect_well(world, &visit);
	assert_int_equal(result.settled.needed, 0);
	assert_int_equal(result.settled.anew, 1);
	assert_int_equal(result.emptied.blobs, 1);
	native_all_whole(world, "stored anew");
	assert_false(native_world_has(world, LAYOUT_TRASH));
}

/* The server has only begun: a folder, or a temporary file in it. */
static void begin_to_store(void)
{
	char digest[DIGEST_TEXT];
	CLEANUP(free_p) char *path = NULL;

	digest_of("garbage", strlen("garbage"), digest);
	path = native_blob_path(digest);
	strcpy(strrchr(path, '/'), "/tmp1");
	temporary_text(world->storage, path, "half");
	link_without_blob();
}

static void test_a_folder_in_its_place_is_joined(void **state)
{
	struct minute minute = { .when = NATIVE_POINT_MINUTE, .what = begin_to_store };
	struct native_visit visit = { .at = at_point, .ctx = &minute };
	char digest[DIGEST_TEXT];

	(void)state;
	add_garbage(digest, "garbage");
	(void)native_collect_well(world, NULL);
	world->now += 30 * HOURS;
	assert_int_equal(native_collect_well(world, &visit).settled.needed, 1);
	native_blob_is(world, digest, "joined");
}

/* A layer that was pushed as sha512 is stored as sha256; a reference by the former finds it only
 * through the link. */
static void test_aliases_return(void **state)
{
	char digest[DIGEST_TEXT];
	const char *alias = "sha512:" HEX512;
	CLEANUP(free_p) char *body = NULL;
	char manifest[DIGEST_TEXT];
	struct native_result result;

	(void)state;
	assert_true(digest_valid(alias, strlen(alias)));
	native_put_blob(world, "garbage", digest);
	native_put_link(world, "a", "_layers", digest, digest);
	native_put_link(world, "a", "_layers", alias, digest);
	result = native_collect_well(world, NULL);
	assert_int_equal(result.detached.links, 2);
	body = xasprintf("{\"schemaVersion\":2,"
			 "\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
			 "\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\","
			 "\"digest\":\"%s\",\"size\":8},\"layers\":[{\"mediaType\":"
			 "\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"%s\","
			 "\"size\":7}]}",
			 world->images[0].config, alias);
	native_put_blob(world, body, manifest);
	native_put_link(world, "a", "_manifests/revisions", manifest, manifest);
	world->now += 30 * HOURS;
	result = native_collect_well(world, NULL);
	assert_int_equal(result.swept.blobs, 0);
	assert_true(native_has_link(world, "a", alias));
	native_blob_is(world, digest, "by an alias");
}

/* With another name the data frees nothing. */
static void test_hard_links_free_nothing(void **state)
{
	char digest[DIGEST_TEXT];
	CLEANUP(free_p) char *path = NULL;
	CLEANUP(free_p) char *full = NULL;
	CLEANUP(free_p) char *other = NULL;
	struct native_result result;

	(void)state;
	add_garbage(digest, "garbage");
	path = native_blob_path(digest);
	full = native_world_path(world, path);
	other = xasprintf("%s/backup", world->root);
	assert_int_equal(link(full, other), 0);
	(void)native_collect_well(world, NULL);
	world->now += 30 * HOURS;
	result = native_collect_well(world, NULL);
	assert_int_equal(result.emptied.blobs, 1);
	assert_int_equal(result.emptied.shared, 1);
	assert_int_equal(result.emptied.bytes, 0);
	assert_false(native_has_blob(world, digest));
}

/* A grace of nothing, for a registry that cannot write: chosen again after phase 1. */
static void test_no_grace(void **state)
{
	char digest[DIGEST_TEXT];

	(void)state;
	add_garbage(digest, "garbage");
	world->now = 0;
	world->collection.grace_seconds = 0;
	assert_int_equal(native_collect_well(world, NULL).detached.blobs, 1);
	assert_int_equal(native_collect_well(world, NULL).emptied.blobs, 1);
	assert_false(native_has_blob(world, digest));
}

/* A layer that a client need not push: its blob may be another repository's. */
static void put_foreign_manifest(const char *repository, const char *digest)
{
	CLEANUP(free_p)
	char *body =
		xasprintf("{\"schemaVersion\":2,"
			  "\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
			  "\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\","
			  "\"digest\":\"%s\",\"size\":8},\"layers\":[{\"mediaType\":"
			  "\"application/vnd.oci.image.layer.nondistributable.v1.tar\","
			  "\"digest\":\"%s\",\"size\":7,\"urls\":[\"https://example.com/\"]}]}",
			  world->images[0].config, digest);
	char manifest[DIGEST_TEXT];

	native_put_blob(world, body, manifest);
	native_put_link(world, repository, "_manifests/revisions", manifest, manifest);
	native_put_link(world, repository, "_layers", world->images[0].config,
			world->images[0].config);
}

static void test_foreign_layers_get_only_what_was_theirs(void **state)
{
	char digest[DIGEST_TEXT];

	(void)state;
	native_put_blob(world, "garbage", digest);
	native_put_link(world, "a", "_layers", digest, digest);
	(void)native_collect_well(world, NULL);
	put_foreign_manifest("a", digest);
	put_foreign_manifest("stranger", digest);
	(void)native_collect_well(world, NULL);
	assert_true(native_has_link(world, "a", digest));
	assert_false(native_has_link(world, "stranger", digest));
	native_blob_is(world, digest, "foreign");
}

/* What was detached while the clock was wrong waits for a grace, and not for that time. */
static void test_the_clock_was_set_back(void **state)
{
	char digest[DIGEST_TEXT];

	(void)state;
	add_garbage(digest, "garbage");
	world->now = (int64_t)10000 * HOURS;
	assert_int_equal(native_collect_well(world, NULL).detached.blobs, 1);
	world->now = (int64_t)100 * HOURS;
	assert_int_equal(native_collect_well(world, NULL).swept.blobs, 0);
	assert_int_equal(journal_count(), 1);
	world->now += GRACE - 2;
	assert_int_equal(native_collect_well(world, NULL).swept.blobs, 0);
	world->now += HOURS;
	assert_int_equal(native_collect_well(world, NULL).swept.blobs, 1);
	assert_false(native_has_blob(world, digest));
	native_all_whole(world, "a clock that was set back");
}

static void date(const char *path, time_t seconds)
{
	CLEANUP(free_p) char *full = native_world_path(world, path);
	const struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };

	assert_int_equal(utimensat(AT_FDCWD, full, times, 0), 0);
}

/* What cannot be looked at or judged is counted and named, and stays. */
static void test_what_is_not_understood_stays(void **state)
{
	char linked[DIGEST_TEXT], owned[DIGEST_TEXT], ancient[DIGEST_TEXT];
	CLEANUP(free_p) char *data = NULL;
	CLEANUP(free_p) char *path = NULL;
	CLEANUP(free_p) char *full = NULL;
	struct native_result result;

	(void)state;
	/* Of an unclear repository. */
	native_put_blob(world, "garbage", linked);
	native_put_link(world, "odd", "_layers", linked, linked);
	native_put_link(world, "odd", "_manifests/revisions", linked, linked);
	/* In a folder of somebody who has nothing to do with the storage. */
	native_put_blob(world, "other garbage", owned);
	path = native_blob_path(owned);
	*strrchr(path, '/') = '\0';
	full = native_world_path(world, path);
	assert_int_equal(chown(full, 12345, 12345), 0);
	/* With a time that the journal cannot hold. */
	native_put_blob(world, "ancient garbage", ancient);
	data = native_blob_path(ancient);
	date(data, -1);
	result = native_collect_well(world, NULL);
	assert_int_equal(result.detached.blobs, 0);
	assert_int_equal(result.unreadable, 2);
	world->now += 30 * HOURS;
	assert_int_equal(native_collect_well(world, NULL).swept.blobs, 0);
	native_blob_is(world, linked, "of an unclear repository");
	native_blob_is(world, owned, "of another user");
	assert_true(native_has_link(world, "odd", linked));
}

/* A run that only began: what it took and moved returns, and leaves the journal. */
static void begin_run(struct native_journal *journal)
{
	struct native_marks *marks = native_world_mark(world);
	struct timespec now = native_world_now(world);
	struct native_choice choice = { 0 };
	struct native_detached detached;
	struct native_swept swept;
	struct err err = { 0 };

	assert_int_equal(native_choose(world->store, marks, journal, &now, GRACE, &choice, &err),
			 0);
	assert_int_equal(
		native_detach(&world->collection, journal, &choice, marks, &now, &detached, &err),
		0);
	assert_int_equal(native_sweep(&world->collection, journal, &choice, &swept, &err), 0);
	assert_int_equal(native_needs_recovery(world->store, journal, &err), 1);
	native_choice_free(&choice);
	native_marks_free(marks);
	native_journal_free(journal);
}

static void test_recovered(void **state)
{
	char digest[DIGEST_TEXT], other[DIGEST_TEXT];
	struct native_recovered recovered;
	struct err err = { 0 };

	(void)state;
	add_garbage(digest, "garbage");
	begin_run(native_world_journal(world));
	assert_false(native_has_link(world, "a", digest));
	assert_int_equal(native_recover(&world->collection, &recovered, &err), 0);
	assert_int_equal(recovered.links, 2);
	assert_true(native_has_link(world, "a", digest));
	assert_true(native_has_link(world, "team/b", digest));
	assert_int_equal(journal_count(), 0);
	/* In phase 2: of what was moved, too; and of the first phase of the same run. */
	(void)native_collect_well(world, NULL);
	world->now += 30 * HOURS;
	add_garbage(other, "other garbage");
	begin_run(native_world_journal(world));
	assert_false(native_has_blob(world, digest));
	assert_int_equal(native_recover(&world->collection, &recovered, &err), 0);
	assert_int_equal(recovered.blobs, 1);
	assert_int_equal(recovered.links, 4);
	native_blob_is(world, digest, "recovered");
	assert_true(native_has_link(world, "team/b", digest));
	assert_true(native_has_link(world, "team/b", other));
	assert_int_equal(journal_count(), 0);
	assert_false(native_world_has(world, LAYOUT_TRASH));
	assert_int_equal(native_recover(&world->collection, &recovered, &err), 0);
	assert_int_equal(recovered.links, 0);
}

/* A link that a power cut left empty is written anew. */
static void test_empty_links_are_replaced(void **state)
{
	char digest[DIGEST_TEXT];
	CLEANUP(free_p) char *path = NULL;
	struct native_recovered recovered;
	struct err err = { 0 };

	(void)state;
	add_garbage(digest, "garbage");
	path = native_link_path("a", "_layers", digest);
	begin_run(native_world_journal(world));
	temporary_text(world->storage, path, "");
	assert_int_equal(native_recover(&world->collection, &recovered, &err), 0);
	assert_int_equal(recovered.links, 2);
	assert_int_equal(native_link_put_back(world->store, "a", digest, &err), 0);
}

static void test_trash_is_kept(void **state)
{
	struct native_visit visit = { .trash_days = 7 };
	char digest[DIGEST_TEXT];
	struct native_trashed trashed = { 0 };
	struct native_trash_summary summary;
	struct timespec now;
	struct err err = { 0 };

	(void)state;
	add_garbage(digest, "garbage");
	(void)native_collect_well(world, &visit);
	world->now += 30 * HOURS;
	assert_int_equal(native_collect_well(world, &visit).emptied.blobs, 0);
	assert_false(native_has_blob(world, digest));
	assert_int_equal(native_trash_find(world->store, digest, &trashed, &err), 1);
	assert_string_equal(trashed.run, world->collection.run);
	assert_int_equal(trashed.size, 7);
	now = native_world_now(world);
	now.tv_sec -= world->now;
	assert_int_equal(native_trash_summary(world->store, 7, &now, &summary, &err), 0);
	assert_int_equal(summary.runs, 1);
	assert_int_equal(summary.blobs, 1);
	assert_int_equal(summary.bytes, 7);
	assert_int_equal(summary.due_blobs, 0);
	assert_in_range(summary.next_due - now.tv_sec, 7 * 86400 - 5, 7 * 86400 + 5);
	world->now = 8 * 24 * HOURS;
	assert_int_equal(native_collect_well(world, &visit).emptied.blobs, 1);
	assert_int_equal(native_trash_find(world->store, digest, &trashed, &err), 0);
}

static void test_restored_from_the_trash(void **state)
{
	struct native_visit visit = { .trash_days = 7 };
	CLEANUP(free_p) char *path = NULL, *full = NULL;
	char digest[DIGEST_TEXT];
	struct err err = { 0 };

	(void)state;
	add_garbage(digest, "garbage");
	(void)native_collect_well(world, &visit);
	world->now += 30 * HOURS;
	(void)native_collect_well(world, &visit);
	assert_int_equal(native_trash_put_back(world->store, digest, &err), 1);
	native_blob_is(world, digest, "restored");
	assert_int_equal(native_link_put_back(world->store, "a", digest, &err), 1);
	assert_int_equal(native_link_put_back(world->store, "a", digest, &err), 0);
	assert_true(native_has_link(world, "a", digest));
	/* There already, as another repository needs it, too. */
	assert_int_equal(native_trash_put_back(world->store, digest, &err), 1);
	path = native_blob_path(digest);
	full = xasprintf("%s/%s", world->storage, path);
	assert_int_equal(unlink(full), 0);
	assert_int_equal(native_trash_put_back(world->store, digest, &err), 0);
	assert_int_equal(native_link_put_back(world->store, "nobody", digest, &err), -1);
	assert_int_equal(native_link_put_back(world->store, "../a", digest, &err), -1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_garbage_goes_in_two_phases),
		TEST(test_the_clock_was_set_back),
		TEST(test_young_stays),
		TEST(test_the_newest_time_counts),
		TEST(test_what_changed_stays),
		TEST(test_needed_links_return),
		TEST(test_what_is_linked_in_the_minute_returns),
		TEST(test_what_is_stored_anew_stays),
		TEST(test_a_folder_in_its_place_is_joined),
		TEST(test_aliases_return),
		TEST(test_hard_links_free_nothing),
		TEST(test_no_grace),
		TEST(test_foreign_layers_get_only_what_was_theirs),
		TEST(test_what_is_not_understood_stays),
		TEST(test_recovered),
		TEST(test_empty_links_are_replaced),
		TEST(test_trash_is_kept),
		TEST(test_restored_from_the_trash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
