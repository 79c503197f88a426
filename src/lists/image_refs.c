/* References of images that are in use, taken apart as Docker does: what stands before the first
 * slash is a host if it has a '.' or ':' or is "localhost", and otherwise a part of a name on
 * Docker Hub (distribution/reference, normalize.go). */
#include "lists/image_refs.h"

#include "oci/digest.h"
#include "registry/api.h"
#include "util/strtab.h"
#include "util/text.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HEX        "0123456789abcdef"
#define ID_MINIMUM 12  /* what `docker ps` shows */
#define ID_MAXIMUM 128 /* sha512 */
#define BLANKS     " \t\n\v\f\r"
#define NOTHING    "<none>" /* what Docker and Kubernetes print for no name */
#define UNREADABLE 80
#define LETTERS    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:/@[]+"

struct image_refs {
	char **names;
	size_t name_count;
	struct strtab *references;   /* all of them, as they came */
	struct strtab *tags;         /* REPOSITORY:TAG */
	struct strtab *foreign_tags; /* the same of other hosts */
	struct strtab *digests;      /* REPOSITORY@DIGEST of this registry */
	struct strtab *bare_ids;     /* hex that came alone */
	struct strtab *plain_ids;    /* those of them without an algorithm */
	char **ids;                  /* hex: sorted, none the beginning of another */
	size_t id_count, id_capacity;
	size_t own, foreign, bare, nameless;
	char *foreign_host;
	char *unreadable; /* the first that is no reference; at most UNREADABLE bytes of it */
};

struct image_refs *image_refs_new(const char *const *names, size_t count)
{
	struct image_refs *in_use = xcalloc(1, sizeof *in_use);

	in_use->names = xcalloc(count + 1, sizeof *in_use->names);
	in_use->name_count = count;
	for (size_t i = 0; i < count; i++)
		in_use->names[i] = xstrdup(names[i]);
	in_use->references = strtab_new();
	in_use->tags = strtab_new();
	in_use->foreign_tags = strtab_new();
	in_use->digests = strtab_new();
	in_use->bare_ids = strtab_new();
	in_use->plain_ids = strtab_new();
	return in_use;
}

void image_refs_free(struct image_refs *in_use)
{
	if (!in_use)
		return;
	for (size_t i = 0; i < in_use->name_count; i++)
		free(in_use->names[i]);
	for (size_t i = 0; i < in_use->id_count; i++)
		free(in_use->ids[i]);
	free(in_use->names);
	free(in_use->ids);
	strtab_free(in_use->references);
	strtab_free(in_use->tags);
	strtab_free(in_use->foreign_tags);
	strtab_free(in_use->digests);
	strtab_free(in_use->bare_ids);
	strtab_free(in_use->plain_ids);
	free(in_use->foreign_host);
	free(in_use->unreadable);
	free(in_use);
}

static bool is_hex(const char *text)
{
	size_t length = strspn(text, HEX);

	return !text[length] && length >= ID_MINIMUM && length <= ID_MAXIMUM;
}

/* The hex of ALGORITHM:HEX, or NULL. */
static const char *hex_of(const char *text)
{
	if (digest_begins(text))
		return is_hex(text + 7) ? text + 7 : NULL;
	return NULL;
}

static void add_id(struct image_refs *in_use, const char *hex)
{
	GROW(in_use->ids, in_use->id_count, in_use->id_capacity);
	in_use->ids[in_use->id_count++] = xstrdup(hex);
}

/* Cuts REFERENCE behind its host. The host, or NULL: it is of Docker Hub, or no reference. */
static const char *take_host(char *reference, char **rest)
{
	char *slash = strchr(reference, '/');

	*rest = reference;
	if (!slash || slash == reference)
		return NULL;
	*slash = '\0';
	if (strpbrk(reference, ".:") || strcasecmp(reference, "localhost") == 0) {
		*rest = slash + 1;
		return reference;
	}
	*slash = '/';
	return NULL;
}

static bool is_own_host(const struct image_refs *in_use, const char *host)
{
	for (size_t i = 0; i < in_use->name_count; i++) {
		if (strcasecmp(in_use->names[i], host) == 0)
			return true;
	}
	return false;
}

