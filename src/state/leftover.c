/* Lines "NAME VALUE", checksummed, a file for each kind. */
#include "state/leftover.h"

#include "lists/checksummed.h"
#include "state/state.h"
#include "util/buf.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define HEADER "clean-registry leftover 1\n"

static const char *const FILES[] = {
	[LEFTOVER_DOOR] = "leftover-door", [LEFTOVER_OFFLINE] = "leftover-offline"
};

static struct leftover_field *find(const struct leftover *leftover, const char *name)
{
	for (size_t i = 0; i < leftover->count; i++)
		if (strcmp(leftover->fields[i].name, name) == 0)
			return &leftover->fields[i];
	return NULL;
}

void leftover_set(struct leftover *leftover, const char *name, const char *value)
{
	struct leftover_field *field = find(leftover, name);

	if (!field) {
		leftover->fields = xreallocarray(leftover->fields, leftover->count + 1,
						 sizeof *leftover->fields);
		field = &leftover->fields[leftover->count++];
		*field = (struct leftover_field){ .name = xstrdup(name) };
	}
	free(field->value);
	field->value = xstrdup(value);
	for (char *at = field->value; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = ' ';
}

const char *leftover_get(const struct leftover *leftover, const char *name)
{
	const struct leftover_field *field = find(leftover, name);

	return field ? field->value : "";
}

void leftover_clear(struct leftover *leftover)
{
	for (size_t i = 0; i < leftover->count; i++) {
		free(leftover->fields[i].name);
		free(leftover->fields[i].value);
	}
	free(leftover->fields);
	*leftover = (struct leftover){ .kind = leftover->kind };
}

int leftover_write(const struct state *state, const struct leftover *leftover, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	char sum[DIGEST_TEXT];

	buf_text(&text, HEADER);
	for (size_t i = 0; i < leftover->count; i++)
		buf_format(&text, "%s %s\n", leftover->fields[i].name, leftover->fields[i].value);
	checksummed_close(&text, sum);
	return state_replace_needed(state, FILES[leftover->kind], &text, err);
}

/* The lines of BODY, of which each has its newline. False: one has no value. */
static bool read_lines(struct leftover *out, char *body)
{
	char *line, *value;

	while ((line = strsep(&body, "\n")) && *line) {
		value = strchr(line, ' ');
		if (!value)
			return false;
		*value = '\0';
		leftover_set(out, line, value + 1);
	}
	return true;
}

int leftover_read(const struct state *state, enum leftover_kind kind, struct leftover *out,
		  struct err *err)
{
	const char *file = FILES[kind];
	CLEANUP(buf_free) struct buf text = { 0 };
	CLEANUP(free_p) char *body = NULL;
	char sum[DIGEST_TEXT];
	size_t length = 0;

	*out = (struct leftover){ .kind = kind };
	if (state_read_file(state, file, LEFTOVER_LIMIT, &text, err) < 0)
		return errno == ENOENT ? 0 : -1;
	if (checksummed_open(HEADER, buf_string(&text), text.length, &length, sum, err) < 0)
		return err_wrap(err, "%s/%s", state_path(state), file);
	body = xstrndup(buf_string(&text) + strlen(HEADER), length);
	if (read_lines(out, body))
		return out->count > 0;
	leftover_clear(out);
	return err_set(err, ERR_IO, "%s/%s: damaged", state_path(state), file);
}

/* What is durable is that nothing is left over; the file itself may come back after a crash. */
int leftover_remove(const struct state *state, enum leftover_kind kind, struct err *err)
{
	const struct leftover nothing = { .kind = kind };

	if (leftover_write(state, &nothing, err) < 0)
		return -1;
	state_remove_file(state, FILES[kind]);
	return 0;
}
