/* What was wrong, kept for who asks afterwards: the first so many texts, and how many there were.
 */
#ifndef UTIL_MESSAGES_H
#define UTIL_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>

#define MESSAGES_MOST   1000
#define MESSAGES_LENGTH 4096 /* bytes of one; the rest is cut off */

struct message {
	char *text;
	bool is_error; /* or a warning */
};

struct messages {
	struct message *items; /* in their order */
	size_t count;          /* at most MESSAGES_MOST */
	size_t capacity;
	size_t warnings, errors; /* also those that are not kept */
};

void messages_add(struct messages *messages, bool is_error, const char *text);
void messages_clear(struct messages *messages);

#endif
