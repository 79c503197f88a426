/* Runs the commands of protect.in_use. If one fails, the run is refused. */
#include "session/ask_in_use.h"

#include "cli/values.h"
#include "config/config.h"
#include "config/registry_names.h"
#include "inventory/inventory.h"
#include "lists/image_refs.h"
#include "plan/in_use.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/proc.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <string.h>

#define ANSWER_SECONDS 120
#define ANSWER_LIMIT   (64u << 20)
#define BLANKS         " \t\r\n\v\f"
#define COMPLAINT      400 /* bytes of how a command failed that are passed on */

static struct image_refs *new_set(const struct config *config)
{
	struct string_list names = { 0 };
	struct image_refs *in_use;

	registry_names(config, &names);
	in_use = image_refs_new((const char *const *)names.items, names.count);
	string_list_clear(&names);
	return in_use;
}

static int refuse(const char *line, const char *why, struct err *err)
{
	return err_set(err, ERR_SAFETY,
		       "protect.in_use: '%s': %s; what is in use is not known, so nothing is "
		       "deleted",
		       line, why);
}

/* All that a command printed may be of anything: then it tells nothing of what must stay. */
static int check_understood(const struct image_refs *said, const struct inventory *inventory,
			    const char *line, struct err *err)
{
	struct in_use_counts counts = image_refs_count(said);
	struct plan_in_use_unknown unknown = plan_in_use_unknown(inventory, said);

	if (counts.references > counts.nameless + unknown.count)
		return 0;
	if (inventory->opaque && unknown.count > 0)
		return refuse(
			line,
			"it printed nothing but IDs, and Scaleway's API tells none of images: "
			"print references (docker ps --format '{{.Image}}')",
			err);
	return refuse(line,
		      unknown.count > 0
			      ? "it printed nothing but IDs, and none of them is of an image in "
				"this registry: are they IDs of containers? Print those of images "
				"(podman ps --no-trunc --format '{{.ImageID}}')"
			      : "it printed nothing but <none>: print the IDs of images (podman ps "
				"--no-trunc --format '{{.ImageID}}')",
		      err);
}

/* Runs COMMAND; what it prints goes into OUT. */
static int run(const struct string_list *command, struct buf *out, struct err *err)
{
	const char *const *argv = (const char *const *)command->items;
	CLEANUP(proc_answer_clear) struct proc_answer answer;
	/* The rest of the line may be a secret. */
	const char *line = argv[0];
	char text[COMPLAINT];
	struct err why;

	if (proc_ask(argv, ANSWER_SECONDS, ANSWER_LIMIT, &answer, &why) < 0)
		return refuse(line, why.msg, err);
	if (answer.result.end == PROC_ABANDONED)
		return err_set(err, ERR_STOPPED, "stopped while asking what is in use");
	if (!proc_succeeded(&answer))
		return refuse(line, proc_failure(&answer, text, sizeof text), err);
	if (answer.result.goes_on)
		return refuse(line, "what it started still runs and may print more", err);
	buf_free(out);
	*out = answer.out;
	answer.out = (struct buf){ 0 };
	if (out->length >= ANSWER_LIMIT)
		return refuse(line, "it printed too much", err);
	if (strspn(buf_string(out), BLANKS) == out->length)
		return refuse(line, "it printed nothing", err);
	return 0;
}

/* SAID, empty, gets what this command alone says, IN_USE as well. */
static int ask(struct image_refs *in_use, struct image_refs *said,
	       const struct string_list *command, const struct inventory *inventory,
	       struct err *err)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	const char *line = command->items[0], *unreadable;
	char no_reference[160];

	if (run(command, &out, err) < 0)
		return -1;
	image_refs_add(said, out.data, out.length);
	unreadable = image_refs_count(said).unreadable;
	if (unreadable) {
		snprintf(no_reference, sizeof no_reference,
			 "it printed '%s', which is no reference of an image", unreadable);
		return refuse(line, no_reference, err);
	}
	image_refs_add(in_use, out.data, out.length);
	return check_understood(said, inventory, line, err);
}

/* A text that may name any image, or none. */
static void tell_unknown(const struct image_refs *in_use, const struct inventory *inventory)
{
	struct in_use_counts counts = image_refs_count(in_use);
	struct plan_in_use_unknown unknown = plan_in_use_unknown(inventory, in_use);

	if (counts.nameless > 0)
		log_warning("protect.in_use: %zu of %zu are not understood: <none>, an image whose "
			    "name was taken; print the IDs of images as well (podman ps --no-trunc "
			    "--format '{{.ImageID}}')",
			    counts.nameless, counts.references);
	if (unknown.count > 0 && inventory->opaque)
		log_warning(
			"protect.in_use: %zu of %zu protect nothing: IDs of images (%.12s), which "
			"Scaleway's API does not tell; print references as well (docker ps "
			"--format '{{.Image}}')",
			unknown.count, counts.references, unknown.first);
	else if (unknown.count > 0)
		log_info(
			"protect.in_use: %zu of %zu are not understood: IDs that no image in this "
			"registry has (%.12s): they are of images from elsewhere, or of containers",
			unknown.count, counts.references, unknown.first);
}

static void tell(const struct image_refs *in_use)
{
	struct in_use_counts counts = image_refs_count(in_use);

	if (counts.bare)
		log_info("%zu image%s in use, %zu from this registry by name, %zu by a bare ID",
			 counts.references, units_s(counts.references), counts.own, counts.bare);
	else
		log_info("%zu image%s in use, %zu from this registry", counts.references,
			 units_s(counts.references), counts.own);
	if (counts.own == 0 && counts.foreign_host)
		log_warning("protect.in_use: no image in use is of this registry, but some are of "
			    "%s: if that is one of its names, add it to protect.registry_names",
			    counts.foreign_host);
}

struct image_refs *ask_in_use(const struct config *config, const struct inventory *inventory,
			      struct err *err)
{
	struct image_refs *in_use = new_set(config);

	for (size_t i = 0; i < config->protect.in_use.count; i++) {
		struct image_refs *said = new_set(config);
		int result = ask(in_use, said, &config->protect.in_use.items[i], inventory, err);

		image_refs_free(said);
		if (result < 0) {
			image_refs_free(in_use);
			return NULL;
		}
	}
	tell(in_use);
	tell_unknown(in_use, inventory);
	return in_use;
}
