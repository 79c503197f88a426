/* What the tests of the state folder share: a folder, its options, and a log to read back. */
#ifndef TESTS_STATE_WORLD_H
#define TESTS_STATE_WORLD_H

#include "state/state.h"
#include "temporary.h"

#include "util/buf.h"
#include "util/date.h"
#include "util/file.h"
#include "util/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>

#define TEST(function) cmocka_unit_test_setup_teardown(function, world_setup, world_teardown)

#define HEADER "clean-registry debts 2\n"
#define D1     "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define D2     "sha256:2222222222222222222222222222222222222222222222222222222222222222"
#define D3     "sha256:3333333333333333333333333333333333333333333333333333333333333333"

struct world {
	char *root;
	char *folder;  /* paths.state */
	char *storage; /* a folder to be locked */
	char *log;
	struct state_options options;
};

static inline int world_setup(void **state)
{
	struct world *world = xcalloc(1, sizeof *world);

	world->root = temporary_folder();
	world->folder = xasprintf("%s/deep/state", world->root);
	world->storage = xasprintf("%s/storage", world->root);
	world->log = xasprintf("%s/log", world->root);
	world->options = (struct state_options){
		.folder = world->folder,
		.url = "https://registry.example.com:5000/prefix",
		.container = "registry",
		.host_storage = "",
	};
	temporary_mkdir(world->root, "storage");
	log_open(world->log, (struct log_options){ .quiet = true });
	*state = world;
	return 0;
}

static inline int world_teardown(void **state)
{
	struct world *world = *state;

	log_close();
	temporary_remove(world->root);
	free(world->folder);
	free(world->storage);
	free(world->log);
	free(world);
	return 0;
}

static inline struct state *world_open(struct world *world)
{
	struct err err = { 0 };
	struct state *state = state_open(&world->options, &err);

	if (!state)
		fail_msg("state_open: %s", err.msg);
	return state;
}

static inline void world_owe(struct state *state, const char *repository, const char *digest)
{
	struct err err = { 0 };

	assert_int_equal(state_add_pending(state, repository, &digest, 1, DATE_ABSENT, &err), 0);
}

static inline void world_strike(struct state *state, const char *repository, const char *digest,
				bool gone)
{
	struct err err = { 0 };

	assert_int_equal(state_clear_pending(state, repository, digest, gone, &err), 0);
}

/* The registry's own folder: the only one there. The path is the caller's. */
static inline char *world_own_folder(const struct world *world)
{
	DIR *stream = opendir(world->folder);
	const struct dirent *entry = NULL;
	char *path = NULL;

	assert_non_null(stream);
	while ((entry = readdir(stream))) {
		if (entry->d_name[0] == '.')
			continue;
		assert_null(path);
		path = xasprintf("%s/%s", world->folder, entry->d_name);
	}
	closedir(stream);
	assert_non_null(path);
	return path;
}

/* What is in the journal; in OUT, returned. */
static inline const char *world_journal(const struct world *world, struct buf *out)
{
	CLEANUP(free_p) char *own = world_own_folder(world);
	CLEANUP(free_p) char *path = xasprintf("%s/debts", own);
	struct err err = { 0 };

	buf_clear(out);
	if (file_read(AT_FDCWD, path, 1 << 30, out, &err) != 0)
		fail_msg("%s", err.msg);
	return buf_string(out);
}

static inline void world_put_journal(const struct world *world, const char *bytes, size_t length)
{
	CLEANUP(free_p) char *own = world_own_folder(world);

	temporary_write(own, "debts", bytes, length);
}

static inline void world_make_folder(struct world *world)
{
	state_close(world_open(world));
}

static inline void world_add(void *ctx, const char *repository, const char *digest, int64_t since)
{
	buf_format(ctx, "%s@%.8s", repository, digest);
	if (date_known(since))
		buf_format(ctx, "+%" PRId64, since - DATE_EARLIEST);
	buf_text(ctx, " ");
}

/* "DEBTS| GONE|" and "collect" when one is owed; in OUT, returned. */
static inline const char *world_tell(const struct state *state, struct buf *out)
{
	buf_clear(out);
	state_each_pending(state, world_add, out);
	buf_text(out, "| ");
	state_each_gone(state, world_add, out);
	buf_text(out, "|");
	if (state_collection_is_pending(state))
		buf_text(out, " collect");
	return buf_string(out);
}

static inline bool world_logged(const struct world *world, const char *text)
{
	CLEANUP(buf_free) struct buf log = { 0 };
	struct err err = { 0 };

	assert_int_equal(file_read(AT_FDCWD, world->log, 1 << 20, &log, &err), 0);
	return strstr(buf_string(&log), text) != NULL;
}

#endif
