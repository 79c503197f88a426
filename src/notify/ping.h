/* A service that notices when runs stay away: it is asked for a URL when one begins and when it
 * ends. Private to src/notify. */
#ifndef NOTIFY_PING_H
#define NOTIFY_PING_H

struct config;   /* config/config.h */
struct deadline; /* notify/deadline.h */

#define PING_SECONDS 10

/* A run has begun; */
void ping_begin(const struct config *config, struct deadline *deadline);
/* or ended. What fails is a warning. */
void ping_end(const struct config *config, int exit_code, struct deadline *deadline);
/* URL with SUFFIX ("start") as the last component of its path, before a query; the caller's. */
char *ping_url(const char *url, const char *suffix);

#endif
