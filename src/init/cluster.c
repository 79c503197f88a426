/* A registry in Kubernetes: how its pods are reached, and the service before them. */
#include "init/setup.h"

#include "util/arena.h"
#include "util/proc.h"
#include "util/xalloc.h"
#include "json/document.h"

#include <json-c/json.h>
#include <string.h>

#define ASK_SECONDS 30

/* cron has no KUBECONFIG: one file is named in the commands; of several kubectl makes one. */
static void set_exec(struct setup *setup, const char *name_space, const char *target)
{
	const char *const words[] = { "exec", "-n", name_space, target, NULL };
	const char *file = getenv("KUBECONFIG");

	string_list_add(&setup->exec, xstrdup("kubectl"));
	if (file && strchr(file, ':')) {
		notes_add(&setup->notes,
			  "registry.exec: KUBECONFIG names several files, which cron "
			  "does not have; add --context, or --kubeconfig with one");
	} else if (file && *file) {
		string_list_add(&setup->exec, xstrdup("--kubeconfig"));
		string_list_add(&setup->exec, xstrdup(file));
	}
	for (size_t i = 0; words[i]; i++)
		string_list_add(&setup->exec, xstrdup(words[i]));
}

/* What the cluster is asked by; POD_CONTAINER: NULL where a pod has but one, or nobody knows. */
static void end_exec(struct setup *setup, const char *pod_container)
{
	if (pod_container) {
		string_list_add(&setup->exec, xstrdup("-c"));
		string_list_add(&setup->exec, xstrdup(pod_container));
	}
	string_list_add(&setup->exec, xstrdup("--"));
	engine_target_clear(&setup->target);
	engine_target_read((const char *const *)setup->exec.items, &setup->target);
}

/* The parts of NAMESPACE/KIND/NAME; none of them may look like an option. */
static bool is_part(const char *text, size_t length)
{
	return length > 0 && *text != '-' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-") >= length;
}

static struct json_object *ask_cluster(const struct setup *setup, const char *kind,
				       const char *name)
{
	const char *const words[] = { "get", kind, "-o", "json", name, NULL };
	CLEANUP(proc_answer_clear) struct proc_answer answer = { 0 };
	struct json_object *root = NULL;
	struct err ignored;

	if (engine_ask(&setup->target, words, ASK_SECONDS, &answer, &ignored) < 0 ||
	    document_parse(buf_string(&answer.out), answer.out.length, &root, &ignored) < 0)
		return NULL;
	return root;
}

static struct json_object *get(struct json_object *object, const char *key)
{
	return json_object_is_type(object, json_type_object) ? document_get(object, key) : NULL;
}

static const char *string_in(struct json_object *object, const char *key)
{
	struct json_object *value = get(object, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

/* The labels of the pods that WORKLOAD, or the pod itself, has. */
static struct json_object *pod_labels(struct json_object *workload)
{
	struct json_object *template = get(get(workload, "spec"), "template");

	return get(get(template ? template : workload, "metadata"), "labels");
}

static bool selects(struct json_object *service, struct json_object *labels)
{
	struct json_object *selector = get(get(service, "spec"), "selector");
	struct json_object_iter at;

	if (!json_object_is_type(selector, json_type_object) ||
	    json_object_object_length(selector) == 0)
		return false;
	json_object_object_foreachC(selector, at)
	{
		struct json_object *label = get(labels, at.key);

		if (!label || !json_object_equal(label, at.val))
			return false;
	}
	return true;
}

/* As seen from inside the cluster. */
static void take_service(struct setup *setup, struct json_object *service)
{
	struct json_object *ports = get(get(service, "spec"), "ports"), *port;
	const char *name = string_in(get(service, "metadata"), "name");

	if (!*name || !json_object_is_type(ports, json_type_array) ||
	    json_object_array_length(ports) == 0)
		return;
	port = get(json_object_array_get_idx(ports, 0), "port");
	if (!json_object_is_type(port, json_type_int))
		return;
	setup->service_url = arena_format(setup->texts, "%s.%s.svc:%d", name,
					  setup->target.name_space, json_object_get_int(port));
}

/* Of several containers of a pod the one whose image is a registry's; NULL: it has one, or that
 * cannot be told. Borrowed from WORKLOAD. */
static const char *find_container(struct setup *setup, struct json_object *workload)
{
	struct json_object *template = get(get(workload, "spec"), "template");
	struct json_object *list = get(get(template ? template : workload, "spec"), "containers");
	size_t count =
		json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	const char *found = NULL;
	size_t matches = 0;

	for (size_t i = 0; count > 1 && i < count; i++) {
		struct json_object *container = json_object_array_get_idx(list, i);
		const char *name = string_in(container, "name");

		if (!*name || !engine_is_registry_image(string_in(container, "image")))
			continue;
		found = name;
		matches++;
	}
	if (count > 1 && matches != 1)
		notes_add(&setup->notes,
			  "registry.exec: its pods have %zu containers, and which is "
			  "the registry's is not clear; put -c NAME before --",
			  count);
	return matches == 1 ? found : NULL;
}

static void find_service(struct setup *setup, struct json_object *workload)
{
	CLEANUP(document_put) struct json_object *services = ask_cluster(setup, "services", NULL);
	struct json_object *items = get(services, "items"), *labels = pod_labels(workload);

	for (size_t i = 0; json_object_is_type(items, json_type_array) &&
			   i < json_object_array_length(items) && !*setup->service_url;
	     i++) {
		struct json_object *service = json_object_array_get_idx(items, i);

		if (selects(service, labels))
			take_service(setup, service);
	}
}

/* The commands are complete once the pods' containers are known. */
static void ask_about(struct setup *setup, const char *kind, const char *name)
{
	CLEANUP(document_put) struct json_object *workload = NULL;
	struct string_list begun = { 0 };

	for (size_t i = 0; i < setup->exec.count; i++)
		string_list_add(&begun, xstrdup(setup->exec.items[i]));
	end_exec(setup, NULL);
	workload = ask_cluster(setup, kind, name);
	string_list_clear(&setup->exec);
	setup->exec = begun;
	end_exec(setup, find_container(setup, workload));
	find_service(setup, workload);
}

int init_find_in_cluster(const char *text, struct setup *setup, struct err *err)
{
	const char *kind = strchr(text, '/'), *name = kind ? strchr(kind + 1, '/') : NULL;
	CLEANUP(free_p) char *name_space = NULL;
	CLEANUP(free_p) char *kind_text = NULL;

	if (!name || !is_part(text, (size_t)(kind - text)) ||
	    !is_part(kind + 1, (size_t)(name - kind - 1)) || !is_part(name + 1, strlen(name + 1)))
		return err_set(err, ERR_USAGE,
			       "--kubectl: '%s' is not NAMESPACE/KIND/NAME, such as "
			       "registry/deploy/registry",
			       text);
	name_space = xstrndup(text, (size_t)(kind - text));
	kind_text = xstrndup(kind + 1, (size_t)(name - kind - 1));
	setup->kind = SETUP_CLUSTER;
	set_exec(setup, name_space, kind + 1);
	ask_about(setup, kind_text, name + 1);
	setup->title =
		arena_format(setup->texts, "%s in namespace %s, by kubectl", kind + 1, name_space);
	return 0;
}
