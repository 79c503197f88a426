/* Where the registry listens, and whether it asks for a login: its file, and its variables. */
#include "registry/server_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define YES     CONFIG_YES
#define NO      CONFIG_NO
#define UNKNOWN CONFIG_UNKNOWN

#define PLAIN "version: 0.1\nhttp: {addr: ':5000'}\n"

static const struct row {
	const char *yaml, *environment;
	enum config_says listens;
	const char *addr, *prefix;
	enum config_says tls, login;
	const char *auth;
} ROWS[] = {
	{ PLAIN, "", YES, ":5000", "", NO, NO, "" },
	{ "http:\n  addr: 127.0.0.1:5000\n  prefix: /v/\n  host: https://x\n", "", YES,
	  "127.0.0.1:5000", "/v/", NO, NO, "" },
	{ "http: {addr: ':443', tls: {certificate: /c.pem, key: /k.pem}}", "", YES, ":443", "", YES,
	  NO, "" },
	{ "http: {addr: ':443', tls: {letsencrypt: {cachefile: /c, hosts: [a]}}}", "", YES, ":443",
	  "", YES, NO, "" },
	{ "http: {addr: ':443', tls: {letsencrypt: {hosts: [a]}}}", "", YES, ":443", "", NO, NO,
	  "" },
	{ "http: {addr: /run/r.sock, net: unix}", "", NO, "/run/r.sock", "", NO, NO, "" },
	{ "storage: {filesystem: {}}", "", UNKNOWN, "", "", NO, NO, "" },
	{ "http: {addr: &a ':1'}", "", UNKNOWN, "", "", UNKNOWN, UNKNOWN, "" },
	{ PLAIN "auth: {htpasswd: {realm: r, path: /p}}", "", YES, ":5000", "", NO, YES,
	  "htpasswd" },
	{ PLAIN "auth:\n  token: {realm: r}\n  htpasswd: {realm: r}\n", "", YES, ":5000", "", NO,
	  YES, "" },
	{ PLAIN, "REGISTRY_HTTP_ADDR=0.0.0.0:80\nREGISTRY_HTTP_PREFIX=/p\n", YES, "0.0.0.0:80",
	  "/p", NO, NO, "" },
	{ PLAIN, "REGISTRY_HTTP_TLS_CERTIFICATE=/c\n", YES, ":5000", "", YES, NO, "" },
	{ PLAIN, "REGISTRY_HTTP_TLS={}\n", YES, ":5000", "", UNKNOWN, NO, "" },
	{ PLAIN, "REGISTRY_HTTP_TLS_LETSENCRYPT_CACHEFILE=/c\n", YES, ":5000", "", UNKNOWN, NO,
	  "" },
	{ PLAIN, "REGISTRY_HTTP_NET=unix\n", NO, ":5000", "", NO, NO, "" },
	/* What replaces all of it counts first, in any order. */
	{ PLAIN, "REGISTRY_HTTP_ADDR=:1\nREGISTRY_HTTP={addr: ':2'}\n", YES, ":1", "", UNKNOWN, NO,
	  "" },
	{ PLAIN, "REGISTRY_HTTP={addr: ':2'}\n", UNKNOWN, ":5000", "", UNKNOWN, NO, "" },
	{ PLAIN, "REGISTRY_AUTH=htpasswd\nREGISTRY_AUTH_HTPASSWD_REALM=r\n", YES, ":5000", "", NO,
	  YES, "htpasswd" },
	{ PLAIN, "REGISTRY_AUTH_TOKEN_REALM=r\nREGISTRY_AUTH_TOKEN_SERVICE=s\n", YES, ":5000", "",
	  NO, YES, "token" },
	{ PLAIN "auth: {htpasswd: {realm: r}}", "REGISTRY_AUTH_TOKEN_REALM=r\n", YES, ":5000", "",
	  NO, YES, "" },
	{ PLAIN, "REGISTRY_AUTH={silly: {realm: r}}\n", YES, ":5000", "", NO, YES, "silly" },
	{ PLAIN, "REGISTRY_AUTH=\n", YES, ":5000", "", NO, UNKNOWN, "" },
	{ PLAIN, "OTHER=x\nREGISTRY_HTTPADDR=:1\nREGISTRY_HTTP_HOST=x\n", YES, ":5000", "", NO, NO,
	  "" },
};

static void each_says_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		const struct row *row = &ROWS[i];
		struct server_config says;

		print_message("# %s | %s\n", row->yaml, row->environment);
		server_config_parse(row->yaml, strlen(row->yaml), row->environment, &says);
		assert_int_equal(says.listens, row->listens);
		assert_string_equal(says.addr, row->addr);
		assert_string_equal(says.prefix, row->prefix);
		assert_int_equal(says.tls, row->tls);
		assert_int_equal(says.login, row->login);
		assert_string_equal(says.auth, row->auth);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_says_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
