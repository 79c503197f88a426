/* http/cached: which headers show that a cache answered. */
#include "http/cached.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void check(const char *const *lines, size_t count, bool wanted)
{
	for (size_t i = 0; i < count; i++) {
		/* What stands behind the line is not its own. */
		char text[256] = { 0 };
		size_t length = strlen(lines[i]);

		memcpy(text, lines[i], length);
		memcpy(text + length, "5; hit HIT 7", 13);
		if (cached_says(text, length) != wanted)
			fail_msg("%s: a cache %s", lines[i], wanted ? "is not seen" : "is seen");
	}
}

#define CHECK(lines, wanted) check(lines, sizeof(lines) / sizeof *(lines), wanted)

static void a_cache_answered(void **state)
{
	static const char *const LINES[] = {
		"Age: 1",
		"age:3600",
		"AGE: \t 007",
		"Age: 0, 12",
		"Age: 99999999999999999999999999",
		"X-Cache: HIT",
		"X-Cache: HIT from proxy.example:3128",
		"x-cache: Hit from cloudfront",
		"X-Cache: RefreshHit from cloudfront",
		"X-Cache: TCP_HIT",
		"X-Cache: TCP_MEM_HIT from a23-45 (AkamaiGHost/10.0)",
		"X-Cache: MISS, HIT",
		"X-Cache: HIT:3",
		"X-Cache-Hits: 0, 2",
		"X-Cache-Status: HIT",
		"X-Cache-Status: STALE",
		"X-Cache-Status: UPDATING",
		"X-Proxy-Cache: hit",
		"CF-Cache-Status: HIT",
		"Cache-Status: ExampleCache; hit",
		"Cache-Status: ExampleCache;hit;ttl=376",
		"Cache-Status: OriginCache; fwd=miss, \"edge, one\"; ttl=3; hit=?1",
		"cache-status: a; fwd=stale; hit ; ttl=1",
		"X-Varnish: 32770 3",
	};

	(void)state;
	CHECK(LINES, true);
}

static void nothing_is_proved(void **state)
{
	static const char *const LINES[] = {
		"Age: 0",
		"Age: 00, 0",
		"Age:",
		"Age",
		"Age: soon",
		"Via: 1.1 varnish, 1.1 squid (HIT)",
		"Date: Sun, 06 Nov 1994 08:49:37 GMT",
		"X-Cache: MISS",
		"X-Cache: MISS from hit.example",
		"X-Cache: Miss from cloudfront",
		"X-Cache: Error from cloudfront",
		"X-Cache: TCP_REFRESH_MISS",
		"X-Cache: CONFIG_NOCACHE",
		"X-Cache: hit-for-pass",
		"X-Cache-Lookup: HIT from proxy.example:3128",
		"X-Cache-Hits: 0",
		"X-Cache-Status: MISS",
		"X-Cache-Status: BYPASS",
		"X-Cache-Status: EXPIRED",
		"X-Cache-Status: REVALIDATED",
		"CF-Cache-Status: DYNAMIC",
		"Cache-Status: ExampleCache; fwd=uri-miss; stored",
		"Cache-Status: hit; fwd=miss",
		"Cache-Status: a; hit=?0",
		"Cache-Status: a; hits=3",
		"X-Varnish: 32770",
		"X-Age: 5",
		"Cache-Control: max-age=600",
		"",
		":",
	};

	(void)state;
	CHECK(LINES, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cache_answered),
		cmocka_unit_test(nothing_is_proved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
