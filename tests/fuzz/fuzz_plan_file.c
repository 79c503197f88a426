/* Any bytes as a plan file. What is to go must be in the bytes, and be something that can. */
#include "fuzz.h"

#include "config/config.h"
#include "lists/approved.h"
#include "oci/digest.h"
#include "plan_file/write.h"
#include "registry/api.h"

#include <stdbool.h>
#include <string.h>

static bool mentions(const uint8_t *data, size_t size, const char *word)
{
	return memmem(data, size, word, strlen(word)) != NULL;
}

static void check_line(const struct plan_file *file, const struct plan_file_line *line)
{
	fuzz_require(api_repository_valid(line->repository));
	fuzz_require(!line->tag || api_tag_valid(line->tag));
	fuzz_require(digest_valid(line->digest, strlen(line->digest)));
	fuzz_require(approved_has(file->wanted, line->repository, line->tag, line->digest));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct notes faults = { 0 };
	struct plan_file file;
	int result = plan_file_parse("/f", (const char *)data, size, &file, &faults);

	fuzz_require((result < 0) == (faults.count > 0));
	fuzz_require(faults.count <= 20);
	for (size_t i = 0; i < faults.count; i++)
		fuzz_require(strncmp(faults.lines[i], "/f: ", 4) == 0);
	fuzz_require(result < 0 || (file.registry && file.container));
	fuzz_require(file.line_count == 0 || mentions(data, size, "delete") ||
		     mentions(data, size, "\\u"));
	for (size_t i = 0; i < file.line_count; i++)
		check_line(&file, &file.lines[i]);
	plan_file_clear(&file);
	notes_clear(&faults);
	return 0;
}
