/* registry.url: what is refused, and its normal form. */
#include "config/url.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CREDENTIALS                                                                           \
	"must not hold credentials; they belong into registry.user and registry.password, a " \
	"secret key of Scaleway's into registry.secret_key"
#define TEMPLATE                                                                             \
	"is still the template's: write the address of your registry there, and go through " \
	"user, password, container and paths"

static void urls(void **state)
{
	static const struct {
		const char *url;
		const char *normal; /* or the problem, without its beginning */
	} cases[] = {
		{ "http://h", "http://h" },
		{ "http://h/", "http://h" },
		{ "http://h///", "http://h" },
		{ "HTTP://EXAMPLE.com:80/A/", "http://example.com/A" },
		{ "https://h:0443", "https://h" },
		{ "https://h:80", "https://h:80" },
		{ "http://h:443/v/w", "http://h:443/v/w" },
		{ "http://127.0.0.1:5001", "http://127.0.0.1:5001" },
		{ "http://[::1]", "http://[::1]" },
		{ "http://[2001:DB8::1]:5000/", "http://[2001:db8::1]:5000" },
		{ "http://my_host/x:y", "http://my_host/x:y" },
		{ "", "must begin with http:// or https://" },
		{ "h:5000", "must begin with http:// or https://" },
		{ "ftp://h", "must begin with http:// or https://" },
		{ "http:/h", "must begin with http:// or https://" },
		{ " http://h", "must begin with http:// or https://" },
		{ "http://u:p@h", CREDENTIALS },
		{ "http://u@h/x", CREDENTIALS },
		{ "http://h/?x", "must not have a query ('?')" },
		{ "http://h?x", "must not have a query ('?')" },
		{ "http://h/#x", "must not have a fragment ('#')" },
		{ "http://h#", "must not have a fragment ('#')" },
		{ "http://", "must name a host behind http:// or https://" },
		{ "http:///x", "must name a host behind http:// or https://" },
		{ "http://:5000", "must name a host behind http:// or https://" },
		{ "http://[::1", "must name a host behind http:// or https://" },
		{ "http://[]", "must name a host behind http:// or https://" },
		{ "http://[::1]x:1", "must name a host behind http:// or https://" },
		{ "http://a,b", "must name a host behind http:// or https://" },
		{ "http://h:", "must have a port from 1 to 65535 behind the colon" },
		{ "http://h:0", "must have a port from 1 to 65535 behind the colon" },
		{ "http://h:65536", "must have a port from 1 to 65535 behind the colon" },
		{ "http://h:50x", "must have a port from 1 to 65535 behind the colon" },
		{ "http://h:+5", "must have a port from 1 to 65535 behind the colon" },
		{ "http://registry.example.org", "http://registry.example.org" },
		{ "http://a.registry.example", "http://a.registry.example" },
		{ "http://registry.example:5001", TEMPLATE },
		{ "https://REGISTRY.example/x", TEMPLATE },
		{ "http://registry.example", TEMPLATE },
		{ "http://h/a b", "must not hold blanks, backslashes or letters beyond ASCII" },
		{ "http://h\\@x/", CREDENTIALS },
		{ "http://h\\x/", "must not hold blanks, backslashes or letters beyond ASCII" },
		{ "http://h\xc3\xa4/",
		  "must not hold blanks, backslashes or letters beyond ASCII" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *problem = config_url_problem(cases[i].url);
		CLEANUP(free_p) char *normal = problem ? NULL : config_url_normal(cases[i].url);

		print_message("# %s\n", cases[i].url);
		assert_string_equal(problem ? problem : normal, cases[i].normal);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
