/* What the rules of the policy were about. */
#ifndef REPORT_RULES_H
#define REPORT_RULES_H

#include <stdio.h>

struct inventory; /* inventory/inventory.h */
struct plan;      /* plan/plan.h */
struct report;    /* report/run_json.h */

/* Before anything is deleted: what goes although an image of its name is in use under another host.
 * A registry may have more names than protect.registry_names. */
void report_warn_namesakes(const struct report *report);
/* A line for each rule, and what report_rules_warn says. */
void report_rules_log(const struct report *report);
/* A warning for what selects, or names a job, list, repository or command of protect.in_use, and is
 * about nothing: it is a mistake, or will be one. Of protections by the name or the age of tags
 * that is INFO: such tags come and go. Silent where not the whole registry was looked at, or could
 * be read. */
void report_rules_warn(const struct inventory *inventory, const struct plan *plan);
/* The same as the members of a JSON array. */
void report_rules_write(const struct report *report, FILE *stream);

#endif
