/* The registry's own collector (`registry garbage-collect`), run through registry.exec. */
#ifndef GC_GC_H
#define GC_GC_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;          /* config/config.h */
struct layout;          /* storage/layout.h */
struct collector_marks; /* forecast/collector_marks.h */
struct strtab;          /* util/strtab.h */

struct gc_result {
	bool ran;  /* it was started */
	bool done; /* it exited 0 and printed its summary line */
	/* Nothing shows that it ended: it printed no summary line, or the program that ran it was
	 * killed or says that itself failed. Not yet asked is whether it is at work. */
	bool end_unknown;
	bool left_running; /* we were told to stop, and left it */
	/* It failed because its storage has no folder of repositories: nothing was ever pushed. */
	bool nothing_there;
	bool failed_asked; /* it was only asked what it would remove, and failed */
	int exit_status;   /* -1 when there is none */
	/* How long the registry was stopped for it; 0: it was not. */
	double stopped_seconds;
	/* From its output; 0 where it said nothing. */
	uint64_t blobs_marked, blobs_deleted, manifests_deleted, links_deleted;
	double seconds;
	/* The blobs it removed, "DIGEST", and the layer links, "REPOSITORY DIGEST"; NULL when it
	 * did not run. */
	struct strtab *removed;
	/* The manifests that it marks (registry notes, section 4: each version prints every linked
	 * one, with its repository); NULL when it did not run. */
	struct collector_marks *marks;
	/* The repositories that it came across, those without manifests too; NULL when it did not
	 * run. */
	struct strtab *repositories;
	/* Of the digests that were EXPECTED to go: those that it marked, because a manifest refers
	 * to them; NULL when it did not run. */
	struct strtab *held;
};

enum gc_mode {
	GC_REMOVE,
	GC_ASK, /* --dry-run: it tells what it would remove, and removes nothing */
};

/* Runs the collector to its end; its lines are logged at DEBUG. -1 (ERR_COLLECTOR) unless it is
 * done; the message says what to do. LAYOUT, when not NULL, is looked through to name broken link
 * files. EXPECTED (may be NULL) are digests of blobs that should go; what was in RESULT is cleared.
 */
int gc_run(const struct config *config, enum gc_mode mode, struct layout *layout,
	   const struct strtab *expected, struct gc_result *result, struct err *err)
	__attribute__((warn_unused_result));
/* A collector that is not run through registry.exec, but in a container of its own: what follows it
 * is only a client, which is ended where the collector is not to be waited for any longer. */
struct gc_command {
	enum gc_mode mode;
	const char *const *argv; /* NULL-terminated */
	/* As that of proc_options; NULL: none. */
	bool (*watch)(void *ctx);
	void *ctx;
};
/* As gc_run, with COMMAND. Whether the collector itself has ended is not said (end_unknown is
 * false); left_running: its client was ended, so it may well be at work. */
int gc_run_command(const struct config *config, const struct gc_command *command,
		   const struct strtab *expected, struct gc_result *result, struct err *err)
	__attribute__((warn_unused_result));
/* Takes in one line of the collector's stdout; true for its summary. Pure. */
bool gc_read_line(const char *line, const struct strtab *expected, struct gc_result *result);

void gc_result_clear(struct gc_result *result);
/* Says whether the collection removed the blob DIGEST, or REPOSITORY's link to it. */
bool gc_removed(const struct gc_result *result, const char *repository, const char *digest);

/* Runs gc.restart (not empty). -1 (ERR_IO) when it fails. */
int gc_restart(const struct config *config, struct err *err) __attribute__((warn_unused_result));

#endif
