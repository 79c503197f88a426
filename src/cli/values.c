/* Rules for single values on the command line. */
#include "cli/values.h"

#include "config/config.h"
#include "lists/holds.h"
#include "registry/api.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define TOP_MOST      1000000
#define PARALLEL_MOST 64
#define DAYS_MOST     36500  /* a century */
#define MINUTES_MOST  525600 /* a year */

int cli_check_file(const char *option, const char *text, struct err *err)
{
	if (!text || !*text)
		return err_set(err, ERR_USAGE, "--%s: the name of a file is missing", option);
	/* "--report -n" would otherwise be a run that deletes. */
	if (*text == '-')
		return err_set(err, ERR_USAGE,
			       "--%s: '%s' looks like an option; a file of that name is ./%s",
			       option, text, text);
	return 0;
}

int cli_check_name(const char *option, char *text, const char *what, struct err *err)
{
	size_t length = text ? strlen(text) : 0;

	if (length == 0 || *text == '-' || *text == '/')
		return err_set(err, ERR_USAGE, "--%s: the name of a %s is expected", option, what);
	if (text[length - 1] == '/')
		text[length - 1] = '\0';
	return 0;
}

int cli_check_target(const char *option, char *text, const char *what, struct err *err)
{
	if (cli_check_name(option, text, what, err) < 0)
		return -1;
	if (!api_repository_valid(text))
		return err_set(err, ERR_USAGE, "--%s: no %s can have the name '%.300s'%s", option,
			       what, text,
			       strpbrk(text, "*?") ? "; --namespace NAME takes all below NAME/"
						   : "");
	return 0;
}

int cli_make_absolute(const char *option, char **path, struct err *err)
{
	char *here, *whole;

	if (**path == '/')
		return 0;
	here = getcwd(NULL, 0);
	if (!here)
		return err_set(err, ERR_USAGE, "--%s: %s", option, strerror(errno));
	whole = xasprintf("%s/%s", here, *path);
	free(here);
	free(*path);
	*path = whole;
	return 0;
}

static int take_number(const char *option, char *text, unsigned most, uint64_t *number,
		       struct err *err)
{
	CLEANUP(free_p) char *owned = text;
	uint64_t given = 0;

	if (!owned || !units_parse_u64(owned, &given) || given < 1 || given > most)
		return err_set(err, ERR_USAGE, "--%s: a whole number from 1 to %u is expected",
			       option, most);
	*number = given;
	return 0;
}

int cli_take_top(const char *option, char *text, uint64_t *top, struct err *err)
{
	return take_number(option, text, TOP_MOST, top, err);
}

int cli_take_parallel(const char *option, char *text, uint64_t *parallel, struct err *err)
{
	return take_number(option, text, PARALLEL_MOST, parallel, err);
}

int cli_take_days(const char *option, char *text, uint64_t *days, struct err *err)
{
	return take_number(option, text, DAYS_MOST, days, err);
}

int cli_check_reason(const char *option, const char *text, struct err *err)
{
	for (const char *at = text ? text : ""; *at; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return err_set(err, ERR_USAGE, "--%s: one line of text is expected",
				       option);
	}
	if (text && strlen(text) > HOLDS_REASON)
		return err_set(err, ERR_USAGE, "--%s: at most %d bytes are expected", option,
			       HOLDS_REASON);
	return 0;
}

int cli_take_named(const char *option, char *text, char **out, struct err *err)
{
	*out = text;
	if (!text || !*text || *text == '-')
		return err_set(err, ERR_USAGE, "--%s: a name is expected behind it", option);
	return 0;
}

int cli_take_engine(const char *option, char *text, char **out, struct err *err)
{
	*out = text;
	if (text && (strcmp(text, "docker") == 0 || strcmp(text, "podman") == 0 ||
		     strcmp(text, "nerdctl") == 0))
		return 0;
	return err_set(err, ERR_USAGE, "--%s: docker, podman or nerdctl is expected", option);
}

int cli_take_format(const char *option, char *text, enum output_format *format, struct err *err)
{
	CLEANUP(free_p) char *owned = text;

	if (owned && strcmp(owned, "report") == 0)
		*format = FORMAT_REPORT;
	else if (owned && strcmp(owned, "scaleway") == 0)
		*format = FORMAT_SCALEWAY;
	else
		return err_set(err, ERR_USAGE, "--%s: report or scaleway is expected", option);
	return 0;
}

int cli_take_minutes(const char *option, char *text, int64_t *milliseconds, struct err *err)
{
	CLEANUP(free_p) char *owned = text;
	size_t digits = owned ? strspn(owned, "0123456789") : 0;
	const char *fraction = owned ? owned + digits : "";
	double minutes = 0;

	/* No exponent, no sign, no hexadecimal. */
	if (*fraction == '.')
		fraction += 1 + strspn(fraction + 1, "0123456789");
	if (digits > 0 && !*fraction)
		minutes = strtod(owned, NULL);
	if (minutes < 0.001 || minutes > MINUTES_MOST)
		return err_set(err, ERR_USAGE,
			       "--%s: a number of minutes from 0.001 to %d is expected", option,
			       MINUTES_MOST);
	*milliseconds = (int64_t)(minutes * 60000);
	return 0;
}

int cli_take_jobs(const char *option, char *text, struct string_list *jobs, struct err *err)
{
	CLEANUP(free_p) char *owned = text;

	for (const char *at = owned ? owned : ""; *at && *owned != '-';) {
		size_t length = strcspn(at, ",");

		if (length > 0)
			string_list_add(jobs, xstrndup(at, length));
		at += length + (at[length] == ',');
	}
	if (jobs->count)
		return 0;
	return err_set(err, ERR_USAGE, "--%s: names of jobs are expected, as in A,B", option);
}

int cli_take_environment(const char *name, bool *value, struct err *err)
{
	static const char *const yes[] = { "true", "1", "yes", "on" };
	static const char *const no[] = { "false", "0", "no", "off", "" };
	const char *text = getenv(name);

	if (!text)
		return 0;
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
		if (strcasecmp(text, yes[i]) == 0) {
			*value = true;
			return 0;
		}
	}
	for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
		if (strcasecmp(text, no[i]) == 0)
			return 0;
	}
	return err_set(err, ERR_USAGE, "%s: true, 1, yes, on, false, 0, no or off is expected",
		       name);
}

void cli_make_printable(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
	}
}
