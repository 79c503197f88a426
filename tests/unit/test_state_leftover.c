/* What a killed run leaves behind, written down. */
#include "state/leftover.h"

#include "door/door.h"
#include "door/recover.h"

#include "state_world.h"

/* "NAME=VALUE " of each field, or "none", or "error: …" without the folder; in OUT, returned. */
static const char *told(const struct state *state, enum leftover_kind kind, struct buf *out)
{
	struct leftover leftover;
	struct err err = { 0 };

	buf_clear(out);
	switch (leftover_read(state, kind, &leftover, &err)) {
	case 0:
		buf_text(out, "none");
		break;
	case 1:
		for (size_t i = 0; i < leftover.count; i++)
			buf_format(out, "%s=%s ", leftover.fields[i].name,
				   leftover.fields[i].value);
		break;
	default:
		assert_int_equal(err.kind, ERR_IO);
		buf_format(out, "error: %s", strrchr(err.msg, '/') + 1);
	}
	leftover_clear(&leftover);
	return buf_string(out);
}

static void keep(const struct state *state, enum leftover_kind kind, const char *container,
		 const char *phase)
{
	struct leftover leftover = { .kind = kind };
	struct err err = { 0 };

	leftover_set(&leftover, "container", "another");
	leftover_set(&leftover, "phase", phase);
	leftover_set(&leftover, "container", container);

	assert_string_equal(leftover_get(&leftover, "name"), "");
	assert_int_equal(leftover_write(state, &leftover, &err), 0);
	leftover_clear(&leftover);
}

static void test_kinds_are_kept_apart_until_they_are_removed(void **state)
{
	struct world *world = *state;
	struct state *real = world_open(world), *next;
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	assert_string_equal(told(real, LEFTOVER_OFFLINE, &text), "none");
	keep(real, LEFTOVER_OFFLINE, "0123", "begun");
	keep(real, LEFTOVER_DOOR, "", "two words");
	keep(real, LEFTOVER_OFFLINE, "4567", "stopping");
	state_close(real);
	next = world_open(world);
	assert_string_equal(told(next, LEFTOVER_OFFLINE, &text), "container=4567 phase=stopping ");
	assert_string_equal(told(next, LEFTOVER_DOOR, &text), "container= phase=two words ");
	assert_int_equal(leftover_remove(next, LEFTOVER_OFFLINE, &err), 0);
	assert_string_equal(told(next, LEFTOVER_OFFLINE, &text), "none");
	assert_string_equal(told(next, LEFTOVER_DOOR, &text), "container= phase=two words ");
	state_close(next);
}

static void test_no_line_can_be_smuggled_in(void **state)
{
	struct world *world = *state;
	struct state *real = world_open(world);
	CLEANUP(buf_free) struct buf text = { 0 };

	keep(real, LEFTOVER_DOOR, "a", "x\ny\tz\x7f");
	assert_string_equal(told(real, LEFTOVER_DOOR, &text), "container=a phase=x y z  ");
	state_close(real);
}

static void test_what_is_damaged_is_not_nothing(void **state)
{
	static const struct {
		const char *text, *said;
	} CASES[] = {
		{ "", "error: leftover-offline: not a leftover" },
		{ "clean-registry leftover 2\n", "error: leftover-offline: of another version" },
		{ "clean-registry leftover 1\ncontainer 0123\n",
		  "error: leftover-offline: cut off" },
	};
	struct world *world = *state;
	struct state *real = world_open(world);
	CLEANUP(free_p) char *own = world_own_folder(world);
	CLEANUP(free_p) char *path = xasprintf("%s/leftover-offline", own);
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		temporary_write(own, "leftover-offline", CASES[i].text, strlen(CASES[i].text));
		assert_string_equal(told(real, LEFTOVER_OFFLINE, &text), CASES[i].said);
	}
	keep(real, LEFTOVER_OFFLINE, "0123", "begun");
	buf_clear(&text);
	assert_int_equal(file_read(AT_FDCWD, path, 1000, &text, &err), 0);
	text.data[strlen("clean-registry leftover 1\ncontainer ")] = '9';
	temporary_write(own, "leftover-offline", text.data, text.length);
	assert_non_null(strstr(told(real, LEFTOVER_OFFLINE, &text), "does not match its checksum"));
	state_close(real);
}

/* Only what says that a restart is owed is: one that may still run would be lost. */
static void test_an_open_door_is_not_forgotten(void **state)
{
	struct world *world = *state;
	struct state *real = world_open(world);
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	keep(real, LEFTOVER_DOOR, "0123", "open");
	assert_int_equal(door_forget(real, &err), 0);
	assert_string_equal(told(real, LEFTOVER_DOOR, &text), "container=0123 phase=open ");
	assert_int_equal(door_owe_restart(real, &err), 0);
	assert_int_equal(door_forget(real, &err), 0);
	assert_string_equal(told(real, LEFTOVER_DOOR, &text), "none");
	state_close(real);
}

/* A run would end at it, and so does a dry run. */
static void test_a_damaged_door_ends_a_dry_run(void **state)
{
	struct world *world = *state;
	struct state *real = world_open(world);
	CLEANUP(free_p) char *own = world_own_folder(world);
	struct err err = { 0 };

	assert_int_equal(door_tell_leftover(real, &err), 0);
	keep(real, LEFTOVER_DOOR, "0123", "without a mark");
	assert_int_equal(door_tell_leftover(real, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	temporary_write(own, "leftover-door", "x", 1);
	assert_int_equal(door_tell_leftover(real, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(door_owe_restart(real, &err), 0);
	assert_int_equal(door_tell_leftover(real, &err), 0);
	state_close(real);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kinds_are_kept_apart_until_they_are_removed),
		TEST(test_no_line_can_be_smuggled_in),
		TEST(test_what_is_damaged_is_not_nothing),
		TEST(test_an_open_door_is_not_forgotten),
		TEST(test_a_damaged_door_ends_a_dry_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
