/* systemd's journal as the reader of a stream. */
#ifndef UTIL_JOURNAL_H
#define UTIL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

/* True when what is written to FD goes to the journal: $JOURNAL_STREAM has the device and inode of
 * FD (systemd.exec(5)). That it is set alone says nothing: who started us may have it from systemd,
 * and read our output itself. */
bool journal_reads(int fd);
/* The bytes at the beginning of LINE that tell the journal its priority, "<4>" (sd-daemon(3)); 0:
 * there are none. */
size_t journal_mark_length(const char *line, size_t length);

#endif
