/* What is asked for, found in the journals of the runs. Reads the state alone. */
#ifndef RESTORE_CHOOSE_H
#define RESTORE_CHOOSE_H

#include "util/err.h"

#include <stddef.h>

struct config;
struct options;
struct restore_list;
struct state;
struct undo_run;

struct restore_choice {
	struct restore_list *list;
	struct undo_run **runs; /* that LIST borrows from, the youngest first */
	size_t count, capacity;
};

/* Fills CHOICE by what OPTIONS name. -1 (ERR_USAGE): no run deleted that, or a journal is refused;
 * it says which. What was read is the caller's, in any case. */
int restore_choose(const struct options *options, const struct config *config,
		   const struct state *state, struct restore_choice *choice, struct err *err)
	__attribute__((warn_unused_result));
void restore_choice_clear(struct restore_choice *choice);

#endif
