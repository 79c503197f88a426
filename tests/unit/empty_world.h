/* A storage with repositories of which one is empty, in a temporary folder. */
#ifndef TESTS_EMPTY_WORLD_H
#define TESTS_EMPTY_WORLD_H

#include "empty/removal.h"
#include "storage/layout.h"
#include "temporary.h"
#include "util/buf.h"

#include <dirent.h>
#include <ftw.h>
#include <stdbool.h>
#include <time.h>

#define REPOSITORIES "docker/registry/v2/repositories"
#define HEX_A        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX_B        "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define HEX_C        "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define REVISION     "_manifests/revisions/sha256/"
#define LAYER        "_layers/sha256/"
#define HOUR         3600

struct empty_world {
	char *root;
	struct layout *layout;
};

static inline struct empty_world empty_world_new(void)
{
	struct empty_world world = { .root = temporary_folder() };
	struct err err;

	temporary_mkdir(world.root, REPOSITORIES);
	world.layout = layout_open(world.root, &err);
	assert_non_null(world.layout);
	return world;
}

static inline int empty_world_remove(const char *path, const struct stat *status, int type,
				     struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

/* Without a process of its own: there are hundreds of them. */
static inline void empty_world_free(struct empty_world *world)
{
	layout_close(world->layout);
	assert_int_equal(nftw(world->root, empty_world_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(world->root);
}

static inline char *empty_world_path(const struct empty_world *world, const char *repository,
				     const char *path)
{
	return xasprintf("%s/" REPOSITORIES "/%s/%s", world->root, repository, path);
}

/* What SPEC says, in REPOSITORY: "folder/", "file=text" or "link>target". */
static inline void empty_world_make(const struct empty_world *world, const char *repository,
				    const char *spec)
{
	size_t length = strcspn(spec, "=>");
	CLEANUP(free_p)
	char *below = xasprintf(REPOSITORIES "/%s/%.*s", repository, (int)length, spec);
	CLEANUP(free_p) char *whole = xasprintf("%s/%s", world->root, below);

	if (spec[length] == '=')
		temporary_text(world->root, below, spec + length + 1);
	else if (spec[length] == '>')
		assert_int_equal(symlink(spec + length + 1, whole), 0);
	else
		temporary_mkdir(world->root, below);
}

/* As 2.x leaves it behind when its last tag was deleted and what it had was collected. */
static inline void empty_world_empty(const struct empty_world *world, const char *repository)
{
	static const char *const SPECS[] = {
		REVISION HEX_A "/",
		"_manifests/tags/",
		LAYER HEX_B "/link=sha256:" HEX_B,
		LAYER HEX_C "/link=sha256:" HEX_C,
		"_uploads/",
	};

	for (size_t i = 0; i < sizeof SPECS / sizeof *SPECS; i++)
		empty_world_make(world, repository, SPECS[i]);
}

/* One with the tag v1 and its layer. */
static inline void empty_world_image(const struct empty_world *world, const char *repository)
{
	empty_world_make(world, repository, REVISION HEX_A "/link=sha256:" HEX_A);
	empty_world_make(world, repository, "_manifests/tags/v1/current/link=sha256:" HEX_A);
	empty_world_make(world, repository, LAYER HEX_B "/link=sha256:" HEX_B);
}

static inline void empty_world_list_below(const char *folder, const char *shown, struct buf *out)
{
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		CLEANUP(free_p) char *path = xasprintf("%s/%s", folder, name);
		CLEANUP(free_p) char *below = xasprintf("%s/%s", shown, name);

		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
			buf_format(out, "%s\n", below);
			empty_world_list_below(path, below, out);
		}
		free(entries[i]);
	}
	free(entries);
}

/* All that is in the folder of REPOSITORY ("." for all), one path a line, sorted; the caller's. */
static inline char *empty_world_list(const struct empty_world *world, const char *repository)
{
	CLEANUP(free_p) char *folder = empty_world_path(world, repository, "");
	CLEANUP(buf_free) struct buf out = { 0 };

	empty_world_list_below(folder, "", &out);
	return xstrdup(buf_string(&out));
}

static inline bool empty_world_has(const struct empty_world *world, const char *repository,
				   const char *path)
{
	CLEANUP(free_p) char *whole = empty_world_path(world, repository, path);
	struct stat status;

	return lstat(whole, &status) == 0;
}

/* Anything written until now is older than that. */
static inline int64_t empty_world_soon(void)
{
	return (int64_t)time(NULL) + HOUR;
}

#endif
