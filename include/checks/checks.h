/* Questions about a set-up: does it work, and what is to be done where it does not. Each answers
 * from what a session knows or asks by reads alone; src/run/questions.c has the table that orders
 * them. */
#ifndef CHECKS_CHECKS_H
#define CHECKS_CHECKS_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct config;
struct options;
struct session;
struct state;
struct terminal;

enum check_verdict {
	CHECK_OK,
	CHECK_TROUBLE,   /* something is to be mended */
	CHECK_NOT_ASKED, /* it does not apply, or could not be asked */
};

/* One question's answer. Strings are borrowed but for DETAILS. */
struct check_answer {
	const char *name;     /* stable: [a-z_] */
	const char *question; /* for people */
	enum check_verdict verdict;
	struct err said; /* what is so and what is to be done; its message may be "" */
	char **details;  /* warnings and errors that were logged while it was asked */
	size_t detail_count;
};
void checks_answer_clear(struct check_answer *answer);

/* What a list of answers is printed with. */
struct checks_view {
	const struct check_answer *answers;
	size_t count;
	const char *registry; /* its URL, or NULL where no configuration was loaded */
	int exit_code;
};

/* A line for each answer, its details below a trouble, and a line that counts them. Marks are UTF-8
 * where TERMINAL shows that, else "ok", "NO" and "-". */
void checks_print_text(const struct checks_view *view, struct terminal terminal, FILE *out);
/* The same as one JSON object. */
void checks_print_json(const struct checks_view *view, FILE *out);

/* Sets SAID's message, without a kind and with secrets masked, and returns VERDICT. */
enum check_verdict checks_say(struct err *said, enum check_verdict verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What the questions are asked of. */
struct checks_place {
	const struct config *config;
	const struct options *options;
	const char *config_path;
	struct session *session;
	struct state *state; /* opened read-only; NULL: it could not be */
	struct err login;    /* the registry answered, and refused the login */
	struct err program;  /* the engine works, and where it leads the program does not */
	bool program_asked;
};

/* Each of these answers one question; SAID says what is so. A trouble has the kind of the error
 * that a run would end with, where it would. Nothing is changed. */
typedef enum check_verdict (*checks_ask)(struct checks_place *place, struct err *said);

/* Of this host. */
enum check_verdict checks_configuration(struct checks_place *place, struct err *said);
enum check_verdict checks_permissions(struct checks_place *place, struct err *said);
enum check_verdict checks_state(struct checks_place *place, struct err *said);
enum check_verdict checks_log(struct checks_place *place, struct err *said);
enum check_verdict checks_report(struct checks_place *place, struct err *said);
enum check_verdict checks_notify(struct checks_place *place, struct err *said);
enum check_verdict checks_lock(struct checks_place *place, struct err *said);
enum check_verdict checks_leftovers(struct checks_place *place, struct err *said);
enum check_verdict checks_space(struct checks_place *place, struct err *said);

/* Of the registry: checks_registry opens the session. */
enum check_verdict checks_registry(struct checks_place *place, struct err *said);
enum check_verdict checks_login(struct checks_place *place, struct err *said);
enum check_verdict checks_clock(struct checks_place *place, struct err *said);
enum check_verdict checks_catalog(struct checks_place *place, struct err *said);
enum check_verdict checks_version(struct checks_place *place, struct err *said);

/* Of where registry.exec leads. */
enum check_verdict checks_engine(struct checks_place *place, struct err *said);
enum check_verdict checks_container(struct checks_place *place, struct err *said);

/* Of Scaleway's registry, after checks_contents. */
enum check_verdict checks_scope(struct checks_place *place, struct err *said);
enum check_verdict checks_may_delete(struct checks_place *place, struct err *said);

/* Of the registry's configuration. */
enum check_verdict checks_server_config(struct checks_place *place, struct err *said);
enum check_verdict checks_driver(struct checks_place *place, struct err *said);
enum check_verdict checks_read_only(struct checks_place *place, struct err *said);
enum check_verdict checks_pull_through(struct checks_place *place, struct err *said);
enum check_verdict checks_deletion(struct checks_place *place, struct err *said);
enum check_verdict checks_tag_delete(struct checks_place *place, struct err *said);
enum check_verdict checks_cache(struct checks_place *place, struct err *said);

/* Of the storage: checks_contents reads the registry, as a run does. */
enum check_verdict checks_folder(struct checks_place *place, struct err *said);
enum check_verdict checks_contents(struct checks_place *place, struct err *said);
enum check_verdict checks_unreadable(struct checks_place *place, struct err *said);
enum check_verdict checks_own(struct checks_place *place, struct err *said);
enum check_verdict checks_uploads(struct checks_place *place, struct err *said);

#endif
