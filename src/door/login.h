/* The door's own login. */
#ifndef DOOR_LOGIN_H
#define DOOR_LOGIN_H

#include "util/err.h"

#include <stddef.h>

#define DOOR_USER     "clean-registry"
#define DOOR_PASSWORD 49 /* with its NUL: 192 bits, hexadecimal */
#define DOOR_WORD     33 /* the same for marks and realms: 128 bits */
#define DOOR_LINE     96

/* Fills TEXT, of SIZE bytes, an odd number of at most 65, with random hexadecimal digits. -1
 * (ERR_IO). */
int door_random(char *text, size_t size, struct err *err) __attribute__((warn_unused_result));
/* The line of an htpasswd file (bcrypt) for DOOR_USER and PASSWORD, with its newline. The cost is
 * the lowest, as the registry pays it for each request: what guards a random password of this
 * length is its length. -1 (ERR_IO): libcrypt has no bcrypt. */
int door_login_line(const char *password, char line[DOOR_LINE], struct err *err)
	__attribute__((warn_unused_result));

#endif
