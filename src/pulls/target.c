/* Paths of requests. */
#include "pulls/target.h"

#include "oci/digest.h"
#include "registry/api.h"
#include "util/text.h"

#include <string.h>

#define API       "/v2/"
#define MANIFESTS "/manifests/"

size_t target_repository(const char *name)
{
	return strcspn(name, ":@");
}

static int hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* The byte that DIGITS characters at AT mean, or -1. */
static int hex_number(const char *at, const char *end, int digits)
{
	int number = 0;

	if (end - at < digits)
		return -1;
	for (int i = 0; i < digits; i++) {
		int digit = hex_digit(at[i]);

		if (digit < 0)
			return -1;
		number = number * 16 + digit;
	}
	return number;
}

/* Reads one character of the path, and moves *AT behind it: %2F, and of JSON \/ and \u002F. -1:
 * none that a name can have. */
static int next_byte(const char **at, const char *end, bool escaped)
{
	int byte = (unsigned char)*(*at)++;

	if (byte == '\\' && escaped && *at < end) {
		byte = (unsigned char)*(*at)++;
		if (byte == 'u') {
			byte = hex_number(*at, end, 4);
			*at += byte < 0 ? 0 : 4;
		}
	}
	if (byte == '%') {
		byte = hex_number(*at, end, 2);
		*at += byte < 0 ? 0 : 2;
	}
	return byte > 0 && byte < 128 ? byte : -1;
}

/* The path, decoded, without its query; NULL: it cannot be a manifest's. */
static char *decode(const struct access_line *line, char *path)
{
	const char *at = line->target.at, *end = at + line->target.length;
	size_t length = 0;

	while (at < end && *at != '?' && *at != '#') {
		int byte = next_byte(&at, end, line->escaped);

		if (byte < 0 || length + 1 >= TARGET_LIMIT)
			return NULL;
		path[length++] = (char)byte;
	}
	path[length] = '\0';
	return path;
}

/* Behind scheme and host, if they are there. */
static const char *skip_host(const char *path)
{
	const char *host = strstr(path, "://"), *slash;

	if (path[0] == '/' || !host)
		return path;
	slash = strchr(host + 3, '/');
	return slash ? slash : path;
}

/* The last of them: a repository may have a component of that name. */
static char *find_manifests(char *path)
{
	char *found = NULL;

	while ((path = strstr(path, MANIFESTS)))
		found = path++;
	return found;
}

/* Puts "REPOSITORY:TAG" or "REPOSITORY@DIGEST" into TARGET, if PATH (behind the API's) is one. */
static void name_manifest(char *path, struct target *target)
{
	char *found = find_manifests(path);
	const char *reference = found ? found + strlen(MANIFESTS) : NULL;
	bool digest = found && digest_valid(reference, strlen(reference));
	size_t before, behind;

	if (!found)
		return;
	*found = '\0';
	if (!api_repository_valid(path) || (!digest && !api_tag_valid(reference)))
		return;
	before = strlen(path);
	behind = strlen(reference);
	memcpy(target->name, path, before);
	target->name[before] = digest ? '@' : ':';
	memcpy(target->name + before + 1, reference, behind + 1);
	target->length = before + 1 + behind;
}

void target_read(const struct access_line *line, const char *prefix, struct target *target)
{
	char decoded[TARGET_LIMIT];
	const char *path;

	target->api = false;
	target->length = 0;
	if (!decode(line, decoded))
		return;
	path = skip_host(decoded);
	if (!text_begins(path, API) && text_begins(path, prefix))
		path += strlen(prefix);
	target->api = text_begins(path, API);
	if (target->api)
		name_manifest(decoded + (path - decoded) + strlen(API), target);
}
