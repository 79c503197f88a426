/* The service manager that started us, told how we are by sd_notify(3)'s datagrams. Private to
 * src/watch. */
#ifndef WATCH_MANAGER_H
#define WATCH_MANAGER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct manager {
	int socket; /* -1: there is none to be told */
	struct sockaddr_un address;
	socklen_t length;
	int64_t watchdog_ms; /* how often it wants to hear WATCHDOG=1: half of what it said; 0:
				never */
	int64_t next_ms;     /* of time_monotonic_ms */
	bool failed;         /* it could not be told something; that was logged */
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID from the environment, and takes them out of
 * it: no child shall speak for us. What they say and cannot be used is a warning in the log. */
void manager_open(struct manager *manager);
void manager_close(struct manager *manager);

/* We are up, or have read the configuration again. */
void manager_ready(struct manager *manager);
void manager_reloading(struct manager *manager);
void manager_stopping(struct manager *manager);
/* What we do, in one line. */
void manager_status(struct manager *manager, const char *text);
/* Tells that we live, if it is time for that. Returns for how many milliseconds poll may wait: -1
 * is for ever. */
int manager_live(struct manager *manager);

#endif
