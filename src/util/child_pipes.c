/* All are close-on-exec. */
#include "util/child_pipes.h"

#include "util/file.h"
#include "util/proc.h"
#include "util/xalloc.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void child_pipes_close(struct child_pipes *pipes)
{
	file_close(&pipes->in);
	for (int i = 0; i < 2; i++) {
		file_close(&pipes->out[i]);
		file_close(&pipes->errors[i]);
		file_close(&pipes->report[i]);
	}
}

/* A pipe that holds all of INPUT and its end already. -1: errno. */
static int open_input(const char *input)
{
	int ends[2] = { -1, -1 };
	size_t length = strlen(input);

	if (length > PROC_INPUT)
		die_internal("%zu bytes of input for a child", length);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	if (write(ends[1], input, length) != (ssize_t)length)
		file_close(&ends[0]);
	file_close(&ends[1]);
	return ends[0];
}

/* What the child reads. -1: errno. */
static int open_stdin(const struct proc_options *options)
{
	if (options->input_file > 0)
		return fcntl(options->input_file, F_DUPFD_CLOEXEC, 3);
	return options->input ? open_input(options->input)
			      : open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int child_pipes_open(struct child_pipes *pipes, const struct proc_options *options)
{
	pipes->in = open_stdin(options);
	if (pipes->in < 0 || pipe2(pipes->out, O_CLOEXEC) < 0 ||
	    pipe2(pipes->errors, O_CLOEXEC) < 0 || pipe2(pipes->report, O_CLOEXEC) < 0)
		return -1;
	return 0;
}
