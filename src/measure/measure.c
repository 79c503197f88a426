/* What the storage takes: one walk that adds up sizes and remembers which blobs there are, each of
 * its threads for itself; what they saw is put together once they have ended. */
#include "measure/measure.h"

#include "measure/blobs.h"
#include "measure/free_space.h"
#include "storage/apart.h"
#include "storage/walk.h"
#include "util/parallel.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BLOCK 512

/* A file that has several names, noted once for each of them that was met. */
struct linked {
	dev_t device;
	ino_t inode;
	bool regular;
	uint64_t bytes;
	uint64_t allocated;
};

/* What one thread saw; in the end the first one's is what all saw. */
struct survey {
	const char *below; /* where in the storage the folder lies that is walked through; NULL: it
			      is the storage */
	bool counted; /* what is there was met before, by another path: blobs alone are noted */
	struct measurement seen;
	struct measure_blobs blobs;
	struct linked *linked;
	size_t linked_count;
	size_t linked_capacity;
};

/* A sum that would overflow becomes, and stays, unknown. */
static void add(uint64_t *sum, uint64_t more)
{
	if (*sum == MEASURE_UNKNOWN || __builtin_add_overflow(*sum, more, sum))
		*sum = MEASURE_UNKNOWN;
}

static uint64_t times(uint64_t count, uint64_t size)
{
	uint64_t product = 0;

	return __builtin_mul_overflow(count, size, &product) ? MEASURE_UNKNOWN : product;
}

static void count_file(struct measurement *out, bool regular, uint64_t bytes, uint64_t allocated)
{
	add(&out->allocated, allocated);
	if (!regular)
		return;
	add(&out->bytes, bytes);
	add(&out->files, 1);
}

/* PATH is relative to the folder that is walked through. */
static bool is_blob(const struct survey *survey, const char *path, unsigned char key[BLOBS_KEY],
		    bool *in_trash)
{
	char whole[512];

	if (!survey->below)
		return blobs_find_place(path, key, in_trash);
	return snprintf(whole, sizeof whole, "%s/%s", survey->below, path) < (int)sizeof whole &&
	       blobs_find_place(whole, key, in_trash);
}

static void note_blob(struct survey *survey, const unsigned char key[BLOBS_KEY], uint64_t size,
		      bool in_trash)
{
	blobs_add(&survey->blobs, key, size);
	if (in_trash) {
		survey->seen.trash_blobs++;
		add(&survey->seen.trash_bytes, size);
	}
}

static void count_entry(struct survey *survey, const struct stat *status)
{
	bool regular = S_ISREG(status->st_mode);
	uint64_t bytes = (uint64_t)status->st_size;
	uint64_t allocated = times((uint64_t)status->st_blocks, BLOCK);

	if (status->st_nlink == 1 || S_ISDIR(status->st_mode)) {
		count_file(&survey->seen, regular, bytes, allocated);
		return;
	}
	GROW(survey->linked, survey->linked_count, survey->linked_capacity);
	survey->linked[survey->linked_count++] =
		(struct linked){ status->st_dev, status->st_ino, regular, bytes, allocated };
}

static bool survey_entry(void *ctx, const char *path, const struct stat *status)
{
	struct survey *survey = ctx;
	unsigned char key[BLOBS_KEY];
	bool in_trash;

	if (!survey->counted)
		count_entry(survey, status);
	if (S_ISREG(status->st_mode) && is_blob(survey, path, key, &in_trash))
		note_blob(survey, key, (uint64_t)status->st_size, in_trash);
	return true;
}

static void survey_trouble(void *ctx, const char *path, int error)
{
	const struct survey *survey = ctx;
	struct measurement *seen = &((struct survey *)ctx)->seen;

	if (seen->unreadable++ == 0)
		snprintf(seen->first_unreadable, sizeof seen->first_unreadable, "%s%s%s: %s",
			 survey->below ? survey->below : "", survey->below ? "/" : "", path,
			 strerror(error));
}

static int compare_linked(const void *left, const void *right)
{
	const struct linked *a = left;
	const struct linked *b = right;

	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	return 0;
}

static void count_linked(struct survey *survey)
{
	struct linked *linked = survey->linked;

	if (survey->linked_count > 0)
		qsort(linked, survey->linked_count, sizeof *linked, compare_linked);
	for (size_t i = 0; i < survey->linked_count; i++)
		if (i == 0 || compare_linked(&linked[i - 1], &linked[i]) != 0)
			count_file(&survey->seen, linked[i].regular, linked[i].bytes,
				   linked[i].allocated);
}

static void merge_sums(struct measurement *into, const struct measurement *from)
{
	add(&into->bytes, from->bytes);
	add(&into->allocated, from->allocated);
	add(&into->files, from->files);
	add(&into->trash_bytes, from->trash_bytes);
	into->trash_blobs += from->trash_blobs;
	if (into->unreadable == 0)
		memcpy(into->first_unreadable, from->first_unreadable,
		       sizeof into->first_unreadable);
	into->unreadable += from->unreadable;
}

