/* Texts that must reach no log, report or message (S11): a server, a proxy or a program may echo
 * what it was sent. One list for the whole process; add before threads are started. */
#ifndef UTIL_SECRETS_H
#define UTIL_SECRETS_H

#include <stdarg.h>
#include <stddef.h>

/* SECRET (copied) is masked from now on. One of less than four characters is masked only where it
 * stands as a word of its own, or it would mask ordinary text; "" is ignored. */
void secrets_add(const char *secret);
/* PASSWORD in every form in which it is sent or echoed: as it is, percent-escaped, as a JSON string
 * has it, and in the base64 of Basic authentication (RFC 7617) together with USER. */
void secrets_add_login(const char *user, const char *password);
/* KEY, hex digits mostly, as it is and with its letters in either case. */
void secrets_add_key(const char *key);
/* One of the many that come and go during a run (tokens): masked until SECRETS_PASSING others came
 * after it. */
void secrets_add_passing(const char *secret);
#define SECRETS_PASSING 512
/* Forgets all of them. */
void secrets_clear(void);

/* Writes asterisks over each character of TEXT that belongs to a secret. Call it before a text is
 * cut: half a password would not be recognized any more. */
void secrets_mask(char *text);
/* A masked copy of TEXT; the caller's. */
char *secrets_masked(const char *text);
/* As vsnprintf, but what is written is masked before it is cut. */
void secrets_print(char *text, size_t size, const char *format, va_list arguments)
	__attribute__((format(printf, 3, 0)));

#endif
