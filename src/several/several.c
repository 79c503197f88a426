/* All of a folder, from its list to its exit code: one loop, in which everything that waits is
 * polled. */
#include "several/several.h"

#include "cli/options.h"
#include "session/exit_code.h"
#include "several/folder.h"
#include "several/member.h"
#include "several/summary.h"
#include "util/log.h"
#include "util/stop_signal.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct several {
	const struct options *options;
	const char *folder;
	struct lines_sink out, errors;
	struct member *members; /* in the order of their names */
	size_t count;
	unsigned stops; /* stop signals that were passed on */
	int fault;      /* an exit code of our own, or 0 */
};

bool several_is_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* The name of an option that is about one registry, or NULL. */
static const char *single_option(const struct options *options)
{
	const struct {
		const char *name;
		bool given;
	} single[] = {
		{ "repository", options->repositories.count > 0 },
		{ "namespace", options->only_namespace != NULL },
		{ "repos-file", options->repos_file != NULL },
		{ "jobs", options->jobs.count > 0 },
		{ "tags", options->tags != NULL },
		{ "confirm", options->confirm },
		{ "json", options->json },
		{ "format", options->format != FORMAT_REPORT },
	};

	for (size_t i = 0; i < sizeof single / sizeof *single; i++)
		if (single[i].given)
			return single[i].name;
	return NULL;
}

static bool takes_folder(enum command command)
{
	return command == COMMAND_RUN || command == COMMAND_USAGE || command == COMMAND_VERIFY ||
	       command == COMMAND_CHECK;
}

int several_check(const struct options *options, bool folder, struct err *err)
{
	const char *single = single_option(options);

	if (!folder)
		return options->parallel == 0
			       ? 0
			       : err_set(err, ERR_USAGE,
					 "--parallel: --config names no folder of configurations");
	if (!takes_folder(options->command))
		return err_set(err, ERR_USAGE,
			       "'%s' is for one registry: --config must name a file in that folder",
			       options_command(options));
	if (single)
		return err_set(err, ERR_USAGE,
			       "--%s is for one registry: --config must name a file in that folder",
			       single);
	if (options->report && !several_is_folder(options->report))
		return err_set(err, ERR_USAGE,
			       "--report: a folder is expected, in which each of several "
			       "registries has its NAME.json");
	if (options->html && !several_is_folder(options->html))
		return err_set(err, ERR_USAGE,
			       "--html: a folder is expected, in which each of several registries "
			       "has its NAME.html");
	return 0;
}

/* Something of our own, where the errors of the children are, too. */
static void complain(struct several *all, const char *message)
{
	CLEANUP(free_p) char *line = log_complaint(message);

	lines_put(&all->errors, line, strlen(line));
}

static size_t in_state(const struct several *all, enum member_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < all->count; i++)
		count += all->members[i].state == state;
	return count;
}

/* What waits is not to begin any more. */
static void stop_waiting(struct several *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct member *member = &all->members[i];

		if (member->state == MEMBER_WAITS || member->state == MEMBER_READS)
			member_stop(member);
	}
}

static void pass_stops(struct several *all)
{
	for (; all->stops < stop_signal_count(); all->stops++) {
		stop_waiting(all);
		for (size_t i = 0; i < all->count; i++)
			if (all->members[i].state == MEMBER_RUNS)
				(void)kill(all->members[i].child.pid, stop_signal());
	}
}

/* Waits for whatever comes next, and takes it. */
static void turn(struct several *all)
{
	size_t count = all->count * MEMBER_FDS;
	CLEANUP(free_p) struct pollfd *fds = xcalloc(count + 1, sizeof *fds);

	for (size_t i = 0; i < all->count; i++)
		member_poll(&all->members[i], &fds[i * MEMBER_FDS]);
	fds[count] = (struct pollfd){ .fd = stop_signal_fd(), .events = POLLIN };
	if (poll(fds, count + 1, -1) < 0)
		return;
	for (size_t i = 0; i < all->count; i++) {
		struct member *member = &all->members[i];
		bool ended = member->state == MEMBER_ENDED;

		member_take(member, &fds[i * MEMBER_FDS]);
		if (!ended && member->state == MEMBER_ENDED && member->signal) {
			CLEANUP(free_p)
			char *line = xasprintf("%s: killed by signal %d (%s)", member->name,
					       member->signal, strsignal(member->signal));

			complain(all, line);
		}
	}
	pass_stops(all);
}

static bool is_same(const struct gate_identity *a, const struct gate_identity *b, const char **key)
{
	*key = "registry.url";
	if (strcmp(a->url, b->url) == 0)
		return true;
	*key = "paths.host_storage";
	if (*a->storage && strcmp(a->storage, b->storage) == 0)
		return true;
	*key = "registry.exec and paths.config";
	return *a->collector && strcmp(a->collector, b->collector) == 0;
}

static void refuse(struct several *all, const struct member *a, const struct member *b,
		   const char *what, const char *key)
{
	CLEANUP(free_p)
	char *line = xasprintf("%s: %s.json and %s.json %s (%s); nothing was sent", all->folder,
			       a->name, b->name, what, key);

	complain(all, line);
	all->fault = EXIT_USAGE;
}

/* Two runs of one registry would meet at its lock at best; of one file only the last would be
 * there. */
