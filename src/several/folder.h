/* The folder of configurations. Private to src/several. */
#ifndef SEVERAL_FOLDER_H
#define SEVERAL_FOLDER_H

#include "util/err.h"
#include "util/string_list.h"

#define FOLDER_MOST 200 /* registries: each has a process and four descriptors */

/* Appends the names of the files *.json in PATH to NAMES, sorted, without hidden ones. -1
 * (ERR_USAGE): it cannot be read, belongs to neither root nor the user who runs this, others can
 * write it, or it has none, or more than FOLDER_MOST. */
int folder_list(const char *path, struct string_list *names, struct err *err)
	__attribute__((warn_unused_result));

#endif
