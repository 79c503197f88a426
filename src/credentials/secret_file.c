/* Who can write a file with a secret, can have us use another one. */
#include "credentials/secret_file.h"

#include "config/config.h"
#include "util/buf.h"
#include "util/notes.h"
#include "util/secure_file.h"

int secret_file_read(const char *name, const char *path, size_t limit, struct buf *text,
		     bool *exposed, struct err *err)
{
	struct notes faults = { 0 };
	struct stat status = { 0 };
	int result = secure_file_read(path, limit, text, &status, &faults);

	if (result < 0)
		err_set(err, ERR_USAGE, "%s: %s", name, faults.lines[0]);
	else if (text->length > limit)
		result =
			err_set(err, ERR_USAGE, "%s: %s: longer than %zu bytes", name, path, limit);
	*exposed = result == 0 && status.st_mode & S_IROTH;
	notes_clear(&faults);
	return result;
}

void secret_file_warn(struct config *config, const char *name, const char *path,
		      struct notes *warnings)
{
	config_note_exposed(config, path);
	notes_add(warnings, "%s: everybody can read it; run: chmod o-r %s", name, path);
}
