/* Reads command lines as distribution's own parser does (cobra and pflag), and where it is not
 * understood, says so. */
#include "gc/process.h"

#include <string.h>

#define VERB     "garbage-collect"
#define VARIABLE "REGISTRY_CONFIGURATION_PATH"

/* What the arguments behind the verb say. */
struct reading {
	const char *config; /* the first that is no option */
	bool dry;
	bool strange; /* an option that is not known: what follows it may be its value */
};

static const char *next(const char *argument)
{
	return argument + strlen(argument) + 1;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* PROGRAM never collects itself. */
static bool is_other(const char *program)
{
	static const char *const NAMES[] = {
		/* clients of container engines: what they started is a process of its own */
		"docker", "podman", "nerdctl", "kubectl", "crictl",
		/* what only looks for the word */
		"grep", "egrep", "fgrep", "zgrep", "rg", "pgrep", "pkill", "awk", "gawk", "mawk"
	};

	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
		if (strcmp(base_name(program), NAMES[i]) == 0)
			return true;
	return false;
}

/* The verb's place; the program's own name is none. NULL: it is not there. */
static const char *find_verb(const char *cmdline, const char *end)
{
	if (cmdline >= end)
		return NULL;
	for (const char *at = next(cmdline); at < end; at = next(at))
		if (strcmp(at, VERB) == 0)
			return at;
	return NULL;
}

/* Such a program may be behind sudo, timeout or ssh. */
static bool has_other(const char *cmdline, const char *verb)
{
	for (const char *at = cmdline; at < verb; at = next(at))
		if (is_other(at))
			return true;
	return false;
}

/* As Go's strconv.ParseBool reads it; the others make the collector end at once. */
static bool is_true(const char *value)
{
	static const char *const TRUE[] = { "1", "t", "T", "TRUE", "true", "True" };

	for (size_t i = 0; i < sizeof TRUE / sizeof *TRUE; i++)
		if (strcmp(value, TRUE[i]) == 0)
			return true;
	return false;
}

static void read_long(const char *option, struct reading *reading)
{
	static const char *const KNOWN[] = { "dry-run", "delete-untagged", "quiet" };
	size_t length = strcspn(option, "=");
	const char *value = option[length] ? option + length + 1 : "true";
	size_t i = 0;

	while (i < sizeof KNOWN / sizeof *KNOWN &&
	       (strlen(KNOWN[i]) != length || strncmp(KNOWN[i], option, length) != 0))
		i++;
	if (i == sizeof KNOWN / sizeof *KNOWN)
		reading->strange = true;
	else if (i == 0)
		reading->dry = is_true(value);
}

/* Several in one word, the last of them with a value if it has one. */
static void read_short(const char *options, struct reading *reading)
{
	for (const char *at = options; *at && *at != '='; at++) {
		if (*at == 'd')
			reading->dry = at[1] != '=' || is_true(at + 2);
		else if (*at != 'm' && *at != 'q')
			reading->strange = true;
	}
}

static struct reading read_arguments(const char *at, const char *end)
{
	struct reading reading = { 0 };
	bool options = true;

	for (; at < end; at = next(at)) {
		if (!options || at[0] != '-' || !at[1])
			reading.config = reading.config ? reading.config : at;
		else if (strcmp(at, "--") == 0)
			options = false;
		else if (at[1] == '-')
			read_long(at + 2, &reading);
		else
			read_short(at + 1, &reading);
	}
	return reading;
}

enum gc_process gc_process_kind(const char *cmdline, size_t length)
{
	const char *end = cmdline + length;
	const char *verb = find_verb(cmdline, end);
	struct reading reading;

	if (!verb || has_other(cmdline, verb))
		return GC_PROCESS_OTHER;
	reading = read_arguments(next(verb), end);
	return reading.dry && !reading.strange ? GC_PROCESS_ASKED : GC_PROCESS_COLLECTS;
}

const char *gc_process_variable(const char *environment, size_t size, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = environment; at < environment + size; at = next(at))
		if (strncmp(at, name, length) == 0 && at[length] == '=')
			return at + length + 1;
	return NULL;
}

bool gc_process_config(const char *cmdline, size_t length, const char *environment, size_t size,
		       const char **path)
{
	const char *verb = find_verb(cmdline, cmdline + length);
	struct reading reading = { 0 };

	if (verb)
		reading = read_arguments(next(verb), cmdline + length);
	*path = reading.config ? reading.config : gc_process_variable(environment, size, VARIABLE);
	/* An empty variable is as none. */
	if (*path && !**path)
		*path = NULL;
	return !reading.strange;
}
