/* The parts of a proxy's URL. */
#ifndef HTTP_PROXY_H
#define HTTP_PROXY_H

struct proxy {
	char *url;      /* SCHEME://HOST[:PORT], without credentials */
	char *user;     /* decoded; NULL when there is none */
	char *password; /* decoded; "" when USER has none; NULL without USER */
};

/* TEXT is SCHEME://[USER[:PASSWORD]@]HOST[:PORT], in which user and password may have %XX. OUT is
 * the caller's to clear. */
void proxy_parse(const char *text, struct proxy *out);
void proxy_clear(struct proxy *proxy);

#endif
