/* A growing run of bytes, always followed by a NUL that is not counted. Zero-initialised is empty.
 */
#ifndef UTIL_BUF_H
#define UTIL_BUF_H

#include <stddef.h>

struct buf {
	char *data; /* NULL while nothing was ever added */
	size_t length;
	size_t capacity;
};

void buf_add(struct buf *buf, const void *bytes, size_t length);
void buf_text(struct buf *buf, const char *text);
void buf_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Where LENGTH bytes more may be written; buf_extend then says how many of them were. */
char *buf_reserve(struct buf *buf, size_t length);
void buf_extend(struct buf *buf, size_t length);
/* Empties it and keeps the memory. */
void buf_clear(struct buf *buf);
/* Releases the memory; the buffer is empty and usable afterwards. */
void buf_free(struct buf *buf);
/* The text, "" when empty; borrowed until the next call on BUF. */
const char *buf_string(const struct buf *buf);

#endif
