/* Allocation that ends the process instead of failing. */
#include "util/xalloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* _exit, because any thread may come here and because atexit handlers may want memory. */
void *xchecked(void *memory)
{
	if (memory)
		return memory;
	fputs("clean-registry: out of memory\n", stderr);
	_exit(EXIT_INTERNAL);
}

void *xmalloc(size_t size)
{
	return xchecked(malloc(size ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
	return xchecked(calloc(count ? count : 1, size ? size : 1));
}

void *xreallocarray(void *old, size_t count, size_t size)
{
	return xchecked(reallocarray(old, count ? count : 1, size ? size : 1));
}

char *xstrdup(const char *text)
{
	return xchecked(strdup(text));
}

char *xstrndup(const char *text, size_t length)
{
	return xchecked(strndup(text, length));
}

char *xasprintf(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	return xchecked(length < 0 ? NULL : text);
}

void xensure(size_t size)
{
	/* Not optimized away with the free(). */
	void *volatile room = xmalloc(size);

	free(room);
}

void die_internal(const char *format, ...)
{
	va_list args;

	fputs("clean-registry: internal error: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	fflush(stderr);
	_exit(EXIT_INTERNAL);
}
