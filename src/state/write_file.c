/* Files of the state that are too long to be put together in memory. */
#include "state/folder.h"
#include "state/state.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <unistd.h>

int state_write_file(const struct state *state, const char *file,
		     int (*write)(const void *ctx, FILE *stream, struct err *err), const void *ctx,
		     struct err *err)
{
	CLEANUP(free_p) char *path = xasprintf("%s/%s", state_path(state), file);
	int folder = state_folder_make(state_path(state), err);
	struct file_new stream = { 0 };

	if (folder < 0)
		return -1;
	close(folder);
	if (file_new_open(&stream, path, 0600, err) < 0)
		return -1;
	if (write(ctx, stream.stream, err) == 0)
		return file_new_publish(&stream, err);
	file_new_discard(&stream);
	return err_wrap(err, "%s", path);
}
