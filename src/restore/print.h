/* What a restore tells: what cannot come back before anything is written, and at its end all of it.
 */
#ifndef RESTORE_PRINT_H
#define RESTORE_PRINT_H

#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

struct restore_list;

struct restore_print {
	const char *registry; /* its URL */
	bool dry_run;
	bool json;
	int exit_code;
	int64_t held_until; /* seconds since 1970; DATE_ABSENT: nothing is held */
};

/* Warns of each tag and manifest that does not come back, and of each that is not overwritten. */
void restore_warn(const struct restore_list *list);
/* A line, or an object, for each. -1 (ERR_IO): standard output cannot be written. */
int restore_print(const struct restore_print *print, const struct restore_list *list,
		  struct err *err) __attribute__((warn_unused_result));

#endif
