/* registry/pagination: what Link headers say of the next page. */
#include "registry/pagination.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

struct row {
	const char *sentence, *link;
	enum page_next next;
	const char *last, *n;
};

static void assert_text(const struct row *row, const char *what, const char *is, const char *wanted)
{
	if ((is == NULL) != (wanted == NULL) || (is && strcmp(is, wanted) != 0))
		fail_msg("%s: %s is %s, not %s", row->sentence, what, is ? is : "NULL",
			 wanted ? wanted : "NULL");
}

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char stale[] = "stale";
		struct page page = { stale, stale };
		enum page_next next = pagination_parse(rows[i].link, &page);

		if (next != rows[i].next)
			fail_msg("%s: %d, not %d", rows[i].sentence, (int)next, (int)rows[i].next);
		assert_text(&rows[i], "last", page.last, rows[i].last);
		assert_text(&rows[i], "n", page.n, rows[i].n);
		pagination_clear(&page);
		assert_null(page.last);
		assert_null(page.n);
	}
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof *(rows))

static void the_next_page_is_found(void **state)
{
	static const struct row ROWS[] = {
		{ "distribution, catalog", "</v2/_catalog?last=team%2Fapp&n=1000>; rel=\"next\"",
		  PAGE_NEXT, "team/app", "1000" },
		{ "distribution 3.1, tags",
		  "</v2/team/app/tags/list?last=v1.0&n=100>; rel=\"next\"", PAGE_NEXT, "v1.0",
		  "100" },
		{ "zot: n first, nothing escaped", "</v2/_catalog?n=2&last=team/app>; rel=\"next\"",
		  PAGE_NEXT, "team/app", "2" },
		{ "no n", "</v2/_catalog?last=a>; rel=\"next\"", PAGE_NEXT, "a", NULL },
		{ "an n that is no number is left out", "</v2/_catalog?last=a&n=all>; rel=\"next\"",
		  PAGE_NEXT, "a", NULL },
		{ "an n of 0 would end the list", "</v2/_catalog?last=a&n=00>; rel=\"next\"",
		  PAGE_NEXT, "a", NULL },
		{ "an empty n is left out", "</v2/_catalog?last=a&n=>; rel=\"next\"", PAGE_NEXT,
		  "a", NULL },
		{ "a broken escape in n", "</v2/_catalog?last=a&n=1%0>; rel=\"next\"", PAGE_NEXT,
		  "a", NULL },
		{ "another host: only the query counts",
		  "<http://evil.example:81/v2/_catalog?last=a&n=5>; rel=\"next\"", PAGE_NEXT, "a",
		  "5" },
		{ "another path", "<https://r.example/registry/v2/_catalog?last=a>; rel=\"next\"",
		  PAGE_NEXT, "a", NULL },
		{ "only a query", "<?last=a&n=5>; rel=\"next\"", PAGE_NEXT, "a", "5" },
		{ "other keys, one that ends in last", "<?blast=x&lastly=y&last=a>; rel=next",
		  PAGE_NEXT, "a", NULL },
		{ "a fragment is no part of it", "</v2/_catalog?n=5&last=a#last=b>; rel=\"next\"",
		  PAGE_NEXT, "a", "5" },
		{ "lower-case escapes", "<?last=a%2fb%5f>; rel=next", PAGE_NEXT, "a/b_", NULL },
		{ "an escape at the very end", "<?last=%41>; rel=next", PAGE_NEXT, "A", NULL },
		{ "an escaped & and =", "<?last=a%26b%3Dc&n=1>; rel=next", PAGE_NEXT, "a&b=c",
		  "1" },
		{ "an = in the value", "<?last=YWI=&n=1>; rel=next", PAGE_NEXT, "YWI=", "1" },
		{ "bytes beyond ASCII", "<?last=%C3%A9>; rel=next", PAGE_NEXT, "\xc3\xa9", NULL },
		{ "a comma in the target", "<?last=a,b>; rel=\"next\"", PAGE_NEXT, "a,b", NULL },
	};

	(void)state;
	CHECK(ROWS);
}

static void rel_is_read_as_the_standard_writes_it(void **state)
{
	static const struct row ROWS[] = {
		{ "without quotes", "<?last=a>; rel=next", PAGE_NEXT, "a", NULL },
		{ "without a blank", "<?last=a>;rel=\"next\"", PAGE_NEXT, "a", NULL },
		{ "blanks around the =", "<?last=a> ; rel = \"next\" ", PAGE_NEXT, "a", NULL },
		{ "tabs", "<?last=a>;\trel\t=\tnext", PAGE_NEXT, "a", NULL },
		{ "capitals", "<?last=a>; REL=\"Next\"", PAGE_NEXT, "a", NULL },
		{ "apostrophes", "<?last=a>; rel='next'", PAGE_NEXT, "a", NULL },
		{ "among other words", "<?last=a>; rel=\"last next\"", PAGE_NEXT, "a", NULL },
		{ "behind other parameters", "<?last=a>; title=\"x, y; z\"; rel=\"next\"",
		  PAGE_NEXT, "a", NULL },
		{ "before other parameters", "<?last=a>; rel=\"next\"; type=\"application/json\"",
		  PAGE_NEXT, "a", NULL },
		{ "behind a parameter without a value", "<?last=a>; crossorigin; rel=next",
		  PAGE_NEXT, "a", NULL },
		{ "behind an escaped quote", "<?last=a>; title=\"\\\"; rel=x\"; rel=next",
		  PAGE_NEXT, "a", NULL },
		{ "another rel", "<?last=a>; rel=\"prev\"", PAGE_NONE, NULL, NULL },
		{ "a rel that begins the same", "<?last=a>; rel=\"nextish\"", PAGE_NONE, NULL,
		  NULL },
		{ "a rel that ends the same", "<?last=a>; rel=\"not-next\"", PAGE_NONE, NULL,
		  NULL },
		{ "in the title", "<?last=a>; title=\"rel=next\"; rel=prev", PAGE_NONE, NULL,
		  NULL },
		{ "in a parameter of another name", "<?last=a>; xrel=next; rev=\"next\"", PAGE_NONE,
		  NULL, NULL },
		{ "behind its value", "<?last=a>; rel=prev title=next", PAGE_NONE, NULL, NULL },
	};

	(void)state;
	CHECK(ROWS);
}

