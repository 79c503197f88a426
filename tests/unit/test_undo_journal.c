/* The journal of what a run deletes: what is written is read, and what is damaged is refused. */
#include "state_world.h"

#include "oci/digest.h"
#include "undo/journal.h"

#define TYPE  "application/vnd.oci.image.manifest.v1+json"
#define BEGAN INT64_C(1796063205) /* 2026-11-30T18:26:45Z */
#define URL   "https://registry.example.com:5000/prefix"

/* A NUL, and what is no UTF-8. */
static const char ONE[] = "{\"one\":1,\0\xff}";

static const struct undo_about ABOUT = { URL, "run", BEGAN, "", false };
static const struct undo_about OPAQUE = { URL, "apply", BEGAN, "", true };
static const struct undo_wanted ALL = { NULL, true };

static struct undo_journal *journal_of(struct state *state)
{
	return undo_journal_new(state, &ABOUT);
}

static char *text_of(const char *text)
{
	return (char *)(uintptr_t)text;
}

/* A manifest of team/app with BODY, whose digest is put in DIGEST. */
static struct undo_manifest manifest_of(const char *body, size_t length, char digest[DIGEST_TEXT])
{
	digest_of(body, length, digest);
	return (struct undo_manifest){ .repository = text_of("team/app"),
				       .digest = digest,
				       .media_type = text_of(TYPE),
				       .body = text_of(body),
				       .body_length = length };
}

static void add_two(struct undo_journal *journal)
{
	char *old[] = { text_of("old"), text_of("not_retained"), NULL };
	char *children[] = { text_of(D1), text_of(D2), NULL };
	struct undo_tag tags[] = {
		{ .name = text_of("v1"),
		  .reasons = { old, 2 },
		  .created_at = BEGAN - 86400,
		  .pushed_at = DATE_ABSENT },
		{ .name = text_of("latest"),
		  .created_at = DATE_ABSENT,
		  .pushed_at = BEGAN - 5,
		  .seen_at = BEGAN - 4,
		  .pulled_at = BEGAN - 3 },
	};
	char digest[DIGEST_TEXT], other[DIGEST_TEXT];
	struct undo_manifest one = manifest_of(ONE, sizeof ONE - 1, digest);
	struct undo_manifest two = manifest_of("", 0, other);
	struct err err = { 0 };

	one.tags = tags;
	one.tag_count = 2;
	one.children = (struct string_list){ children, 2 };
	one.subject = text_of(D3);
	two.reasons = (struct string_list){ old, 1 };
	assert_int_equal(undo_journal_add_manifest(journal, &one, &err), 0);
	assert_int_equal(undo_journal_add_manifest(journal, &two, &err), 0);
}

/* Two tags of one image that stays, the body in the first line alone. */
static void add_tags(struct undo_journal *journal)
{
	struct undo_tag tags[] = {
		{ .name = text_of("a"), .created_at = BEGAN, .pushed_at = BEGAN },
		{ .name = text_of("b"), .created_at = BEGAN, .pushed_at = BEGAN },
	};
	char digest[DIGEST_TEXT];
	struct undo_manifest three = manifest_of("12", 2, digest);
	struct err err = { 0 };

	three.repository = text_of("other");
	three.tags = tags;
	three.tag_count = 2;
	assert_int_equal(undo_journal_add_tags(journal, &three, &err), 0);
}

static struct undo_run *read_as(struct state *state, const char *run,
				const struct undo_wanted *wanted)
{
	struct undo_run *read = NULL;
	struct err err = { 0 };

	if (undo_journal_read(state, run, wanted, &read, &err) < 0)
		fail_msg("%s", err.msg);
	return read;
}

