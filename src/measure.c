/* What the storage takes: one walk that adds up sizes and remembers which blobs there are, each of
 * its threads for itself; what they saw is put together once they have ended. */
#include "measure.h"

#include "oci/digest.h"
#include "storage/walk.h"
#include "util/buf.h"
#include "util/parallel.h"
#include "util/proc.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define BLOBS_FOLDER "docker/registry/v2/blobs/"
#define KEY_SIZE     32
#define BLOCK        512
#define DU_SECONDS   3600
#define DU_LIMIT     ((size_t)64 * 1024)

/* 256 bits tell blobs apart, so of a longer digest only the beginning is kept. */
struct blob {
	unsigned char key[KEY_SIZE];
	uint64_t size;
};

/* Sorted by key once the walk is over. */
struct measure_blobs {
	struct blob *items;
	size_t count;
	size_t capacity;
};

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

static int nibble(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return -1;
}

/* HEX as bytes, the first of them into KEY. False when it is not LENGTH digits of lower-case hex.
 */
static bool parse_hex(const char *hex, size_t length, unsigned char key[KEY_SIZE])
{
	for (size_t i = 0; i < length; i += 2) {
		int high = nibble(hex[i]);
		int low = nibble(hex[i + 1]);

		if (high < 0 || low < 0)
			return false;
		if (i / 2 < KEY_SIZE)
			key[i / 2] = (unsigned char)(high << 4 | low);
	}
	return true;
}

/* True when PATH is docker/registry/v2/blobs/<alg>/<xx>/<hex>/data; the digest goes into KEY. */
static bool parse_blob_path(const char *path, unsigned char key[KEY_SIZE])
{
	const size_t prefix_length = sizeof BLOBS_FOLDER - 1;
	const size_t head_length = sizeof "sha256/xx/" - 1;
	size_t length = strlen(path);
	const char *hex = NULL;

	if (length < prefix_length + head_length || strncmp(path, BLOBS_FOLDER, prefix_length) != 0)
		return false;
	hex = path + prefix_length + head_length;
	for (const struct digest_algorithm *a = DIGEST_ALGORITHMS; a->name; a++) {
		size_t digits = a->hex;

		if (strncmp(path + prefix_length, a->name, strlen(a->name)) == 0 &&
		    hex[-4] == '/' &&
		    length == prefix_length + head_length + digits + sizeof "/data" - 1 &&
		    strncmp(hex - 3, hex, 2) == 0 && hex[-1] == '/' &&
		    strcmp(hex + digits, "/data") == 0)
			return parse_hex(hex, digits, key);
	}
	return false;
}

static bool survey_entry(void *ctx, const char *path, const struct stat *status)
{
	struct survey *survey = ctx;
	struct measure_blobs *blobs = &survey->blobs;
	bool regular = S_ISREG(status->st_mode);
	uint64_t bytes = (uint64_t)status->st_size;
	uint64_t allocated = times((uint64_t)status->st_blocks, BLOCK);
	unsigned char key[KEY_SIZE];

	if (status->st_nlink > 1 && !S_ISDIR(status->st_mode)) {
		GROW(survey->linked, survey->linked_count, survey->linked_capacity);
		survey->linked[survey->linked_count++] =
			(struct linked){ status->st_dev, status->st_ino, regular, bytes,
					 allocated };
	} else {
		count_file(&survey->seen, regular, bytes, allocated);
	}
	if (regular && parse_blob_path(path, key)) {
		GROW(blobs->items, blobs->count, blobs->capacity);
		memcpy(blobs->items[blobs->count].key, key, KEY_SIZE);
		blobs->items[blobs->count++].size = bytes;
	}
	return true;
}

