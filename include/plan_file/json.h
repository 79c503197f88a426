/* Parts of plans and policies that both reports and plan files have, as JSON. */
#ifndef PLAN_FILE_JSON_H
#define PLAN_FILE_JSON_H

#include <stdint.h>
#include <stdio.h>

struct policy;      /* policy/policy.h */
struct string_list; /* util/string_list.h */

/* Each writes a list: `["a", "b"]`. */
void plan_file_texts(FILE *stream, const struct string_list *list);
/* The names of REASONS, of enum plan_reason. */
void plan_file_reasons(FILE *stream, uint64_t reasons);
/* The names of the jobs that are due, or were named. */
void plan_file_due_jobs(FILE *stream, const struct policy *policy);

#endif