static void test_what_is_written_is_read(void **state)
{
	struct state *open = world_open(*state);
	struct undo_journal *journal = journal_of(open);
	const struct undo_run end = { .ended_at = BEGAN + 9,
				      .exit_code = 1,
				      .tags_deleted = 3,
				      .freed_bytes = UNDO_UNKNOWN };
	struct undo_run *run;
	const struct undo_manifest *one;
	char digest[DIGEST_TEXT];
	struct err err = { 0 };

	assert_false(undo_journal_exists(journal));
	add_two(journal);
	add_tags(journal);
	assert_int_equal(undo_journal_sync(journal, &err), 0);
	assert_true(undo_journal_exists(journal));
	digest_of(ONE, sizeof ONE - 1, digest);
	assert_int_equal(undo_journal_tell(journal, UNDO_DELETED, "team/app", digest, NULL, &err),
			 0);
	assert_int_equal(undo_journal_tell(journal, UNDO_DELETED, "other", NULL, "a", &err), 0);
	assert_int_equal(undo_journal_tell(journal, UNDO_KEPT, "other", NULL, "a", &err), 0);
	assert_int_equal(undo_journal_end(journal, &end, &err), 0);

	assert_int_equal(strncmp(undo_journal_run(journal), "20261130T182645Z-", 17), 0);
	run = read_as(open, undo_journal_run(journal), &ALL);
	assert_string_equal(run->run, undo_journal_run(journal));
	assert_string_equal(run->path, undo_journal_path(journal));
	assert_string_equal(run->registry, URL);
	assert_string_equal(run->command, "run");
	assert_int_equal(run->started_at, BEGAN);
	assert_true(run->ended);
	assert_int_equal(run->ended_at, BEGAN + 9);
	assert_int_equal(run->exit_code, 1);
	assert_int_equal(run->tags_deleted, 3);
	assert_true(run->freed_bytes == UNDO_UNKNOWN);
	assert_int_equal(run->manifest_count, 3);

	one = undo_run_find(run, "team/app", digest);
	assert_ptr_equal(one, &run->manifests[0]);
	assert_int_equal(one->body_length, sizeof ONE - 1);
	assert_memory_equal(one->body, ONE, sizeof ONE - 1);
	assert_string_equal(one->media_type, TYPE);
	assert_string_equal(one->subject, D3);
	assert_int_equal(one->children.count, 2);
	assert_string_equal(one->children.items[1], D2);
	assert_true(one->whole);
	assert_int_equal(one->fate, UNDO_DELETED);
	assert_int_equal(one->tag_count, 2);
	assert_string_equal(one->tags[0].name, "v1");
	assert_string_equal(one->tags[0].reasons.items[1], "not_retained");
	assert_int_equal(one->tags[0].created_at, BEGAN - 86400);
	assert_true(one->tags[0].pushed_at == DATE_ABSENT);
	assert_int_equal(one->tags[0].fate, UNDO_DELETED);
	assert_int_equal(one->tags[1].pushed_at, BEGAN - 5);
	assert_true(one->tags[0].seen_at == DATE_ABSENT);
	assert_int_equal(one->tags[1].seen_at, BEGAN - 4);
	assert_int_equal(one->tags[1].pulled_at, BEGAN - 3);

	assert_int_equal(run->manifests[1].fate, UNDO_NOT_KNOWN);
	assert_int_equal(run->manifests[1].body_length, 0);
	assert_null(run->manifests[1].subject);
	assert_string_equal(run->manifests[1].reasons.items[0], "old");

	assert_false(run->manifests[2].whole);
	assert_string_equal(run->manifests[2].repository, "other");
	assert_string_equal(run->manifests[2].body, "12");
	assert_int_equal(run->manifests[2].tag_count, 2);
	assert_true(run->manifests[2].tags[1].by_name);
	assert_int_equal(run->manifests[2].tags[0].fate, UNDO_KEPT);
	assert_int_equal(run->manifests[2].tags[1].fate, UNDO_NOT_KNOWN);
	assert_null(undo_run_find(run, "other", digest));
	undo_run_free(run);
	undo_journal_free(journal);
	state_close(open);
}