/* A host that could be put into protect.registry_names. */
static bool is_plain_host(const char *host)
{
	return host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 ".:-_[]")] == '\0';
}

static void add_foreign(struct image_refs *in_use, const char *host)
{
	in_use->foreign++;
	if (host && !in_use->foreign_host && is_plain_host(host))
		in_use->foreign_host = xstrdup(host);
}

static void add_unreadable(struct image_refs *in_use, const char *text, size_t length)
{
	if (!in_use->unreadable)
		in_use->unreadable = xstrndup(text, length < UNREADABLE ? length : UNREADABLE);
}

/* NAME is REPOSITORY[:TAG] and goes into TAGS. False: it can be no such thing. */
static bool add_tag(struct strtab *tags, char *name, bool has_digest)
{
	char *colon = strchr(name, ':');
	const char *tag = colon ? colon + 1 : "latest";
	char key[512];
	int length;

	if (colon)
		*colon = '\0';
	if (!api_repository_valid(name) || !api_tag_valid(tag))
		return false;
	if (!colon && has_digest)
		return true; /* its digest says it all */
	length = snprintf(key, sizeof key, "%s:%s", name, tag);
	strtab_add(tags, key, (size_t)length);
	return true;
}

/* NAME is what add_tag left of it: the repository. */
static void add_digest(struct strtab *digests, const char *name, const char *digest)
{
	CLEANUP(free_p) char *key = xasprintf("%s@%s", name, digest);

	strtab_add(digests, key, strlen(key));
}

/* REPOSITORY[:TAG] of Docker Hub, and no ID that was cut too short. */
static bool is_hub_name(char *name)
{
	char *colon = strchr(name, ':');

	if (digest_begins(name))
		return false;
	if (colon)
		*colon = '\0';
	return api_repository_valid(name) && (!colon || api_tag_valid(colon + 1));
}

/* REFERENCE is its own copy. False: it is none. */
static bool add_reference(struct image_refs *in_use, char *reference)
{
	char *scheme = strstr(reference, "://");
	char *name = scheme ? scheme + 3 : reference;
	char *digest = strchr(name, '@');
	const char *hex = digest ? hex_of(digest + 1) : hex_of(name);
	const char *host;
	char *rest;
	bool own;

	if (!digest && !hex && is_hex(name)) {
		hex = name;
		strtab_add(in_use->plain_ids, hex, strlen(hex));
	}
	if (hex)
		add_id(in_use, hex);
	if (hex && !digest) {
		strtab_add(in_use->bare_ids, hex, strlen(hex));
		in_use->bare++;
		return true;
	}
	if (!hex && (digest || reference[strspn(reference, LETTERS)] != '\0'))
		return false;
	if (digest)
		*digest = '\0';
	host = take_host(name, &rest);
	own = host && is_own_host(in_use, host);
	if (own && add_tag(in_use->tags, rest, digest)) {
		if (digest)
			add_digest(in_use->digests, rest, digest + 1);
		in_use->own++;
		return true;
	}
	if (host && !own)
		(void)!add_tag(in_use->foreign_tags, rest, digest);
	/* The digest says it all, whatever stands before it. */
	if (!hex && (host ? own : !is_hub_name(rest)))
		return false;
	add_foreign(in_use, host);
	return true;
}

/* One or more times no name, as in "<none>:<none>". */
static bool is_nothing(const char *text)
{
	const char *at = text;

	while (strncmp(at, NOTHING, strlen(NOTHING)) == 0)
		at += strlen(NOTHING) + strspn(at + strlen(NOTHING), ":@");
	return at > text && !*at;
}

