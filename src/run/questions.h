/* The one table of what is asked before anything is deleted: by the run, by its dry run, and, all
 * of it, by the verb check. docs/code.md says how a question is added. */
#ifndef RUN_QUESTIONS_H
#define RUN_QUESTIONS_H

#include "checks/checks.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>

struct config; /* config/config.h */
struct run;    /* run/context.h */

#define QUESTIONS_NEEDS 5

/* Who asks it, and when. */
enum questions_stage {
	QUESTIONS_CHECK = 1,    /* the verb check */
	QUESTIONS_FIRST = 2,    /* a run and its dry run, whatever is planned */
	QUESTIONS_ACTING = 4,   /* both, where something is to be deleted or collected */
	QUESTIONS_FORESEEN = 8, /* a dry run, where something is to be deleted: by reading alone */
	QUESTIONS_TRIED =
		16, /* a run, where something is to be deleted: by what the registry does */
};

/* What a warning that is logged meanwhile means to the verb check. */
enum questions_warning { WARNING_TOLD, WARNING_IS_TROUBLE, WARNING_IS_DOUBT };

/* Of which kind of registry it is a question (registry.kind). */
enum questions_kind { QUESTIONS_OF_ANY, QUESTIONS_OF_V2, QUESTIONS_OF_SCALEWAY };

struct question {
	const char *name; /* stable, in --json; no other question has it */
	const char *text; /* what is printed, true when all is well */
	enum questions_kind kind;
	unsigned stages;
	bool collects; /* without a collection (gc.when is never) nobody need ask */
	enum questions_warning warning;
	/* Names of earlier questions of the same kind of registry, or of any: where one of them is
	 * a trouble, or was not asked for such a reason, this one is not asked. OTHERWISE is what
	 * is said of this one to those that need it. */
	const char *needs[QUESTIONS_NEEDS];
	const char *otherwise;
	/* One of the two. Of the second -1 is a trouble; 1: it could not be asked, ERR has the
	 * reason without a kind. */
	checks_ask ask;
	int (*ask_run)(struct run *run, struct err *err);
};

extern const struct question QUESTIONS[];
extern const size_t QUESTIONS_COUNT;

/* Whether it is a question of CONFIG's kind of registry; without a CONFIG, of one with the v2 API.
 */
bool questions_applies(const struct question *question, const struct config *config);

/* Asks one, whatever it needs. */
enum check_verdict questions_one(const struct question *question, struct run *run,
				 struct checks_place *place, struct err *said);
/* Asks what belongs to STAGES, in the table's order, until EACH, called with each trouble, returns
 * -1; ERR is that trouble then. -1 also with ERR_STOPPED, about which EACH is not called. */
int questions_each(struct run *run, unsigned stages, int (*each)(void *ctx, const struct err *why),
		   void *ctx, struct err *err) __attribute__((warn_unused_result));
/* The same up to the first trouble. */
int questions_ask(struct run *run, unsigned stages, struct err *err)
	__attribute__((warn_unused_result));

#endif
