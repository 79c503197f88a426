/* Overwrites before it removes. */
#include "util/environment.h"

#include "util/xalloc.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

struct environment {
	char **variables; /* NULL-terminated; the process takes some out while it is in use */
	char **owned;     /* all of them, in the same order at first */
	size_t count;
};

/* The one that the process was started with, once another is used. */
static char **first;

static bool is_variable(const char *text, const char *name, size_t length)
{
	return strncmp(text, name, length) == 0 && text[length] == '=';
}

static void overwrite(char *variable)
{
	char *value = strchr(variable, '=');

	if (value)
		explicit_bzero(value + 1, strlen(value + 1));
}

void environment_forget(const char *variable)
{
	size_t length = strlen(variable);

	/* The initial environment stays readable in /proc/self/environ. */
	for (char **at = environ; at && *at; at++) {
		if (is_variable(*at, variable, length))
			overwrite(*at);
	}
	unsetenv(variable);
}

static struct environment *copy(char *const *from)
{
	struct environment *made = xcalloc(1, sizeof *made);

	while (from[made->count])
		made->count++;
	made->variables = xcalloc(made->count + 1, sizeof *made->variables);
	made->owned = xcalloc(made->count + 1, sizeof *made->owned);
	for (size_t i = 0; i < made->count; i++)
		made->variables[i] = made->owned[i] = xstrdup(from[i]);
	return made;
}

struct environment *environment_copy(void)
{
	static char *const NONE[] = { NULL };

	return copy(environ ? environ : NONE);
}

struct environment *environment_copy_of(const struct environment *other)
{
	return copy(other->variables);
}

void environment_use(struct environment *environment)
{
	if (!first)
		first = environ;
	environ = environment->variables;
}

static bool has(const struct environment *environment, const char *variable)
{
	size_t length = strcspn(variable, "=");
	char **at = environment->variables;

	while (*at && !is_variable(*at, variable, length))
		at++;
	return *at;
}

void environment_hide_others(const struct environment *environment)
{
	for (char **at = first; at && *at; at++) {
		if (!has(environment, *at))
			overwrite(*at);
	}
}

void environment_free(struct environment *environment)
{
	if (!environment)
		return;
	for (size_t i = 0; i < environment->count; i++) {
		overwrite(environment->owned[i]);
		free(environment->owned[i]);
	}
	free(environment->owned);
	free(environment->variables);
	free(environment);
}
