/* Any bytes as a date. One that is read and is written in UTC must be what glibc's calendar makes
 * of the same digits. */
#include "fuzz.h"

#include "util/date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void check_utc(const char *text, int64_t date)
{
	struct tm tm = { 0 };
	char day[20];

	memcpy(day, text, 19);
	day[19] = '\0';
	day[10] = 'T';
	fuzz_require(strptime(day, "%Y-%m-%dT%H:%M:%S", &tm) == day + 19);
	fuzz_require(timegm(&tm) == date);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	int64_t date = date_parse(text, size);

	fuzz_require(date == DATE_INVALID || date_known(date));
	if (date_known(date)) {
		fuzz_require(size >= 20);
		if (text[size - 1] == 'Z' || text[size - 1] == 'z')
			check_utc(text, date);
	}
	return 0;
}
