/* Lists of strings that own them. */
#ifndef UTIL_STRING_LIST_H
#define UTIL_STRING_LIST_H

#include <stddef.h>

struct string_list {
	char **items; /* NULL-terminated, so that it can serve as an argv; NULL when count is 0 */
	size_t count;
};

/* LIST becomes the owner of TEXT. */
void string_list_add(struct string_list *list, char *text);
void string_list_clear(struct string_list *list);

#endif
