/* The one error shape: a kind and a sentence. */
#include "util/err.h"

#include "util/secrets.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

/* A message that is too long ends with a whole UTF-8 character. TEXT is masked before that. */
static void set_message(struct err *err, char *text)
{
	size_t length = strlen(text);

	secrets_mask(text);
	if (length >= sizeof err->msg) {
		length = sizeof err->msg - 1;
		while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
			length--;
	}
	memcpy(err->msg, text, length);
	err->msg[length] = '\0';
}

__attribute__((format(printf, 1, 0))) static char *format_text(const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		die_internal("format \"%s\" cannot be written", format);
	return text;
}

/* Formatted apart first: the arguments may point into ERR's old message. */
int err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
	CLEANUP(free_p) char *text = NULL;
	va_list args;

	va_start(args, format);
	text = format_text(format, args);
	va_end(args);
	err->kind = kind;
	set_message(err, text);
	return -1;
}

int err_wrap(struct err *err, const char *format, ...)
{
	CLEANUP(free_p) char *where = NULL;
	CLEANUP(free_p) char *text = NULL;
	va_list args;

	va_start(args, format);
	where = format_text(format, args);
	va_end(args);
	text = xasprintf("%s: %s", where, err->msg);
	set_message(err, text);
	return -1;
}