/* Of Scaleway's registry: ids instead of a body. */
static void test_listed(void **state)
{
	struct state *open = world_open(*state);
	struct undo_journal *journal = undo_journal_new(open, &OPAQUE);
	char *old[] = { text_of("old"), NULL };
	const struct undo_tag tag = { .name = text_of("v1"),
				      .reasons = { old, 1 },
				      .created_at = BEGAN - 9,
				      .pushed_at = BEGAN - 5 };
	struct undo_listed listed = { .repository = "team/app",
				      .digest = D1,
				      .image_id = "22222222-2222-2222-2222-222222222222",
				      .tag_id = "33333333-3333-3333-3333-333333333333",
				      .tag = &tag };
	struct undo_run *run;
	struct err err = { 0 };

	assert_int_equal(undo_journal_add_listed(journal, &listed, &err), 0);
	assert_int_equal(undo_journal_sync(journal, &err), 0);
	assert_int_equal(undo_journal_tell(journal, UNDO_DELETED, "team/app", NULL, "v1", &err), 0);
	listed.digest = "sha256:12";
	assert_int_equal(undo_journal_add_listed(journal, &listed, &err), -1);
	assert_int_equal(err.kind, ERR_USAGE);

	run = read_as(open, undo_journal_run(journal), &ALL);
	assert_true(run->opaque);
	assert_int_equal(run->manifest_count, 1);
	assert_string_equal(run->manifests[0].digest, D1);
	assert_null(run->manifests[0].body);
	assert_int_equal(run->manifests[0].tag_count, 1);
	assert_string_equal(run->manifests[0].tags[0].name, "v1");
	assert_string_equal(run->manifests[0].tags[0].reasons.items[0], "old");
	assert_int_equal(run->manifests[0].tags[0].pushed_at, BEGAN - 5);
	assert_true(run->manifests[0].tags[0].by_name);
	assert_int_equal(run->manifests[0].tags[0].fate, UNDO_DELETED);
	undo_run_free(run);
	undo_journal_free(journal);
	state_close(open);
}

static void test_only_what_is_wanted(void **state)
{
	struct state *open = world_open(*state);
	struct undo_journal *journal = journal_of(open);
	struct undo_run *run;
	struct err err = { 0 };

	add_two(journal);
	add_tags(journal);
	assert_int_equal(undo_journal_tell(journal, UNDO_DELETED, "other", NULL, "b", &err), 0);
	run = read_as(open, undo_journal_run(journal), &(struct undo_wanted){ "other", false });
	assert_int_equal(run->manifest_count, 1);
	assert_null(run->manifests[0].body);
	assert_int_equal(run->manifests[0].tags[1].fate, UNDO_DELETED);
	assert_false(run->ended);
	undo_run_free(run);
	run = read_as(open, undo_journal_run(journal), &(struct undo_wanted){ "none", true });
	assert_int_equal(run->manifest_count, 0);
	undo_run_free(run);
	undo_journal_free(journal);
	state_close(open);
}

static void test_collections(void **state)
{
	struct state *open = world_open(*state);
	struct undo_journal *journal = journal_of(open);
	struct undo_collection collection = { .at = BEGAN + 60,
					      .method = text_of("registry"),
					      .blobs = 7,
					      .freed = UNDO_UNKNOWN,
					      .until = DATE_ABSENT };
	struct undo_run *run;
	struct err err = { 0 };

	assert_int_equal(undo_journal_collecting(journal, &collection, &err), 0);
	run = read_as(open, undo_journal_run(journal), &ALL);
	assert_int_equal(run->collection_count, 1);
	assert_false(run->collections[0].ended);
	undo_run_free(run);
	collection.at = BEGAN + 70;
	assert_int_equal(undo_journal_collected(journal, &collection, &err), 0);
	collection.method = text_of("native");
	collection.until = BEGAN + 86400;
	assert_int_equal(undo_journal_collected(journal, &collection, &err), 0);
	run = read_as(open, undo_journal_run(journal), &ALL);
	assert_int_equal(run->collection_count, 2);
	assert_true(run->collections[0].ended);
	assert_int_equal(run->collections[0].at, BEGAN + 70);
	assert_int_equal(run->collections[0].blobs, 7);
	assert_true(run->collections[0].freed == UNDO_UNKNOWN);
	assert_true(run->collections[0].until == DATE_ABSENT);
	assert_string_equal(run->collections[1].method, "native");
	assert_int_equal(run->collections[1].until, BEGAN + 86400);
	undo_run_free(run);
	undo_journal_free(journal);
	state_close(open);
}

