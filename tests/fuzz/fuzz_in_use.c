/* Any bytes as what commands print. The counts add up; saying it again, or in two parts, changes
 * nothing. */
#include "fuzz.h"

#include "lists/image_refs.h"

#include <stdbool.h>
#include <string.h>

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void check(const uint8_t *data, size_t size, const struct image_refs *in_use)
{
	struct in_use_counts counts = image_refs_count(in_use);

	fuzz_require(counts.own + counts.foreign <= counts.references);
	fuzz_require(counts.references <= size);
	fuzz_require(!counts.foreign_host || counts.foreign > 0);
	if (counts.foreign_host)
		fuzz_require(memmem(data, size, counts.foreign_host, strlen(counts.foreign_host)));
	if (image_refs_has_tag(in_use, "a", "latest"))
		fuzz_require(counts.own > 0 && memmem(data, size, "/a", 2));
	if (image_refs_has_digest(in_use, "sha256:" ZEROS))
		fuzz_require(memmem(data, size, "000000000000", 12));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "r.io", "localhost:5000" };
	struct image_refs *once = image_refs_new(names, 2), *again = image_refs_new(names, 2);
	struct in_use_counts counts;
	size_t half = size / 2;

	/* The same at a boundary between two references. */
	while (half < size && !strchr(" \t\n", data[half] ? data[half] : 'x'))
		half++;
	image_refs_add(once, (const char *)data, size);
	check(data, size, once);
	image_refs_add(again, (const char *)data, half);
	image_refs_add(again, (const char *)data + half, size - half);
	image_refs_add(again, (const char *)data, size);
	counts = image_refs_count(again);
	fuzz_require(counts.references == image_refs_count(once).references);
	fuzz_require(counts.own == image_refs_count(once).own);
	fuzz_require(counts.foreign == image_refs_count(once).foreign);
	fuzz_require(image_refs_has_digest(once, "sha256:" ZEROS) ==
		     image_refs_has_digest(again, "sha256:" ZEROS));
	image_refs_free(once);
	image_refs_free(again);
	return 0;
}
