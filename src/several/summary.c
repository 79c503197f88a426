/* The table at the end. */
#include "several/summary.h"

#include "session/exit_code.h"

#include <string.h>

static int name_width(const struct member *members, size_t count)
{
	size_t width = strlen("registry");

	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(members[i].name);

		width = length > width ? length : width;
	}
	return (int)width;
}

static void print_member(const struct member *member, int width, FILE *out)
{
	double seconds = (double)(member->ended_ms - member->began_ms) / 1000;

	if (!member->begun)
		fprintf(out, "%-*s     -         -         -       -  not begun\n", width,
			member->name);
	else if (member->signal)
		fprintf(out, "%-*s  %4d  %8.1f         -       -  killed by signal %d (%s)\n",
			width, member->name, member->code, seconds, member->signal,
			strsignal(member->signal));
	else
		fprintf(out, "%-*s  %4d  %8.1f  %8u  %6u  %s\n", width, member->name, member->code,
			seconds, member->warnings, member->errors_told,
			exit_code_words(member->code));
}

void summary_print(const struct member *members, size_t count, FILE *out)
{
	int width = name_width(members, count);

	fprintf(out, "%-*s  exit   seconds  warnings  errors\n", width, "registry");
	for (size_t i = 0; i < count; i++)
		print_member(&members[i], width, out);
}
