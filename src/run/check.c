/* Asks the table of questions from top to bottom by reading alone, and prints what came of it. */
#include "run/check.h"

#include "checks/checks.h"
#include "cli/options.h"
#include "config/config.h"
#include "measure/measure.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "run/context.h"
#include "run/finish.h"
#include "run/questions.h"
#include "session/exit_code.h"
#include "state/state.h"
#include "util/file.h"
#include "util/log.h"
#include "util/messages.h"
#include "util/progress.h"
#include "util/stop_signal.h"
#include "util/terminal.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct check {
	struct run *run;
	struct checks_place place;
	struct check_answer *answers; /* QUESTIONS_COUNT, of which COUNT are filled in */
	bool *barred;                 /* by question: a trouble, or not asked because of one */
	size_t count;
};

static struct check new_check(void)
{
	return (struct check){ .answers = xcalloc(QUESTIONS_COUNT, sizeof(struct check_answer)),
			       .barred = xcalloc(QUESTIONS_COUNT, sizeof(bool)) };
}

static void clear_check(struct check *check)
{
	for (size_t i = 0; i < check->count; i++)
		checks_answer_clear(&check->answers[i]);
	free(check->answers);
	free(check->barred);
}

static size_t find_question(const char *name)
{
	size_t i = 0;

	while (i < QUESTIONS_COUNT && strcmp(QUESTIONS[i].name, name) != 0)
		i++;
	if (i == QUESTIONS_COUNT)
		die_internal("a question needs \"%s\", which is none", name);
	return i;
}

/* Why it is not asked: the trouble that all of it hangs on; or NULL. */
static const char *reason_not_to_ask(const struct check *check, const struct question *question)
{
	for (size_t i = 0; i < QUESTIONS_NEEDS && question->needs[i]; i++) {
		const char *deeper = NULL;
		size_t needed = find_question(question->needs[i]);

		if (!check->barred[needed])
			continue;
		deeper = reason_not_to_ask(check, &QUESTIONS[needed]);
		return deeper ? deeper : QUESTIONS[needed].otherwise;
	}
	return NULL;
}

/* Takes over what was logged since FROM. */
static void take_details(struct check_answer *answer, size_t from)
{
	const struct messages *messages = log_messages();

	answer->detail_count = messages->count - from;
	answer->details = xcalloc(answer->detail_count + 1, sizeof *answer->details);
	for (size_t i = 0; i < answer->detail_count; i++)
		answer->details[i] = xstrdup(messages->items[from + i].text);
}

/* What only was a warning to a run is the answer here. */
static void weigh_warnings(struct check_answer *answer, enum questions_warning warning)
{
	if (answer->verdict != CHECK_OK || answer->detail_count == 0 || warning == WARNING_TOLD)
		return;
	answer->verdict = warning == WARNING_IS_TROUBLE ? CHECK_TROUBLE : CHECK_NOT_ASKED;
	checks_say(&answer->said, answer->verdict, "%s", answer->details[0]);
	free(answer->details[0]);
	memmove(answer->details, answer->details + 1,
		--answer->detail_count * sizeof *answer->details);
}

/* The collector is asked about a plan by which all stays. */
static void plan_no_deletes(struct run *run)
{
	if (!run->plan)
		run->plan = plan_nothing(run->session.inventory, run->rules.policy,
					 run->report.started_at);
}

static enum check_verdict ask(struct check *check, const struct question *question,
			      struct err *said)
{
	struct run *run = check->run;
	enum check_verdict verdict;

	if (question->collects && run->config->gc.when == GC_NEVER)
		return checks_say(said, CHECK_NOT_ASKED, "gc.when is never: nothing is collected");
	if (question->collects)
		plan_no_deletes(run);
	verdict = questions_one(question, run, &check->place, said);
	run->state = check->place.state;
	return verdict;
}

static struct check_answer *new_answer(struct check *check, const struct question *question)
{
	struct check_answer *answer = &check->answers[check->count++];

	answer->name = question->name;
	answer->question = question->text;
	return answer;
}

