/* registry/server_yaml: what a config.yml alone says of cache and proxy. */
#include "registry/server_yaml.h"

#include "server_says.h"
#include "util/buf.h"
#include "util/xalloc.h"

#include <string.h>

static const struct says_row CACHED[] = {
	{ "in memory", "storage:\n  cache:\n    blobdescriptor: inmemory\n", YES, NO },
	{ "without a last line end", "storage:\n  cache:\n    blobdescriptor: inmemory", YES, NO },
	{ "line ends of Windows",
	  "storage:\r\n  filesystem:\r\n  # x\r\n\r\n  cache:\r\n    blobdescriptor: "
	  "redis\r\n",
	  YES, NO },
	{ "by its older name", "storage:\n  cache:\n    layerinfo: inmemory\n", YES, NO },
	{ "one of two", "storage:\n  cache:\n    blobdescriptor:\n    layerinfo: redis\n", YES,
	  NO },
	{ "a kind that is not known yet", "storage: {cache: {blobdescriptor: disk}}", YES, NO },
	{ "a scalar", "storage:\n  cache: inmemory\n", YES, NO },
	{ "a mapping below", "storage:\n  cache:\n    blobdescriptor:\n      type: x\n", YES, NO },
	{ "a list below", "storage:\n  cache:\n    blobdescriptor:\n    - inmemory\n", YES, NO },
	{ "the word null in quotes", "storage: {cache: {blobdescriptor: \"null\"}}", YES, NO },
	{ "quoted keys", "\"storage\":\n  'cache':\n    \"blobdescriptor\" : 'inmemory'\n", YES,
	  NO },
	{ "blanks before the colon", "storage :\n  cache  : {blobdescriptor : redis }\n", YES, NO },
	{ "comments everywhere",
	  "# a: b\n\n   # c\nstorage: # s\n# x\n  cache: # y\n      # z\n"
	  "    blobdescriptor: inmemory # w\n#end",
	  YES, NO },
	{ "flow", "storage: {filesystem: {}, cache: {blobdescriptor: inmemory}}\n", YES, NO },
	{ "flow over several lines",
	  "storage: {\n  filesystem: { rootdirectory: /x }, # comment, }\n"
	  "  cache: {\n    blobdescriptor: inmemory,\n  },\n}\nhttp: {addr: a:5000}\n",
	  YES, NO },
	{ "flow on a line of its own", "storage:\n  {cache: {blobdescriptor: x}}\n", YES, NO },
	{ "JSON",
	  "{\"version\":0.1,\"storage\":{\"cache\":{\"blobdescriptor\":\"inmemory\"}},"
	  "\"proxy\":{\"remoteurl\":\"http://x\"}}",
	  YES, YES },
	{ "a document start", "---\nstorage: {cache: {blobdescriptor: x}}\n", YES, NO },
	{ "comments around the document start",
	  "# a\n--- # b\n# c\nstorage: {cache: {blobdescriptor: x}}\n", YES, NO },
	{ "behind lists and texts of lists",
	  "a:\n- b\n- - c\n  - d: e\n    f:\n    - g\n-\n- h: |\n    storage:\n   # x\n"
	  "t: >-  # comment\n\n    folded: \"\n      more\n\n    end\n"
	  "storage:\n  cache:\n    blobdescriptor: x\n",
	  YES, NO },
	{ "behind lists",
	  "a:\n- b\n- - c\n  - d: e\n    f:\n    - g\n-\n- h: i\n-   j: k\n    l: m\nn: [\n"
	  "]\nstorage:\n  cache:\n    blobdescriptor: x\n",
	  YES, NO },
	{ "behind an empty entry", "a:\n  -\nstorage: {cache: {layerinfo: x}}\n", YES, NO },
	{ "behind texts",
	  "a:\n  b: |\n\n    storage: {\n     \"\t&x\n\n    end\n  c: >+ # comment\n    - "
	  "d\n"
	  "  # e\nf:\n- |\n g\n- h: |-\n   i\nk: |\nstorage:\n  cache:\n    "
	  "blobdescriptor: x\n",
	  YES, NO },
};

