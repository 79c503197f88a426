/* What engines tell about a container, from their JSON. What docker 28, podman 4.3 and nerdctl have
 * in common is read; what one of them has at another place is looked for there as well. */
#include "engine/engine.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "json/document.h"

#include <json-c/json.h>
#include <string.h>

/* NULL when OBJECT is none, or has no such key. */
static struct json_object *get(struct json_object *object, const char *key)
{
	return json_object_is_type(object, json_type_object) ? document_get(object, key) : NULL;
}

/* A copy of a plain string, "" for anything else. */
static char *copy_text(struct json_object *value)
{
	const char *text;
	size_t length;

	return xstrdup(document_text(value, &text, &length) && strlen(text) == length ? text : "");
}

static char *text_of(struct json_object *object, const char *key)
{
	return copy_text(get(object, key));
}

static bool flag_of(struct json_object *object, const char *key)
{
	struct json_object *value = get(object, key);

	return json_object_is_type(value, json_type_boolean) && json_object_get_boolean(value);
}

static size_t count_of(struct json_object *list)
{
	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static void add_texts(struct json_object *list, struct string_list *out)
{
	for (size_t i = 0; i < count_of(list); i++)
		string_list_add(out, copy_text(json_object_array_get_idx(list, i)));
}

static char *without(char *text, const char *beginning)
{
	size_t length = strlen(beginning);

	if (text_begins(text, beginning))
		memmove(text, text + length, strlen(text + length) + 1);
	return text;
}

static void read_mounts(struct json_object *list, struct engine_container *out)
{
	size_t count = count_of(list);

	out->mounts = xcalloc(count + 1, sizeof *out->mounts);
	out->mount_count = count;
	for (size_t i = 0; i < count; i++) {
		struct json_object *mount = json_object_array_get_idx(list, i);

		/* Of a volume, too, it is the folder on the host. */
		out->mounts[i] =
			(struct engine_mount){ .type = text_of(mount, "Type"),
					       .source = text_of(mount, "Source"),
					       .destination = text_of(mount, "Destination"),
					       .writable = flag_of(mount, "RW") };
	}
}

unsigned engine_port_read(const char *text, const char **end)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long port = digits > 0 && digits <= 5 ? strtoul(text, NULL, 10) : 0;

	*end = text + digits;
	return port <= 65535 ? (unsigned)port : 0;
}

/* 0: it is none. TEXT may have "/tcp" behind it; other protocols are none. */
static unsigned read_port(const char *text)
{
	const char *end;
	unsigned port = engine_port_read(text, &end);

	return !*end || strcmp(end, "/tcp") == 0 ? port : 0;
}

static void add_bindings(unsigned container, struct json_object *bindings,
			 struct engine_container *out)
{
	for (size_t i = 0; container && i < count_of(bindings); i++) {
		struct json_object *binding = json_object_array_get_idx(bindings, i);
		CLEANUP(free_p) char *text = text_of(binding, "HostPort");
		unsigned host = *text ? read_port(text) : 0;

		if (!host)
			continue;
		out->ports = xreallocarray(out->ports, out->port_count + 1, sizeof *out->ports);
		out->ports[out->port_count++] = (struct engine_port){
			.container = container, .host = host, .host_ip = text_of(binding, "HostIp")
		};
	}
}

static void read_ports(struct json_object *ports, struct engine_container *out)
{
	struct json_object_iter at;

	if (!json_object_is_type(ports, json_type_object))
		return;
	json_object_object_foreachC(ports, at)
	{
		add_bindings(read_port(at.key), at.val, out);
	}
}

static unsigned first_port(struct json_object *ports)
{
	struct json_object_iter at;

	if (!json_object_is_type(ports, json_type_object))
		return 0;
	json_object_object_foreachC(ports, at)
	{
		unsigned port = read_port(at.key);

		if (port)
			return port;
	}
	return 0;
}

static void add_network(char *name, char *ip, struct engine_container *out)
{
	out->networks = xreallocarray(out->networks, out->network_count + 1, sizeof *out->networks);
	out->networks[out->network_count++] = (struct engine_network){ name, ip };
}

/* The address of a container with one network stands beside the list, too, in podman only there. */
static void read_networks(struct json_object *settings, struct engine_container *out)
{
	struct json_object *networks = get(settings, "Networks");
	CLEANUP(free_p) char *alone = text_of(settings, "IPAddress");
	struct json_object_iter at;

	if (json_object_is_type(networks, json_type_object)) {
		json_object_object_foreachC(networks, at)
		{
			add_network(xstrdup(at.key), text_of(at.val, "IPAddress"), out);
		}
	}
	if (out->network_count == 0 && *alone)
		add_network(xstrdup(out->network_mode), xstrdup(alone), out);
}

