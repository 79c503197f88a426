/* native/marks where a file server says ESTALE, or a file system tells no types and will not be
 * asked: what cannot be seen may need any blob. The system calls of this program lie when told. */
#include "native_world.h"

#include <dirent.h>
#include <dlfcn.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#define MANY 100 /* more often than anybody asks again */

/* Names end in this; how often they are lied about. */
static struct {
	const char *opened;
	const char *listed; /* the folder that is opened by this path */
	const char *looked_at;
	bool no_types;
	atomic_int times;
	atomic_int stale_fd;
} lies;

static bool ends(const char *path, const char *tail)
{
	return tail && strlen(path) >= strlen(tail) &&
	       strcmp(path + strlen(path) - strlen(tail), tail) == 0;
}

static bool is_left(void)
{
	return atomic_fetch_sub(&lies.times, 1) > 0;
}

/* openat2 has no function of its own. */
long syscall(long number, ...) // NOLINT(readability-inconsistent-declaration-parameter-name)
{
	long (*real)(long, ...);
	long a, b, c, d, e, f, result;
	va_list list;

	*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	va_start(list, number);
	a = va_arg(list, long);
	b = va_arg(list, long);
	c = va_arg(list, long);
	d = va_arg(list, long);
	e = va_arg(list, long);
	f = va_arg(list, long);
	va_end(list);
	if (number != SYS_openat2)
		return real(number, a, b, c, d, e, f);
	if (ends((const char *)b, lies.opened) && is_left()) {
		errno = ESTALE;
		return -1;
	}
	result = real(number, a, b, c, d);
	if (result >= 0 && ends((const char *)b, lies.listed))
		lies.stale_fd = (int)result;
	else if (result >= 0 && lies.stale_fd == (int)result)
		lies.stale_fd = -1;
	return result;
}

ssize_t getdents64(int fd, void *buffer, size_t length)
{
	long got;

	if (lies.listed && fd == lies.stale_fd && is_left()) {
		errno = ESTALE;
		return -1;
	}
	got = syscall(SYS_getdents64, (long)fd, buffer, length, 0L, 0L, 0L);
	for (long at = 0; lies.no_types && at < got;) {
		struct dirent64 *entry = (void *)((char *)buffer + at);

		entry->d_type = DT_UNKNOWN;
		at += entry->d_reclen;
	}
	return got;
}

int fstatat(int fd, const char *name, struct stat *status, int flags)
{
	int (*real)(int, const char *, struct stat *, int);

	*(void **)&real = dlsym(RTLD_NEXT, "fstatat");
	if (ends(name, lies.looked_at) && is_left()) {
		errno = EIO;
		return -1;
	}
	return real(fd, name, status, flags);
}

static const struct row {
	const char *opened, *listed, *looked_at;
	int times;
	const char *says; /* NULL: it is seen all the same */
} ROWS[] = {
	{ "team", NULL, NULL, 1, NULL },
	{ "team", NULL, NULL, MANY, "repositories/team" },
	{ "team/app", NULL, NULL, 1, NULL },
	{ "team/app", NULL, NULL, MANY, "repositories/team/app" },
	{ "_manifests/revisions/sha256", NULL, NULL, 1, NULL },
	{ "_manifests/revisions/sha256", NULL, NULL, MANY, "vanishes while" },
	{ NULL, "_manifests/revisions/sha256", NULL, 1, NULL },
	{ NULL, "_manifests/revisions/sha256", NULL, MANY, "vanishes while" },
	{ NULL, NULL, "team", 1, NULL },
	{ NULL, NULL, "app", MANY, NULL },
};

static void tell_lies(const struct row *row)
{
	lies.opened = row->opened;
	lies.listed = row->listed;
	lies.looked_at = row->looked_at;
	lies.no_types = row->looked_at != NULL;
	lies.times = row->times;
	lies.stale_fd = -1;
}

static void what_is_hidden_is_needed(void **state)
{
	static const struct row TRUTH = { .times = 0 };
	struct world *world = *state;
	struct image image = world_image(world, "team/app", "one");
	struct image other = world_image(world, "other", "two");
	int failures = 0;

	world_tag(world, "team/app", "v1", image.manifest);
	world_tag(world, "other", "v1", other.manifest);
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		const struct row *row = &ROWS[i];
		int result;

		tell_lies(row);
		result = world_mark(world);
		tell_lies(&TRUTH);
		if (result < 0 ? row->says && strstr(world->err.msg, row->says)
			       : !row->says && world_marked(world, image.layer) &&
					 world_marked(world, image.manifest))
			continue;
		failures++;
		print_error("row %zu: %d, %s\n", i, result, result < 0 ? world->err.msg : "");
	}
	assert_int_equal(failures, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(what_is_hidden_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
