/* What a process is, by its command line and its environment: a collector at work, one that only
 * tells what it would remove, or neither. Pure. */
#ifndef GC_PROCESS_H
#define GC_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

enum gc_process {
	GC_PROCESS_OTHER,
	GC_PROCESS_ASKED,    /* with --dry-run: it removes nothing */
	GC_PROCESS_COLLECTS, /* or that cannot be told */
};

/* CMDLINE holds LENGTH bytes as /proc/PID/cmdline does, each argument with a NUL behind it, and one
 * NUL more behind them. Any program with an argument "garbage-collect" counts: wrappers and
 * emulators stand before the registry's own name. The clients of container engines (docker,
 * podman, nerdctl, kubectl, crictl) do not: what they started is a process of its own; nor do
 * grep, pgrep, awk and the like, which look for the word. --dry-run
 * is believed only behind that word and among nothing but options that garbage-collect of
 * distribution 2.x and 3.x has (pflag's rules: the last one counts, -dm is two of them). */
enum gc_process gc_process_kind(const char *cmdline, size_t length);

/* Which configuration such a process reads: the argument, else REGISTRY_CONFIGURATION_PATH in its
 * ENVIRONMENT (as /proc/PID/environ), as distribution's resolveConfiguration does. PATH is borrowed
 * from these; NULL when it has none, and then ends at once. False: that cannot be told, because of
 * options that may take values. */
bool gc_process_config(const char *cmdline, size_t length, const char *environment, size_t size,
		       const char **path);

/* The value of NAME in ENVIRONMENT, or NULL. */
const char *gc_process_variable(const char *environment, size_t size, const char *name);

#endif
