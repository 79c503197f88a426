/* A walk through all repositories by several threads; each reads the link files that it comes
 * across. */
#include "storage/broken_links.h"

#include "oci/digest.h"
#include "storage/layout.h"
#include "storage/link_file.h"
#include "storage/strays.h"
#include "storage/walk.h"
#include "util/parallel.h"
#include "util/text.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REGISTRY_FOLDER "docker/registry/v2"
#define REVISIONS       "_manifests/revisions/"
#define TAGS            "_manifests/tags/"
#define LAYERS          "_layers/"
#define LINK            "/link"
#define CURRENT         "/current" LINK

/* The state of one thread. */
struct finder {
	int root;         /* the descriptor of docker/registry/v2 */
	int repositories; /* that of the folder below it */
	struct broken_links found;
};

void broken_links_clear(struct broken_links *links)
{
	for (size_t i = 0; i < BROKEN_KINDS; i++)
		buf_free(&links->names[i]);
	*links = (struct broken_links){ 0 };
}

static void add(struct broken_links *links, enum broken_link kind, const char *path)
{
	if (links->counts[kind]++ < OBSTACLES_NAMED)
		buf_format(&links->names[kind], "%s" REGISTRY_FOLDER "/%s",
			   links->counts[kind] > 1 ? ", " : "", path);
}

static void add_below(struct finder *finder, enum broken_link kind, const char *path)
{
	CLEANUP(free_p) char *whole = xasprintf("repositories/%s", path);

	add(&finder->found, kind, whole);
}

/* Where in PATH the name of the repository ends: at the first part that begins with '_'. NULL if
 * there is none. */
static const char *behind_repository(const char *path)
{
	const char *at = path;

	while (at && *at != '_') {
		at = strchr(at, '/');
		at = at ? at + 1 : NULL;
	}
	return at != path ? at : NULL;
}

/* Opening it may wait for ever. */
static bool is_special(const struct stat *status)
{
	return !S_ISREG(status->st_mode) && !S_ISDIR(status->st_mode);
}

/* Whether the link file PATH holds a digest, which goes to TEXT. True as well when nothing is known
 * of it. */
static bool is_sound(const struct finder *finder, const char *path, char text[DIGEST_TEXT])
{
	struct stat status;
	size_t length = 0;

	*text = '\0';
	if (link_file_read(finder->repositories, path, text, &length, &status) == 0)
		return digest_valid(text, length);
	*text = '\0';
	return errno != EFBIG;
}

/* The digest that a revision's folder, "<alg>/<hex>/link", stands for is another one than TEXT, and
 * no alias of it. */
static bool is_other(const char *place, const char *text)
{
	CLEANUP(free_p) char *digest = xstrdup(place);
	char *slash = strchr(digest, '/');

	if (*text == '\0' || !slash)
		return false;
	*slash = ':';
	digest[strlen(digest) - strlen(LINK)] = '\0';
	return digest_valid(digest, strlen(digest)) && strcmp(digest, text) != 0 &&
	       !digest_is_alias(digest, text);
}

/* The bytes of the manifest DIGEST ("": it is not known), which the collector opens and reads. */
static void look_at_data(struct finder *finder, const char *digest)
{
	char path[LAYOUT_BLOB_PATH];
	struct stat status;

	if (!*digest)
		return;
	layout_blob_path(digest, path);
	if (fstatat(finder->root, path, &status, 0) == 0 && is_special(&status))
		add(&finder->found, BROKEN_NO_FILE, path);
}

static void look_at_link(struct finder *finder, const char *path, const char *place)
{
	char text[DIGEST_TEXT];

	if (text_begins(place, REVISIONS) && strays_is_unreadable(path)) {
		add_below(finder, BROKEN_FOREIGN, path);
	} else if (text_begins(place, REVISIONS)) {
		if (!is_sound(finder, path, text)) {
			add_below(finder, BROKEN_REVISION, path);
			return;
		}
		if (is_other(place + strlen(REVISIONS), text))
			add_below(finder, BROKEN_OTHER_REVISION, path);
		look_at_data(finder, text);
	} else if (text_begins(place, LAYERS)) {
		if (!is_sound(finder, path, text))
			add_below(finder, BROKEN_LAYER, path);
	} else if (text_begins(place, TAGS) && text_ends(place, CURRENT)) {
		if (!is_sound(finder, path, text))
			add_below(finder, BROKEN_TAG, path);
	}
}