/* Bytes that are not those of the digest are nothing that a manifest could be put back from. */
static void test_only_its_own_bytes(void **state)
{
	struct state *open = world_open(*state);
	struct undo_journal *journal = journal_of(open);
	char digest[DIGEST_TEXT];
	struct undo_manifest one = manifest_of("{}", 2, digest);
	struct undo_run *run;
	struct err err = { 0 };

	one.body = text_of("{ }");
	one.body_length = 3;
	assert_int_equal(undo_journal_add_manifest(journal, &one, &err), -1);
	one.body = NULL;
	assert_int_equal(undo_journal_add_manifest(journal, &one, &err), -1);
	one.body = text_of("{}");
	one.body_length = 2;
	/* What could not be read again is not written. */
	one.media_type = text_of("t\r\nX: y");
	assert_int_equal(undo_journal_add_manifest(journal, &one, &err), -1);
	one.media_type = text_of("caf\xc3\xa9");
	assert_int_equal(undo_journal_add_manifest(journal, &one, &err), -1);
	one.media_type = text_of(TYPE);
	one.tags = &(struct undo_tag){ .name = text_of("-x") };
	one.tag_count = 1;
	assert_int_equal(undo_journal_add_manifest(journal, &one, &err), -1);
	assert_int_equal(undo_journal_add_tags(journal, &one, &err), -1);
	assert_int_equal(err.kind, ERR_USAGE);
	one.tag_count = 0;
	one.repository = text_of("A");
	assert_int_equal(undo_journal_add_manifest(journal, &one, &err), -1);
	one.repository = text_of("team/app");
	assert_false(undo_journal_exists(journal));
	one.body_length = 3;
	/* Schema1 is signed anew for each answer. */
	one.media_type = text_of("application/vnd.docker.distribution.manifest.v1+prettyjws");
	one.body = text_of("{ }");
	one.schema1 = true;
	assert_int_equal(undo_journal_add_manifest(journal, &one, &err), 0);
	assert_int_equal(undo_journal_sync(journal, &err), 0);
	run = read_as(open, undo_journal_run(journal), &ALL);
	assert_true(run->manifests[0].schema1);
	assert_string_equal(run->manifests[0].body, "{ }");
	undo_run_free(run);
	undo_journal_free(journal);
	state_close(open);
}

/* Two in one second by processes of one number, as in containers. */
static void test_runs_have_names_of_their_own(void **state)
{
	struct state *open = world_open(*state);
	struct undo_journal *one = journal_of(open), *two = journal_of(open);
	struct string_list names = { 0 };
	struct err err = { 0 };

	assert_int_equal(undo_journal_list(open, &names, &err), 0);
	assert_int_equal(names.count, 0);
	assert_int_equal(undo_journal_begin(one, &err), 0);
	assert_int_equal(undo_journal_begin(one, &err), 0);
	assert_int_equal(undo_journal_begin(two, &err), 0);
	assert_string_not_equal(undo_journal_run(one), undo_journal_run(two));
	undo_run_free(read_as(open, undo_journal_run(two), &ALL));
	assert_int_equal(undo_journal_list(open, &names, &err), 0);
	assert_int_equal(names.count, 2);
	string_list_clear(&names);
	undo_journal_free(one);
	undo_journal_free(two);
	state_close(open);
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		bool valid;
	} NAMES[] = {
		{ "20261130T182645Z-4711", true },   { "20261130T182645Z-4711-2", true },
		{ "20261130T182645Z-", false },      { "20261130T182645Z", false },
		{ "20261130T182645Z-1-", false },    { "20261130T182645Z-1-2-3", false },
		{ "2026-11-30T18:26:45Z-1", false }, { "", false },
		{ "../20261130T182645Z-1", false },  { "20261130T182645Z-1/..", false },
		{ "20261130t182645z-1", false },     { "20261130T182645Z-1 ", false },
		{ "20261130T18264\xb2Z-1", false },
	};
	(void)state;

	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
		if (undo_run_valid(NAMES[i].name) != NAMES[i].valid)
			fail_msg("'%s'", NAMES[i].name);
	}
}

