/* A queue that grows while it is worked off, and remembers what was in it. */
#include "registry/questions.h"

#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

void questions_init(struct questions *questions)
{
	*questions = (struct questions){ .asked = strtab_new() };
}

void questions_clear(struct questions *questions)
{
	for (size_t i = 0; i < questions->count; i++)
		free(questions->items[i].last);
	free(questions->items);
	strtab_free(questions->asked);
}

void questions_add(struct questions *questions, enum question_of kind, const char *last,
		   size_t length, size_t n)
{
	GROW(questions->items, questions->count, questions->capacity);
	questions->items[questions->count++] = (struct question){
		.kind = kind, .last = last ? xstrndup(last, length) : NULL, .n = n
	};
}

void questions_add_once(struct questions *questions, enum question_of kind, const char *last,
			size_t length, size_t n)
{
	CLEANUP(free_p) char *key = xasprintf("%u %.*s", (unsigned)kind, (int)length, last);
	uint32_t known = strtab_count(questions->asked);

	if (strtab_add(questions->asked, key, strlen(key)) == known)
		questions_add(questions, kind, last, length, n);
}

void questions_add_next(struct questions *questions, const char *last, size_t n)
{
	size_t at = questions->current + 1;
	struct question question;

	questions_add(questions, PLAIN, last, strlen(last), n);
	question = questions->items[questions->count - 1];
	memmove(questions->items + at + 1, questions->items + at,
		(questions->count - 1 - at) * sizeof question);
	questions->items[at] = question;
}

size_t questions_size(const struct question *question)
{
	size_t n = question->n;

	if (n == 0)
		return 0;
	if (question->broken == QUESTION_BREAKS)
		return n > 1 ? n / 2 : 1;
	return n > question->broken ? n - question->broken : 1;
}