static void read_state(struct json_object *state, struct engine_container *out)
{
	int64_t started = json_object_is_type(state, json_type_object)
				  ? document_date(state, "StartedAt")
				  : DATE_ABSENT;
	struct json_object *pid = get(state, "Pid");

	out->running = flag_of(state, "Running");
	out->restarting = flag_of(state, "Restarting");
	out->paused = flag_of(state, "Paused");
	if (json_object_is_type(pid, json_type_int) && json_object_get_int64(pid) > 0)
		out->pid = (long)json_object_get_int64(pid);
	out->started_at = date_known(started) ? started : 0;
}

static void read_labels(struct json_object *labels, struct engine_container *out)
{
	out->compose_project = text_of(labels, "com.docker.compose.project");
	out->compose_service = text_of(labels, "com.docker.compose.service");
	out->compose_folder = text_of(labels, "com.docker.compose.project.working_dir");
	out->compose_files = text_of(labels, "com.docker.compose.project.config_files");
}

static void read_process(struct json_object *root, struct engine_container *out)
{
	char *path = text_of(root, "Path");

	if (*path)
		string_list_add(&out->argv, path);
	else
		free(path);
	add_texts(get(root, "Args"), &out->argv);
}

static void read_container(struct json_object *root, struct engine_container *out)
{
	struct json_object *config = get(root, "Config"), *host = get(root, "HostConfig");
	struct json_object *settings = get(root, "NetworkSettings");

	out->id = text_of(root, "Id");
	out->name = without(text_of(root, "Name"), "/");
	out->image_id = without(text_of(root, "Image"), "sha256:");
	out->image = text_of(config, "Image");
	read_process(root, out);
	add_texts(get(config, "Env"), &out->environment);
	out->user = text_of(config, "User");
	out->exposed_port = first_port(get(config, "ExposedPorts"));
	out->network_mode = text_of(host, "NetworkMode");
	out->restart_policy = text_of(get(host, "RestartPolicy"), "Name");
	out->auto_remove = flag_of(host, "AutoRemove");
	read_mounts(get(root, "Mounts"), out);
	read_ports(get(settings, "Ports"), out);
	read_networks(settings, out);
	read_state(get(root, "State"), out);
	read_labels(get(config, "Labels"), out);
}

int engine_container_read(const char *text, size_t length, struct engine_container *out,
			  struct err *err)
{
	CLEANUP(buf_free) struct buf whole = { 0 };
	CLEANUP(document_put) struct json_object *document = NULL;
	struct json_object *found;

	*out = (struct engine_container){ 0 };
	/* The reader takes objects only. */
	buf_text(&whole, "{\"found\":");
	buf_add(&whole, text, length);
	buf_text(&whole, "}");
	if (document_parse(whole.data, whole.length, &document, err) < 0)
		return err_wrap(err, "what the engine told about the container");
	found = document_get(document, "found");
	if (count_of(found) == 1)
		found = json_object_array_get_idx(found, 0);
	read_container(found, out);
	if (!*out->id || json_object_object_length(document) != 1)
		return err_set(err, ERR_IO, "the engine told nothing that describes one container");
	return 0;
}

static void clear_lists(struct engine_container *container)
{
	for (size_t i = 0; i < container->mount_count; i++) {
		free(container->mounts[i].type);
		free(container->mounts[i].source);
		free(container->mounts[i].destination);
	}
	for (size_t i = 0; i < container->port_count; i++)
		free(container->ports[i].host_ip);
	for (size_t i = 0; i < container->network_count; i++) {
		free(container->networks[i].name);
		free(container->networks[i].ip);
	}
	free(container->mounts);
	free(container->ports);
	free(container->networks);
}

void engine_container_clear(struct engine_container *container)
{
	clear_lists(container);
	string_list_clear(&container->argv);
	string_list_clear(&container->environment);
	free(container->id);
	free(container->name);
	free(container->image_id);
	free(container->image);
	free(container->network_mode);
	free(container->compose_project);
	free(container->compose_service);
	free(container->compose_folder);
	free(container->compose_files);
	free(container->restart_policy);
	free(container->user);
	*container = (struct engine_container){ 0 };
}
