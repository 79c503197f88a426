/* Shows where the space goes: reads, adds up, prints. It takes no lock and has no way to write. */
#include "command/usage.h"

#include "cli.h"
#include "command/run.h"
#include "command/session.h"
#include "config.h"
#include "inventory.h"
#include "space.h"
#include "space_json.h"
#include "space_tags.h"
#include "space_text.h"
#include "storage/uploads.h"
#include "util/edits.h"
#include "util/log.h"
#include "util/stop.h"
#include "util/terminal.h"
#include "util/xalloc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct usage {
	const struct options *options;
	struct session session;
	struct uploads uploads;
	struct space *space;
	struct space_tags *tags;
	size_t failures;
};

/* The name of a repository that is most like NAME, or NULL when none is near. */
static const char *nearest(const struct inventory *inventory, const char *name)
{
	struct edits_nearest best = { .below = strlen(name) / 3 + 2 };

	for (uint32_t r = 0; r < inventory->repository_count; r++)
		edits_consider(&best, name, inventory->repositories[r].name);
	return best.name;
}

static int find_repository(const struct usage *usage, uint32_t *repository, struct err *err)
{
	const struct inventory *inventory = usage->session.inventory;
	const char *name = usage->options->tags, *other = NULL;

	*repository = INVENTORY_NONE;
	if (!name)
		return 0;
	*repository = inventory_repository_find(inventory, name);
	if (*repository != INVENTORY_NONE)
		return 0;
	other = nearest(inventory, name);
	return err_set(err, ERR_IO, "there is no repository '%s'%s%s%s", name,
		       other ? "; did you mean '" : "", other ? other : "", other ? "'?" : "");
}

/* What is in the storage, but not in the inventory: false when it cannot be known. */
static bool read_uploads(struct usage *usage)
{
	struct err err = { 0 };

	usage->uploads = UPLOADS_NONE;
	if (!usage->session.inventory->from_storage)
		return false;
	if (uploads_all(usage->session.layout, &usage->uploads, &err) == 0)
		return true;
	log_warning("uploads: %s", err.msg);
	usage->failures++;
	return false;
}

static int finish_output(struct err *err)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return err_set(err, ERR_IO, "standard output: %s",
		       errno ? strerror(errno) : "cannot be written");
}

static int show(struct usage *usage, uint32_t repository, const struct uploads *uploads,
		struct err *err)
{
	const struct config *config = usage->session.config;
	const struct inventory *inventory = usage->session.inventory;
	struct space_view view = { .registry = config->registry.url,
				   .storage = inventory->from_storage ? config->paths.host_storage
								      : NULL,
				   .inventory = inventory,
				   .space = usage->space,
				   .uploads = uploads,
				   .repository = repository,
				   .tags = usage->tags,
				   .top = usage->options->top,
				   .failures = usage->failures,
				   .at = time(NULL) };

	/* A reader that has seen enough (`| head`) ends us as it ends any program. */
	signal(SIGPIPE, SIG_DFL);
	if (usage->options->json)
		space_json(&view, stdout);
	else if (view.tags)
		space_text_tags(&view, terminal_of(STDOUT_FILENO), stdout);
	else
		space_text(&view, terminal_of(STDOUT_FILENO), stdout);
	return finish_output(err);
}

static int run_stages(struct usage *usage, struct err *err)
{
	uint32_t repository = INVENTORY_NONE;
	bool uploads_known = false;

	if (session_open(&usage->session, true, err) < 0 ||
	    session_read(&usage->session, NULL, err) < 0 ||
	    find_repository(usage, &repository, err) < 0)
		return -1;
	usage->space = space_build(usage->session.inventory);
	if (repository != INVENTORY_NONE)
		usage->tags = space_tags_build(usage->session.inventory, repository);
	else
		uploads_known = read_uploads(usage);
	usage->failures += usage->session.inventory->failures;
	if (stop_signal())
		return err_set(err, ERR_STOPPED, "stopped");
	return show(usage, repository, uploads_known ? &usage->uploads : NULL, err);
}

static int exit_code(const struct usage *usage, const struct err *err)
{
	switch (err->kind) {
	case ERR_NONE:
		return usage->failures ? EXIT_PARTLY : EXIT_ALL_DONE;
	case ERR_STOPPED:
		return 128 + stop_signal();
	case ERR_USAGE:
		return EXIT_USAGE;
	case ERR_UNREACHABLE:
		return EXIT_UNREACHABLE;
	default:
		return EXIT_PARTLY;
	}
}

int command_usage(const struct options *options, const struct config *config)
{
	struct usage usage = { .options = options, .session = session_new(config) };
	struct err err = { 0 };
	int code;

	if (run_stages(&usage, &err) == 0)
		err.kind = ERR_NONE;
	else
		log_error("%s", err.msg);
	code = exit_code(&usage, &err);
	log_info("usage ended, exit code %d", code);
	space_tags_free(usage.tags);
	space_free(usage.space);
	session_close(&usage.session);
	return code;
}
