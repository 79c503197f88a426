/* The folder at paths.host_storage. */
#ifndef SESSION_FOLDER_H
#define SESSION_FOLDER_H

#include "util/err.h"

#include <stdbool.h>

struct layout; /* storage/layout.h */
struct session;

/* Opens SESSION's layout, or says why there is none: no folder is configured, it is none of a
 * registry, or the registry has its storage elsewhere, by its own configuration, which was asked
 * for if a folder is configured. */
void folder_open(struct session *session);

/* Adds to the inventory, which was read through the API, what that folder alone shows. */
void folder_read_revisions(struct session *session);

/* -1 (ERR_IO): a folder is configured, and the registry has its storage elsewhere, by its own
 * configuration as far as SESSION has asked for that. */
int folder_expect_driver(const struct session *session, struct err *err)
	__attribute__((warn_unused_result));
/* Opens PATH's layout, the caller's. NULL (ERR_IO): there is no registry's storage. */
struct layout *folder_expect_layout(const char *path, struct err *err);
/* Nothing lies in PATH, not even what is hidden. False also when that cannot be seen. */
bool folder_is_empty(const char *path);

#endif
