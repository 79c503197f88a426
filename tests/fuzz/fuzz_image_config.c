/* Any bytes as an image config: an error, or one of the three kinds of date, as it was before. */
#include "fuzz.h"

#include "reference_compare.h"

#include "oci/image_config.h"
#include "util/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	int64_t created = 0;

	if (image_config_created((const char *)data, size, &created, &err) < 0)
		fuzz_require(err.kind == ERR_IO && err.msg[0] != '\0');
	else
		fuzz_require(created == DATE_ABSENT || created == DATE_INVALID ||
			     date_known(created));
	fuzz_require(compare_config((const char *)data, size));
	return 0;
}
