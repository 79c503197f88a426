/* What is told of the schedule. Private to src/watch. */
#ifndef WATCH_WORDS_H
#define WATCH_WORDS_H

#include "util/string_list.h"
#include "watch/schedule.h"

#include <stdint.h>

/* "all rules", "the job a", "the jobs a, b". The caller's, as all here. */
char *words_what(bool rules, const struct string_list *jobs);
/* The next run, and why it is at that time: "all rules at 2026-12-01 03:17:00". */
char *words_next(const struct schedule *schedule, const struct schedule_due *due);
/* "exit code 5 (another one is at work)", "killed by signal 9 (Killed)" */
char *words_end(int code, int signal);

#endif