#define RUN "20261130T182645Z-7"
#define HEAD                                                        \
	"{\"version\":1,\"run\":\"" RUN "\",\"registry\":\"http://" \
	"r\",\"started_at\":\"2026-11-30T18:26:45Z\",\"command\":\"run\"}\n"
#define OPAQUE_HEAD                                                             \
	"{\"version\":1,\"run\":\"" RUN "\",\"registry\":\"r\",\"started_at\":" \
	"\"2026-11-30T18:26:45Z\",\"command\":\"run\",\"kind\":\"scaleway\"}\n"
#define OTHER_HEAD "{\"version\":1,\"run\":\"" RUN "\",\"kind\":\"moon\"}\n"
#define EMPTY      "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define BRACES     "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define OF(repository, digest, type, body)                                      \
	"{\"manifest\":{\"repository\":\"" repository "\",\"digest\":\"" digest \
	"\",\"media_type\":\"" type "\",\"body\":\"" body                       \
	"\",\"tags\":[],\"reasons\":[],\"children\":[],\"subject\":null}}\n"
#define GOOD OF("a", BRACES, "t", "e30=")
#define TAG(name, body)                                                                  \
	"{\"tag\":{\"repository\":\"a\",\"digest\":\"" BRACES "\",\"name\":\"" name      \
	"\",\"reasons\":[],\"created_at\":null,\"pushed_at\":null,\"media_type\":\"t\"," \
	"\"body\":" body "}}\n"

#define LISTED(id)                                                                        \
	"{\"listed\":{\"repository\":\"a\",\"digest\":\"" BRACES "\",\"image_id\":\"i\"," \
	"\"tag_id\":" id ",\"name\":\"x\",\"reasons\":[],\"created_at\":null,"            \
	"\"pushed_at\":null}}\n"