static void the_cache_is_found(void **state)
{
	(void)state;
	CHECK_SAYS(CACHED);
}

static void no_cache_is_said_only_where_it_is_sure(void **state)
{
	static const struct says_row ROWS[] = {
		{ "null", "storage:\n  filesystem: {}\n  cache:\n", NO, NO },
		{ "null before another key", "storage:\n  cache:\n  filesystem: {}\n", NO, NO },
		{ "null in words", "storage: {filesystem: {}, cache: null}\n", NO, NO },
		{ "a tilde", "storage: {filesystem: {}, cache: ~}\n", NO, NO },
		{ "nothing in flow", "storage: {cache: , filesystem: {}}\n", NO, NO },
		{ "empty", "storage:\n  filesystem: {}\n  cache: {}\n", NO, NO },
		{ "empty with blanks", "storage:\n  filesystem: {}\n  cache: {  # x\n  }\n", NO,
		  NO },
		{ "null in it", "storage:\n  cache:\n    blobdescriptor:\n  filesystem:\n", NO,
		  NO },
		{ "an empty word in it", "storage: {cache: {blobdescriptor: \"\"}, inmemory: {}}",
		  NO, NO },
		{ "a storage that is one word", "storage: filesystem\n", NO, NO },
		{ "commented out", "storage:\n  filesystem:\n#  cache:\n#    blobdescriptor: x\n",
		  NO, NO },
		{ "a cache elsewhere",
		  "cache: {blobdescriptor: x}\nhttp:\n  cache: x\n  storage:\n    cache: x\n"
		  "storage:\n  filesystem:\n    cache: {blobdescriptor: x}\n",
		  NO, NO },
		{ "a cache in a text", "a: |\n  storage:\n    cache: x\nstorage: {inmemory: {}}\n",
		  NO, NO },
		{ "a cache in a list", "a:\n- storage:\n    cache: x\nstorage: {inmemory: {}}\n",
		  NO, NO },
		{ "a key that begins the same", "storage: {cached: x, cache2: {a: b}}\n", NO, NO },
		{ "a key that a question mark begins",
		  "storage: {filesystem: {}, ?'cache': {layerinfo: x}}\n", YES, NO },
		{ "behind a document start", "--- storage: {filesystem: {}}\n", UNKNOWN, UNKNOWN },
		{ "no storage", "version: 0.1\nhttp:\n  addr: :5000\n", UNKNOWN, NO },
		{ "an empty storage", "storage:\nhttp:\n  addr: :5000\n", UNKNOWN, NO },
		{ "a storage of null", "storage: ~\n", UNKNOWN, NO },
		{ "nothing", "", UNKNOWN, UNKNOWN },
		{ "only comments", "# storage: filesystem\n\n", UNKNOWN, UNKNOWN },
		{ "only a document start", "---\n", UNKNOWN, UNKNOWN },
	};

	(void)state;
	CHECK_SAYS(ROWS);
}

