/* What the fuzz targets share. Built with -fsanitize=fuzzer they search; built with -DFUZZ_MAIN
 * they are ordinary programs that run the files named as arguments. */
#ifndef FUZZ_H
#define FUZZ_H

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

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (fuzz_run_file(argv[i]) < 0)
			return 1;
	}
	printf("%d input%s\n", argc - 1, argc == 2 ? "" : "s");
	return argc > 1 ? 0 : 1;
}
#endif

#endif
