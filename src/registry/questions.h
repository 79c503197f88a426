/* The questions to ask of a catalog, each once. For src/registry/catalog.c only. */
#ifndef REGISTRY_QUESTIONS_H
#define REGISTRY_QUESTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct strtab;

enum question_of {
	PLAIN,  /* a page as the registry links them, or beyond its last */
	EXTRA,  /* a page that begins elsewhere */
	SHORT,  /* the first page with one name fewer: does the registry heed n? */
	DIRECT, /* the tags of the repository LAST */
};

/* As many repositories within each other may break a page in a row. */
#define QUESTION_BREAKS 10

struct question {
	enum question_of kind;
	char *last;      /* the name after which the page begins, or NULL */
	size_t n;        /* names to ask for; 0: left to the registry */
	unsigned broken; /* connections that broke on it, at most QUESTION_BREAKS */
};

struct questions {
	struct question *items;
	size_t count, capacity;
	size_t current;       /* is asked now; what stands before it was */
	struct strtab *asked; /* KIND LAST of those that are asked once */
};

void questions_init(struct questions *questions);
void questions_clear(struct questions *questions);
/* LENGTH bytes of LAST, which may be NULL; pointers into ITEMS are void afterwards. */
void questions_add(struct questions *questions, enum question_of kind, const char *last,
		   size_t length, size_t n);
/* The same where it was not added before. */
void questions_add_once(struct questions *questions, enum question_of kind, const char *last,
			size_t length, size_t n);
/* A plain page, before all that waits: so it is known what plain pages alone bring. */
void questions_add_next(struct questions *questions, const char *last, size_t n);
/* The names to ask for, one fewer for each connection that broke, in the end half; 0: left to the
 * registry. */
size_t questions_size(const struct question *question);

#endif