static const struct {
	const char *text, *fault; /* NULL: it is in order */
} TEXTS[] = {
	{ HEAD, NULL },
	{ HEAD GOOD, NULL },
	{ HEAD GOOD TAG("x", "null"), NULL },
	{ HEAD TAG("x", "\"e30=\"") TAG("y", "null"), NULL },
	{ HEAD GOOD "{\"deleted\":{\"repository\":\"a\",\"digest\":\"" BRACES "\"}}\n", NULL },
	{ HEAD OF("a", EMPTY, "t", ""), NULL },
	{ "", "line 1: it is empty" },
	{ "\n", "line 1: " },
	{ GOOD, "line 1: the first line is not" },
	{ "{\"version\":2,\"run\":\"" RUN "\"}\n", "line 1: it is of another version" },
	{ "{\"version\":1,\"run\":\"20261130T182645Z-8\"}\n", "line 1: it is of another run" },
	{ "{\"version\":1,\"run\":\"" RUN "\",\"registry\":1}\n", "line 1: the first line" },
	{ HEAD HEAD, "line 2: it is no line of a journal" },
	{ HEAD "{}\n", "line 2: it is no line of a journal" },
	{ HEAD "\n", "line 2: " },
	{ HEAD "{\"manifest\":[]}\n", "line 2: it is no line of a journal" },
	{ HEAD "{\"manifest\":{}}\n", "line 2: a manifest is not" },
	/* A run that was killed while it wrote. */
	{ HEAD GOOD "{\"deleted\":{\"rep", NULL },
	{ HEAD "{\"end\"", NULL },
	{ HEAD "\n{\"end\"", "line 2: " },
	{ HEAD "{\"manifest\"\n" GOOD, "line 2: " },
	{ "{\"version\":1,", "line 1: it is cut" },
	{ HEAD "{\"end\":{\"at\":null,\"exit_code\":0,\"tags_deleted\":1,\"freed_bytes\":1}}\n{",
	  "line 3: it is cut, and behind the end" },
	{ HEAD GOOD "{\"deleted\":{\"repository\":\"a\",\"digest\":\"" EMPTY "\"}}\n",
	  "line 3: no line before has what was deleted" },
	{ HEAD GOOD "{\"kept\":{\"repository\":\"a\",\"tag\":\"x\"}}\n",
	  "line 3: no line before has what was deleted" },
	{ HEAD TAG("x", "null"), "line 2: no line before has a tag's manifest" },
	{ HEAD TAG("-x", "\"e30=\""), "line 2: a tag is not" },
	{ HEAD OF("A", BRACES, "t", "e30="), "line 2: a manifest is not" },
	{ HEAD OF("../a", BRACES, "t", "e30="), "line 2: a manifest is not" },
	{ HEAD OF("a", "sha256:12", "t", "e30="), "line 2: a manifest is not" },
	{ HEAD OF("a", BRACES, "", "e30="), "line 2: a manifest is not" },
	{ HEAD OF("a", BRACES, "t\\r\\nX: y", "e30="), "line 2: a manifest is not" },
	{ HEAD OF("a", BRACES, "t\\u0000", "e30="), "line 2: a manifest is not" },
	/* Base64 that is not strict, though a lenient reader would make {} of it. */
	{ HEAD OF("a", BRACES, "t", "e30"), "line 2: the body of a manifest" },
	{ HEAD OF("a", BRACES, "t", "e31="), "line 2: the body of a manifest" },
	{ HEAD OF("a", BRACES, "t", " e30="), "line 2: the body of a manifest" },
	{ HEAD OF("a", BRACES, "t", "e30=    "), "line 2: the body of a manifest" },
	{ HEAD OF("a", BRACES, "t", "e30=e30="), "line 2: the body of a manifest" },
	{ HEAD OF("a", BRACES, "t", "===="), "line 2: the body of a manifest" },
	{ HEAD OF("a", BRACES, "t", "e3$="), "line 2: the body of a manifest" },
	{ HEAD OF("a", BRACES, "t", "eyB9"), "line 2: the body of manifest " BRACES " does not" },
	{ HEAD OF("a", EMPTY, "t", "e30="), "line 2: the body of manifest " EMPTY " does not" },
	{ HEAD "{\"end\":{\"at\":null,\"exit_code\":0,\"tags_deleted\":1,\"freed_bytes\":null}}\n",
	  NULL },
	{ HEAD "{\"end\":{\"at\":null,\"exit_code\":-1,\"tags_deleted\":1,\"freed_bytes\":1}}\n",
	  "line 2: the end is not" },
	{ HEAD "{\"end\":{\"at\":null,\"exit_code\":0,\"tags_deleted\":-1,\"freed_bytes\":1}}\n",
	  "line 2: the end is not" },
	{ HEAD
	  "{\"end\":{\"at\":\"yesterday\",\"exit_code\":0,\"tags_deleted\":1,\"freed_bytes\":1}}\n",
	  "line 2: the end is not" },
	{ HEAD "{\"collecting\":{\"at\":null}}\n", "line 2: a collection is not" },
	{ OPAQUE_HEAD LISTED("\"i\""), NULL },
	{ OPAQUE_HEAD LISTED("null"), "line 2: a tag is not" },
	{ OPAQUE_HEAD GOOD, NULL },
	{ HEAD LISTED("\"i\""), "line 2: a tag is not" },
	{ OTHER_HEAD, "line 1: it is of a kind of registry that is not known" },
};

