/* Takes registry.exec apart. Which options have a value is what the clients' own help says (docker
 * 28, podman 4.3, nerdctl 1.7, kubectl 1.20 to 1.31). */
#include "engine/engine.h"

#include "registry/exec.h"
#include "util/text.h"
#include "util/xalloc.h"

#include <string.h>

/* The options of one command: long ones without their dashes, short ones as letters. */
struct option_set {
	const char *const *with_value; /* NULL-terminated */
	const char *const *flags;
	const char *short_with_value, *short_flags;
};

static const char *const DOCKER_VALUES[] = { "config",    "context", "host",   "log-level",
					     "tlscacert", "tlscert", "tlskey", NULL };
static const char *const DOCKER_FLAGS[] = { "debug", "tls", "tlsverify", NULL };
static const char *const PODMAN_VALUES[] = { "cgroup-manager",
					     "config",
					     "conmon",
					     "connection",
					     "events-backend",
					     "hooks-dir",
					     "identity",
					     "imagestore",
					     "log-level",
					     "module",
					     "namespace",
					     "network-cmd-path",
					     "network-config-dir",
					     "root",
					     "runroot",
					     "runtime",
					     "runtime-flag",
					     "ssh",
					     "storage-driver",
					     "storage-opt",
					     "tmpdir",
					     "url",
					     "volumepath",
					     NULL };
static const char *const PODMAN_FLAGS[] = { "noout", "remote", "syslog", "transient-store", NULL };
static const char *const NERDCTL_VALUES[] = {
	"address",   "bridge-ip", "cgroup-manager", "cni-netconfpath",
	"cni-path",  "data-root", "host",           "host-gateway-ip",
	"hosts-dir", "namespace", "snapshotter",    "storage-driver",
	NULL
};
static const char *const NERDCTL_FLAGS[] = { "debug", "debug-full", "experimental",
					     "insecure-registry", NULL };
static const char *const EXEC_VALUES[] = { "detach-keys", "env",     "env-file", "preserve-fds",
					   "user",        "workdir", NULL };
static const char *const EXEC_FLAGS[] = { "detach", "interactive", "privileged", "tty", NULL };
static const char *const KUBECTL_VALUES[] = { "as",
					      "as-group",
					      "as-uid",
					      "as-user-extra",
					      "cache-dir",
					      "certificate-authority",
					      "client-certificate",
					      "client-key",
					      "cluster",
					      "context",
					      "kubeconfig",
					      "log-flush-frequency",
					      "namespace",
					      "password",
					      "profile",
					      "profile-output",
					      "request-timeout",
					      "server",
					      "tls-server-name",
					      "token",
					      "user",
					      "username",
					      "v",
					      "vmodule",
					      NULL };
static const char *const KUBECTL_FLAGS[] = { "disable-compression", "insecure-skip-tls-verify",
					     "match-server-version", "warnings-as-errors", NULL };
static const char *const POD_VALUES[] = { "container", "filename", "pod-running-timeout", NULL };
static const char *const POD_FLAGS[] = { "quiet", "stdin", "tty", NULL };

static const struct option_set DOCKER = { DOCKER_VALUES, DOCKER_FLAGS, "cHl", "D" };
static const struct option_set PODMAN = { PODMAN_VALUES, PODMAN_FLAGS, "c", "r" };
static const struct option_set NERDCTL = { NERDCTL_VALUES, NERDCTL_FLAGS, "aHn", "" };
static const struct option_set EXEC = { EXEC_VALUES, EXEC_FLAGS, "euw", "dit" };
static const struct option_set KUBECTL = { KUBECTL_VALUES, KUBECTL_FLAGS, "nsv", "" };
static const struct option_set IN_POD = { POD_VALUES, POD_FLAGS, "cf", "itq" };

/* One option: how many words it takes, and what it says. */
struct option {
	size_t words; /* 1 or 2; 0: SET has no such option */
	const char *name;
	size_t length;     /* of NAME, 1 for a short one */
	const char *value; /* NULL: none */
};

static bool is_listed(const char *const *names, const char *name, size_t length)
{
	for (; *names; names++)
		if (strlen(*names) == length && strncmp(*names, name, length) == 0)
			return true;
	return false;
}

static struct option read_long(const struct option_set *set, const char *const *words)
{
	const char *name = words[0] + 2, *equals = strchr(name, '=');
	size_t length = equals ? (size_t)(equals - name) : strlen(name);
	struct option option = { .words = 1, .name = name, .length = length };

	if (is_listed(set->flags, name, length))
		return option;
	if (!is_listed(set->with_value, name, length))
		return (struct option){ 0 };
	option.value = equals ? equals + 1 : words[1];
	option.words = equals ? 1 : 2;
	return option.value ? option : (struct option){ 0 };
}

/* Several in one word (-it); what follows one with a value is the value. */
static struct option read_short(const struct option_set *set, const char *const *words)
{
	const char *at = words[0] + 1;

	for (; *at; at++) {
		if (strchr(set->short_flags, *at))
			continue;
		if (!strchr(set->short_with_value, *at))
			return (struct option){ 0 };
		if (at[1])
			return (struct option){ 1, at, 1, at + 1 + (at[1] == '=') };
		return words[1] ? (struct option){ 2, at, 1, words[1] } : (struct option){ 0 };
	}
	return (struct option){ .words = 1, .name = words[0] + 1, .length = 1 };
}

static struct option read_option(const struct option_set *set, const char *const *words)
{
	return words[0][1] == '-' ? read_long(set, words) : read_short(set, words);
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0' && strcmp(word, "--") != 0;
}

static void add_words(struct string_list *list, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		string_list_add(list, xstrdup(words[i]));
}

