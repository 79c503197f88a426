/* Any bytes as a line of an access log. What is found must be in the bytes, and a name must be one
 * that a registry can have. */
#include "fuzz.h"

#include "oci/digest.h"
#include "pulls/access_line.h"
#include "pulls/target.h"
#include "registry/api.h"
#include "util/date.h"

#include <string.h>

static void check_text(struct access_text text, const uint8_t *data, size_t size)
{
	const char *begin = (const char *)data;

	fuzz_require(text.at >= begin && text.at + text.length <= begin + size);
}

static void check_name(const struct target *target)
{
	size_t end = target_repository(target->name);
	char repository[TARGET_LIMIT];

	fuzz_require(target->api && target->length == strlen(target->name));
	fuzz_require(end < target->length);
	memcpy(repository, target->name, end);
	repository[end] = '\0';
	fuzz_require(api_repository_valid(repository));
	if (target->name[end] == '@')
		fuzz_require(digest_valid(target->name + end + 1, target->length - end - 1));
	else
		fuzz_require(api_tag_valid(target->name + end + 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct access_line line;
	struct target target;

	if (!access_line_parse((const char *)data, size, &line))
		return 0;
	check_text(line.method, data, size);
	check_text(line.target, data, size);
	check_text(line.agent, data, size);
	fuzz_require(line.status <= 999);
	fuzz_require(date_known(line.time) || line.time == DATE_INVALID);
	target_read(&line, "/re/g", &target);
	if (target.length > 0)
		check_name(&target);
	return 0;
}
