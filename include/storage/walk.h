/* Walks a folder tree of any depth without recursion and with few open descriptors. Symbolic links
 * are not followed (the root may be one), folders of other file systems neither entered nor told.
 */
#ifndef STORAGE_WALK_H
#define STORAGE_WALK_H

#include "util/err.h"
#include "util/parallel.h"

#include <stdbool.h>
#include <sys/stat.h>

#define WALK_THREADS_MAX PARALLEL_THREADS_MAX

/* Called for every entry below the root, folders included (before what is in them). PATH is
 * relative to the root, borrowed during the call. Returning false ends the walk. */
typedef bool (*walk_entry)(void *ctx, const char *path, const struct stat *status);
/* Called for what could not be read; PATH as above ("." for the root), ERROR an errno. Vanished
 * entries are not told. */
typedef void (*walk_trouble)(void *ctx, const char *path, int error);

/* -1 (ERR_IO) only when ROOT itself cannot be opened as a folder, or the walk was ended, by ENTRY
 * or by a stop signal (ERR_STOPPED). */
int walk_tree(const char *root, walk_entry entry, walk_trouble trouble, void *ctx, struct err *err)
	__attribute__((warn_unused_result));

/* As walk_tree, with COUNT threads, the calling one among them; all have ended when it returns.
 * Each calls back with one of CONTEXTS that no other uses. An entry is told once, by any of them;
 * when one of them ends the walk, others may tell a few entries more. */
int walk_tree_by_threads(const char *root, walk_entry entry, walk_trouble trouble,
			 void *const *contexts, unsigned count, struct err *err)
	__attribute__((warn_unused_result));

#endif
