/* What the native collector's marks say of a storage folder:
 *
 *   native_marks ROOT [again]
 *
 * Prints "blob DIGEST" for every stored blob that is not marked, sorted; "unclear REPOSITORY: WHY";
 * "missing REPOSITORY DIGEST"; and figures on standard error. */
#include "native/marks.h"
#include "native/store.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

static int compare(const void *left, const void *right)
{
	const char *const *a = left, *const *b = right;

	return strcmp(*a, *b);
}

static void print_unmarked(const struct native_marks *marks)
{
	uint32_t count = native_digests_count(marks->digests), found = 0;
	char **texts = xcalloc((size_t)count + 1, sizeof *texts), text[DIGEST_TEXT];

	for (uint32_t i = 0; i < count; i++)
		if ((marks->flags[i] & (NATIVE_STORED | NATIVE_MARKED)) == NATIVE_STORED)
			texts[found++] = xstrdup(native_digests_text(marks->digests, i, text));
	qsort(texts, found, sizeof *texts, compare);
	for (uint32_t i = 0; i < found; i++) {
		printf("blob %s\n", texts[i]);
		free(texts[i]);
	}
	free(texts);
}

static void print(const struct native_marks *marks)
{
	char text[DIGEST_TEXT];

	print_unmarked(marks);
	for (size_t i = 0; i < marks->repository_count; i++)
		if (marks->repositories[i].unclear)
			printf("unclear %s: %s\n", marks->repositories[i].name,
			       marks->repositories[i].unclear);
	for (size_t i = 0; i < marks->missing_count; i++)
		printf("missing %s %s\n", marks->repositories[marks->missing[i].repository].name,
		       native_digests_text(marks->digests, marks->missing[i].named, text));
	if (marks->foreign_names > 0)
		printf("foreign %llu %s\n", (unsigned long long)marks->foreign_names,
		       marks->foreign_name);
}

/* MIDDLE gets when the first mark was done. */
static int mark_twice(const struct native_store *store, bool twice, struct native_marks **marks,
		      struct native_marks **again, int64_t *middle, struct err *err)
{
	if (native_mark(store, marks, err) < 0)
		return -1;
	*middle = time_monotonic_ms();
	return twice ? native_mark_again(store, *marks, again, err) : 0;
}

int main(int argc, char **argv)
{
	struct native_marks *marks = NULL, *again = NULL;
	struct native_store *store = NULL;
	int64_t start = time_monotonic_ms(), middle = 0;
	struct err err;

	if (argc < 2)
		return 2;
	store = native_store_open(argv[1], &err);
	if (!store || mark_twice(store, argc > 2, &marks, &again, &middle, &err) < 0) {
		fprintf(stderr, "native_marks: %s\n", err.msg);
		native_marks_free(marks);
		native_store_close(store);
		return 1;
	}
	print(again ? again : marks);
	fprintf(stderr,
		"%lld ms, again %lld ms; %llu blobs, %llu marked, %llu manifests, %zu links\n",
		(long long)(middle - start), (long long)(time_monotonic_ms() - middle),
		(unsigned long long)marks->blobs_stored, (unsigned long long)marks->blobs_marked,
		(unsigned long long)marks->manifests, marks->link_count);
	native_marks_free(marks);
	native_marks_free(again);
	native_store_close(store);
	return 0;
}
