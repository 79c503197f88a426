/* What comes back of what runs deleted, and in which order: no I/O, tables of small worlds. A
 * manifest is a hex digit, which its digest consists of; a blob is one, too. */
#include "oci/mediatype.h"
#include "registry/reference.h"
#include "restore/judge.h"
#include "restore/list.h"
#include "undo/journal.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ENTRIES 8
#define SIGNED  "sha256-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.sig"

/* One manifest that a run had to delete. */
struct entry {
	const char *id;       /* its digit */
	const char *tags;     /* with blanks between them */
	const char *blobs;    /* its config, then its layers */
	const char *children; /* it is an index */
	const char *subject;
	enum undo_fate fate;
	bool by_name;  /* its tags alone were deleted */
	bool bodiless; /* and the journal has no body */
	bool schema1;
};

struct row {
	const char *sentence;
	struct entry runs[2][ENTRIES]; /* the youngest first */
	const char *want; /* "v1 v2": these tags of the runs, "@a": a manifest; "": the first run */
	const char *there; /* manifests that the registry has */
	const char *tags;  /* "v1=a": tags that it has */
	const char *gone;  /* blobs that it has not */
	bool overwrite;
	unsigned major;
	const char *tags_after;      /* "v1=put": each tag that is wanted, and its verdict */
	const char *manifests_after; /* "b=put a=put": those that have one, in their order */
	const char *told;            /* manifests that are told beside tags */
};

