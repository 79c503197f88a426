/* The three steps of a removal, and the ways back from each.
 *
 * What a push does at any moment: it makes _uploads/<uuid>, then links in _layers, then a revision
 * and a tag in _manifests. The registry looks for the links of the layers before it writes the
 * revision. So what came in shows under the old names, or in the renamed folders (of files that
 * were opened before); and only a request that saw the old links may rely on them. That is why a
 * caller waits between hiding and removing. _manifests is hidden first and put back last: never is
 * there a manifest without the layers that it had. */
#include "empty/removal.h"

#include "empty/inspect.h"
#include "empty/move.h"
#include "storage/dir.h"
#include "storage/layout.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000) /* in nanoseconds */

__attribute__((format(printf, 2, 3))) static void refuse(struct empty_verdict *verdict,
							 const char *format, ...)
{
	va_list arguments;

	if (verdict->state == EMPTY_STRANGE)
		return;
	verdict->state = EMPTY_STRANGE;
	va_start(arguments, format);
	vsnprintf(verdict->reason, sizeof verdict->reason, format, arguments);
	va_end(arguments);
}

static bool is_part(const char *name)
{
	for (size_t i = 0; i < EMPTY_PARTS; i++) {
		if (strcmp(name, EMPTY_NAMES[i]) == 0)
			return true;
	}
	return false;
}

/* Besides the three there may be folders of nested repositories, which are left alone. */
static void look_at_others(int folder, struct empty_verdict *verdict)
{
	CLEANUP(buf_free) struct buf names = { 0 };
	int error = dir_names(folder, &names);
	const char *name = NULL;
	struct stat status;

	if (error != 0)
		refuse(verdict, "its folder cannot be read: %s", strerror(error));
	while ((name = dir_names_next(&names, name))) {
		if (is_part(name))
			continue;
		if (*name == '_' || fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISDIR(status.st_mode))
			refuse(verdict, "%s in its folder is not known to a registry", name);
	}
}

static void judge_age(struct empty_verdict *verdict, int64_t before)
{
	char text[TIME_TEXT];

	if (verdict->state != EMPTY_IDLE || verdict->youngest / SECOND <= before)
		return;
	time_local(verdict->youngest / SECOND, text);
	verdict->state = EMPTY_YOUNG;
	snprintf(verdict->reason, sizeof verdict->reason,
		 "something in it was written or changed at %s", text);
}

struct empty_verdict empty_judge(const struct layout *layout, const char *repository,
				 int64_t before)
{
	struct empty_verdict verdict = { .state = EMPTY_IDLE, .youngest = INT64_MIN };
	CLEANUP(file_close) int folder = -1;
	bool found = false;

	if (!layout_is_repository(repository)) {
		refuse(&verdict, "this is no name of a repository");
		return verdict;
	}
	folder = empty_open(layout, repository, strlen(repository));
	if (folder < 0) {
		refuse(&verdict, "its folder cannot be opened: %s", strerror(errno));
		return verdict;
	}
	look_at_others(folder, &verdict);
	for (size_t i = 0; i < EMPTY_PARTS; i++)
		found |= empty_look(folder, (enum empty_part)i, EMPTY_NAMES[i], &verdict);
	if (!found)
		refuse(&verdict, "it has no folder of a repository");
	judge_age(&verdict, before);
	return verdict;
}

/* Whether a part is still as it was judged, under the NAME that it has now. */
static bool is_unchanged(int folder, enum empty_part part, const char *name, int64_t youngest)
{
	struct empty_verdict now = { .state = EMPTY_IDLE, .youngest = INT64_MIN };

	empty_look(folder, part, name, &now);
	return now.state == EMPTY_IDLE && now.youngest <= youngest;
}

