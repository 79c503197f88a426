/* What the rules of the policy were about. For src/report*.c only. */
#ifndef REPORT_RULES_H
#define REPORT_RULES_H

#include <stdio.h>

struct report; /* report.h */

/* Before anything is deleted: what goes although an image of its name is in use under another host.
 * A registry may have more names than protect.registry_names. */
void report_warn_namesakes(const struct report *report);
/* A line for each rule, and a warning for each that was about nothing: a rule that never takes
 * effect is a mistake, or will be one. */
void report_rules_log(const struct report *report);
/* The same as the members of a JSON array. */
void report_rules_write(const struct report *report, FILE *stream);

#endif
