/* From the registry's process and configuration to what the file needs. */
#include "init/setup.h"

#include "util/arena.h"
#include "util/file.h"
#include "util/text.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_LIMIT ((size_t)1 << 20)

static void note(struct setup *setup, const char *key, const char *why)
{
	notes_add(&setup->notes, "%s: %s", key, why);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The first process of the container, which the entrypoint has become; else what the engine was
 * told. Not so where the processes of the host are seen. */
static void find_process(struct setup *setup)
{
	const char *const words[] = { "cat", "/proc/1/cmdline", NULL };
	size_t size = 0;
	CLEANUP(free_p) char *cmdline = setup_ask(setup, words, &size);

	if (cmdline)
		init_split(cmdline, size, &setup->argv);
	if (init_program_in(&setup->argv) || init_config_in(&setup->argv))
		return;
	string_list_clear(&setup->argv);
	for (size_t i = 0; i < setup->container.argv.count; i++)
		string_list_add(&setup->argv, xstrdup(setup->container.argv.items[i]));
}

/* As distribution does: the argument, then the variable. */
static void find_config(struct setup *setup)
{
	static const char NAME[] = "REGISTRY_CONFIGURATION_PATH";
	const char *const words[] = { "printenv", NAME, NULL };
	const char *path = init_config_in(&setup->argv);
	CLEANUP(free_p) char *asked = NULL;

	if (!path && setup->kind == SETUP_CONTAINER)
		path = engine_variable(&setup->container, NAME);
	else if (!path && (asked = setup_ask(setup, words, NULL))) {
		asked[strcspn(asked, "\r\n")] = '\0';
		path = asked;
	}
	if (path && *path == '/')
		setup->config = setup_text(setup, path);
	else if (path)
		note(setup, "paths.config",
		     "the registry was told a path that does not begin at the root; put the whole "
		     "path there");
	else
		note(setup, "paths.config",
		     "neither the arguments of its process nor REGISTRY_CONFIGURATION_PATH name "
		     "the file, and an image's default is not taken unseen; put it there");
}

static bool can_run(const struct setup *setup, const char *program)
{
	const char *const words[] = { program, "--version", NULL };
	CLEANUP(free_p) char *said = setup_ask(setup, words, NULL);

	return said != NULL;
}

/* A name is better than a path, which may change with the image. */
static void find_program(struct setup *setup)
{
	const char *program = init_program_in(&setup->argv);

	if (!program)
		program = setup->kind == SETUP_HOST ? "docker-registry" : "registry";
	if (can_run(setup, base_name(program))) {
		program = base_name(program);
	} else if (setup->kind == SETUP_HOST && strchr(program, '/') && !init_trusts(program)) {
		notes_add(&setup->notes,
			  "registry.program: the registry was started as %s, which others than "
			  "root and this user can change, so it was not run; put a program there "
			  "that they cannot change",
			  program);
		program = base_name(program);
	} else if (!can_run(setup, program)) {
		note(setup, "registry.program",
		     "it does not answer to --version; put the name or path of the registry's "
		     "program there");
	}
	setup->program = setup_text(setup, program);
}

static void read_file_of_host(struct setup *setup)
{
	CLEANUP(buf_free) struct buf yaml = { 0 };
	struct err err;

	if (file_read(AT_FDCWD, setup->config, CONFIG_LIMIT, &yaml, &err) < 0)
		note(setup, "paths.config", err.msg);
	else
		server_config_parse(buf_string(&yaml), yaml.length, setup->environment,
				    &setup->server);
	if (text_begins(setup->environment, "REGISTRY_STORAGE") ||
	    strstr(setup->environment, "\nREGISTRY_STORAGE"))
		notes_add(&setup->notes,
			  "its process has variables REGISTRY_STORAGE…, which the collector that "
			  "clean-registry starts would not have: write them into %s",
			  setup->config);
}

static void read_config(struct setup *setup)
{
	CLEANUP(free_p) const char **exec = NULL;
	const char *const nothing[] = { NULL };
	struct err err;

	if (!*setup->config)
		return;
	if (setup->kind == SETUP_HOST) {
		read_file_of_host(setup);
		return;
	}
	exec = setup_command(setup, nothing);
	if (server_config_ask(exec, setup->config, &setup->server, &err) < 0)
		notes_add(&setup->notes, "the registry's configuration could not be read: %s",
			  err.msg);
}

static void find_storage(struct setup *setup)
{
	const struct server_config *server = &setup->server;

	if (*server->root)
		setup->storage = setup_text(setup, server->root);
	else if (*server->driver && !server_config_is_filesystem(server))
		notes_add(&setup->notes,
			  "paths.storage, paths.host_storage: its storage is %s, which has no "
			  "folder",
			  server->driver);
	else
		note(setup, "paths.storage",
		     "its configuration and variables do not tell the folder of the storage; put "
		     "it there");
}

/* The folder on this host; of a mount with what lies below it. */
static void take_folder(struct setup *setup, const char *path)
{
	struct stat status;

	if (stat(path, &status) == 0 && !S_ISDIR(status.st_mode)) {
		notes_add(&setup->notes, "paths.host_storage: %s is no folder", path);
	} else if (stat(path, &status) != 0 && errno == ENOENT) {
		notes_add(&setup->notes,
			  "paths.host_storage: %s is not there on this host: nothing was pushed "
			  "yet, or the engine runs on another host",
			  path);
	} else {
		setup->host_storage = setup_text(setup, path);
		if (access(path, R_OK | X_OK) != 0)
			notes_add(&setup->notes,
				  "paths.host_storage: %s cannot be read by this user: run "
				  "clean-registry as root",
				  path);
	}
}

static void find_folder(struct setup *setup)
{
	const struct engine_mount *mount;
	size_t inside;

	if (!*setup->storage)
		return;
	if (setup->kind == SETUP_HOST) {
		take_folder(setup, setup->storage);
		return;
	}
	if (setup->kind == SETUP_CLUSTER || setup->elsewhere)
		return;
	mount = engine_mount_of(&setup->container, setup->storage);
	if (!mount || !*mount->source) {
		note(setup, "paths.host_storage",
		     mount ? "its storage is a mount without a folder on this host"
			   : "no mount holds its storage: it lies inside the container, and goes "
			     "with it");
		return;
	}
	inside = strlen(mount->destination);
	while (inside > 0 && mount->destination[inside - 1] == '/')
		inside--;
	take_folder(setup,
		    arena_format(setup->texts, "%s%s", mount->source, setup->storage + inside));
}

static void find_url(struct setup *setup)
{
	const char *why = NULL, *url = init_address(setup, &why);

	if (!url) {
		notes_add(&setup->notes, "registry.url: %s; put there how this host reaches it",
			  why);
		return;
	}
	if (setup->kind == SETUP_CLUSTER) {
		url = arena_format(setup->texts, "%s://%s",
				   setup->server.tls == CONFIG_YES ? "https" : "http", url);
		note(setup, "registry.url",
		     "it is that of the service, inside the cluster; outside put the ingress "
		     "there");
	}
	setup->url = url;
	if (setup->elsewhere)
		note(setup, "registry.url, paths.host_storage",
		     "the engine is on another host (DOCKER_HOST): the address is as that host "
		     "sees "
		     "it, and its folders are not here");
	if (setup->server.tls == CONFIG_YES)
		note(setup, "registry.url",
		     "it speaks TLS: put a name of its certificate there instead of the address, "
		     "and registry.ca_cert if its CA is your own");
	else if (setup->server.tls == CONFIG_UNKNOWN)
		note(setup, "registry.url", "whether it speaks TLS is not known; if so: https");
}

static void note_what_hinders(struct setup *setup)
{
	const struct server_config *server = &setup->server;

	if (server->login == CONFIG_YES)
		notes_add(&setup->notes,
			  "registry.user, registry.password: it asks for a login (%s); put one "
			  "there that may delete, or see docs/logins.md",
			  *server->auth ? server->auth : "of which kind is not known");
	if (server->deletes == CONFIG_NO)
		notes_add(&setup->notes,
			  "it refuses deletes: set storage.delete.enabled: true in %s and restart "
			  "it",
			  setup->config);
	if (server->readonly == CONFIG_YES)
		notes_add(&setup->notes, "it is read-only (storage.maintenance.readonly)");
	if (server->proxy == CONFIG_YES)
		notes_add(&setup->notes, "it is a pull-through cache (proxy.remoteurl), which "
					 "refuses deletes");
}

/* One that shares the network of another container has its ports and addresses. */
static void find_network(struct setup *setup)
{
	static const char OTHER[] = "container:";
	struct engine_container other, *own = &setup->container;
	struct err ignored;

	if (setup->kind != SETUP_CONTAINER || !text_begins(own->network_mode, OTHER))
		return;
	if (engine_inspect(&setup->target, own->network_mode + sizeof OTHER - 1, &other,
			   &ignored) == 0 &&
	    own->port_count + own->network_count == 0) {
		own->ports = other.ports;
		own->port_count = other.port_count;
		own->networks = other.networks;
		own->network_count = other.network_count;
		other.ports = NULL;
		other.networks = NULL;
		other.port_count = other.network_count = 0;
	}
	engine_container_clear(&other);
}

void init_describe(struct setup *setup)
{
	if (setup->kind != SETUP_HOST) {
		find_process(setup);
		find_config(setup);
	}
	find_program(setup);
	read_config(setup);
	find_storage(setup);
	find_folder(setup);
	find_network(setup);
	find_url(setup);
	note_what_hinders(setup);
	init_restart(setup);
	if (geteuid() != 0)
		note(setup, "log.file",
		     "/var/log is root's, so no log file is written; name one of yours there");
}
