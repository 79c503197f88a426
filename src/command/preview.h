/* Plans without acting, for commands that only read: needs no lock and no right to write. */
#ifndef COMMAND_PREVIEW_H
#define COMMAND_PREVIEW_H

#include "session/policy_inputs.h"
#include "session/session.h"
#include "util/err.h"
#include "util/file.h"

#include <stdint.h>

struct config;
struct forecast;
struct options;
struct plan;
struct state;

struct preview {
	const struct config *config;
	const struct options *options;
	struct policy_inputs rules;
	struct state *state;
	struct session session;
	struct plan *plan;
	struct forecast *forecast;
	struct file_new output; /* --output, for PRINT to fill and publish; nothing without it */
	int64_t now;            /* seconds since 1970 */
	size_t errors;          /* what failed or could not be read; the log names it */
};

/* Opens what OPTIONS want to be written, reads, asks what is in use, plans, has PRINT print to
 * standard output, and returns the exit code. PRINT returns -1 when it fails. */
int preview_run(const struct options *options, const struct config *config,
		int (*print)(struct preview *preview, struct err *err));

#endif
