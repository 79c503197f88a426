/* Loads the lines, and adds one: what is damaged is passed over, what is old is dropped. */
#include "history/history.h"

#include "config/config.h"
#include "history/file.h"
#include "state/place.h"
#include "state/state.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY       INT64_C(86400)
#define KEPT      (HISTORY_DAYS * DAY)
#define MOST      ((off_t)8 << 20)  /* bytes; then the oldest lines are dropped, */
#define LEFT      ((size_t)6 << 20) /* down to so many */
#define BEGINNING ((size_t)8192)    /* is looked at for how old the file is */

void history_clear(struct history *history)
{
	free(history->entries);
	*history = (struct history){ 0 };
}

/* What is not there is no failure: ERR is cleared. */
static int unless_absent(struct err *err)
{
	if (errno != ENOENT)
		return -1;
	*err = (struct err){ 0 };
	return 0;
}

/* The next line of TEXT at *AT, which is moved behind it; WHOLE: it ends with a newline. */
static bool next_line(const struct buf *text, size_t *at, const char **line, size_t *length,
		      bool *whole)
{
	const char *newline;

	if (*at >= text->length)
		return false;
	*line = text->data + *at;
	newline = memchr(*line, '\n', text->length - *at);
	*whole = newline != NULL;
	*length = newline ? (size_t)(newline - *line) : text->length - *at;
	*at += *length + *whole;
	return true;
}

static void read_lines(const struct buf *text, struct history *out)
{
	size_t at = 0, length = 0, capacity = 0;
	struct history_entry entry;
	const char *line;
	bool whole;

	while (next_line(text, &at, &line, &length, &whole)) {
		if (history_line_read(line, length, &entry)) {
			GROW(out->entries, out->count, capacity);
			out->entries[out->count++] = entry;
		} else if (whole) {
			out->damaged++;
		}
	}
}

static int load(int folder, const char *path, struct history *out, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	int fd = history_file_open_read(folder, path, err);
	int result;

	if (fd < 0)
		return unless_absent(err);
	result = history_file_read(fd, path, HISTORY_FILE_READ, &text, err);
	file_close(&fd);
	if (result == 0)
		read_lines(&text, out);
	return result;
}

int history_load(const struct config *config, struct history *out, struct err *err)
{
	struct state_options place = state_options(config);
	CLEANUP(free_p) char *path = NULL;
	int folder = state_place_open(&place, &path, err);
	int result;

	*out = (struct history){ 0 };
	if (folder < 0)
		return unless_absent(err);
	result = load(folder, path, out, err);
	file_close(&folder);
	return result;
}

/* Whether a run of AT is worth a line at NOW: one that far in the future is of a clock that was
 * wrong. */
static bool is_kept(int64_t at, int64_t now, int64_t days)
{
	return at >= now - days * DAY && at <= now + days * DAY;
}

/* What the file begins with, into TEXT. */
static void read_beginning(const struct history_file *file, struct buf *text)
{
	ssize_t got = pread(file->fd, buf_reserve(text, BEGINNING), BEGINNING, 0);

	buf_extend(text, got > 0 ? (size_t)got : 0);
}

/* A day later than the first line could be dropped, so that this is done once a day at most; or
 * when the file is too long. */
static bool is_due(const struct history_file *file, int64_t now)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	size_t at = 0, length = 0;
	struct history_entry entry;
	struct stat status;
	const char *line;
	bool whole;

	if (fstat(file->fd, &status) == 0 && status.st_size > MOST)
		return true;
	read_beginning(file, &text);
	while (next_line(&text, &at, &line, &length, &whole) && whole)
		if (history_line_read(line, length, &entry))
			return !is_kept(entry.started_at, now, HISTORY_DAYS + 1);
	return false;
}

/* Where the run before this one, which is the last of TEXT, was longer ago than lines are kept, the
 * clock may have jumped, and a year is not given up for that. */
static bool believes_clock(const struct buf *text, int64_t now)
{
	struct history history = { 0 };
	bool believed;

	read_lines(text, &history);
	believed = history.count > 1 &&
		   is_kept(history.entries[history.count - 2].started_at, now, HISTORY_DAYS);
	history_clear(&history);
	return believed;
}

/* The lines of TEXT that stay, as they are: a newer version may have more to say in them. */
static void keep_lines(const struct buf *text, int64_t now, struct buf *out)
{
	bool by_age = believes_clock(text, now);
	size_t at = 0, length = 0, first = 0;
	struct history_entry entry;
	const char *line;
	bool whole;

	while (next_line(text, &at, &line, &length, &whole)) {
		if (!whole || !history_line_read(line, length, &entry) ||
		    (by_age && !is_kept(entry.started_at, now, HISTORY_DAYS)))
			continue;
		buf_add(out, line, length + 1);
	}
	if (out->length <= LEFT)
		return;
	first = out->length - LEFT;
	while (out->data[first - 1] != '\n')
		first++;
	memmove(out->data, out->data + first, out->length - first);
	out->length -= first;
}

static int drop_old(const struct history_file *file, int64_t now, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 }, kept = { 0 };

	if (history_file_read(file->fd, file->folder_path, HISTORY_FILE_READ, &text, err) < 0)
		return -1;
	keep_lines(&text, now, &kept);
	return kept.length == text.length ? 0 : history_file_replace(file, &kept, err);
}

static int add(int folder, const char *path, const struct history_entry *entry, bool locked,
	       struct err *err)
{
	CLEANUP(buf_free) struct buf line = { 0 };
	struct history_file file;
	int result;

	if (history_file_open(&file, folder, path, err) < 0)
		return -1;
	history_line_write(entry, &line);
	result = history_file_append(&file, &line, err);
	if (result == 0 && locked && file.locked && is_due(&file, entry->finished_at))
		result = drop_old(&file, entry->finished_at, err);
	history_file_close(&file);
	return result;
}

int history_add(const struct config *config, const struct history_entry *entry, bool locked,
		struct err *err)
{
	struct state_options place = state_options(config);
	CLEANUP(free_p) char *path = NULL;
	int folder = state_place_open(&place, &path, err);
	int result;

	if (folder < 0)
		return unless_absent(err);
	result = add(folder, path, entry, locked, err);
	file_close(&folder);
	return result;
}
