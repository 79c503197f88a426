/* The head of an answer: its status line and the headers that matter to us. Private to src/http. */
#ifndef HTTP_HEADERS_H
#define HTTP_HEADERS_H

#include "util/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum header {
	HEADER_CONTENT_TYPE,
	HEADER_CONTENT_LENGTH,
	HEADER_CONTENT_RANGE,
	HEADER_DIGEST,
	HEADER_LINK,
	HEADER_LOCATION,
	HEADER_ALLOW,
	HEADER_WWW_AUTHENTICATE,
	HEADER_DATE,
	HEADER_RETRY_AFTER,
	HEADER_REQUEST_ID,
	HEADER_TOTAL_COUNT,
	HEADERS
};

/* Zero-initialised is empty; the memory is used again and again. */
struct headers {
	struct buf values[HEADERS];
	bool over;        /* what still comes are trailers */
	char version[12]; /* of the status line: "HTTP/1.1" */
	char reason[64];  /* of it, too */
	char cached[80];  /* the first line that says that a cache answered, or "" */
};

/* Forgets the answer before. */
void headers_clear(struct headers *headers);
void headers_free(struct headers *headers);
/* Takes one LINE of the head, with or without its line end. A status line begins anew. */
void headers_take(struct headers *headers, const char *line, size_t length);
/* NULL when it is absent. Borrowed from HEADERS. */
const char *headers_get(const struct headers *headers, enum header which);
/* How many bytes the whole thing has, as an answer of STATUS says: the complete length in
 * Content-Range of a 206 or 416, Content-Length of a 200; -1 when it does not say. */
int64_t headers_total(const struct headers *headers, int status);

#endif
