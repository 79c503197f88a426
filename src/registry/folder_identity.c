/* Asks for device and inode. Both GNU's and busybox's stat know this form. */
#include "registry/folder_identity.h"

#include "registry/exec.h"
#include "util/buf.h"
#include "util/proc.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <string.h>

#define ASK_SECONDS 20
#define ASK_LIMIT   ((size_t)4096)

/* "2049 131073\n" */
static int parse(const char *text, struct folder_identity *out)
{
	if (!units_read_u64(&text, &out->device) || *text++ != ' ' ||
	    !units_read_u64(&text, &out->inode))
		return -1;
	return text[strspn(text, "\r\n")] == '\0' ? 0 : -1;
}

int folder_identity_ask(const char *const *exec, const char *path, struct folder_identity *out,
			struct err *err)
{
	const char *const question[] = { "stat", "-L", "-c", "%d %i", path, NULL };
	CLEANUP(free_p) const char **argv = exec_join(exec, question);
	CLEANUP(buf_free) struct buf said = { 0 };
	CLEANUP(buf_free) struct buf errors = { 0 };
	struct proc_result result;
	const char *reason;
	char end[128];

	if (proc_capture(argv, ASK_SECONDS, ASK_LIMIT, &said, &errors, &result, err) < 0)
		return -1;
	if (result.end == PROC_EXITED && result.status == 0 && parse(buf_string(&said), out) == 0)
		return 0;
	if (result.end == PROC_EXITED && result.status == 0)
		return err_set(err, ERR_IO, "stat %s: its answer is not understood", path);
	reason = errors.length ? buf_string(&errors) : buf_string(&said);
	proc_describe(&result, ASK_SECONDS, end, sizeof end);
	return err_set(err, ERR_IO, "stat %s: %s%s%.*s", path, end, *reason ? ": " : "",
		       (int)strcspn(reason, "\n"), reason);
}
