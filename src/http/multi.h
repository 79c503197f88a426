/* libcurl's multi interface driven by epoll: which transfers are on their way, and what has
 * happened to them. Private to src/http. */
#ifndef HTTP_MULTI_H
#define HTTP_MULTI_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct multi; /* opaque */

/* CONNECTIONS is how many are kept alive while idle. */
struct multi *multi_new(unsigned connections);
/* All handles have been removed before. */
void multi_free(struct multi *multi);
void multi_add(struct multi *multi, CURL *easy);
/* Ends its transfer if it was not over; the connection is then closed. */
void multi_remove(struct multi *multi, CURL *easy);
/* Polls FD for reading too, until multi_free. */
void multi_watch(struct multi *multi, int fd);
/* Does what libcurl has to do now, new transfers above all. */
void multi_wake(struct multi *multi);
/* Waits for events until UNTIL_MS (monotonic) at most, and handles them. True when the descriptor
 * of multi_watch can be read. */
bool multi_wait(struct multi *multi, int64_t until_ms);
/* The next transfer that is over, still to be removed, and its CODE; NULL when there is none. */
CURL *multi_finished(struct multi *multi, CURLcode *code);

#endif