static void of_several_links_the_next_counts(void **state)
{
	static const struct row ROWS[] = {
		{ "the second", "<?last=a>; rel=\"prev\", <?last=b&n=3>; rel=\"next\"", PAGE_NEXT,
		  "b", "3" },
		{ "the first", "<?last=a>; rel=\"next\", <?last=b>; rel=\"prev\"", PAGE_NEXT, "a",
		  NULL },
		{ "no blank between", "<?last=a>;rel=prev,<?last=b>;rel=next", PAGE_NEXT, "b",
		  NULL },
		{ "the first without parameters", "<?last=a>, <?last=b>; rel=next", PAGE_NEXT, "b",
		  NULL },
		{ "a comma and an angle in quotes",
		  "<?last=a>; title=\"a, <?last=c>; rel=next\"; rel=prev, <?last=b>; rel=next",
		  PAGE_NEXT, "b", NULL },
		{ "empty elements", ", <?last=a>; rel=prev, ,<?last=b>; rel=next", PAGE_NEXT, "b",
		  NULL },
		{ "none of them", "<?last=a>; rel=first, <?last=b>; rel=prev, ", PAGE_NONE, NULL,
		  NULL },
		{ "the next one is unusable, a later one is not",
		  "<?n=1>; rel=next, <?last=b>; rel=next", PAGE_UNUSABLE, NULL, NULL },
	};

	(void)state;
	CHECK(ROWS);
}

static void no_link_is_no_page(void **state)
{
	static const struct row ROWS[] = {
		{ "no header", NULL, PAGE_NONE, NULL, NULL },
		{ "an empty one", "", PAGE_NONE, NULL, NULL },
		{ "a blank one", " \t", PAGE_NONE, NULL, NULL },
		{ "no rel", "<?last=a>", PAGE_NONE, NULL, NULL },
	};

	(void)state;
	CHECK(ROWS);
}

static void what_cannot_be_asked_for_is_unusable(void **state)
{
	static const struct row ROWS[] = {
		{ "no last", "</v2/_catalog?n=100>; rel=\"next\"", PAGE_UNUSABLE, NULL, NULL },
		{ "no query", "</v2/_catalog>; rel=\"next\"", PAGE_UNUSABLE, NULL, NULL },
		{ "last only behind the #", "</v2/_catalog#?last=a>; rel=\"next\"", PAGE_UNUSABLE,
		  NULL, NULL },
		{ "an empty target", "<>; rel=\"next\"", PAGE_UNUSABLE, NULL, NULL },
		{ "an empty last", "<?last=&n=1>; rel=\"next\"", PAGE_UNUSABLE, NULL, NULL },
		{ "last without a value", "<?last&n=1>; rel=\"next\"", PAGE_UNUSABLE, NULL, NULL },
		{ "half an escape", "<?last=a%2>; rel=next", PAGE_UNUSABLE, NULL, NULL },
		{ "half an escape before n", "<?last=a%2&n=10>; rel=next", PAGE_UNUSABLE, NULL,
		  NULL },
		{ "a lone percent sign", "<?last=%>; rel=next", PAGE_UNUSABLE, NULL, NULL },
		{ "an escape of no digits", "<?last=%zz>; rel=next", PAGE_UNUSABLE, NULL, NULL },
		{ "an escape with a sign", "<?last=%+1>; rel=next", PAGE_UNUSABLE, NULL, NULL },
		{ "an escaped NUL", "<?last=a%00b>; rel=next", PAGE_UNUSABLE, NULL, NULL },
		{ "an escaped line end", "<?last=a%0d%0ab>; rel=next", PAGE_UNUSABLE, NULL, NULL },
		{ "an escaped DEL", "<?last=a%7F>; rel=next", PAGE_UNUSABLE, NULL, NULL },
		{ "no angle brackets", "?last=a; rel=next", PAGE_UNUSABLE, NULL, NULL },
		{ "never closed", "<?last=a; rel=\"next\"", PAGE_UNUSABLE, NULL, NULL },
		{ "garbage before it", "x <?last=a>; rel=next", PAGE_UNUSABLE, NULL, NULL },
		{ "a quote that is never closed", "<?last=a>; rel=\"next", PAGE_UNUSABLE, NULL,
		  NULL },
		{ "an open quote swallows the rel", "<?last=a>; title=\"x; rel=next", PAGE_UNUSABLE,
		  NULL, NULL },
		{ "a quote closed by an escape only", "<?last=a>; rel=\"next\\\"", PAGE_UNUSABLE,
		  NULL, NULL },
		{ "a good one, then garbage", "<?last=a>; rel=prev, garbage", PAGE_UNUSABLE, NULL,
		  NULL },
	};

	(void)state;
	CHECK(ROWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_page_is_found),
		cmocka_unit_test(rel_is_read_as_the_standard_writes_it),
		cmocka_unit_test(of_several_links_the_next_counts),
		cmocka_unit_test(no_link_is_no_page),
		cmocka_unit_test(what_cannot_be_asked_for_is_unusable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