/* An unreadable entry counts as present. */
static bool has_any(int folder, const char *const names[EMPTY_PARTS])
{
	struct stat status;

	for (size_t i = 0; i < EMPTY_PARTS; i++) {
		if (fstatat(folder, names[i], &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
			return true;
	}
	return false;
}

static int fail(const struct empty_removal *removal, const char *repository, const char *name,
		int error, struct err *err)
{
	return err_set(err, ERR_IO, "%s/repositories/%s/%s: %s", layout_path(removal->layout),
		       repository, name, strerror(error));
}

static int put_back(const struct empty_removal *removal, int folder, const char *repository,
		    struct err *err)
{
	int result = 0;

	for (size_t i = EMPTY_PARTS; i-- > 0;) {
		const char *const names[] = { EMPTY_NAMES_GONE[i], EMPTY_NAMES_HIDDEN[i] };

		for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
			CLEANUP(buf_free) struct buf left = { 0 };
			int error = empty_join(removal, folder, names[n], EMPTY_NAMES[i], &left);

			if (error != 0)
				result = err_set(
					err, ERR_IO,
					"%s/repositories/%s/%s could not be put back as %s (%s: "
					"%s); move there by hand what is still in it",
					layout_path(removal->layout), repository, names[n],
					EMPTY_NAMES[i], buf_string(&left), strerror(error));
		}
	}
	return result;
}

int empty_put_back(const struct empty_removal *removal, const char *repository, struct err *err)
{
	CLEANUP(file_close)
	int folder = empty_open(removal->layout, repository, strlen(repository));

	if (folder < 0)
		return fail(removal, repository, "", errno, err);
	return put_back(removal, folder, repository, err);
}

int empty_hide(const struct empty_removal *removal, const char *repository,
	       const struct empty_verdict *verdict, struct err *err)
{
	CLEANUP(file_close)
	int folder = empty_open(removal->layout, repository, strlen(repository));
	bool unchanged = true;
	int error = 0;
	size_t i = 0;

	if (folder < 0)
		return fail(removal, repository, "", errno, err);
	for (i = 0; i < EMPTY_PARTS && error == 0 && unchanged; i++) {
		error = empty_rename(removal, folder, EMPTY_NAMES[i], EMPTY_NAMES_HIDDEN[i]);
		if (error == ENOENT)
			error = 0;
		else if (error == 0)
			unchanged = is_unchanged(folder, (enum empty_part)i, EMPTY_NAMES_HIDDEN[i],
						 verdict->youngest);
	}
	if (error == 0 && unchanged && !has_any(folder, EMPTY_NAMES))
		return 1;
	if (put_back(removal, folder, repository, err) < 0)
		return -1;
	return error ? fail(removal, repository, EMPTY_NAMES[i - 1], error, err) : 0;
}

/* Nobody knows the names under which the parts are now: what is in them stays as it is. */
static int finish(const struct empty_removal *removal, int folder, const char *repository,
		  struct err *err)
{
	int error = 0;

	for (size_t i = 0; i < EMPTY_PARTS && error == 0; i++) {
		error = empty_rename(removal, folder, EMPTY_NAMES_HIDDEN[i], EMPTY_NAMES_GONE[i]);
		error = error == ENOENT ? 0 : error;
	}
	for (size_t i = 0; i < EMPTY_PARTS && error == 0; i++) {
		if (!is_unchanged(folder, (enum empty_part)i, EMPTY_NAMES_GONE[i], INT64_MAX))
			error = ENOTEMPTY;
	}
	for (size_t i = 0; i < EMPTY_PARTS && error == 0; i++)
		error = empty_erase(removal, folder, (enum empty_part)i, EMPTY_NAMES_GONE[i]);
	if (error == 0) {
		empty_erase_folders(removal, repository);
		return 1;
	}
	/* Of two errors the one that needs somebody's help. */
	if (put_back(removal, folder, repository, err) == 0)
		fail(removal, repository, "", error, err);
	return -1;
}

int empty_remove(const struct empty_removal *removal, const char *repository,
		 const struct empty_verdict *verdict, struct err *err)
{
	CLEANUP(file_close)
	int folder = empty_open(removal->layout, repository, strlen(repository));
	bool unchanged = true;

	if (folder < 0)
		return fail(removal, repository, "", errno, err);
	unchanged = !has_any(folder, EMPTY_NAMES);
	for (size_t i = 0; i < EMPTY_PARTS; i++)
		unchanged &= is_unchanged(folder, (enum empty_part)i, EMPTY_NAMES_HIDDEN[i],
					  verdict->youngest);
	return unchanged ? finish(removal, folder, repository, err)
			 : put_back(removal, folder, repository, err);
}

int empty_recover(const struct empty_removal *removal, const char *repository, struct err *err)
{
	CLEANUP(file_close)
	int folder = empty_open(removal->layout, repository, strlen(repository));

	if (folder < 0)
		return fail(removal, repository, "", errno, err);
	return has_any(folder, EMPTY_NAMES_GONE) ? finish(removal, folder, repository, err)
						 : put_back(removal, folder, repository, err);
}
