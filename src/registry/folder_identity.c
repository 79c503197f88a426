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
	CLEANUP(proc_answer_clear) struct proc_answer answer;
	char text[512];

	if (proc_ask(argv, ASK_SECONDS, ASK_LIMIT, &answer, err) < 0)
		return -1;
	if (!proc_succeeded(&answer))
		return err_set(err, ERR_IO, "stat %s: %s", path,
			       proc_failure(&answer, text, sizeof text));
	if (parse(buf_string(&answer.out), out) < 0)
		return err_set(err, ERR_IO, "stat %s: its answer is not understood", path);
	return 0;
}
