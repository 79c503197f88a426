/* Any bytes as a retain list and as a file of repositories. What is read must be in the bytes. */
#include "fuzz.h"

#include "config/config.h"
#include "lists/keep_counts.h"
#include "lists/retain_list.h"

#include <stdbool.h>
#include <string.h>

static bool mentions(const uint8_t *data, size_t size, const char *word)
{
	return memmem(data, size, word, strlen(word)) != NULL;
}

static void check_faults(struct notes *faults, bool failed)
{
	fuzz_require((faults->count > 0) == failed);
	fuzz_require(faults->count <= 21);
	for (size_t i = 0; i < faults->count; i++)
		fuzz_require(strncmp(faults->lines[i], "/f: ", 4) == 0);
	notes_clear(faults);
}

static void check_retain_list(const uint8_t *data, size_t size)
{
	char file[] = "/f", first[] = "a/{id}:{revision}", second[] = "e:{id}{revision}";
	const struct config_retain_list settings = {
		.file = file,
		.patterns = { .items = (char *[]){ first, second, NULL }, .count = 2 },
	};
	struct notes faults = { 0 };
	struct retain_list *list = retain_list_parse(settings.file, &settings.patterns,
						     (const char *)data, size, &faults);

	check_faults(&faults, !list);
	for (size_t i = 0; list && i < retain_list_count(list); i++) {
		const char *id = retain_list_id(list, i);
		char repository[512] = "a/", tag[512];
		size_t found = SIZE_MAX;

		fuzz_require(mentions(data, size, id));
		fuzz_require(strlen(id) < 256);
		strcat(repository, id);
		fuzz_require(retain_list_ask(list, repository, "1", &found) != RETAIN_NOT_LISTED);
		fuzz_require(found == i);
		fuzz_require(retain_list_ask(list, repository, "x", &found) == RETAIN_NOT_LISTED);
		strcat(strcpy(tag, id), "1");
		fuzz_require(retain_list_ask(list, "e", tag, &found) != RETAIN_NOT_LISTED);
	}
	retain_list_free(list);
}

static void check_repositories_file(const uint8_t *data, size_t size)
{
	struct notes faults = { 0 };
	struct keep_counts *file = keep_counts_parse("/f", (const char *)data, size, &faults);

	check_faults(&faults, !file);
	for (size_t i = 0; file && i < keep_counts_count(file); i++) {
		const char *name = keep_counts_name(file, i);

		fuzz_require(mentions(data, size, name));
		fuzz_require(keep_counts_keep(file, name) >= 0);
	}
	keep_counts_free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_retain_list(data, size);
	check_repositories_file(data, size);
	return 0;
}
