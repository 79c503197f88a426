/* Reads a registry's access log: from files, from a container's engine, or from the journal. */
#ifndef PULLS_LOG_H
#define PULLS_LOG_H

#include "util/err.h"

struct buf;
struct config;
struct pulls;

/* Gives PULLS (pulls/pulls.h) all lines since pulls_read_until, as pulled.from of CONFIG says, and
 * waits up to PULLS_LOG_WAIT_MS for the proof of this run. -1: ERR_IO, some of it cannot be read,
 * so that pulls may be missing; ERR_STOPPED. */
int pulls_log_read(struct pulls *pulls, const struct config *config, struct err *err)
	__attribute__((warn_unused_result));
#define PULLS_LOG_WAIT_MS 10000

/* A word of 64 digits for what CONFIG says is read, and what of it is ignored; another word for
 * another log. TEXT has PULLS_SOURCE_SIZE bytes; returned. */
const char *pulls_log_source(const struct config *config, char *text);

/* What it reads, for people: "/var/log/nginx/access.log"; appended. */
void pulls_log_name(const struct config *config, struct buf *out);

#endif
