/* Keeps the first ones: what follows is often of their making. */
#include "util/messages.h"

#include "util/xalloc.h"

void messages_add(struct messages *messages, bool is_error, const char *text)
{
	if (is_error)
		messages->errors++;
	else
		messages->warnings++;
	if (messages->count == MESSAGES_MOST)
		return;
	GROW(messages->items, messages->count, messages->capacity);
	messages->items[messages->count++] =
		(struct message){ xstrndup(text, MESSAGES_LENGTH), is_error };
}

void messages_clear(struct messages *messages)
{
	for (size_t i = 0; i < messages->count; i++)
		free(messages->items[i].text);
	free(messages->items);
	*messages = (struct messages){ 0 };
}
