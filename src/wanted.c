/* One key for each tag or manifest; no part of a key can hold a NUL. */
#include "wanted.h"

#include "util/buf.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

struct wanted {
	struct strtab *keys;
};

struct wanted *wanted_new(void)
{
	struct wanted *wanted = xcalloc(1, sizeof *wanted);

	wanted->keys = strtab_new();
	return wanted;
}

void wanted_free(struct wanted *wanted)
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

void wanted_add(struct wanted *wanted, const char *repository, const char *tag, const char *digest)
{
	CLEANUP(buf_free) struct buf key = { 0 };

	make_key(&key, repository, tag, digest);
	strtab_add(wanted->keys, key.data, key.length);
}

bool wanted_has(const struct wanted *wanted, const char *repository, const char *tag,
		const char *digest)
{
	CLEANUP(buf_free) struct buf key = { 0 };

	make_key(&key, repository, tag, digest);
	return strtab_find(wanted->keys, key.data, key.length) != STRTAB_NONE;
}
