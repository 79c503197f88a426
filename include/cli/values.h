/* What options have behind them. For src/cli/options.c only. OPTION is the option's long name. */
#ifndef CLI_VALUES_H
#define CLI_VALUES_H

#include "cli/options.h"
#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

struct string_list; /* util/string_list.h */

/* -1 (ERR_USAGE): TEXT, which may be NULL, names no file. */
int cli_check_file(const char *option, const char *text, struct err *err);
/* -1 (ERR_USAGE): it is not the name of a WHAT, but nothing, or an option that lost its value. A
 * slash at its end is taken off. */
int cli_check_name(const char *option, char *text, const char *what, struct err *err);
/* The same, and no repository that a registry takes can be called so. */
int cli_check_target(const char *option, char *text, const char *what, struct err *err);
/* Puts the current folder before *PATH, where it is relative. -1: ERR_USAGE. */
int cli_make_absolute(const char *option, char **path, struct err *err);
/* A number of lines. Releases TEXT. -1: ERR_USAGE. */
int cli_take_top(const char *option, char *text, uint64_t *top, struct err *err);
/* The same, of registries at a time. */
int cli_take_parallel(const char *option, char *text, uint64_t *parallel, struct err *err);
/* The same, of days. */
int cli_take_days(const char *option, char *text, uint64_t *days, struct err *err);
/* One line of text. -1: ERR_USAGE. */
int cli_check_reason(const char *option, const char *text, struct err *err);
/* Something that is named. OUT becomes the owner of TEXT in any case. -1: ERR_USAGE: it is empty,
 * or an option. */
int cli_take_named(const char *option, char *text, char **out, struct err *err);
/* The same, and only docker, podman and nerdctl are. */
int cli_take_engine(const char *option, char *text, char **out, struct err *err);
/* What a run prints: "report" or "scaleway". Releases TEXT. -1: ERR_USAGE. */
int cli_take_format(const char *option, char *text, enum output_format *format, struct err *err);
/* A number of minutes, also with a fraction. Releases TEXT. -1: ERR_USAGE. */
int cli_take_minutes(const char *option, char *text, int64_t *milliseconds, struct err *err);
/* Names with commas between them. Releases TEXT. -1: ERR_USAGE. */
int cli_take_jobs(const char *option, char *text, struct string_list *jobs, struct err *err);
/* Sets *VALUE when the environment's variable NAME says yes; "no" takes back no option. -1
 * (ERR_USAGE): it says neither. */
int cli_take_environment(const char *name, bool *value, struct err *err);
/* An argument may hold anything; a message is one line: control characters become '?'. */
void cli_make_printable(char *text);

#endif
