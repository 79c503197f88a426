/* What the storage takes, as du counts it where the registry runs. */
#include "measure/measure.h"

#include "registry/exec.h"
#include "util/buf.h"
#include "util/proc.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DU_SECONDS 3600
#define DU_LIMIT   ((size_t)64 * 1024)
#define KIBIBYTE   1024

/* Kibibytes, then a blank or a tab. */
static bool parse_du(struct buf *text, uint64_t *bytes)
{
	uint64_t kibibytes = 0;
	size_t digits = strcspn(buf_string(text), "\t ");

	if (digits == text->length)
		return false;
	text->data[digits] = '\0';
	if (!units_parse_u64(text->data, &kibibytes))
		return false;
	return !__builtin_mul_overflow(kibibytes, KIBIBYTE, bytes) && *bytes != MEASURE_UNKNOWN;
}

/* What du could not read makes its figure too low; what vanished before it came there does not. */
static void note_complaints(const struct buf *errors, struct measurement *out)
{
	const char *line = buf_string(errors);

	while (*line) {
		int length = (int)strcspn(line, "\n");
		CLEANUP(free_p) char *text = xstrndup(line, (size_t)length);

		if (*text && !strstr(text, strerror(ENOENT)) && !strstr(text, strerror(ESTALE)) &&
		    out->unreadable++ == 0)
			snprintf(out->first_unreadable, sizeof out->first_unreadable, "%s", text);
		line += length + (line[length] == '\n');
	}
}

int measure_by_du(const char *const *exec, const char *path, struct measurement *out,
		  struct err *err)
{
	const char *const du[] = { "du", "-sk", path, NULL };
	CLEANUP(free_p) const char **argv = exec_join(exec, du);
	CLEANUP(proc_answer_clear) struct proc_answer answer;
	uint64_t bytes = 0;
	char text[512];

	measure_nothing(out);
	if (proc_ask(argv, DU_SECONDS, DU_LIMIT, &answer, err) != 0)
		return -1;
	/* With 1 du says that it could not see everything, and prints what it saw all the same. */
	if (answer.result.end == PROC_EXITED && answer.result.status <= 1 &&
	    parse_du(&answer.out, &bytes) && (answer.result.status == 0 || bytes > 0)) {
		out->allocated = bytes;
		note_complaints(&answer.errors, out);
		return 0;
	}
	if (proc_succeeded(&answer))
		return err_set(err, ERR_IO, "du %s: its answer is not understood", path);
	return err_set(err, ERR_IO, "du %s: %s", path, proc_failure(&answer, text, sizeof text));
}
