/* Checks header and SHA-256 of a state file. */
#include "lists/checksummed.h"

#include "util/buf.h"

#include <string.h>

#define SUM_LENGTH ((size_t)(7 + 64)) /* "sha256:" and its digits */

int checksummed_open(const char *header, const char *text, size_t length, size_t *body,
		     char sum[DIGEST_TEXT], struct err *err)
{
	size_t head = strlen(header);
	const char *version = strrchr(header, ' ') + 1;
	const char *what = strchr(header, ' ') + 1;
	size_t name = (size_t)(version - header);
	size_t covered;

	if (length < name || memcmp(text, header, name) != 0)
		return err_set(err, ERR_IO, "not a %.*s", (int)(version - 1 - what), what);
	if (length < head || memcmp(text, header, head) != 0)
		return err_set(err, ERR_IO, "of another version");
	if (length < head + SUM_LENGTH + 1)
		return err_set(err, ERR_IO, "cut off");
	covered = length - SUM_LENGTH - 1;
	if (text[covered - 1] != '\n' || text[length - 1] != '\n' || memchr(text, '\0', length))
		return err_set(err, ERR_IO, "damaged");
	if (memcmp(digest_of(text, covered, sum), text + covered, SUM_LENGTH) != 0)
		return err_set(err, ERR_IO, "damaged: it does not match its checksum");
	*body = covered - head;
	return 0;
}

void checksummed_close(struct buf *text, char sum[DIGEST_TEXT])
{
	buf_format(text, "%s\n", digest_of(text->data, text->length, sum));
}
