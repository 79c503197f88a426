/* What the fuzz targets share. Built with -fsanitize=fuzzer they search; built with -DFUZZ_MAIN
 * they are ordinary tests that speak TAP: each file named as an argument is a case, or else each in
 * the folder FUZZ_CORPUS. A finding ends the program, and with that the test. */
#ifndef FUZZ_H
#define FUZZ_H

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A finding, unlike assert() also with NDEBUG. */
#define fuzz_require(condition)                                             \
	do {                                                                \
		if (!(condition)) {                                         \
			fprintf(stderr, "does not hold: %s\n", #condition); \
			abort();                                            \
		}                                                           \
	} while (0)

#ifdef FUZZ_MAIN
/* The copy has exactly the file's length, so that a sanitizer sees a read beyond it. */
static int fuzz_run_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	long size = -1;
	int result = -1;

	if (file && fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	if (size >= 0 && fseek(file, 0, SEEK_SET) == 0)
		data = malloc(size > 0 ? (size_t)size : 1);
	if (data && fread(data, 1, (size_t)size, file) == (size_t)size)
		result = LLVMFuzzerTestOneInput(data, (size_t)size);
	if (result < 0)
		fprintf(stderr, "%s: cannot be read\n", path);
	free(data);
	if (file)
		fclose(file);
	return result;
}

/* Returns 1 if it failed. */
static int fuzz_case(int number, const char *path)
{
	int failed;

	printf("# %s\n", path);
	fflush(stdout);
	failed = fuzz_run_file(path) != 0;
	printf("%sok %d - %s\n", failed ? "not " : "", number, path);
	return failed;
}

static int fuzz_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int fuzz_corpus(const char *folder)
{
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, fuzz_visible, alphasort);
	int failed = count <= 0;

	printf("1..%d\n", count > 0 ? count : 0);
	for (int i = 0; i < count; i++) {
		char path[4096];

		snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
		failed |= fuzz_case(i + 1, path);
		free(entries[i]);
	}
	free(entries);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc < 2)
		return fuzz_corpus(FUZZ_CORPUS);
	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++)
		failed |= fuzz_case(i, argv[i]);
	return failed;
}
#endif

#endif