static void add_word(struct image_refs *in_use, const char *text, size_t length)
{
	CLEANUP(free_p) char *copy = xstrndup(text, length);

	if (is_nothing(copy))
		in_use->nameless++;
	else if (strlen(copy) < length || !add_reference(in_use, copy))
		add_unreadable(in_use, text, length);
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Drops ids that begin with another listed id: they say nothing more. */
static void sort_ids(struct image_refs *in_use)
{
	size_t count = 0;

	if (in_use->id_count == 0)
		return;
	qsort(in_use->ids, in_use->id_count, sizeof *in_use->ids, compare_ids);
	for (size_t i = 0; i < in_use->id_count; i++) {
		if (count > 0 && text_begins(in_use->ids[i], in_use->ids[count - 1]))
			free(in_use->ids[i]);
		else
			in_use->ids[count++] = in_use->ids[i];
	}
	in_use->id_count = count;
}

void image_refs_add(struct image_refs *in_use, const char *text, size_t length)
{
	const char *end = text + length;

	while (text < end) {
		const char *start = text;
		uint32_t known = strtab_count(in_use->references);

		while (text < end && (!*text || !strchr(BLANKS, *text)))
			text++;
		if (text == start) {
			text++;
			continue;
		}
		if (strtab_add(in_use->references, start, (size_t)(text - start)) < known)
			continue;
		add_word(in_use, start, (size_t)(text - start));
	}
	sort_ids(in_use);
}

static bool has_tag(const struct strtab *tags, const char *repository, const char *tag)
{
	char key[512];
	int length = snprintf(key, sizeof key, "%s:%s", repository, tag);

	return length >= 0 && (size_t)length < sizeof key &&
	       strtab_find(tags, key, (size_t)length) != STRTAB_NONE;
}

void image_refs_each_tag(const struct image_refs *in_use,
			 void (*each)(void *ctx, const char *reference), void *ctx)
{
	for (uint32_t i = 0; i < strtab_count(in_use->tags); i++)
		each(ctx, strtab_text(in_use->tags, i));
}

bool image_refs_has_tag(const struct image_refs *in_use, const char *repository, const char *tag)
{
	return has_tag(in_use->tags, repository, tag);
}

bool image_refs_has_foreign_tag(const struct image_refs *in_use, const char *repository,
				const char *tag)
{
	return has_tag(in_use->foreign_tags, repository, tag);
}

size_t image_refs_id_of(const struct image_refs *in_use, const char *digest)
{
	const char *colon = strchr(digest, ':');
	const char *hex = colon ? colon + 1 : digest;
	size_t low = 0, high = in_use->id_count;

	/* The last ID that is not behind HEX is the only one that it can begin with. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(in_use->ids[middle], hex) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && text_begins(hex, in_use->ids[low - 1]) ? low - 1 : IN_USE_NO_ID;
}

bool image_refs_has_digest(const struct image_refs *in_use, const char *digest)
{
	return image_refs_id_of(in_use, digest) != IN_USE_NO_ID;
}

void image_refs_each_plain_id(const struct image_refs *in_use,
			      void (*each)(void *ctx, const char *hex), void *ctx)
{
	for (uint32_t i = 0; i < strtab_count(in_use->plain_ids); i++)
		each(ctx, strtab_text(in_use->plain_ids, i));
}

void image_refs_each_bare_id(const struct image_refs *in_use,
			     void (*each)(void *ctx, const char *hex), void *ctx)
{
	for (uint32_t i = 0; i < strtab_count(in_use->bare_ids); i++)
		each(ctx, strtab_text(in_use->bare_ids, i));
}

void image_refs_each_digest(const struct image_refs *in_use,
			    void (*each)(void *ctx, const char *repository, const char *digest),
			    void *ctx)
{
	for (uint32_t i = 0; i < strtab_count(in_use->digests); i++) {
		CLEANUP(free_p) char *name = xstrdup(strtab_text(in_use->digests, i));
		char *at = strchr(name, '@');

		*at = '\0';
		each(ctx, name, at + 1);
	}
}

struct in_use_counts image_refs_count(const struct image_refs *in_use)
{
	return (struct in_use_counts){
		.references = strtab_count(in_use->references),
		.own = in_use->own,
		.foreign = in_use->foreign,
		.bare = in_use->bare,
		.nameless = in_use->nameless,
		.ids = in_use->id_count,
		.foreign_host = in_use->foreign_host,
		.unreadable = in_use->unreadable,
	};
}