static const struct row ROWS[] = {
	{ .sentence = "a tag and its manifest",
	  .runs = { { { .id = "a", .tags = "v1", .blobs = "12" } } },
	  .want = "v1",
	  .tags_after = "v1=put",
	  .manifests_after = "a=put" },
	{ .sentence = "only the tag that is named, of two of one manifest",
	  .runs = { { { .id = "a", .tags = "v1 v2", .blobs = "12" } } },
	  .want = "v2",
	  .tags_after = "v2=put",
	  .manifests_after = "a=put" },
	{ .sentence = "all of a run: tags, and manifests without one, which are told",
	  .runs = { { { .id = "a", .tags = "v1 v2", .blobs = "12" },
		      { .id = "b", .blobs = "13" } } },
	  .want = "",
	  .tags_after = "v1=put v2=put",
	  .manifests_after = "a=put b=put",
	  .told = "b" },
	{ .sentence = "what a run kept after all is not its to restore",
	  .runs = { { { .id = "a", .tags = "v1", .blobs = "12", .fate = UNDO_KEPT },
		      { .id = "b", .tags = "v2", .blobs = "12", .fate = UNDO_DELETED } } },
	  .want = "",
	  .tags_after = "v2=put",
	  .manifests_after = "b=put" },
	{ .sentence = "parts come before their index, and are not told for themselves",
	  .runs = { { { .id = "a", .tags = "v1", .children = "bc" },
		      { .id = "b", .blobs = "12" },
		      { .id = "c", .blobs = "13" } } },
	  .want = "",
	  .tags_after = "v1=put",
	  .manifests_after = "b=put c=put a=put" },
	{ .sentence = "an index in an index, named by its tag",
	  .runs = { { { .id = "a", .tags = "v1", .children = "b" },
		      { .id = "b", .children = "c" },
		      { .id = "c", .blobs = "1" },
		      { .id = "d", .tags = "v2", .blobs = "1" } } },
	  .want = "v1",
	  .tags_after = "v1=put",
	  .manifests_after = "c=put b=put a=put" },
	{ .sentence = "a part that stayed in the registry is not put again",
	  .runs = { { { .id = "a", .tags = "v1", .children = "bc" },
		      { .id = "b", .blobs = "1" } } },
	  .want = "v1",
	  .there = "c",
	  .tags_after = "v1=put",
	  .manifests_after = "b=put c=there a=put" },
	{ .sentence = "without one of its parts an index cannot come back, and its parts do for "
		      "themselves",
	  .runs = { { { .id = "a", .tags = "v1", .children = "bc" },
		      { .id = "b", .blobs = "1" } } },
	  .want = "",
	  .tags_after = "v1=impossible",
	  .manifests_after = "b=put c=impossible a=impossible",
	  .told = "b" },
	{ .sentence = "of a tag whose index cannot come back nothing is put",
	  .runs = { { { .id = "a", .tags = "v1", .children = "bc" },
		      { .id = "b", .blobs = "1" } } },
	  .want = "v1",
	  .tags_after = "v1=impossible",
	  .manifests_after = "c=impossible a=impossible" },
	{ .sentence = "a layer that is gone",
	  .runs = { { { .id = "a", .tags = "v1", .blobs = "12" },
		      { .id = "b", .tags = "v2", .blobs = "13" } } },
	  .want = "",
	  .gone = "2",
	  .tags_after = "v1=impossible v2=put",
	  .manifests_after = "a=impossible b=put" },
	{ .sentence = "a layer of a part that is gone",
	  .runs = { { { .id = "a", .tags = "v1", .children = "bc" },
		      { .id = "b", .blobs = "1" },
		      { .id = "c", .blobs = "2" } } },
	  .want = "v1",
	  .gone = "2",
	  .tags_after = "v1=impossible",
	  .manifests_after = "c=impossible a=impossible" },
	{ .sentence = "what is there already is done",
	  .runs = { { { .id = "a", .tags = "v1", .blobs = "12" } } },
	  .want = "v1",
	  .there = "a",
	  .tags = "v1=a",
	  .tags_after = "v1=there",
	  .manifests_after = "a=there" },
	{ .sentence = "a manifest is there, its tag is not: killed in between",
	  .runs = { { { .id = "a", .tags = "v1", .blobs = "12" } } },
	  .want = "v1",
	  .there = "a",
	  .tags_after = "v1=put",
	  .manifests_after = "a=there" },
	{ .sentence = "what is there, but lacks a layer, is not whole",
	  .runs = { { { .id = "a", .tags = "v1", .blobs = "12" } } },
	  .want = "v1",
	  .there = "a",
	  .tags = "v1=a",
	  .gone = "1",
	  .tags_after = "v1=impossible",
	  .manifests_after = "a=impossible" },
	{ .sentence = "a tag that exists again stays, and its old manifest away",
	  .runs = { { { .id = "a", .tags = "v1", .children = "b" }, { .id = "b", .blobs = "1" } } },
	  .want = "",
	  .there = "d",
	  .tags = "v1=d",
	  .tags_after = "v1=exists",
	  .manifests_after = "" },
	{ .sentence = "of two tags one exists again",
	  .runs = { { { .id = "a", .tags = "v1 v2", .blobs = "1" } } },
	  .want = "",
	  .tags = "v1=d",
	  .tags_after = "v1=exists v2=put",
	  .manifests_after = "a=put" },
	{ .sentence = "with --overwrite it is replaced",
	  .runs = { { { .id = "a", .tags = "v1", .blobs = "1" } } },
	  .want = "",
	  .tags = "v1=d",
	  .overwrite = true,
	  .tags_after = "v1=put",
	  .manifests_after = "a=put" },
	{ .sentence = "of a tag that two runs deleted the youngest has it",
	  .runs = { { { .id = "b", .tags = "v1", .blobs = "1" } },
		    { { .id = "a", .tags = "v1 v2", .blobs = "1" } } },
	  .want = "v1",
	  .tags_after = "v1=put",
	  .manifests_after = "b=put" },
	{ .sentence = "but not where the youngest kept it",
	  .runs = { { { .id = "b", .tags = "v1", .blobs = "1", .fate = UNDO_KEPT } },
		    { { .id = "a", .tags = "v1", .blobs = "1" } } },
	  .want = "v1",
	  .tags_after = "v1=put",
	  .manifests_after = "a=put" },
	{ .sentence = "a signature comes with what it signs, behind it",
	  .runs = { { { .id = "b", .tags = SIGNED, .blobs = "1" },
		      { .id = "a", .tags = "v1", .blobs = "1" } } },
	  .want = "v1",
	  .tags_after = SIGNED "=put v1=put",
	  .manifests_after = "b=put a=put" },
	{ .sentence = "a referrer of a part comes, too, and is told, since it has no tag",
	  .runs = { { { .id = "c", .blobs = "1", .subject = "b" },
		      { .id = "a", .tags = "v1", .children = "b" },
		      { .id = "b", .blobs = "1" },
		      { .id = "d", .blobs = "1", .subject = "f" } } },
	  .want = "v1",
	  .tags_after = "v1=put",
	  .manifests_after = "b=put c=put a=put",
	  .told = "c" },
	{ .sentence = "of an image that exists again the referrers stay away",
	  .runs = { { { .id = "c", .blobs = "1", .subject = "a" },
		      { .id = "a", .tags = "v1", .blobs = "1" } } },
	  .want = "v1",
	  .tags = "v1=d",
	  .tags_after = "v1=exists",
	  .manifests_after = "" },
	{ .sentence = "schema1 is not to be had back",
	  .runs = { { { .id = "a", .tags = "v1", .schema1 = true } } },
	  .want = "v1",
	  .tags_after = "v1=impossible",
	  .manifests_after = "a=impossible" },
	{ .sentence = "a type that this registry refuses",
	  .runs = { { { .id = "a", .tags = "v1", .blobs = "x" } } },
	  .want = "v1",
	  .major = 2,
	  .tags_after = "v1=impossible",
	  .manifests_after = "a=impossible" },
	{ .sentence = "a tag that was deleted by its name points again at what stayed",
	  .runs = { { { .id = "a", .tags = "v1", .by_name = true, .bodiless = true } } },
	  .want = "",
	  .there = "a",
	  .tags_after = "v1=put",
	  .manifests_after = "a=there" },
	{ .sentence = "unless that has gone since",
	  .runs = { { { .id = "a", .tags = "v1", .by_name = true, .bodiless = true } } },
	  .want = "v1",
	  .tags_after = "v1=impossible",
	  .manifests_after = "a=impossible" },
	{ .sentence = "a manifest without a tag, by its digest, and nothing else",
	  .runs = { { { .id = "b", .blobs = "1" }, { .id = "c", .blobs = "1" } } },
	  .want = "@b",
	  .tags_after = "",
	  .manifests_after = "b=put",
	  .told = "b" },
};

