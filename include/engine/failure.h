/* What container engines and their clients say when they fail. Pure. */
#ifndef ENGINE_FAILURE_H
#define ENGINE_FAILURE_H

#include <stdbool.h>
#include <stddef.h>

/* Longest line that is told, in bytes. */
#define ENGINE_LINE 400

/* What a caller may want to tell apart. */
enum engine_cause { ENGINE_FAILED, ENGINE_FAILED_NO_CONTAINER, ENGINE_FAILED_UNREACHABLE };

struct engine_failure {
	enum engine_cause cause;
	const char *meaning;        /* what it means and what to do, or NULL: nobody knows */
	char line[ENGINE_LINE + 1]; /* the line that tells it, "" if there is none */
	bool not_started;           /* it is said before anything is started */
};

/* What TEXT, lines of a program that ended with the exit STATUS (-1: with none), says: the line of
 * docker, podman, nerdctl, kubectl, crun or runc that tells why it failed; without one, the line by
 * which Go's runtime says that it gave up, or the last line, and what the status alone means. */
struct engine_failure engine_failure_read(const char *text, int status);
/* LINE begins the words of a Go program that ends at once ("panic: …"): what follows them is long
 * and tells less. */
bool engine_failure_is_panic(const char *line);

#endif
