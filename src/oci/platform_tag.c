/* Tries each place where a name may part. */
#include "oci/platform_tag.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define SEPARATORS "-_."
#define DIGITS     "0123456789"

static const char *const SYSTEMS[] = { "linux", "windows", "darwin", "freebsd" };
static const char *const ARCHITECTURES[] = {
	"amd64",   "x86_64",  "x86-64",   "x64",     "x86",     "386",     "i386",    "i686",
	"arm64v8", "arm64",   "aarch64",  "arm32v5", "arm32v6", "arm32v7", "armv5",   "armv6",
	"armv7l",  "armv7",   "armv8",    "armhf",   "armel",   "arm",     "ppc64le", "ppc64",
	"s390x",   "riscv64", "mips64le", "mips64",  "mipsle",  "mips",    "loong64",
};

/* Of COUNT words the one that TEXT, LENGTH bytes, begins with, so that it ends or a separator
 * follows: its length, or 0. */
static size_t begins_with(const char *text, size_t length, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t word = strlen(words[i]);

		if (word <= length && strncasecmp(text, words[i], word) == 0 &&
		    (word == length || strchr(SEPARATORS, text[word])))
			return word;
	}
	return 0;
}

/* "v7", "v8" behind an architecture. */
static bool is_variant(const char *text, size_t length)
{
	return length >= 2 && (*text == 'v' || *text == 'V') &&
	       strspn(text + 1, DIGITS) >= length - 1;
}

/* [SYSTEM-]ARCHITECTURE[-VARIANT], all of it. */
static bool is_platform(const char *text, size_t length)
{
	size_t word = begins_with(text, length, SYSTEMS, sizeof SYSTEMS / sizeof *SYSTEMS);

	if (word > 0 && word < length) {
		text += word + 1;
		length -= word + 1;
	}
	word = begins_with(text, length, ARCHITECTURES,
			   sizeof ARCHITECTURES / sizeof *ARCHITECTURES);
	if (word == 0)
		return false;
	return word == length || is_variant(text + word + 1, length - word - 1);
}

void platform_tag_bases(const char *tag, platform_tag_base each, void *ctx)
{
	size_t length = strlen(tag);

	for (size_t at = 1; at + 1 < length; at++) {
		if (!strchr(SEPARATORS, tag[at]))
			continue;
		if (is_platform(tag + at + 1, length - at - 1))
			each(ctx, tag, at);
		if (is_platform(tag, at))
			each(ctx, tag + at + 1, length - at - 1);
	}
}
