/* The folder at paths.host_storage. For src/session/session.c only. */
#ifndef SESSION_FOLDER_H
#define SESSION_FOLDER_H

struct session;

/* Opens SESSION's layout, or says why there is none: no folder is configured, it is none of a
 * registry, or the registry has its storage elsewhere, by its own configuration, which was asked
 * for if a folder is configured. */
void folder_open(struct session *session);

/* Adds to the inventory, which was read through the API, what that folder alone shows. */
void folder_read_revisions(struct session *session);

#endif