static void set_text(char **slot, const char *text)
{
	char *copy = xstrdup(text); /* TEXT may be what is released */

	free(*slot);
	*slot = copy;
}

/* Puts options into LIST (NULL: nowhere). NULL when one of them is not known, else behind them. */
static const char *const *skip_options(const struct option_set *set, const char *const *words,
				       struct string_list *list)
{
	while (*words && is_option(*words)) {
		struct option option = read_option(set, words);

		if (option.words == 0)
			return NULL;
		if (list)
			add_words(list, words, option.words);
		words += option.words;
	}
	return words;
}

/* [OPTIONS] [container] exec [OPTIONS] CONTAINER, and nothing behind it. */
static bool read_engine(const struct option_set *set, const char *const *words,
			struct engine_target *out)
{
	words = skip_options(set, words, &out->prefix);
	if (words && *words && strcmp(*words, "container") == 0)
		words++;
	if (!words || !*words || strcmp(*words, "exec") != 0)
		return false;
	words = skip_options(&EXEC, words + 1, NULL);
	if (!words || !*words || !**words || words[1])
		return false;
	set_text(&out->container, *words);
	return true;
}

static bool is_called(const struct option *option, const char *name, char letter)
{
	return option->length == 1 ? *option->name == letter
				   : is_listed((const char *const[]){ name, NULL }, option->name,
					       option->length);
}

/* An option of kubectl, which may stand anywhere. 0: it is not known. */
static size_t take_kubectl_option(const char *const *words, struct engine_target *out)
{
	struct option option = read_option(&KUBECTL, words);

	if (option.words > 0) {
		if (option.value && is_called(&option, "namespace", 'n'))
			set_text(&out->name_space, option.value);
		add_words(&out->prefix, words, option.words);
		return option.words;
	}
	option = read_option(&IN_POD, words);
	if (option.value && is_called(&option, "container", 'c'))
		set_text(&out->pod_container, option.value);
	/* What runs is named by a file: nothing that is known. */
	return option.value && is_called(&option, "filename", 'f') ? 0 : option.words;
}

/* [OPTIONS] exec [OPTIONS] TARGET [OPTIONS] --, in any order. */
static bool read_kubectl(const char *const *words, struct engine_target *out)
{
	size_t seen = 0, taken;

	for (; *words && strcmp(*words, "--") != 0; words += taken) {
		taken = 1;
		if (is_option(*words))
			taken = take_kubectl_option(words, out);
		else if (seen == 0 && strcmp(*words, "exec") != 0)
			taken = 0;
		else if (seen++ == 1)
			set_text(&out->container, *words);
		if (taken == 0)
			return false;
	}
	return seen == 2 && *out->container && *words && !words[1];
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool read_words(const char *const *exec, struct engine_target *out)
{
	static const struct {
		const char *program, *then; /* THEN: the word behind it */
		enum engine_kind kind;
		const struct option_set *options;
	} PROGRAMS[] = { { "docker", NULL, ENGINE_DOCKER, &DOCKER },
			 { "podman", NULL, ENGINE_PODMAN, &PODMAN },
			 { "nerdctl", NULL, ENGINE_NERDCTL, &NERDCTL },
			 { "kubectl", NULL, ENGINE_KUBECTL, &KUBECTL },
			 { "oc", NULL, ENGINE_KUBECTL, &KUBECTL },
			 { "k3s", "kubectl", ENGINE_KUBECTL, &KUBECTL },
			 { "microk8s", "kubectl", ENGINE_KUBECTL, &KUBECTL } };

	for (size_t i = 0; i < sizeof PROGRAMS / sizeof *PROGRAMS; i++) {
		size_t own = PROGRAMS[i].then ? 2 : 1;

		if (strcmp(base_name(exec[0]), PROGRAMS[i].program) != 0 ||
		    (own == 2 && (!exec[1] || strcmp(exec[1], PROGRAMS[i].then) != 0)))
			continue;
		out->kind = PROGRAMS[i].kind;
		add_words(&out->prefix, exec, own);
		return out->kind == ENGINE_KUBECTL
			       ? read_kubectl(exec + own, out)
			       : read_engine(PROGRAMS[i].options, exec + own, out);
	}
	return false;
}

static void make_empty(struct engine_target *out, enum engine_kind kind)
{
	*out = (struct engine_target){ .kind = kind };
	out->container = xstrdup("");
	out->name_space = xstrdup("");
	out->pod_container = xstrdup("");
}

void engine_target_read(const char *const *exec, struct engine_target *out)
{
	make_empty(out, ENGINE_HOST);
	if (!exec || !exec[0] || read_words(exec, out))
		return;
	engine_target_clear(out);
	make_empty(out, ENGINE_OTHER);
}

void engine_target_set(const char *program, const char *container, struct engine_target *out)
{
	const char *exec[] = { program, "exec", container, NULL };

	engine_target_read(exec, out);
}

void engine_target_clear(struct engine_target *target)
{
	string_list_clear(&target->prefix);
	free(target->container);
	free(target->name_space);
	free(target->pod_container);
	*target = (struct engine_target){ 0 };
}

bool engine_has_containers(const struct engine_target *target)
{
	return target->kind == ENGINE_DOCKER || target->kind == ENGINE_PODMAN ||
	       target->kind == ENGINE_NERDCTL;
}

const char **engine_command(const struct engine_target *target, const char *const *words)
{
	return exec_join((const char *const *)target->prefix.items, words);
}

size_t engine_exec_head(const char *const *exec)
{
	CLEANUP(engine_target_clear) struct engine_target target;
	size_t words;

	engine_target_read(exec, &target);
	if (!engine_has_containers(&target))
		return 0;
	words = target.prefix.count;
	return words + (strcmp(exec[words], "container") == 0) + 1;
}
