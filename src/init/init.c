/* The verb: finds, describes, writes, and tells what is in the file. */
#include "init/init.h"

#include "cli/options.h"
#include "init/setup.h"
#include "session/exit_code.h"
#include "util/buf.h"
#include "util/printable.h"
#include "util/proc.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <sys/stat.h>

const char *init_output(const struct options *options)
{
	return options->output ? options->output : "config.json";
}

static void tell_key(const char *key, const char *value)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	printable_add(&text, value);
	if (*value)
		printf("  %-20s %s\n", key, buf_string(&text));
}

static void tell_command(const char *key, const struct string_list *words)
{
	CLEANUP(free_p) char *line = NULL;

	if (words->count == 0)
		return;
	line = proc_command_line((const char *const *)words->items);
	tell_key(key, line);
}

static void tell(const struct setup *setup, const char *path)
{
	printf("%s: written for %s\n", path, setup->title);
	tell_key("registry.url", setup->url);
	tell_key("registry.program", setup->program);
	tell_command("registry.exec", &setup->exec);
	tell_key("paths.config", setup->config);
	tell_key("paths.storage", setup->storage);
	tell_key("paths.host_storage", setup->host_storage);
	tell_command("gc.restart", &setup->restart);
	if (setup->notes.count > 0)
		puts("What is left to do, or could not be found out:");
	for (size_t i = 0; i < setup->notes.count; i++)
		printf("  - %s\n", setup->notes.lines[i]);
}

static int set_up(const struct options *options, const char *path, struct setup *setup,
		  struct err *err)
{
	struct stat status;

	/* Seen here already, nobody is asked in vain. */
	if (lstat(path, &status) == 0)
		return err_set(err, ERR_USAGE,
			       "%s is there already and stays as it is: name another file with "
			       "--output",
			       path);
	if (init_find(options, setup, err) < 0)
		return -1;
	init_describe(setup);
	return init_write(setup, path, err);
}

int init_command(const struct options *options)
{
	CLEANUP(setup_clear) struct setup setup;
	const char *path = init_output(options);
	struct err err = { 0 };

	setup_init(&setup);
	if (set_up(options, path, &setup, &err) < 0) {
		fflush(stdout);
		fprintf(stderr, "clean-registry: %s\n", err.msg);
		return EXIT_USAGE;
	}
	tell(&setup, path);
	return EXIT_ALL_DONE;
}
