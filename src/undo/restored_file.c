/* The list of restored tags in the folder of the state. */
#include "undo/restored.h"

#include "state/state.h"
#include "util/buf.h"
#include "util/xalloc.h"

#include <errno.h>

static int not_known(const struct state *state, const char *why, struct err *err)
{
	return err_set(err, ERR_IO,
		       "%s/" RESTORED_FILE ": %s: which tags were restored is not known; put the "
		       "file aside, and they count as pushed when they were restored",
		       state_path(state), why);
}

int restored_file_read(const struct state *state, struct restored *restored, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err why = { 0 };

	if (!state)
		return 0;
	if (state_read_file(state, RESTORED_FILE, RESTORED_LIMIT, &text, &why) < 0)
		return errno == ENOENT ? 0 : not_known(state, why.msg, err);
	if (restored_parse(restored, buf_string(&text), text.length, &why) < 0)
		return not_known(state, why.msg, err);
	return 0;
}

typedef int (*replacing)(const struct state *state, const char *file, const struct buf *text,
			 struct err *err);

static int save(const struct state *state, const struct restored *restored, replacing replace,
		struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	if (restored_count(restored) == 0) {
		state_remove_file(state, RESTORED_FILE);
		return 0;
	}
	restored_print(restored, &text);
	if (text.length > RESTORED_LIMIT)
		return err_set(err, ERR_IO,
			       "the file " RESTORED_FILE
			       " in paths.state would be longer than 64 MiB");
	return replace(state, RESTORED_FILE, &text, err);
}

int restored_file_write(const struct state *state, const struct restored *restored, struct err *err)
{
	return save(state, restored, state_replace_file, err);
}

int restored_file_add(const struct state *state, const struct restored_tag *tags, size_t count,
		      struct err *err)
{
	struct restored *restored = restored_new();
	int result = restored_file_read(state, restored, err);

	for (size_t i = 0; i < count && result == 0; i++)
		restored_put(restored, &tags[i]);
	if (result == 0 && count > 0)
		result = save(state, restored, state_replace_needed, err);
	restored_free(restored);
	return result;
}
