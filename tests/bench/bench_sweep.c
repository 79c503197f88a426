/* What phase 2 of the native collector takes, beside `rm -r` of the same folders, for the
 * benchmark: bench_sweep FOLDER [BLOBS [ROUNDS]]
 *
 * FOLDER is made, used and removed. Each round makes BLOBS small blobs that nothing needs twice,
 * sweeps the ones (renamed to the trash, settled, healed, concluded, unlinked; the marks are not
 * counted), and removes the others; the medians are printed. */
#include "native/candidates.h"
#include "native/collect.h"
#include "native/journal.h"
#include "native/marks.h"
#include "native/store.h"
#include "oci/digest.h"
#include "state/state.h"
#include "storage/layout.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MOST 99

static struct err err;

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void need(bool is_fine, const char *what)
{
	if (is_fine)
		return;
	fprintf(stderr, "bench_sweep: %s: %s\n", what, err.msg);
	exit(1);
}

static void make_folders(const char *path)
{
	CLEANUP(free_p) char *copy = xstrdup(path);

	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(copy, 0755);
		*slash = '/';
	}
}

static void write_file(const char *path, const char *text)
{
	FILE *file = NULL;

	make_folders(path);
	file = fopen(path, "we");
	need(file && fputs(text, file) >= 0 && fclose(file) == 0, path);
}

static void make_blob(const char *root, const char *text, char digest[DIGEST_TEXT])
{
	char blob[LAYOUT_BLOB_PATH];
	CLEANUP(free_p) char *path = NULL;

	digest_of(text, strlen(text), digest);
	layout_blob_path(digest, blob);
	path = xasprintf("%s/" LAYOUT_FOLDER "/%s", root, blob);
	write_file(path, text);
}

static void make_store(const char *root, uint64_t blobs, unsigned round)
{
	CLEANUP(free_p)
	char *repository = xasprintf("%s/" LAYOUT_FOLDER "/repositories/a/_manifests/tags/", root);
	CLEANUP(free_p)
	char *layers = xasprintf("%s/" LAYOUT_FOLDER "/repositories/a/_layers/", root);
	char digest[DIGEST_TEXT], text[4097];

	make_folders(repository);
	make_folders(layers);
	memset(text, '.', sizeof text);
	text[sizeof text - 1] = '\0';
	for (uint64_t i = 0; i < blobs; i++) {
		int length = snprintf(text, sizeof text, "%u %" PRIu64, round, i);

		text[length] = '.';
		make_blob(root, text, digest);
	}
}

static void run(const char *const *words)
{
	pid_t child = 0;
	int status = 0;

	need(posix_spawnp(&child, words[0], NULL, NULL, (char *const *)(uintptr_t)words, environ) ==
			     0 &&
		     waitpid(child, &status, 0) == child && status == 0,
	     words[0]);
}

static double remove_all(const char *root)
{
	CLEANUP(free_p) char *blobs = xasprintf("%s/" LAYOUT_FOLDER "/blobs/sha256", root);
	double begun = seconds();

	run((const char *const[]){ "rm", "-r", blobs, NULL });
	return seconds() - begun;
}

static struct native_marks *mark(const struct native_collection *collection)
{
	struct native_marks *marks = NULL;

	need(native_mark(collection->store, NULL, &marks, &err) == 0, "mark");
	return marks;
}

static void choose(const struct native_collection *collection, struct native_journal *journal,
		   const struct native_marks *marks, struct timespec *now,
		   struct native_choice *choice)
{
	need(native_store_now(collection->store, now, &err) == 0, "now");
	need(native_choose(collection->store, marks, journal, now, 0, choice, &err) == 0, "choose");
}

static double sweep(const struct native_collection *collection, uint64_t blobs)
{
	struct native_journal *journal = native_journal_load(collection->state, &err);
	struct native_marks *marks = mark(collection);
	struct native_choice choice;
	struct native_detached detached;
	struct native_swept swept;
	struct native_settled settled;
	struct native_healed healed;
	struct native_emptied emptied;
	struct timespec now;
	double taken = 0;

	choose(collection, journal, marks, &now, &choice);
	need(native_detach(collection, journal, &choice, marks, &now, &detached, &err) == 0,
	     "detach");
	native_choice_free(&choice);
	choose(collection, journal, marks, &now, &choice);
	sync();
	taken = seconds();
	need(native_sweep(collection, journal, &choice, &swept, &err) == 0, "sweep");
	need(native_settle(collection, journal, marks, &settled, &err) == 0, "settle");
	need(native_heal(collection, journal, marks, &healed, &err) == 0, "heal");
	need(native_conclude(collection, journal, &err) == 0, "conclude");
	need(native_empty_trash(collection, 0, &now, &emptied, &err) == 0, "empty");
	taken = seconds() - taken;
	need(swept.blobs == blobs && emptied.blobs == blobs, "not all went");
	native_choice_free(&choice);
	native_marks_free(marks);
	native_journal_free(journal);
	return taken;
}

static double sweep_store(const char *folder, const char *root, uint64_t blobs)
{
	CLEANUP(free_p) char *path = xasprintf("%s/state", folder);
	struct state_options options = {
		.folder = path, .url = "http://bench", .container = "", .host_storage = ""
	};
	struct native_collection collection = { .run = "bench" };
	double taken = 0;

	collection.state = state_open(&options, &err);
	need(collection.state, "state");
	collection.store = native_store_open(root, &err);
	need(collection.store, "store");
	taken = sweep(&collection, blobs);
	native_store_close((struct native_store *)(uintptr_t)collection.store);
	state_close(collection.state);
	return taken;
}

static int compare(const void *one, const void *other)
{
	const double *a = one, *b = other;

	return *a < *b ? -1 : *a > *b;
}

int main(int argc, char **argv)
{
	uint64_t blobs = 20000, rounds = 5;
	double ours[ROUNDS_MOST], theirs[ROUNDS_MOST];

	need(argc >= 2 && (argc < 3 || units_parse_u64(argv[2], &blobs)) &&
		     (argc < 4 || units_parse_u64(argv[3], &rounds)) && rounds > 0 &&
		     rounds <= ROUNDS_MOST,
	     "usage: bench_sweep FOLDER [BLOBS [ROUNDS]]");
	for (unsigned i = 0; i < rounds; i++) {
		CLEANUP(free_p) char *one = xasprintf("%s/one", argv[1]);
		CLEANUP(free_p) char *other = xasprintf("%s/other", argv[1]);

		make_store(one, blobs, i);
		make_store(other, blobs, i);
		sync();
		ours[i] = sweep_store(argv[1], one, blobs);
		sync();
		theirs[i] = remove_all(other);
		run((const char *const[]){ "rm", "-r", argv[1], NULL });
	}
	qsort(ours, rounds, sizeof *ours, compare);
	qsort(theirs, rounds, sizeof *theirs, compare);
	printf("%" PRIu64 " blobs: swept in %.2f s, rm -r %.2f s, %.2f times\n", blobs,
	       ours[rounds / 2], theirs[rounds / 2], ours[rounds / 2] / theirs[rounds / 2]);
	return 0;
}
