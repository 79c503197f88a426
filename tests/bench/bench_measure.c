/* The measuring walk alone, for the benchmark: bench_measure FOLDER */
#include "measure/measure.h"

#include <inttypes.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct measurement measured;
	struct err err = { 0 };

	if (argc != 2 || measure_folder(argv[1], &measured, &err) < 0) {
		fprintf(stderr, "bench_measure: %s\n", argc == 2 ? err.msg : "one folder, please");
		return 1;
	}
	printf("%" PRIu64 "\n", measured.allocated / 1024);
	measure_clear(&measured);
	return 0;
}