static void refuse_same(struct several *all)
{
	for (size_t i = 0; i < all->count; i++) {
		for (size_t k = i + 1; k < all->count; k++) {
			const struct member *a = &all->members[i], *b = &all->members[k];
			CLEANUP(free_p) char *file = NULL;
			const char *key;

			/* Of one at fault nothing is known. */
			if (!a->identity.url || !b->identity.url)
				continue;
			file = gate_same_file(&a->identity, &b->identity);
			if (file)
				refuse(all, a, b, "write the same file", file);
			if (is_same(&a->identity, &b->identity, &key))
				refuse(all, a, b, "are for the same registry", key);
		}
	}
}

/* All read their configurations, and wait or have ended. */
static void prepare(struct several *all)
{
	while (in_state(all, MEMBER_READS) > 0)
		turn(all);
	refuse_same(all);
	if (all->fault)
		stop_waiting(all);
}

/* No child shall see a secret of another's registry in its environment. */
static void find_secrets(const struct several *all, struct string_list *variables)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct string_list *of_one = &all->members[i].identity.variables;

		for (size_t k = 0; k < of_one->count; k++)
			string_list_add(variables, xstrdup(of_one->items[k]));
	}
}

static void work_on(struct several *all)
{
	CLEANUP(string_list_clear) struct string_list secrets = { 0 };
	size_t most = all->options->parallel ? all->options->parallel : 1;
	size_t next = 0;

	find_secrets(all, &secrets);
	while (in_state(all, MEMBER_ENDED) < all->count) {
		while (next < all->count && in_state(all, MEMBER_RUNS) < most) {
			if (all->members[next].state == MEMBER_WAITS)
				member_begin(&all->members[next], &secrets);
			next++;
		}
		turn(all);
	}
}

static bool is_one_file(int a, int b)
{
	struct stat one, other;

	return fstat(a, &one) == 0 && fstat(b, &other) == 0 && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

static void fork_all(struct several *all, several_work work, void *ctx)
{
	struct member_start start = {
		.work = work,
		.ctx = ctx,
		.began_ms = time_monotonic_ms(),
		.one_pipe = is_one_file(STDOUT_FILENO, STDERR_FILENO),
		.out = &all->out,
		.errors = &all->errors,
		.others = all->members,
	};

	for (size_t i = 0; i < all->count && !all->fault; i++) {
		start.other_count = i;
		if (member_fork(&all->members[i], &start) == 0)
			continue;
		complain(all, strerror(errno));
		all->fault = EXIT_INTERNAL;
		all->count = i;
	}
}

/* FILE without .json, as it can stand in front of a line. */
static char *plain_name(const char *file)
{
	char *name = xstrndup(file, strlen(file) - strlen(".json"));

	for (char *at = name; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	return name;
}

static void add_members(struct several *all, const struct string_list *names)
{
	all->members = xcalloc(names->count, sizeof *all->members);
	for (size_t i = 0; i < names->count; i++) {
		struct member *member = &all->members[i];

		*member = (struct member){ .child = { .pidfd = -1 }, .socket = -1 };
		member->out.fd = member->errors.fd = -1;
		member->name = plain_name(names->items[i]);
		member->path = xasprintf("%s/%s", all->folder, names->items[i]);
	}
	all->count = names->count;
}

static void print_summary(struct several *all)
{
	char *text = NULL;
	size_t length = 0;
	FILE *stream = xchecked(open_memstream(&text, &length));

	summary_print(all->members, all->count, stream);
	if (fclose(stream) == 0)
		lines_put(&all->out, text, length);
	free(text);
}

/* Of lines that nobody read, as the log does it. */
static void tell_dropped(struct several *all, const struct lines_sink *sink, const char *name)
{
	CLEANUP(free_p)
	char *line = xasprintf("%" PRIu64 " line%s could not be written to %s, because nobody read "
			       "there",
			       sink->dropped, units_s(sink->dropped), name);

	if (sink->dropped > 0)
		complain(all, line);
}

static int worst(const struct several *all)
{
	int code = all->fault;

	for (size_t i = 0; i < all->count; i++)
		if (all->members[i].begun)
			code = exit_code_worse(code, all->members[i].code);
	return stop_signal() ? 128 + stop_signal() : code;
}

static void clear(struct several *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		member_clear(&all->members[i]);
	free(all->members);
	lines_sink_clear(&all->out);
	lines_sink_clear(&all->errors);
}

int several_run(const struct options *options, const char *folder, several_work work, void *ctx)
{
	struct several all = { .options = options,
			       .folder = folder,
			       .out = lines_sink_of(STDOUT_FILENO),
			       .errors = lines_sink_of(STDERR_FILENO) };
	CLEANUP(string_list_clear) struct string_list names = { 0 };
	struct err err = { 0 };
	int code = EXIT_USAGE;

	if (folder_list(folder, &names, &err) < 0) {
		complain(&all, err.msg);
	} else {
		add_members(&all, &names);
		fork_all(&all, work, ctx);
		prepare(&all);
		work_on(&all);
		code = worst(&all);
		if (!options->quiet && !all.fault)
			print_summary(&all);
		tell_dropped(&all, &all.out, "standard output");
		tell_dropped(&all, &all.errors, "standard error");
	}
	clear(&all, names.count);
	return code;
}
