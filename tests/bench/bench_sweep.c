/* What phase 2 of the native collector takes, for the benchmark:
 *
 *	bench_sweep make STORE BLOBS    makes a store of so many small blobs that nothing needs
 *	bench_sweep sweep STORE STATE   removes them, and prints the seconds that it took: renamed
 *to the trash, settled, healed, concluded, unlinked; the marks are not counted */
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

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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

static void make_store(const char *root, uint64_t blobs)
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
		int length = snprintf(text, sizeof text, "%" PRIu64, i);

		text[length] = '.';
		make_blob(root, text, digest);
	}
}

static struct native_marks *mark(const struct native_collection *collection)
{
	struct native_marks *marks = NULL;

	need(native_mark(collection->store, &marks, &err) == 0, "mark");
	return marks;
}

static void choose(const struct native_collection *collection, struct native_journal *journal,
		   const struct native_marks *marks, struct timespec *now,
		   struct native_choice *choice)
{
	need(native_store_now(collection->store, now, &err) == 0, "now");
	need(native_choose(collection->store, marks, journal, now, 0, choice, &err) == 0, "choose");
}

static double sweep(const struct native_collection *collection)
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
	need(swept.blobs > 0 && emptied.blobs == choice.due_count, "not all went");
	native_choice_free(&choice);
	native_marks_free(marks);
	native_journal_free(journal);
	return taken;
}

static double sweep_store(const char *root, const char *folder)
{
	struct state_options options = {
		.folder = folder, .url = "http://bench", .container = "", .host_storage = ""
	};
	struct native_store *store = native_store_open(root, &err);
	struct native_collection collection = { .store = store, .run = "bench" };
	double taken = 0;

	need(store, "store");
	collection.state = state_open(&options, &err);
	need(collection.state, "state");
	taken = sweep(&collection);
	native_store_close(store);
	state_close(collection.state);
	return taken;
}

int main(int argc, char **argv)
{
	uint64_t blobs = 0;

	need(argc == 4, "make STORE BLOBS, or sweep STORE STATE");
	if (strcmp(argv[1], "make") == 0) {
		need(units_parse_u64(argv[3], &blobs), "how many blobs");
		make_store(argv[2], blobs);
	} else {
		printf("%f\n", sweep_store(argv[2], argv[3]));
	}
	return 0;
}
