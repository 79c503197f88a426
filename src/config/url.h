/* URLs in the configuration: what they may be, and the normal form of registry.url. */
#ifndef CONFIG_URL_H
#define CONFIG_URL_H

/* What is wrong with URL as a phrase in static memory, which holds nothing of URL; NULL when it is
 * fine. */
const char *config_url_problem(const char *url);

/* The same URL as every spelling of it has it: scheme and host in lower case, no default port, no
 * slash at the end. URL has no problem; the result is the caller's. */
char *config_url_normal(const char *url);

/* The same as config_url_problem for a proxy: "system", or SCHEME://[USER[:PASSWORD]@]HOST[:PORT]
 * with http, https or socks5. */
const char *config_url_proxy_problem(const char *proxy);

/* The same for HOST or HOST:PORT. */
const char *config_url_host_problem(const char *host);

/* The same for a URL that is called as it is, and a secret as a whole: a query is allowed. */
const char *config_url_secret_problem(const char *url);

/* The same for a server of mail: smtp:// or smtps://, and HOST or HOST:PORT. */
const char *config_url_mail_problem(const char *url);

#endif
