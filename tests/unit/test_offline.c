/* The words of a collection in a container of its own. */
#include "gc/offline.h"

#include "config/config.h"
#include "util/buf.h"
#include "util/xalloc.h"

/* cmocka wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* A text that may be changed. */
#define T(text) ((char[]){ text })

static char *environment[] = { T("REGISTRY_A=b c "),     T("PATH=/bin"),
			       T("REGISTRY_B=one\ntwo"), T("strange name=value"),
			       T("REGISTRY_EMPTY="),     T("nothing"),
			       T("REGISTRY_C=d=#'\""),   T("REGISTRY_LOG_LEVEL=debug") };
static char *exec[] = { T("podman"), T("--root"), T("/r"),  T("exec"),
			T("-u"),     T("0"),      T("reg"), NULL };

static char program[] = "docker-registry", path[] = "/etc/c.yml";
static char id[] = "0123", name[] = "reg", image[] = "4567";

static struct config config_of(char **words, size_t count)
{
	struct config config = { 0 };

	config.registry.exec = (struct string_list){ words, count };
	config.registry.program = program;
	config.paths.config = path;
	return config;
}

static struct engine_container container_of(char *user)
{
	return (struct engine_container){ .id = id,
					  .name = name,
					  .image_id = image,
					  .user = user,
					  .running = true,
					  .environment = { environment, 8 } };
}

static char *joined(const struct string_list *words)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < words->count; i++)
		buf_format(&text, "%s%s", i ? " " : "", words->items[i]);
	return text.data;
}