static char *digest_of_digit(const char *digit)
{
	char hex[65];

	memset(hex, *digit == 'x' ? '0' : *digit, 64);
	hex[64] = '\0';
	return xasprintf("sha256:%s", hex);
}

static void add_descriptor(struct buf *body, const char *digit, const char *type)
{
	CLEANUP(free_p) char *digest = digest_of_digit(digit);

	buf_format(body, "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":7}", type, digest);
}

static void write_body(const struct entry *entry, struct buf *body)
{
	const char *parts = entry->children ? entry->children : entry->blobs + 1;
	enum mediatype type = entry->children ? MEDIATYPE_OCI_INDEX : MEDIATYPE_OCI_MANIFEST;

	/* Of no registry's liking. */
	buf_format(body, "{\"schemaVersion\":2,\"mediaType\":\"%s\"",
		   !entry->children && *entry->blobs == 'x' ? "application/x-odd"
							    : mediatype_name(type));
	if (entry->subject) {
		buf_text(body, ",\"subject\":");
		add_descriptor(body, entry->subject, mediatype_name(MEDIATYPE_OCI_MANIFEST));
	}
	if (!entry->children) {
		buf_text(body, ",\"config\":");
		add_descriptor(body, entry->blobs, mediatype_name(MEDIATYPE_OCI_CONFIG));
	}
	buf_text(body, entry->children ? ",\"manifests\":[" : ",\"layers\":[");
	for (size_t i = 0; parts[i]; i++) {
		buf_text(body, i ? "," : "");
		add_descriptor(body, parts + i,
			       entry->children ? mediatype_name(MEDIATYPE_OCI_MANIFEST)
					       : "application/vnd.oci.image.layer.v1.tar+gzip");
	}
	buf_text(body, "]}");
}

