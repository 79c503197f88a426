/* Which failures are waited out where something was answered before, and what people are told. */
#include "http/fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

static const struct {
	const char *sentence;
	enum fault fault;
	bool passes, of_trust;
	const char *key; /* what the advice names, or NULL */
} FAULTS[] = {
	{ "the system's resolver was away", FAULT_UNKNOWN_HOST, true, false, "registry.url" },
	{ "and that for the proxy", FAULT_UNKNOWN_PROXY, true, false, "registry.proxy" },
	{ "another one has the port for a moment", FAULT_NO_TLS, true, false, "registry.url" },
	{ "the same without TLS", FAULT_NO_HTTP, true, false, "registry.url" },
	{ "a server that just starts", FAULT_NO_AGREEMENT, true, false, NULL },
	{ "a gateway's default certificate", FAULT_UNTRUSTED, true, true, "registry.ca_cert" },
	{ "one that is being renewed", FAULT_OUTDATED, true, true, NULL },
	{ "another one's in between", FAULT_OTHER_NAME, true, true, "registry.url" },
	{ "a client certificate is wanted", FAULT_CLIENT_CERTIFICATE, false, false,
	  "registry.client_cert" },
	{ "the one that we have is not taken", FAULT_CLIENT_REFUSED, false, false, NULL },
	{ "only TLS is spoken", FAULT_ONLY_TLS, false, false, "registry.url" },
	{ "what has no name", FAULT_OTHER, false, false, NULL },
};

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof FAULTS / sizeof *FAULTS; i++) {
		const char *advice = fault_advice(FAULTS[i].fault), *key = FAULTS[i].key;

		if (fault_passes(FAULTS[i].fault) != FAULTS[i].passes ||
		    fault_of_trust(FAULTS[i].fault) != FAULTS[i].of_trust ||
		    (key && (!advice || !strstr(advice, key))))
			fail_msg("%s: %s", FAULTS[i].sentence, advice ? advice : "no advice");
	}
}

/* What the environment names is not known here: it is not judged. */
static void test_a_proxy_that_is_not_known_is_not_judged(void **state)
{
	CURL *easy = curl_easy_init();

	(void)state;
	assert_non_null(easy);
	assert_int_equal(fault_of(easy, CURLE_COULDNT_RESOLVE_PROXY, "Could not resolve", NULL),
			 FAULT_NONE);
	curl_easy_cleanup(easy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_a_proxy_that_is_not_known_is_not_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