static void commands_reach_the_same_engine(void **state)
{
	struct config config = config_of(exec, 7);
	struct engine_container plain = container_of(T("")), other = container_of(T("10:20"));
	char *names[] = { T("X"), T("Y") };
	const struct string_list none = { 0 }, two = { names, 2 };
	const struct {
		const struct engine_container *container;
		const struct string_list *names;
		bool asks;
		const char *create, *run;
	} CASES[] = {
		{ &plain, &none, false,
		  "podman --root /r create --name n --label clean-registry.collects=0123 --label "
		  "clean-registry.owner=h:/s --volumes-from 0123 --network none --env-file /e -e "
		  "REGISTRY_LOG_LEVEL=warn --entrypoint docker-registry 4567 garbage-collect "
		  "/etc/c.yml",
		  "podman --root /r start -a --sig-proxy=false n" },
		{ &other, &two, true,
		  "podman --root /r create --name n-ask --label clean-registry.collects=0123 "
		  "--label "
		  "clean-registry.owner=h:/s --volumes-from 0123 --network none --env-file /e -e X "
		  "-e Y "
		  "-e REGISTRY_LOG_LEVEL=warn --user 10:20 --entrypoint docker-registry 4567 "
		  "garbage-collect --dry-run /etc/c.yml",
		  "podman --root /r start -a --sig-proxy=false n-ask" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		CLEANUP(offline_clear) struct offline offline;
		CLEANUP(string_list_clear) struct string_list create = { 0 };
		CLEANUP(string_list_clear) struct string_list run = { 0 };
		CLEANUP(free_p) char *line = NULL;
		CLEANUP(free_p) char *run_line = NULL;

		offline_init(&config, "0123", "n", "h:/s", &offline);
		assert_string_equal(offline.target.container, "0123");
		offline_create_words(&offline, &config, CASES[i].container, CASES[i].asks, "/e",
				     CASES[i].names, &create);
		offline_run_words(&offline, CASES[i].asks, &run);
		line = joined(&create);
		run_line = joined(&run);
		assert_string_equal(line, CASES[i].create);
		assert_string_equal(run_line, CASES[i].run);
	}
}

static void the_environment_is_split(void **state)
{
	struct engine_container container = container_of(T(""));
	CLEANUP(buf_free) struct buf lines = { 0 };
	CLEANUP(string_list_clear) struct string_list names = { 0 };
	CLEANUP(free_p) char *line = NULL;

	(void)state;
	offline_split_environment(&container, &lines, &names);
	line = joined(&names);
	assert_string_equal(buf_string(&lines),
			    "REGISTRY_A=b c \nPATH=/bin\nREGISTRY_EMPTY=\nREGISTRY_C=d=#'\"\n"
			    "REGISTRY_LOG_LEVEL=debug\n");
	assert_string_equal(line, "REGISTRY_B strange name");
}

static void what_was_handed_on_is_compared(void **state)
{
	struct engine_container one = container_of(T("")), other = container_of(T(""));
	char *lacking[] = { T("REGISTRY_A=b c"), T("REGISTRY_B=one\ntwo"), T("REGISTRY_EMPTY="),
			    T("REGISTRY_C=d=#'\""), T("REGISTRY_LOG_LEVEL=warn") };
	const char *missing = NULL;

	(void)state;
	assert_true(offline_same_environment(&one, &other, &missing));
	other.environment = (struct string_list){ lacking, 5 };
	assert_false(offline_same_environment(&one, &other, &missing));
	assert_string_equal(missing, "REGISTRY_A=b c ");
	lacking[0] = T("REGISTRY_A=b c ");
	assert_true(offline_same_environment(&one, &other, &missing));
}

static void what_cannot_be_started_again_is_not_stopped(void **state)
{
	const struct {
		bool running, restarting, paused, auto_remove;
		char *image;
		const char *said; /* NULL: it may */
	} CASES[] = {
		{ true, false, false, false, T("4567"), NULL },
		{ false, false, false, false, T("4567"), "does not run" },
		{ true, true, false, false, T("4567"), "does not run" },
		{ true, false, true, false, T("4567"), "is paused" },
		{ true, false, false, true, T("4567"), "made with --rm" },
		{ true, false, false, false, T(""), "does not tell the image" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		struct engine_container container = container_of(T(""));
		struct err err = { 0 };
		int result;

		container.running = CASES[i].running;
		container.restarting = CASES[i].restarting;
		container.paused = CASES[i].paused;
		container.auto_remove = CASES[i].auto_remove;
		container.image_id = CASES[i].image;
		result = offline_may_stop(&container, &err);
		assert_int_equal(result, CASES[i].said ? -1 : 0);
		if (!CASES[i].said)
			continue;
		assert_int_equal(err.kind, ERR_COLLECTOR);
		assert_non_null(strstr(err.msg, CASES[i].said));
	}
}

/* A word that is not known is work: nothing is started beside it. */
static void states_are_read(void **state)
{
	static const struct {
		const char *line;
		bool read;
		const char *name, *owner;
		enum offline_state state;
		int status;
	} CASES[] = {
		{ "/n exited 0 h:/s\n", true, "n", "h:/s", OFFLINE_ENDED, 0 },
		{ "n stopped 137 h:/a b", true, "n", "h:/a b", OFFLINE_ENDED, 137 },
		{ "/n dead 255 h:/s", true, "n", "h:/s", OFFLINE_ENDED, 255 },
		{ "/n created 0 ", true, "n", "", OFFLINE_MADE, 0 },
		{ "n configured 0 h:/s", true, "n", "h:/s", OFFLINE_MADE, 0 },
		{ "n initialized 0 h:/s", true, "n", "h:/s", OFFLINE_MADE, 0 },
		{ "/n running 0 h:/s", true, "n", "h:/s", OFFLINE_AT_WORK, 0 },
		{ "/n paused 0 h:/s", true, "n", "h:/s", OFFLINE_AT_WORK, 0 },
		{ "/n removing 0 h:/s", true, "n", "h:/s", OFFLINE_AT_WORK, 0 },
		{ "/n Exited 0 h:/s", true, "n", "h:/s", OFFLINE_AT_WORK, 0 },
		{ "", false, NULL, NULL, OFFLINE_MADE, 0 },
		{ "/n exited", false, NULL, NULL, OFFLINE_MADE, 0 },
		{ "/n exited 0", false, NULL, NULL, OFFLINE_MADE, 0 },
		{ "/n exited x h:/s", false, NULL, NULL, OFFLINE_MADE, 0 },
		{ "/n exited 256 h:/s", false, NULL, NULL, OFFLINE_MADE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		struct offline_container *found = xcalloc(1, sizeof *found);
		struct offline_containers all = { found, 1 };
		const struct offline offline = { .name = T(""), .owner = T("h:/s") };

		assert_int_equal(offline_read(CASES[i].line, found), CASES[i].read);
		if (CASES[i].read) {
			assert_string_equal(found->name, CASES[i].name);
			assert_string_equal(found->owner, CASES[i].owner);
			assert_int_equal(found->state, CASES[i].state);
			assert_int_equal(found->status, CASES[i].status);
			assert_int_equal(offline_is_own(&offline, found),
					 strcmp(CASES[i].owner, "h:/s") == 0);
		}
		offline_containers_clear(&all);
	}
}

static void who_only_asks_is_known_by_name(void **state)
{
	const struct offline_container asks = { .name = T("n-ask") }, works = { .name = T("n") };

	(void)state;
	assert_true(offline_asks(&asks));
	assert_false(offline_asks(&works));
}

/* By who made it, or by its name, which no other run gives. */
static void own_containers_are_known(void **state)
{
	static const struct {
		const char *name, *owner;
		bool own;
	} CASES[] = {
		{ "any", "h:/s", true },
		{ "n-1-2", "other:/s", true },
		{ "n-1-2-ask", "", true },
		{ "n-1-23", "other:/s", false },
		{ "n-1-2-x", "other:/s", false },
		{ "n", "other:/s", false },
		{ "any", "", false },
	};
	const struct offline offline = { .name = T("n-1-2"), .owner = T("h:/s") };
	const struct offline nameless = { .name = T(""), .owner = T("h:/s") };

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		CLEANUP(free_p) char *name_of = xstrdup(CASES[i].name);
		CLEANUP(free_p) char *owner_of = xstrdup(CASES[i].owner);
		const struct offline_container found = { .name = name_of, .owner = owner_of };

		assert_int_equal(offline_is_own(&offline, &found), CASES[i].own);
		assert_int_equal(offline_is_own(&nameless, &found), i == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_reach_the_same_engine),
		cmocka_unit_test(the_environment_is_split),
		cmocka_unit_test(what_was_handed_on_is_compared),
		cmocka_unit_test(what_cannot_be_started_again_is_not_stopped),
		cmocka_unit_test(states_are_read),
		cmocka_unit_test(own_containers_are_known),
		cmocka_unit_test(who_only_asks_is_known_by_name),
	};

	return cmocka_run_group_tests_name("offline", tests, NULL, NULL);
}
