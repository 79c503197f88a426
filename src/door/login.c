/* bcrypt by libcrypt, as the registry reads it (golang.org/x/crypto/bcrypt takes $2a$ to $2y$). */
#include "door/login.h"

#include "util/xalloc.h"

#include <crypt.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define COST 4

int door_random(char *text, size_t size, struct err *err)
{
	unsigned char bytes[32];
	size_t count = size / 2;

	if (count > sizeof bytes)
		die_internal("%zu random digits", size);
	if (getrandom(bytes, count, 0) != (ssize_t)count)
		return err_set(err, ERR_IO, "no random numbers: %s", strerror(errno));
	for (size_t i = 0; i < count; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	explicit_bzero(bytes, sizeof bytes);
	return 0;
}

int door_login_line(const char *password, char line[DOOR_LINE], struct err *err)
{
	CLEANUP(free_p) struct crypt_data *data = xcalloc(1, sizeof *data);
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *hash = NULL;

	/* Salted by the kernel's random numbers. */
	if (crypt_gensalt_rn("$2b$", COST, NULL, 0, setting, sizeof setting))
		hash = crypt_rn(password, setting, data, sizeof *data);
	if (hash)
		snprintf(line, DOOR_LINE, "%s:%s\n", DOOR_USER, hash);
	explicit_bzero(data, sizeof *data);
	return hash ? 0
		    : err_set(err, ERR_IO, "libcrypt cannot make a bcrypt hash: %s",
			      strerror(errno));
}
