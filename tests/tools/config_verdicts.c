/* What the program says of many configurations: config_verdicts FILE.
 *
 * Each line of standard input is a configuration, which is written to FILE and read from there. For
 * each its faults are printed, one a line, and then an empty line. */
#include "config/config.h"
#include "util/notes.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int put(const char *path, const char *text, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int result = fd >= 0 && write(fd, text, length) == (ssize_t)length ? 0 : -1;

	if (fd >= 0)
		close(fd);
	return result;
}

static void judge(const char *path)
{
	struct config config = { 0 };
	struct notes faults = { 0 }, warnings = { 0 };

	if (config_load(path, NULL, &config, &faults, &warnings) == 0)
		config_clear(&config);
	for (size_t i = 0; i < faults.count; i++)
		puts(faults.lines[i]);
	putchar('\n');
	notes_clear(&faults);
	notes_clear(&warnings);
}

int main(int argc, char **argv)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	if (argc != 2)
		return 2;
	while ((length = getline(&line, &size, stdin)) > 0) {
		if (put(argv[1], line, (size_t)length) < 0)
			return 1;
		judge(argv[1]);
	}
	free(line);
	return ferror(stdin) || fflush(stdout) != 0;
}