/* INTO with MORE elements of FROM, which is released, behind its COUNT. */
static void *append(void *into, size_t *count, void *from, size_t more, size_t size)
{
	if (more > 0) {
		into = xreallocarray(into, *count + more, size);
		memcpy((char *)into + *count * size, from, more * size);
		*count += more;
	}
	free(from);
	return into;
}

static void merge(struct survey *into, struct survey *from)
{
	merge_sums(&into->seen, &from->seen);
	into->linked = append(into->linked, &into->linked_count, from->linked, from->linked_count,
			      sizeof *into->linked);
	into->blobs.items = append(into->blobs.items, &into->blobs.count, from->blobs.items,
				   from->blobs.count, sizeof *into->blobs.items);
}

static void finish(struct survey *survey, struct measurement *out)
{
	struct measure_blobs *blobs = xcalloc(1, sizeof *blobs);

	count_linked(survey);
	merge_sums(out, &survey->seen);
	*blobs = survey->blobs;
	survey->blobs = (struct measure_blobs){ 0 };
	blobs_sort(blobs);
	out->blobs = blobs;
}

/* Folders that were walked through. */
struct walked {
	struct survey *surveys;
	char *roots[APART_PLACES + 1]; /* without symbolic links */
	dev_t devices[APART_PLACES + 1];
	size_t count;
};

/* FOLDER, of DEVICE and without symbolic links, was met by a walk. */
static bool was_met(const struct walked *walked, const char *folder, dev_t device)
{
	for (size_t i = 0; i < walked->count; i++) {
		size_t length = strlen(walked->roots[i]);

		if (walked->devices[i] == device &&
		    strncmp(folder, walked->roots[i], length) == 0 &&
		    (folder[length] == '/' || !folder[length]))
			return true;
	}
	return false;
}

/* BELOW: where PATH is in the storage; NULL: it is that. */
static int walk_through(struct walked *walked, const char *path, const char *below, struct err *err)
{
	void *contexts[WALK_THREADS_MAX];
	unsigned threads = parallel_threads();
	CLEANUP(free_p) char *real = realpath(path, NULL);
	struct stat status;
	bool counted;

	if (!real || stat(real, &status) != 0)
		return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
	counted = was_met(walked, real, status.st_dev);
	for (unsigned i = 0; i < threads; i++) {
		walked->surveys[i].below = below;
		walked->surveys[i].counted = counted;
		contexts[i] = &walked->surveys[i];
	}
	if (!counted)
		add(&walked->surveys[0].seen.allocated, times((uint64_t)status.st_blocks, BLOCK));
	walked->devices[walked->count] = status.st_dev;
	walked->roots[walked->count++] = steal(&real);
	return walk_tree_by_threads(path, survey_entry, survey_trouble, contexts, threads, err);
}

static int walk_through_all(struct walked *walked, const char *host_storage, struct err *err)
{
	int result = walk_through(walked, host_storage, NULL, err);

	for (size_t i = 0; i < APART_PLACES && result == 0; i++) {
		CLEANUP(free_p) char *path = xasprintf("%s/%s", host_storage, apart_place(i));

		if (apart_is(path))
			result = walk_through(walked, path, apart_place(i), err);
	}
	return result;
}

int measure_folder(const char *host_storage, struct measurement *out, struct err *err)
{
	struct survey surveys[WALK_THREADS_MAX] = { 0 };
	struct walked walked = { .surveys = surveys };
	int result;

	measure_nothing(out);
	result = walk_through_all(&walked, host_storage, err);
	for (unsigned i = 1; i < parallel_threads(); i++)
		merge(&surveys[0], &surveys[i]);
	if (result == 0) {
		out->free_space = measure_free_space(host_storage);
		out->bytes = out->files = out->allocated = out->trash_bytes = 0;
		finish(&surveys[0], out);
	}
	for (size_t i = 0; i < walked.count; i++)
		free(walked.roots[i]);
	free(surveys[0].linked);
	free(surveys[0].blobs.items);
	return result;
}

void measure_nothing(struct measurement *out)
{
	*out = (struct measurement){
		.bytes = MEASURE_UNKNOWN,
		.allocated = MEASURE_UNKNOWN,
		.files = MEASURE_UNKNOWN,
		.free_space = MEASURE_UNKNOWN,
		.trash_bytes = MEASURE_UNKNOWN,
	};
}

uint64_t measure_size(const struct measurement *measured)
{
	return measured->bytes != MEASURE_UNKNOWN ? measured->bytes : measured->allocated;
}

void measure_clear(struct measurement *measurement)
{
	if (measurement->blobs)
		free(measurement->blobs->items);
	free(measurement->blobs);
	measure_nothing(measurement);
}