static void test_damages(void **state)
{
	struct world *world = *state;
	struct state *open = world_open(world);
	CLEANUP(free_p) char *own = world_own_folder(world);

	temporary_mkdir(own, "journal");
	for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
		struct undo_run *run = NULL;
		struct err err = { 0 };
		int result;

		temporary_text(own, "journal/" RUN ".jsonl", TEXTS[i].text);
		result = undo_journal_read(open, RUN, &ALL, &run, &err);
		if (!TEXTS[i].fault) {
			if (result < 0)
				fail_msg("%zu: %s", i, err.msg);
			undo_run_free(run);
			continue;
		}
		if (result == 0)
			fail_msg("%zu is taken: %s", i, TEXTS[i].text);
		assert_null(run);
		if (strncmp(err.msg, own, strlen(own)) != 0 || !strstr(err.msg, TEXTS[i].fault))
			fail_msg("%zu: %s", i, err.msg);
	}
	state_close(open);
}

/* Cut anywhere behind its first line, a journal tells what its whole lines say. */
static void test_cut_anywhere(void **state)
{
	struct world *world = *state;
	struct state *open = world_open(world);
	CLEANUP(free_p) char *own = world_own_folder(world);
	static const char TEXT[] = HEAD GOOD TAG("x", "null") "{\"deleted\":{\"repository\":\"a\","
							      "\"tag\":\"x\"}}\n";

	temporary_mkdir(own, "journal");
	for (size_t length = 0; length < sizeof TEXT; length++) {
		struct undo_run *run = NULL;
		struct err err = { 0 };
		bool begun = length >= strlen(HEAD);

		temporary_write(own, "journal/" RUN ".jsonl", TEXT, length);
		if ((undo_journal_read(open, RUN, &ALL, &run, &err) == 0) != begun)
			fail_msg("%zu bytes: %s", length, err.msg);
		if (run && (run->manifest_count == 1) != (length >= strlen(HEAD GOOD)))
			fail_msg("%zu bytes: %zu manifests", length, run->manifest_count);
		undo_run_free(run);
	}
	state_close(open);
}

static void refused(struct state *state, const char *path, const char *fault)
{
	struct undo_run *run = NULL;
	struct err err = { 0 };

	assert_int_equal(undo_journal_read(state, RUN, &ALL, &run, &err), -1);
	if (strncmp(err.msg, path, strlen(path)) != 0 || !strstr(err.msg, fault))
		fail_msg("%s", err.msg);
}

static void test_tampered_with(void **state)
{
	struct world *world = *state;
	struct state *open = world_open(world);
	struct undo_journal *journal = journal_of(open);
	CLEANUP(free_p) char *own = world_own_folder(world);
	CLEANUP(free_p) char *folder = xasprintf("%s/journal", own);
	CLEANUP(free_p) char *path = xasprintf("%s/" RUN ".jsonl", folder);
	CLEANUP(free_p) char *elsewhere = xasprintf("%s/elsewhere", world->root);
	struct string_list names = { 0 };
	struct err err = { 0 };

	refused(open, folder, "No such file");
	assert_int_equal(mkdir(folder, 0700), 0);
	refused(open, path, "No such file");
	temporary_text(own, "journal/" RUN ".jsonl", HEAD);
	undo_run_free(read_as(open, RUN, &ALL));
	assert_int_equal(chmod(path, 0620), 0);
	refused(open, path, "others than its owner can write it");
	assert_int_equal(chmod(path, 0600), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, NOBODY, NOBODY), 0);
		refused(open, path, "belongs to another user");
	}
	assert_int_equal(rename(path, elsewhere), 0);
	assert_int_equal(symlink(elsewhere, path), 0);
	refused(open, path, "symbolic link");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	refused(open, path, "not a regular file");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	refused(open, path, "not a regular file");
	assert_int_equal(rmdir(path), 0);

	assert_int_equal(chmod(folder, 0770), 0);
	refused(open, folder, "others than its owner can write it");
	assert_int_equal(undo_journal_list(open, &names, &err), -1);
	assert_int_equal(undo_journal_begin(journal, &err), -1);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(symlink(world->storage, folder), 0);
	refused(open, folder, "not a folder");
	assert_int_equal(undo_journal_begin(journal, &err), -1);
	assert_false(undo_journal_exists(journal));
	undo_journal_free(journal);
	state_close(open);
}

