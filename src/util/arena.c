/* Strings in large chunks that are released together. */
#include "util/arena.h"

#include "util/xalloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)64 * 1024)

struct chunk {
	struct chunk *next;
	char bytes[];
};

struct arena {
	struct chunk *chunks;
	char *free;  /* the unused end of the chunk that is being filled */
	size_t left; /* how long that is */
};

struct arena *arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

void arena_free(struct arena *arena)
{
	struct chunk *next;

	if (!arena)
		return;
	for (struct chunk *chunk = arena->chunks; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(arena);
}

static char *add_chunk(struct arena *arena, size_t size)
{
	struct chunk *chunk;

	if (size > SIZE_MAX / 2)
		die_internal("a string of %zu bytes", size);
	chunk = xmalloc(sizeof *chunk + size);
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return chunk->bytes;
}

static char *take(struct arena *arena, size_t size)
{
	char *taken;

	/* A long string gets a chunk of its own, so that the rest of this one is not lost. */
	if (size > arena->left && size > CHUNK_SIZE / 4)
		return add_chunk(arena, size);
	if (size > arena->left) {
		arena->free = add_chunk(arena, CHUNK_SIZE);
		arena->left = CHUNK_SIZE;
	}
	taken = arena->free;
	arena->free += size;
	arena->left -= size;
	return taken;
}

const char *arena_string(struct arena *arena, const char *text, size_t length)
{
	char *copy;

	if (length == SIZE_MAX)
		die_internal("a string of %zu bytes", length);
	copy = take(arena, length + 1);
	if (length > 0)
		memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

const char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;
	int length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0)
		die_internal("format \"%s\" cannot be written", format);
	text = take(arena, (size_t)length + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)length + 1, format, args);
	va_end(args);
	return text;
}
