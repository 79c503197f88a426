/* Any bytes as what commands print. The counts add up; saying it again, or in two parts, changes
 * nothing. */
#include "fuzz.h"

#include "in_use.h"

#include <stdbool.h>
#include <string.h>

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void check(const uint8_t *data, size_t size, const struct in_use *in_use)
{
	struct in_use_counts counts = in_use_count(in_use);

	fuzz_require(counts.own + counts.foreign <= counts.references);
	fuzz_require(counts.references <= size);
	fuzz_require(!counts.foreign_host || counts.foreign > 0);
	if (counts.foreign_host)
		fuzz_require(memmem(data, size, counts.foreign_host, strlen(counts.foreign_host)));
	if (in_use_has_tag(in_use, "a", "latest"))
		fuzz_require(counts.own > 0 && memmem(data, size, "/a", 2));
	if (in_use_has_digest(in_use, "sha256:" ZEROS))
		fuzz_require(memmem(data, size, "000000000000", 12));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "r.io", "localhost:5000" };
	struct in_use *once = in_use_new(names, 2), *again = in_use_new(names, 2);
	struct in_use_counts counts;
	size_t half = size / 2;

	/* The same at a boundary between two references. */
	while (half < size && !strchr(" \t\n", data[half] ? data[half] : 'x'))
		half++;
	in_use_add(once, (const char *)data, size);
	check(data, size, once);
	in_use_add(again, (const char *)data, half);
	in_use_add(again, (const char *)data + half, size - half);
	in_use_add(again, (const char *)data, size);
	counts = in_use_count(again);
	fuzz_require(counts.references == in_use_count(once).references);
	fuzz_require(counts.own == in_use_count(once).own);
	fuzz_require(counts.foreign == in_use_count(once).foreign);
	fuzz_require(in_use_has_digest(once, "sha256:" ZEROS) ==
		     in_use_has_digest(again, "sha256:" ZEROS));
	in_use_free(once);
	in_use_free(again);
	return 0;
}
