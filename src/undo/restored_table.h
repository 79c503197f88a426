/* The table of restored tags, for the files of src/undo/restored*.c alone. */
#ifndef UNDO_RESTORED_TABLE_H
#define UNDO_RESTORED_TABLE_H

#include "undo/restored.h"

#include <stdbool.h>
#include <stddef.h>

struct restored_item {
	struct restored_tag tag;          /* its strings are those below */
	char *repository, *name, *digest; /* owned */
	bool found;                       /* the inventory has it as it was restored */
	bool over;                        /* it is not any more as it was restored */
};

struct restored {
	struct restored_item *items; /* by repository, then by tag */
	size_t count, capacity;
	bool changed; /* something was struck off since it was read */
};

/* NULL: there is none of that name. */
struct restored_item *restored_item_find(const struct restored *restored, const char *repository,
					 const char *tag);
/* Removes those that are over. */
void restored_drop_over(struct restored *restored);

#endif