static void answer_unasked(struct check *check, size_t number, const char *reason)
{
	struct check_answer *answer = new_answer(check, &QUESTIONS[number]);

	answer->verdict = checks_say(&answer->said, CHECK_NOT_ASKED, "not asked: %s", reason);
	check->barred[number] = true;
}

static void answer(struct check *check, size_t number)
{
	const struct question *question = &QUESTIONS[number];
	const char *reason = reason_not_to_ask(check, question);
	size_t told = log_messages()->count;
	struct check_answer *answer = NULL;

	if (reason) {
		answer_unasked(check, number, reason);
		return;
	}
	answer = new_answer(check, question);
	answer->verdict = ask(check, question, &answer->said);
	take_details(answer, told);
	weigh_warnings(answer, question->warning);
	check->barred[number] = answer->verdict == CHECK_TROUBLE;
}

static bool is_asked(const struct question *question, const struct config *config)
{
	return (question->stages & QUESTIONS_CHECK) && questions_applies(question, config);
}

static size_t count_troubles(const struct check *check)
{
	size_t count = 0;

	for (size_t i = 0; i < check->count; i++)
		count += check->answers[i].verdict == CHECK_TROUBLE;
	return count;
}

/* Returns the code with which the program ends. */
static int print(const struct check *check, const struct options *options, const char *registry,
		 int code)
{
	const struct checks_view view = { .answers = check->answers,
					  .count = check->count,
					  .registry = registry,
					  .exit_code = code };

	progress_end();
	errno = 0;
	if (options->json)
		checks_print_json(&view, stdout);
	else
		checks_print_text(&view, terminal_of(STDOUT_FILENO), stdout);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	fprintf(stderr, "clean-registry: standard output: %s\n",
		errno ? strerror(errno) : "cannot be written");
	return code == EXIT_ALL_DONE ? EXIT_PARTLY : code;
}

int check_command(const struct options *options, const char *path, const struct config *config)
{
	struct run run = { .config = config,
			   .options = options,
			   .session = session_new(config),
			   .checks = true,
			   .report = { .config = config,
				       .command = options_command(options),
				       .started_at = time(NULL),
				       .dry_run = true } };
	struct check check = new_check();
	struct file_new file = { 0 };
	int code;

	measure_nothing(&run.report.before);
	measure_nothing(&run.report.after);
	check.run = &run;
	check.place = (struct checks_place){
		.config = config, .options = options, .config_path = path, .session = &run.session
	};
	for (size_t i = 0; i < QUESTIONS_COUNT && stop_signal_count() == 0; i++)
		if (is_asked(&QUESTIONS[i], config))
			answer(&check, i);
	code = stop_signal_count() > 0      ? 128 + stop_signal()
	       : count_troubles(&check) > 0 ? EXIT_PARTLY
					    : EXIT_ALL_DONE;
	code = print(&check, options, config->registry.url, code);
	clear_check(&check);
	finish_clear(&run, &file);
	return code;
}

/* The first fault is the answer, the others are told below it. */
static void fill_faults(struct check_answer *answer, const char *path, const struct notes *faults)
{
	answer->verdict = CHECK_TROUBLE;
	err_set(&answer->said, ERR_USAGE, "%s%s%s", path ? path : "", path ? ": " : "",
		faults->count > 0 ? faults->lines[0] : "");
	if (faults->count < 2)
		return;
	answer->detail_count = faults->count - 1;
	answer->details = xcalloc(answer->detail_count, sizeof *answer->details);
	for (size_t i = 0; i < answer->detail_count; i++)
		answer->details[i] = xstrdup(faults->lines[i + 1]);
}

int check_without_config(const struct options *options, const char *path,
			 const struct config *config, const struct notes *faults)
{
	size_t configuration = find_question("configuration");
	struct check check = new_check();
	int code;

	for (size_t i = 0; i < QUESTIONS_COUNT; i++) {
		if (!is_asked(&QUESTIONS[i], config))
			continue;
		if (i == configuration)
			fill_faults(new_answer(&check, &QUESTIONS[i]), path, faults);
		else
			answer_unasked(&check, i, QUESTIONS[configuration].otherwise);
	}
	code = print(&check, options, NULL, EXIT_USAGE);
	clear_check(&check);
	return code;
}
