/* registry.url: what it may be, and its normal form. */
#ifndef CONFIG_URL_H
#define CONFIG_URL_H

/* What is wrong with URL as a phrase in static memory, which holds nothing of URL; NULL when it is
 * fine. */
const char *config_url_problem(const char *url);

/* The same URL as every spelling of it has it: scheme and host in lower case, no default port, no
 * slash at the end. URL has no problem; the result is the caller's. */
char *config_url_normal(const char *url);

#endif
