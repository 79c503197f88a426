/* Merges what is there, and what runs deleted, in the order of their names. */
#include "session/names_file.h"

#include "apply/outcome.h"
#include "inventory/inventory.h"
#include "inventory/order.h"
#include "registry/api.h"
#include "state/state.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/text.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HEADER       "clean-registry names 1\n"
#define LIMIT        ((size_t)256 << 20) /* bytes */
#define DELETED_MOST 100000

struct deleted {
	char *repository, *tag;
	int64_t at; /* seconds since 1970 */
};

struct names {
	const struct inventory *inventory;
	const struct outcome *outcome;
	struct deleted *deleted;
	size_t count, capacity;
	int64_t after;    /* what was deleted before is forgotten */
	const char *last; /* the repository that was written last */
	FILE *stream;
};

/* --- Reading --- */

static void read_line(char *line, char **repository, names_each each, void *ctx)
{
	char *name = line + 2, *end = NULL;
	uint64_t at = 0;

	if (line[0] == 'r' && api_repository_valid(name)) {
		*repository = name;
		each(ctx, name, NULL, 0);
	}
	if (line[0] == 'd' && (end = strchr(name, ' '))) {
		*end = '\0';
		if (!units_parse_u64(end + 1, &at) || at == 0 || at > INT64_MAX)
			return;
	}
	if (*repository && (line[0] == 't' || end) && api_tag_valid(name))
		each(ctx, *repository, name, (int64_t)at);
}

void names_file_each(const struct state *state, names_each each, void *ctx)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };
	char *repository = NULL, *line, *next;

	if (state_read_file(state, STATE_NAMES, LIMIT, &text, &err) < 0 ||
	    !text_begins(buf_string(&text), HEADER))
		return;
	for (line = text.data + strlen(HEADER); (next = strchr(line, '\n')); line = next + 1) {
		*next = '\0';
		if (next - line > 2 && line[1] == ' ')
			read_line(line, &repository, each, ctx);
	}
}

/* --- Writing --- */

static void add_deleted(struct names *names, const char *repository, const char *tag, int64_t at)
{
	if (names->count == DELETED_MOST)
		return;
	GROW(names->deleted, names->count, names->capacity);
	names->deleted[names->count++] = (struct deleted){ xstrdup(repository), xstrdup(tag), at };
}

static void keep_deleted(void *ctx, const char *repository, const char *tag, int64_t deleted)
{
	struct names *names = ctx;

	if (tag && deleted > names->after)
		add_deleted(names, repository, tag, deleted);
}

static bool is_there(const struct names *names, uint32_t tag)
{
	return !names->outcome || names->outcome->tags[tag] != TAG_DELETED;
}

static void take_deleted(struct names *names, int64_t now)
{
	const struct inventory *inventory = names->inventory;

	for (uint32_t t = 0; t < inventory->tag_count; t++)
		if (!is_there(names, t))
			add_deleted(names, inventory_tag_repository(inventory, t),
				    inventory->tags[t].name, now);
}

static int compare(const char *repository, const char *tag, const struct deleted *other)
{
	int order = strcmp(repository, other->repository);

	return order ? order : strcmp(tag, other->tag);
}

/* Of the same tag the last deletion first. */
static int by_name(const void *left, const void *right)
{
	const struct deleted *one = left, *other = right;
	int order = compare(one->repository, one->tag, other);

	if (order)
		return order;
	return one->at == other->at ? 0 : one->at > other->at ? -1 : 1;
}

static void write_line(struct names *names, const char *repository, const char *tag, int64_t at)
{
	if (!api_repository_valid(repository) || (tag && !api_tag_valid(tag)))
		return;
	if (!names->last || strcmp(names->last, repository) != 0)
		fprintf(names->stream, "r %s\n", repository);
	names->last = repository;
	if (tag && at)
		fprintf(names->stream, "d %s %" PRId64 "\n", tag, at);
	else if (tag)
		fprintf(names->stream, "t %s\n", tag);
}

/* Writes the deleted tags from number *D on that come before this one; of one that is there again
 * nothing. */
static void write_deleted(struct names *names, size_t *d, const char *repository, const char *tag)
{
	const struct deleted *written = NULL;

	for (; *d < names->count; ++*d) {
		const struct deleted *entry = &names->deleted[*d];
		int order = repository ? compare(repository, tag, entry) : 1;

		if (order < 0)
			return;
		if (order > 0 &&
		    (!written || compare(written->repository, written->tag, entry) != 0))
			write_line(names, entry->repository, entry->tag, entry->at);
		written = entry;
	}
}

static void write_tags(struct names *names)
{
	const struct inventory *inventory = names->inventory;
	CLEANUP(free_p) uint32_t *order = inventory_order_tags(inventory);
	size_t d = 0;

	for (size_t i = 0; i < inventory->tag_count; i++) {
		const char *repository = inventory_tag_repository(inventory, order[i]);
		const char *tag = inventory->tags[order[i]].name;

		if (!is_there(names, order[i]))
			continue;
		write_deleted(names, &d, repository, tag);
		write_line(names, repository, tag, 0);
	}
	write_deleted(names, &d, NULL, NULL);
}

static void write_repositories(struct names *names)
{
	const struct inventory *inventory = names->inventory;
	CLEANUP(free_p) uint32_t *order = inventory_order_repositories(inventory);

	for (size_t i = 0; i < inventory->repository_count; i++)
		write_line(names, inventory->repositories[order[i]].name, NULL, 0);
}

static int write_all(const void *ctx, FILE *stream, struct err *err)
{
	struct names names = *(const struct names *)ctx;

	names.stream = stream;
	fputs(HEADER, stream);
	if (names.inventory->tag_count > NAMES_TAGS_MOST)
		write_repositories(&names);
	else
		write_tags(&names);
	return fflush(stream) == 0 && !ferror(stream) ? 0
						      : err_set(err, ERR_IO, "%s", strerror(errno));
}

void names_file_save(const struct inventory *inventory, const struct outcome *outcome,
		     const struct state *state, int64_t now, long keep_days)
{
	struct names names = { .inventory = inventory,
			       .outcome = outcome,
			       .after = now - (int64_t)keep_days * 86400 };
	struct err err = { 0 };

	if (inventory->catalog_trouble)
		return;
	names_file_each(state, keep_deleted, &names);
	take_deleted(&names, now);
	if (names.count > 0)
		qsort(names.deleted, names.count, sizeof *names.deleted, by_name);
	if (state_write_file(state, STATE_NAMES, write_all, &names, &err) < 0)
		log_debug("%s: shells complete older names", err.msg);
	for (size_t i = 0; i < names.count; i++) {
		free(names.deleted[i].repository);
		free(names.deleted[i].tag);
	}
	free(names.deleted);
}
