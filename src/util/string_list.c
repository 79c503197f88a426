/* Lists of strings that own them. */
#include "util/string_list.h"

#include "util/xalloc.h"

void string_list_add(struct string_list *list, char *text)
{
	list->items = xreallocarray(list->items, list->count + 2, sizeof *list->items);
	list->items[list->count++] = text;
	list->items[list->count] = NULL;
}

void string_list_clear(struct string_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct string_list){ 0 };
}