static void the_proxy_is_found(void **state)
{
	static const struct says_row ROWS[] = {
		{ "block", "proxy:\n  remoteurl: https://registry-1.docker.io\n", UNKNOWN, YES },
		{ "flow", "proxy: {username: x, remoteurl: http://a:5000/b?c}\n", UNKNOWN, YES },
		{ "quoted", "proxy:\n  \"remoteurl\": \"https://x\"\n", UNKNOWN, YES },
		{ "empty", "proxy:\n  remoteurl: \"\"\n  ttl: 168h\n", UNKNOWN, NO },
		{ "empty apostrophes", "proxy: {remoteurl: ''}\n", UNKNOWN, NO },
		{ "null", "proxy:\n  remoteurl:\n  ttl: 168h\n", UNKNOWN, NO },
		{ "a comment", "proxy:\n  remoteurl: # https://x\n", UNKNOWN, NO },
		{ "no remoteurl", "proxy:\n  username: x\n", UNKNOWN, NO },
		{ "an empty proxy", "proxy: {}\n", UNKNOWN, NO },
		{ "a null proxy", "proxy:\nhttp:\n  addr: :5000\n", UNKNOWN, NO },
		{ "elsewhere", "http:\n  proxy:\n    remoteurl: https://x\nremoteurl: y\n", UNKNOWN,
		  NO },
		{ "a proxy that is a word", "proxy: https://x\n", UNKNOWN, UNKNOWN },
		{ "a proxy that is a list", "proxy:\n- remoteurl: x\n", UNKNOWN, UNKNOWN },
		{ "a remoteurl that is a list", "proxy:\n  remoteurl: [x]\n", UNKNOWN, UNKNOWN },
		{ "a remoteurl that is a mapping", "proxy: {remoteurl: {a: b}}\n", UNKNOWN,
		  UNKNOWN },
		{ "a remoteurl of several lines", "proxy:\n  remoteurl: >-\n    x\n", UNKNOWN,
		  YES },
	};

	(void)state;
	CHECK_SAYS(ROWS);
}

/* Each of them stands between a storage and a proxy that would be understood. */
static const char *const FAULTS[] = {
	"a:\n\tb: c",
	"\ta: b",
	"  \ta: b",
	"a: &x b",
	"a: *x",
	"&x a: b",
	"*x : b",
	"a:\n  <<: {b: c}",
	"\"<<\": {b: c}",
	"a: {<<: {b: c}}",
	"a: !!str b",
	"a: !b",
	"!a b: c",
	"- a",
	"--- ",
	"---",
	"...",
	"--- a: b",
	"%YAML 1.1",
	"a: \"b",
	"a: 'b",
	"a: \"b\\\"",
	"a: \"b\" c",
	"a: \"b\"c",
	"a: \"b\": c",
	"\"a: b",
	"\"a\"b: c",
	"\"st\\x6frage\": b",
	"a: 'b'' ",
	"a: b: c",
	"a: b\n  c: d",
	"a:\n    b: c\n  d: e",
	"a:\n  b: c\n    d: e",
	"a:\n  b: c\n d: e",
	" a: b",
	"a",
	"a b",
	"a:b",
	": a",
	"a: - b",
	"a: @b",
	"a: `b`",
	"a: %b",
	"a: ,b",
	"a: ]",
	"a: }",
	"a: {b: c",
	"a: {b: c]",
	"a: [b}",
	"a: {b: c}}",
	"a: {b: c} d",
	"a: {b: c}: d",
	"a: {b:}",
	"a: {b: :c}",
	"a: {b:{c: d}}",
	"a: {, }",
	"a: {b: c,, d: e}",
	"a: [b,, c]",
	"a: {b: \"c\" d: e}",
	"a: [\"b\" \"c\"]",
	"a: [[b] {c: d}]",
	"a: {b: - c}",
	"a: {b: \"c}",
	"a: {b: |\n c}",
	"a: {\n---\n}",
	"a: | b",
	"a: |\n    b\n  c",
	"a: |\n  b\n c: d",
	"a:\n- b\n c: d",
	"a:\n- b: c\n   d: e",
	"a:\n- b: c\n d: e",
	"a:\n  - b\n - c",
	"a: b\n- c",
	"-a: b\n- c",
	"# \x01",
	"# \x7f",
	"a: \x1b[m",
	"storage: {cache: {blobdescriptor: x}}",
	"storage:",
	"\"storage\": filesystem",
	"proxy:",
	"a:\n  - storage: [",
};

static void one_thing_not_understood_makes_all_unknown(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof FAULTS / sizeof *FAULTS; i++) {
		CLEANUP(free_p)
		char *yaml = xasprintf("storage:\n  filesystem: {}\n%s\nproxy:\n  remoteurl:\n",
				       FAULTS[i]);
		struct server_config says;

		server_config_parse(yaml, strlen(yaml), "", &says);
		assert_says(FAULTS[i], &says, UNKNOWN, UNKNOWN);
	}
}