static void add_tags(struct undo_manifest *manifest, const struct entry *entry)
{
	CLEANUP(free_p) char *names = xstrdup(entry->tags ? entry->tags : "");
	char *rest = names, *name;

	manifest->tags = xcalloc(4, sizeof *manifest->tags);
	while (*rest && (name = strsep(&rest, " "))) {
		manifest->tags[manifest->tag_count++] =
			(struct undo_tag){ .name = xstrdup(name),
					   .created_at = DATE_ABSENT,
					   .pushed_at = DATE_ABSENT,
					   .by_name = entry->by_name,
					   .fate = entry->fate };
		if (!rest)
			break;
	}
}

static void add_entry(struct undo_run *run, const struct entry *entry)
{
	struct undo_manifest *manifest = &run->manifests[run->manifest_count++];
	CLEANUP(buf_free) struct buf body = { 0 };

	*manifest = (struct undo_manifest){
		.repository = xstrdup("app"),
		.digest = digest_of_digit(entry->id),
		.media_type = xstrdup(mediatype_name(entry->children ? MEDIATYPE_OCI_INDEX
								     : MEDIATYPE_OCI_MANIFEST)),
		.whole = !entry->by_name,
		.schema1 = entry->schema1,
		.fate = entry->fate,
	};
	if (entry->schema1)
		buf_text(&body, "{\"schemaVersion\":1}");
	else if (!entry->bodiless)
		write_body(entry, &body);
	if (!entry->bodiless) {
		manifest->body = xstrdup(buf_string(&body));
		manifest->body_length = body.length;
	}
	add_tags(manifest, entry);
}

static struct undo_run *make_run(const struct entry entries[ENTRIES], const char *name)
{
	struct undo_run *run = xcalloc(1, sizeof *run);

	snprintf(run->run, sizeof run->run, "%s", name);
	run->manifests = xcalloc(ENTRIES, sizeof *run->manifests);
	for (size_t i = 0; i < ENTRIES && entries[i].id; i++)
		add_entry(run, &entries[i]);
	return run;
}

static void free_run(struct undo_run *run)
{
	for (size_t m = 0; m < run->manifest_count; m++) {
		struct undo_manifest *manifest = &run->manifests[m];

		free(manifest->repository);
		free(manifest->digest);
		free(manifest->media_type);
		free(manifest->body);
		for (size_t t = 0; t < manifest->tag_count; t++)
			free(manifest->tags[t].name);
		free(manifest->tags);
	}
	free(run->manifests);
	free(run);
}

/* As choose.c does it. */
static void want(struct restore_list *list, const struct row *row, struct undo_run *const *runs)
{
	CLEANUP(free_p) char *words = xstrdup(row->want);
	char *rest = words, *word;

	restore_list_add(list, runs[0]);
	if (!*words) {
		assert_true(restore_list_want_run(list, runs[0], NULL, 0) > 0);
		return;
	}
	restore_list_add(list, runs[1]);
	while ((word = strsep(&rest, " "))) {
		struct reference reference = { .repository = xstrdup("app") };

		if (*word == '@')
			reference.digest = digest_of_digit(word + 1);
		else
			reference.tag = xstrdup(word);
		assert_true(restore_list_want(list, &reference));
		reference_clear(&reference);
	}
}

/* What TAG of the registry points at: a digit, or NULL. */
static const char *tag_of(const struct row *row, const char *tag)
{
	CLEANUP(free_p) char *key = xasprintf("%s=", tag);
	const char *at = row->tags ? strstr(row->tags, key) : NULL;

	return at ? at + strlen(key) : NULL;
}

static void find(struct restore_list *list, const struct row *row)
{
	for (size_t m = 0; m < list->manifest_count; m++) {
		struct restore_manifest *manifest = &list->manifests[m];
		char digit = manifest->digest[strlen("sha256:")];

		manifest->found =
			row->there && strchr(row->there, digit) ? FOUND_THERE : FOUND_ABSENT;
	}
	for (size_t t = 0; t < list->tag_count; t++) {
		const char *now = tag_of(row, list->tags[t].name);
		const char *digest = list->manifests[list->tags[t].manifest].digest;

		list->tags[t].found = !now                                ? FOUND_ABSENT
				      : *now == digest[strlen("sha256:")] ? FOUND_THERE
									  : FOUND_OTHER;
	}
	for (size_t b = 0; b < list->blob_count; b++) {
		char digit = list->blobs[b].digest[strlen("sha256:")];

		list->blobs[b].found =
			row->gone && strchr(row->gone, digit) ? BLOB_GONE : BLOB_THERE;
	}
}

