/* Repositories whose tags have a past, written as a script. */
#ifndef HISTORY_WORLD_H
#define HISTORY_WORLD_H

#include "storage_world.h"

#include <fcntl.h>
#include <time.h>

#define DAYS(n)   (T2020 + INT64_C(86400) * (n))
#define LONG_HEX  HEX1 HEX2
#define LINE_ROOM 200

/* The digest that scripts call A, B, C or S; S is a long one. */
static inline const char *history_digest(char name)
{
	switch (name) {
	case 'A':
		return "sha256:" HEX1;
	case 'B':
		return "sha256:" HEX2;
	case 'C':
		return "sha256:" HEX3;
	default:
		return "sha512:" LONG_HEX;
	}
}

static inline void history_time(const char *path, int64_t seconds)
{
	const struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static inline void replace_by_pipe(const char *path)
{
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0644), 0);
}

/* Writes the link BELOW v2 with TEXT; WHEN is a number of days since 2020, or what is wrong with
 * it: it has no link in its folder, or one that is empty, of another digest, a pipe, of tomorrow,
 * or older than any image. */
static inline void history_link(const struct store *store, const char *below, const char *text,
				const char *when)
{
	CLEANUP(free_p) char *path = xasprintf(V2 "%s", below);
	CLEANUP(free_p) char *full = store_path(store, below);
	int64_t written = DAYS(strtol(when, NULL, 10));

	if (strcmp(when, "empty") == 0)
		text = "";
	else if (strcmp(when, "other") == 0)
		text = "sha256:" HEX1 "0";
	else if (strcmp(when, "future") == 0)
		written = (int64_t)time(NULL) + 86400;
	else if (strcmp(when, "ancient") == 0)
		written = DATE_EARLIEST - 1;
	(void)unlink(full);
	temporary_text(store->root, path, text);
	history_time(full, written);
	if (strcmp(when, "pipe") == 0)
		replace_by_pipe(full);
	else if (strcmp(when, "none") == 0)
		assert_int_equal(unlink(full), 0);
}

/* "rev A WHEN", "index TAG A WHEN", "tag TAG A WHEN" (current/link) or "gone TAG", of REPOSITORY.
 */
static inline void history_line(const struct store *store, const char *repository, const char *line)
{
	char kind[8], tag[32] = "", name[2] = "", when[16] = "";
	CLEANUP(free_p) char *folder = NULL;
	CLEANUP(free_p) char *below = NULL;
	const char *digest = NULL;

	assert_int_equal(sscanf(line, "%7s", kind), 1);
	if (strcmp(kind, "rev") == 0)
		assert_int_equal(sscanf(line, "%*s %1s %15s", name, when), 2);
	else
		assert_true(sscanf(line, "%*s %31s %1s %15s", tag, name, when) >= 1);
	digest = history_digest(*name);
	if (strcmp(kind, "gone") == 0) {
		folder = xasprintf("repositories/%s/_manifests/tags/%s", repository, tag);
		temporary_remove(store_path(store, folder));
		return;
	}
	folder =
		*tag ? xasprintf("_manifests/tags/%s/index", tag) : xstrdup("_manifests/revisions");
	if (strcmp(kind, "tag") == 0)
		below = xasprintf("repositories/%s/_manifests/tags/%s/current/link", repository,
				  tag);
	else
		below = store_link_path(repository, folder, digest);
	history_link(store, below, digest, when);
}

/* SCRIPT has such lines, with a semicolon in between. */
static inline void history_write(const struct store *store, const char *repository,
				 const char *script)
{
	char line[LINE_ROOM];

	while (*script) {
		size_t length = strcspn(script, ";");

		assert_true(length < sizeof line);
		memcpy(line, script, length);
		line[length] = '\0';
		history_line(store, repository, line);
		script += length + (script[length] == ';');
	}
}

#endif
