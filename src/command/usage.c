/* Shows where the space goes: reads, adds up, prints. It takes no lock and has no way to write. */
#include "command/usage.h"

#include "cli/options.h"
#include "config/config.h"
#include "forecast/usage.h"
#include "forecast/usage_tags.h"
#include "inventory/inventory.h"
#include "report/usage_json.h"
#include "report/usage_text.h"
#include "session/exit_code.h"
#include "session/session.h"
#include "storage/uploads.h"
#include "util/edit_distance.h"
#include "util/log.h"
#include "util/stop_signal.h"
#include "util/terminal.h"
#include "util/xalloc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct request {
	const struct options *options;
	struct session session;
	struct uploads uploads;
	struct usage *space;
	struct usage_tags *tags;
	size_t failures;
};

/* The name of a repository that is most like NAME, or NULL when none is near. */
static const char *nearest(const struct inventory *inventory, const char *name)
{
	struct edits_nearest best = { .below = strlen(name) / 3 + 2 };

	for (uint32_t r = 0; r < inventory->repository_count; r++)
		edit_distance_consider(&best, name, inventory->repositories[r].name);
	return best.name;
}

static int find_repository(const struct request *request, uint32_t *repository, struct err *err)
{
	const struct inventory *inventory = request->session.inventory;
	const char *name = request->options->tags, *other = NULL;

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

/* Bytes in the storage that the inventory does not have; false when unknown. */
static bool read_uploads(struct request *request)
{
	struct err err = { 0 };

	request->uploads = UPLOADS_NONE;
	if (!request->session.inventory->from_storage)
		return false;
	if (uploads_all(request->session.layout, &request->uploads, &err) == 0)
		return true;
	log_warning("uploads: %s", err.msg);
	request->failures++;
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

static int show(struct request *request, uint32_t repository, const struct uploads *uploads,
		struct err *err)
{
	const struct config *config = request->session.config;
	const struct inventory *inventory = request->session.inventory;
	struct space_view view = { .registry = config->registry.url,
				   .storage = inventory->from_storage ? config->paths.host_storage
								      : NULL,
				   .inventory = inventory,
				   .space = request->space,
				   .uploads = uploads,
				   .repository = repository,
				   .tags = request->tags,
				   .top = request->options->top,
				   .failures = request->failures,
				   .at = time(NULL) };

	/* A reader that has seen enough (`| head`) ends us as it ends any program. */
	signal(SIGPIPE, SIG_DFL);
	if (request->options->json)
		usage_json(&view, stdout);
	else if (view.tags)
		usage_text_tags(&view, terminal_of(STDOUT_FILENO), stdout);
	else
		usage_text(&view, terminal_of(STDOUT_FILENO), stdout);
	return finish_output(err);
}

static int run_stages(struct request *request, struct err *err)
{
	uint32_t repository = INVENTORY_NONE;
	bool uploads_known = false;

	if (session_open(&request->session, true, err) < 0 ||
	    session_read(&request->session, NULL, err) < 0 ||
	    find_repository(request, &repository, err) < 0)
		return -1;
	request->space = usage_build(request->session.inventory);
	if (repository != INVENTORY_NONE)
		request->tags = usage_tags_build(request->session.inventory, repository);
	else
		uploads_known = read_uploads(request);
	request->failures += request->session.inventory->failures;
	if (stop_signal())
		return err_set(err, ERR_STOPPED, "stopped");
	return show(request, repository, uploads_known ? &request->uploads : NULL, err);
}

int command_usage(const struct options *options, const struct config *config)
{
	struct request request = { .options = options, .session = session_new(config) };
	struct err err = { 0 };
	int code;

	if (run_stages(&request, &err) == 0)
		err.kind = ERR_NONE;
	else
		log_error("%s", err.msg);
	code = exit_code(&err, (struct exit_facts){ .errors = request.failures });
	log_info("usage ended, exit code %d", code);
	usage_tags_free(request.tags);
	usage_free(request.space);
	session_close(&request.session);
	return code;
}
