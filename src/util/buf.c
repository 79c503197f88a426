/* A growing run of bytes. */
#include "util/buf.h"

#include "util/xalloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SMALLEST 64

/* Makes room for MORE bytes and the NUL behind them; doubles, so that adding stays cheap. */
static void reserve(struct buf *buf, size_t more)
{
	size_t capacity = buf->capacity < SMALLEST / 2 ? SMALLEST : buf->capacity * 2;
	size_t needed;

	/* Half of the address space is far more than there ever is, and doubling it is safe. */
	if (__builtin_add_overflow(buf->length, more, &needed) || needed >= SIZE_MAX / 2)
		die_internal("%zu bytes do not fit behind %zu", more, buf->length);
	needed++;
	if (needed <= buf->capacity)
		return;
	if (capacity < needed)
		capacity = needed;
	buf->data = xreallocarray(buf->data, capacity, 1);
	buf->capacity = capacity;
}

void buf_add(struct buf *buf, const void *bytes, size_t length)
{
	if (length == 0)
		return;
	reserve(buf, length);
	memcpy(buf->data + buf->length, bytes, length);
	buf->length += length;
	buf->data[buf->length] = '\0';
}

char *buf_reserve(struct buf *buf, size_t length)
{
	reserve(buf, length);
	return buf->data + buf->length;
}

void buf_extend(struct buf *buf, size_t length)
{
	buf->length += length;
	buf->data[buf->length] = '\0';
}

void buf_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_format(struct buf *buf, const char *format, ...)
{
	va_list args;
	size_t room;
	int length;

	/* Written at once where there is room, which there mostly is. */
	reserve(buf, SMALLEST);
	room = buf->capacity - buf->length;
	va_start(args, format);
	length = vsnprintf(buf->data + buf->length, room, format, args);
	va_end(args);
	if (length < 0)
		die_internal("format \"%s\" cannot be written", format);
	if ((size_t)length >= room) {
		reserve(buf, (size_t)length);
		va_start(args, format);
		vsnprintf(buf->data + buf->length, (size_t)length + 1, format, args);
		va_end(args);
	}
	buf->length += (size_t)length;
}

void buf_clear(struct buf *buf)
{
	buf->length = 0;
	if (buf->data)
		buf->data[0] = '\0';
}

void buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){ 0 };
}

const char *buf_string(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}