static bool is_there(const char *folder, const char *name)
{
	CLEANUP(free_p) char *path = xasprintf("%s/journal/%s", folder, name);
	struct stat status;

	return lstat(path, &status) == 0;
}

/* Neither what began lately nor what was written lately, whatever its name says. */
static void test_old_ones_go(void **state)
{
	struct world *world = *state;
	struct state *open = world_open(world);
	CLEANUP(free_p) char *own = world_own_folder(world);
	static const struct {
		const char *name;
		bool written_lately, goes;
	} FILES[] = {
		{ "20260101T000000Z-1.jsonl", false, true },
		{ "20260101T000000Z-2.jsonl", true, false },
		{ "20260831T182644Z-1.jsonl", false, false },
		{ "20261129T000000Z-1.jsonl", false, false },
		{ "20260101T000000Z-3.jsonl", false, false }, /* the present one */
		{ "20260101T000000Z-4", false, false },
		{ "notes.jsonl", false, false },
		{ "00000000T000000Z-1.jsonl", false, false },
	};

	temporary_mkdir(own, "journal");
	for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
		CLEANUP(free_p) char *place = xasprintf("journal/%s", FILES[i].name);
		CLEANUP(free_p) char *path = xasprintf("%s/%s", own, place);
		time_t at = FILES[i].written_lately ? BEGAN - 3600 : BEGAN - 300 * 86400;
		const struct timespec times[2] = { { at, 0 }, { at, 0 } };

		temporary_text(own, place, "");
		assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	}
	undo_journal_forget(open, "20260101T000000Z-3", BEGAN, 92);
	for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
		if (is_there(own, FILES[i].name) == FILES[i].goes)
			fail_msg("%s", FILES[i].name);
	}
	state_close(open);
}

/* Lines that wait are written before they are too many. */
static void test_many(void **state)
{
	struct state *open = world_open(*state);
	struct undo_journal *journal = journal_of(open);
	struct undo_run *run;
	struct err err = { 0 };

	for (unsigned i = 0; i < 5000; i++) {
		CLEANUP(free_p) char *body = xasprintf("{\"number\":%u,\"pad\":\"%0300u\"}", i, i);
		char digest[DIGEST_TEXT];
		const struct undo_manifest one = manifest_of(body, strlen(body), digest);

		assert_int_equal(undo_journal_add_manifest(journal, &one, &err), 0);
	}
	assert_int_equal(undo_journal_sync(journal, &err), 0);
	run = read_as(open, undo_journal_run(journal), &ALL);
	assert_int_equal(run->manifest_count, 5000);
	assert_true(run->file_bytes > (uint64_t)5000 * 400);
	undo_run_free(run);
	undo_journal_free(journal);
	state_close(open);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_written_is_read),
		TEST(test_only_what_is_wanted),
		TEST(test_collections),
		TEST(test_only_its_own_bytes),
		TEST(test_runs_have_names_of_their_own),
		cmocka_unit_test(test_names),
		TEST(test_listed),
		TEST(test_damages),
		TEST(test_cut_anywhere),
		TEST(test_tampered_with),
		TEST(test_old_ones_go),
		TEST(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
