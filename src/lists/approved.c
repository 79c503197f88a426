/* One key for each tag or manifest; no part of a key can hold a NUL. */
#include "lists/approved.h"

#include "util/buf.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

struct approved {
	struct strtab *keys;
};

struct approved *approved_new(void)
{
	struct approved *wanted = xcalloc(1, sizeof *wanted);

	wanted->keys = strtab_new();
	return wanted;
}

void approved_free(struct approved *wanted)
{
	if (!wanted)
		return;
	strtab_free(wanted->keys);
	free(wanted);
}

static void make_key(struct buf *key, const char *repository, const char *tag, const char *digest)
{
	buf_add(key, repository, strlen(repository) + 1);
	if (tag)
		buf_text(key, tag);
	buf_add(key, "", 1);
	buf_text(key, digest);
}

void approved_add(struct approved *wanted, const char *repository, const char *tag,
		  const char *digest)
{
	CLEANUP(buf_free) struct buf key = { 0 };

	make_key(&key, repository, tag, digest);
	strtab_add(wanted->keys, key.data, key.length);
}

bool approved_has(const struct approved *wanted, const char *repository, const char *tag,
		  const char *digest)
{
	CLEANUP(buf_free) struct buf key = { 0 };

	make_key(&key, repository, tag, digest);
	return strtab_find(wanted->keys, key.data, key.length) != STRTAB_NONE;
}