static const char *const VERDICTS[] = {
	[VERDICT_PUT] = "put",       [VERDICT_DONE] = "done",
	[VERDICT_THERE] = "there",   [VERDICT_EXISTS] = "exists",
	[VERDICT_FAILED] = "failed", [VERDICT_IMPOSSIBLE] = "impossible",
};

static void tell_tags(const struct restore_list *list, struct buf *out)
{
	for (size_t t = 0; t < list->tag_count; t++) {
		if (list->tags[t].verdict != VERDICT_NONE)
			buf_format(out, "%s%s=%s", out->length ? " " : "", list->tags[t].name,
				   VERDICTS[list->tags[t].verdict]);
	}
}

static void tell_manifests(const struct restore_list *list, struct buf *out)
{
	for (unsigned level = 0; level < ENTRIES; level++) {
		for (size_t m = 0; m < list->manifest_count; m++) {
			const struct restore_manifest *manifest = &list->manifests[m];

			if (manifest->level == level && manifest->verdict != VERDICT_NONE)
				buf_format(out, "%s%c=%s", out->length ? " " : "",
					   manifest->digest[strlen("sha256:")],
					   VERDICTS[manifest->verdict]);
		}
	}
}

static void tell_told(const struct restore_list *list, struct buf *out)
{
	for (size_t m = 0; m < list->manifest_count; m++) {
		if (list->manifests[m].told)
			buf_add(out, list->manifests[m].digest + strlen("sha256:"), 1);
	}
}

static bool is(const struct row *row, const struct buf *found, const char *expected)
{
	if (strcmp(buf_string(found), expected) == 0)
		return true;
	print_message("%s: '%s' instead of '%s'\n", row->sentence, buf_string(found), expected);
	return false;
}

static bool check_row(const struct row *row)
{
	struct undo_run *runs[] = { make_run(row->runs[0], "young"),
				    make_run(row->runs[1], "old") };
	struct restore_list *list = restore_list_new();
	struct restore_rules rules = { .overwrite = row->overwrite, .major = row->major };
	CLEANUP(buf_free) struct buf tags = { 0 }, manifests = { 0 }, told = { 0 };
	bool well;

	want(list, row, runs);
	restore_list_close(list);
	find(list, row);
	restore_judge(list, &rules);
	tell_tags(list, &tags);
	tell_manifests(list, &manifests);
	tell_told(list, &told);
	well = is(row, &tags, row->tags_after);
	well &= is(row, &manifests, row->manifests_after);
	well &= is(row, &told, row->told ? row->told : "");
	restore_list_free(list);
	free_run(runs[0]);
	free_run(runs[1]);
	return well;
}

static void test_rows(void **state)
{
	bool well = true;

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
		well &= check_row(&ROWS[i]);
	assert_true(well);
}

/* Each that is told is in one of the counts. */
static void test_account(void **state)
{
	static const struct row ROW = {
		.sentence = "a bit of everything",
		.runs = { { { .id = "a", .tags = "v1 v2 v3", .blobs = "1" },
			    { .id = "b", .tags = "v4", .blobs = "2" },
			    { .id = "c", .blobs = "1" } } },
		.want = "",
		.tags = "v1=a v2=d",
		.there = "a",
		.gone = "2",
	};
	struct undo_run *runs[] = { make_run(ROW.runs[0], "young"), make_run(ROW.runs[1], "old") };
	struct restore_list *list = restore_list_new();
	struct restore_rules rules = { 0 };
	struct restore_account account;

	(void)state;
	want(list, &ROW, runs);
	restore_list_close(list);
	find(list, &ROW);
	restore_judge(list, &rules);
	account = restore_count(list);
	assert_int_equal(account.there, 1);
	assert_int_equal(account.exists, 1);
	assert_int_equal(account.tags, 1);
	assert_int_equal(account.manifests, 1);
	assert_int_equal(account.impossible, 1);
	assert_int_equal(account.failed + account.unknown + account.done_tags, 0);
	restore_list_free(list);
	free_run(runs[0]);
	free_run(runs[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
