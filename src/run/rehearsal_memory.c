/* One line in a sealed text: when, and the hash of all that was the same. */
#include "run/rehearsal_memory.h"

#include "cli/options.h"
#include "config/config.h"
#include "engine/engine.h"
#include "inventory/inventory.h"
#include "lists/checksummed.h"
#include "oci/digest.h"
#include "registry/exec.h"
#include "run/context.h"
#include "state/state.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/proc.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define FILE_NAME   "rehearsal"
#define HEADER      "clean-registry rehearsal 1\n"
#define PROVED      "proved "
#define LIMIT       ((size_t)4096)
#define ASK_SECONDS 30
#define SAID_LIMIT  ((size_t)1 << 20)
#define DAY         INT64_C(86400)

/* Appends what ARGV prints. -1: it failed, or said nothing. */
static int add_said(struct buf *text, const char *const *argv)
{
	CLEANUP(proc_answer_clear) struct proc_answer answer;
	struct err err = { 0 };

	if (proc_ask(argv, ASK_SECONDS, SAID_LIMIT, &answer, &err) < 0 ||
	    !proc_succeeded(&answer) || answer.out.length == 0 || answer.out.length >= SAID_LIMIT)
		return -1;
	buf_add(text, answer.out.data, answer.out.length);
	return 0;
}

static int add_file(struct buf *text, const struct run *run, const char *path)
{
	const char *const words[] = { "cat", path, NULL };
	CLEANUP(free_p)
	const char **argv = exec_join((const char *const *)run->config->registry.exec.items, words);

	return add_said(text, argv);
}

/* The engine tells a container and its image; of other commands the host name does, which a pod
 * has for itself. */
static int add_place(struct buf *text, const struct run *run)
{
	CLEANUP(engine_target_clear) struct engine_target target;
	CLEANUP(free_p) const char **argv = NULL;

	engine_target_read((const char *const *)run->config->registry.exec.items, &target);
	if (!engine_has_containers(&target))
		return add_file(text, run, "/etc/hostname");
	argv = engine_command(&target, (const char *const[]){ "inspect", "-f", "{{.Id}} {{.Image}}",
							      target.container, NULL });
	return add_said(text, argv);
}

/* False: it cannot be told. */
static bool find_key(const struct run *run, char key[DIGEST_TEXT])
{
	const struct config *config = run->config;
	CLEANUP(buf_free) struct buf text = { 0 };

	buf_format(&text, "%s\n%s\n%s\n%s\n%s\n", config->registry.url, config->registry.program,
		   config->paths.config, run->session.inventory->server.version,
		   run->session.server.root);
	for (size_t i = 0; i < config->registry.exec.count; i++)
		buf_format(&text, "%s\n", config->registry.exec.items[i]);
	if (add_place(&text, run) < 0 || add_file(&text, run, config->paths.config) < 0)
		return false;
	digest_of(buf_string(&text), text.length, key);
	return true;
}

/* "proved TIME KEY\n" and nothing else. */
static bool parse(const char *line, int64_t *at, char key[DIGEST_TEXT])
{
	uint64_t time;

	if (strncmp(line, PROVED, strlen(PROVED)) != 0)
		return false;
	line += strlen(PROVED);
	if (!units_read_u64(&line, &time) || time > INT64_MAX || *line++ != ' ' ||
	    strlen(line) >= DIGEST_TEXT || !digest_valid(line, strcspn(line, "\n")) ||
	    strcmp(line + strcspn(line, "\n"), "\n") != 0)
		return false;
	*at = (int64_t)time;
	memcpy(key, line, strcspn(line, "\n"));
	key[strcspn(line, "\n")] = '\0';
	return true;
}

static bool load(const struct run *run, int64_t *at, char key[DIGEST_TEXT])
{
	CLEANUP(buf_free) struct buf text = { 0 };
	char sum[DIGEST_TEXT];
	struct err err = { 0 };
	size_t body = 0;

	if (!run->state || state_read_file(run->state, FILE_NAME, LIMIT, &text, &err) < 0)
		return false;
	if (checksummed_open(HEADER, text.data, text.length, &body, sum, &err) < 0) {
		log_info("what was proved of the collector before is %s; it is asked again",
			 err.msg);
		return false;
	}
	text.data[strlen(HEADER) + body] = '\0';
	return parse(text.data + strlen(HEADER), at, key);
}

bool rehearsal_memory_read(const struct run *run, int64_t *at)
{
	int64_t now = run->report.started_at;
	char key[DIGEST_TEXT], known[DIGEST_TEXT];

	/* A time in the future: the clock went back, and how long ago it was is not known. */
	return run->config->gc.rehearsal_days > 0 && load(run, at, known) && *at <= now &&
	       now - *at < run->config->gc.rehearsal_days * DAY && find_key(run, key) &&
	       strcmp(key, known) == 0;
}

void rehearsal_memory_write(const struct run *run)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	char key[DIGEST_TEXT], sum[DIGEST_TEXT];
	struct err err = { 0 };

	if (run->config->gc.rehearsal_days == 0 || run->report.dry_run || !run->state)
		return;
	if (!find_key(run, key)) {
		log_info("that the collector was proved to be this registry's is not remembered: "
			 "its container, image and configuration cannot be told");
		return;
	}
	buf_format(&text, HEADER PROVED "%" PRId64 " %s\n", run->report.started_at, key);
	checksummed_close(&text, sum);
	if (state_replace_file(run->state, FILE_NAME, &text, &err) < 0)
		log_warning("%s; the collector will be asked again", err.msg);
}
