/* Compares what server_config found. */
#ifndef TESTS_SERVER_SAYS_H
#define TESTS_SERVER_SAYS_H

#include "registry/server_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

enum { UNKNOWN = CONFIG_UNKNOWN, NO = CONFIG_NO, YES = CONFIG_YES };

static inline void assert_says(const char *sentence, const struct server_config *is, int cache,
			       int proxy)
{
	static const char *const WORDS[] = { "unknown", "no", "yes" };

	if ((int)is->cache != cache)
		fail_msg("%s: cache is %s, not %s", sentence, WORDS[is->cache], WORDS[cache]);
	if ((int)is->proxy != proxy)
		fail_msg("%s: proxy is %s, not %s", sentence, WORDS[is->proxy], WORDS[proxy]);
}

struct says_row {
	const char *sentence, *yaml;
	int cache, proxy;
};

static inline void check_says(const struct says_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct server_config says;

		server_config_parse(rows[i].yaml, strlen(rows[i].yaml), "", &says);
		assert_says(rows[i].sentence, &says, rows[i].cache, rows[i].proxy);
	}
}

#define CHECK_SAYS(rows) check_says(rows, sizeof(rows) / sizeof *(rows))

#endif