/* In the place of a link file is something else, or a symbolic link, perhaps to something else. */
static void look_at_special(struct finder *finder, const char *path, const char *place)
{
	bool of_tag = text_begins(place, TAGS) && text_ends(path, CURRENT);
	struct stat status;

	if (fstatat(finder->repositories, path, &status, 0) != 0 || !is_special(&status))
		return;
	if (text_begins(place, REVISIONS) || text_begins(place, LAYERS) || of_tag)
		add_below(finder, BROKEN_NO_FILE, path);
}

/* PATH is a folder _manifests. */
static void look_at_repository(struct finder *finder, const char *path, const char *place)
{
	CLEANUP(free_p) char *layers = xasprintf("%.*s_layers", (int)(place - path), path);
	struct stat status;

	if (fstatat(finder->repositories, layers, &status, 0) != 0 && errno == ENOENT)
		add_below(finder, BROKEN_NO_LAYERS, path);
	else if (strays_is_repository(path, (size_t)(place - path) - 1))
		add_below(finder, BROKEN_FOREIGN, path);
}

static bool look(void *ctx, const char *path, const struct stat *status)
{
	const char *place = behind_repository(path);

	if (strays_is_known(path))
		add_below(ctx, BROKEN_STRAY, path);
	if (!place)
		return true;
	if (S_ISREG(status->st_mode) && text_ends(path, LINK))
		look_at_link(ctx, path, place);
	else if (S_ISDIR(status->st_mode) && strcmp(place, "_manifests") == 0)
		look_at_repository(ctx, path, place);
	else if (is_special(status) && text_ends(path, LINK))
		look_at_special(ctx, path, place);
	return true;
}

static void pass_over(void *ctx, const char *path, int error)
{
	(void)ctx;
	(void)path;
	(void)error;
}

static void merge(struct broken_links *out, struct broken_links *from)
{
	for (size_t kind = 0; kind < BROKEN_KINDS; kind++) {
		const char *names = buf_string(&from->names[kind]);

		if (out->counts[kind] < OBSTACLES_NAMED && *names)
			buf_format(&out->names[kind], "%s%s", out->counts[kind] ? ", " : "", names);
		out->counts[kind] += from->counts[kind];
	}
	broken_links_clear(from);
}

static int walk(const struct layout *layout, int repositories, struct broken_links *out,
		struct err *err)
{
	CLEANUP(free_p) char *path = xasprintf("%s/repositories", layout_path(layout));
	struct finder finders[PARALLEL_THREADS_MAX] = { 0 };
	void *contexts[PARALLEL_THREADS_MAX];
	unsigned count = parallel_threads();
	int result = 0;

	for (unsigned i = 0; i < count; i++) {
		finders[i].root = layout_fd(layout);
		finders[i].repositories = repositories;
		contexts[i] = &finders[i];
	}
	result = walk_tree_by_threads(path, look, pass_over, contexts, count, err);
	for (unsigned i = 0; i < count; i++)
		merge(out, &finders[i].found);
	return result;
}

static void add_stray(void *ctx, const char *path, bool stops)
{
	add(ctx, stops ? BROKEN_FOREIGN : BROKEN_STRAY, path);
}

int broken_links_find(const struct layout *layout, struct broken_links *out, struct err *err)
{
	int repositories =
		openat(layout_fd(layout), "repositories", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int result = 0;

	if (repositories < 0)
		add(out, BROKEN_FOLDER, "repositories");
	if (faccessat(layout_fd(layout), "blobs", F_OK, 0) != 0)
		add(out, BROKEN_FOLDER, "blobs");
	else if (strays_in_blobs(layout, add_stray, out, err) < 0)
		result = -1;
	if (repositories < 0)
		return result;
	if (result == 0)
		result = walk(layout, repositories, out, err);
	close(repositories);
	return result;
}