static void survey_trouble(void *ctx, const char *path, int error)
{
	struct measurement *seen = &((struct survey *)ctx)->seen;

	if (seen->unreadable++ == 0)
		snprintf(seen->first_unreadable, sizeof seen->first_unreadable, "%s: %s", path,
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

static int compare_blobs(const void *left, const void *right)
{
	return memcmp(((const struct blob *)left)->key, ((const struct blob *)right)->key,
		      KEY_SIZE);
}

static void merge_sums(struct measurement *into, const struct measurement *from)
{
	add(&into->bytes, from->bytes);
	add(&into->allocated, from->allocated);
	add(&into->files, from->files);
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
	if (blobs->count > 0)
		qsort(blobs->items, blobs->count, sizeof *blobs->items, compare_blobs);
	out->blobs = blobs;
}

int measure_folder(const char *host_storage, struct measurement *out, struct err *err)
{
	struct survey surveys[WALK_THREADS_MAX] = { 0 };
	void *contexts[WALK_THREADS_MAX];
	unsigned threads = parallel_threads();
	struct statvfs space;
	struct stat root;
	int result = 0;

	measure_nothing(out);
	if (stat(host_storage, &root) != 0)
		return err_set(err, ERR_IO, "%s: %s", host_storage, strerror(errno));
	for (unsigned i = 0; i < threads; i++)
		contexts[i] = &surveys[i];
	result = walk_tree_by_threads(host_storage, survey_entry, survey_trouble, contexts, threads,
				      err);
	for (unsigned i = 1; i < threads; i++)
		merge(&surveys[0], &surveys[i]);
	if (result == 0) {
		if (statvfs(host_storage, &space) == 0)
			out->free_space = times(space.f_bavail, space.f_frsize);
		out->bytes = 0;
		out->files = 0;
		out->allocated = times((uint64_t)root.st_blocks, BLOCK);
		finish(&surveys[0], out);
	}
	free(surveys[0].linked);
	free(surveys[0].blobs.items);
	return result;
}

static const char **du_arguments(const char *const *exec, const char *path)
{
	const char **argv = NULL;
	size_t count = 0;

	while (exec && exec[count])
		count++;
	argv = xcalloc(count + 4, sizeof *argv);
	for (size_t i = 0; i < count; i++)
		argv[i] = exec[i];
	argv[count] = "du";
	argv[count + 1] = "-sk";
	argv[count + 2] = path;
	return argv;
}

/* Kibibytes, then a blank or a tab. */
static bool parse_du(struct buf *text, uint64_t *bytes)
{
	uint64_t kibibytes = 0;
	size_t digits = strcspn(buf_string(text), "\t ");

	if (digits == text->length)
		return false;
	text->data[digits] = '\0';
	if (!units_parse_u64(text->data, &kibibytes))
		return false;
	*bytes = times(kibibytes, 1024);
	return *bytes != MEASURE_UNKNOWN;
}

/* What du could not read makes its figure too low; what vanished before it came there does not. */
static void note_complaints(const struct buf *errors, struct measurement *out)
{
	const char *line = buf_string(errors);

	while (*line) {
		int length = (int)strcspn(line, "\n");
		CLEANUP(free_p) char *text = xstrndup(line, (size_t)length);

		if (*text && !strstr(text, strerror(ENOENT)) && !strstr(text, strerror(ESTALE)) &&
		    out->unreadable++ == 0)
			snprintf(out->first_unreadable, sizeof out->first_unreadable, "%s", text);
		line += length + (line[length] == '\n');
	}
}

int measure_by_du(const char *const *exec, const char *path, struct measurement *out,
		  struct err *err)
{
	CLEANUP(free_p) const char **argv = du_arguments(exec, path);
	CLEANUP(buf_free) struct buf text = { 0 };
	CLEANUP(buf_free) struct buf errors = { 0 };
	struct proc_result result;
	uint64_t bytes = 0;
	char how[128];

	measure_nothing(out);
	if (proc_capture(argv, DU_SECONDS, DU_LIMIT, &text, &errors, &result, err) != 0)
		return -1;
	/* With 1 du says that it could not see everything, and prints what it saw all the same. */
	if (result.end == PROC_EXITED && result.status <= 1 && parse_du(&text, &bytes) &&
	    (result.status == 0 || bytes > 0)) {
		out->allocated = bytes;
		note_complaints(&errors, out);
		return 0;
	}
	if (result.end == PROC_EXITED && result.status == 0)
		return err_set(err, ERR_IO, "du %s: its answer is not understood", path);
	proc_describe(&result, DU_SECONDS, how, sizeof how);
	return err_set(err, ERR_IO, "du %s: %s%s%.*s", path, how, errors.length ? ": " : "",
		       (int)strcspn(buf_string(&errors), "\n"), buf_string(&errors));
}

void measure_nothing(struct measurement *out)
{
	*out = (struct measurement){
		.bytes = MEASURE_UNKNOWN,
		.allocated = MEASURE_UNKNOWN,
		.files = MEASURE_UNKNOWN,
		.free_space = MEASURE_UNKNOWN,
	};
}

void measure_clear(struct measurement *measurement)
{
	if (measurement->blobs)
		free(measurement->blobs->items);
	free(measurement->blobs);
	measure_nothing(measurement);
}

/* The order of two lists' next blobs; a list at its end comes last. */
static int compare_next(const struct measure_blobs *old, size_t i, const struct measure_blobs *new,
			size_t j)
{
	if (i == old->count)
		return 1;
	if (j == new->count)
		return -1;
	return compare_blobs(&old->items[i], &new->items[j]);
}

bool measure_compare(const struct measurement *before, const struct measurement *after,
		     uint64_t *freed, uint64_t *added, uint64_t *freed_count)
{
	const struct measure_blobs *old = before->blobs;
	const struct measure_blobs *new = after->blobs;
	size_t i = 0;
	size_t j = 0;

	*freed = *added = *freed_count = old && new ? 0 : MEASURE_UNKNOWN;
	if (!old || !new)
		return false;
	while (i < old->count || j < new->count) {
		int order = compare_next(old, i, new, j);

		if (order < 0) {
			add(freed, old->items[i].size);
			++*freed_count;
		} else if (order > 0) {
			add(added, new->items[j].size);
		}
		i += order <= 0;
		j += order >= 0;
	}
	return true;
}