/* The counterpart: the frame of the test above, and things that look like faults, are none. */
static void harmless_things_are_understood(void **state)
{
	static const char *const ROWS[] = {
		"",
		"# \t&a *b !c <<: \"",
		"a: \"\\\"\\\\\"",
		"a: ''''",
		"a: it's \"so\" & *so* !",
		"a: b#c",
		"a: -b",
		"a: ?b",
		"a: :b",
		"a: \"\t\"",
		"a: b:c",
		"a: <<",
		"-a: b",
		"a.b/c-d_e: f",
		"0.1: a",
		"a: [b, {c: d, e: [f]}, 'g', \"h\", ]",
		"a: {b: http://c:1/d?e#f, g: -5000}",
		"a: [ ]",
		"a: |\n\n\n",
		"a: \xc3\xa9 \xe2\x80\x93 \xf0\x9f\x90\xb3",
		"a:\tb",
		"a: b\tc",
		"a: b\t# c",
		"a: {\n\tb: c}",
		"? a",
		"? a\n: b",
		"a: \"b\n  c\"",
		"a: 'b\n  c'",
		"a: \"b\"#c",
		"a: b\n  c",
		"a: {b: c}#d",
		"a: {b}",
		"a: {b, c: d}",
		"a: {b:c}",
		"a: {?b: c}",
		"a: {? b: c}",
		"a: [?b]",
		"a: [b: c]",
		"a: {b: c d\n  e}",
		"a: |2\n  b",
		"a: |#b\n  c",
		"a: b\rc: d",
		"# a\rb: c",
		"# a\xe2\x80\xa8",
		"# a\xe2\x80\xa9",
		"# a\xc2\x85",
		"\xef\xbb\xbf",
		"a:\n\n\n  b: c\n\n   # d\n  e: f",
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		CLEANUP(free_p)
		char *yaml = xasprintf("storage:\n  filesystem: {}\n%s\nproxy:\n  remoteurl:\n",
				       ROWS[i]);
		struct server_config says;

		server_config_parse(yaml, strlen(yaml), "", &says);
		assert_says(ROWS[i], &says, NO, NO);
	}
}

static void a_part_of_a_file_never_says_no_for_yes(void **state)
{
	static const char YAML[] = "version: 0.1\nstorage: {filesystem: {rootdirectory: \"/x\"}, "
				   "cache: {blobdescriptor: inmemory}}\n";
	struct server_config says;

	(void)state;
	for (size_t length = 0; length < sizeof YAML - 2; length++) {
		server_config_parse(YAML, length, "", &says);
		assert_int_equal(says.cache, CONFIG_UNKNOWN);
	}
	server_config_parse(YAML, sizeof YAML - 1, "", &says);
	assert_says("whole", &says, YES, NO);
	server_config_parse(YAML, sizeof YAML, "", &says);
	assert_says("a NUL", &says, UNKNOWN, UNKNOWN);
}

static void nesting_has_an_end(void **state)
{
	static const char *const ROWS[] = { "[", "{a: ", "- ", "- a: " };

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		CLEANUP(buf_free) struct buf yaml = { 0 };
		struct server_config says;

		buf_text(&yaml, "storage: filesystem\na:\n ");
		for (int depth = 0; depth < 100000; depth++)
			buf_text(&yaml, ROWS[i]);
		server_config_parse(yaml.data, yaml.length, "", &says);
		assert_says(ROWS[i], &says, UNKNOWN, UNKNOWN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cache_is_found),
		cmocka_unit_test(no_cache_is_said_only_where_it_is_sure),
		cmocka_unit_test(the_proxy_is_found),
		cmocka_unit_test(one_thing_not_understood_makes_all_unknown),
		cmocka_unit_test(harmless_things_are_understood),
		cmocka_unit_test(a_part_of_a_file_never_says_no_for_yes),
		cmocka_unit_test(nesting_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
