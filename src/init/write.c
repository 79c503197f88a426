/* config.json as people would write it. */
#include "init/setup.h"

#include "util/xalloc.h"
#include "json/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void add_list(FILE *out, const char *key, const struct string_list *list)
{
	fprintf(out, "\"%s\": [", key);
	for (size_t i = 0; i < list->count; i++) {
		fputs(i ? ", " : "", out);
		json_write_string(out, list->items[i]);
	}
	fputc(']', out);
}

static void add_text(FILE *out, const char *indent, const char *key, const char *value,
		     const char *end)
{
	fprintf(out, "%s\"%s\": ", indent, key);
	json_write_string(out, value);
	fputs(end, out);
}

static void add_registry(FILE *out, const struct setup *setup)
{
	fputs("  \"registry\": {\n", out);
	add_text(out, "    ", "url", setup->url, ",\n");
	add_text(out, "    ", "user", "", ",\n");
	add_text(out, "    ", "password", "", ",\n");
	if (*setup->container_name)
		add_text(out, "    ", "container", setup->container_name, ",\n");
	if (*setup->program && strcmp(setup->program, "registry") != 0)
		add_text(out, "    ", "program", setup->program, ",\n");
	fputs("    ", out);
	add_list(out, "exec", &setup->exec);
	fputs("\n  },\n", out);
}

static void add_paths(FILE *out, const struct setup *setup)
{
	fputs("  \"paths\": {\n", out);
	add_text(out, "    ", "config", setup->config, "");
	if (*setup->storage)
		add_text(out, ",\n    ", "storage", setup->storage, "");
	if (*setup->host_storage)
		add_text(out, ",\n    ", "host_storage", setup->host_storage, "");
	fputs("\n  }", out);
}

static void add_all(FILE *out, const struct setup *setup)
{
	fputs("{\n", out);
	add_registry(out, setup);
	fputs("  \"cleanup\": {\n    \"days_to_keep\": 30,\n    \"protected_tags\": [\"latest\"],\n"
	      "    \"protected_patterns\": []\n  },\n",
	      out);
	add_paths(out, setup);
	if (setup->restart.count > 0) {
		fputs(",\n  \"gc\": { ", out);
		add_list(out, "restart", &setup->restart);
		fputs(" }", out);
	}
	if (geteuid() != 0)
		fputs(",\n  \"log\": { \"file\": \"\" }", out);
	fputs("\n}\n", out);
}

/* What is there is never opened for writing; the file is its owner's alone, for the password to
 * come. */
int init_write(const struct setup *setup, const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	bool failed;

	if (fd < 0)
		return errno == EEXIST ? err_set(err, ERR_USAGE,
						 "%s is there already and stays as it is: "
						 "name another file with --output",
						 path)
				       : err_set(err, ERR_USAGE, "%s: %s", path, strerror(errno));
	if (!out)
		die_internal("fdopen: %s", strerror(errno));
	add_all(out, setup);
	failed = ferror(out) || fflush(out) != 0 || fsync(fd) != 0;
	if (failed)
		err_set(err, ERR_USAGE, "%s: %s", path, strerror(errno));
	if (fclose(out) != 0 && !failed) {
		err_set(err, ERR_USAGE, "%s: %s", path, strerror(errno));
		failed = true;
	}
	if (failed)
		unlink(path);
	return failed ? -1 : 0;
}
