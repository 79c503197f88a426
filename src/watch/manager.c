/* One datagram for each message; what nobody takes is lost. */
#include "watch/manager.h"

#include "util/environment.h"
#include "util/file.h"
#include "util/log.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A path, or '@' and a name without a file. */
static bool read_address(struct manager *manager, const char *text)
{
	size_t length = strlen(text);
	struct sockaddr_un *address = &manager->address;

	if ((*text != '/' && *text != '@') || length < 2 || length >= sizeof address->sun_path)
		return false;
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, text, length + 1);
	/* The name without a file ends with the address, not with a NUL. */
	if (*text == '@')
		address->sun_path[0] = '\0';
	manager->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length +
				      (*text == '/' ? 1 : 0));
	return true;
}

/* Half of the time after which it takes us for dead. Without WATCHDOG_PID it is meant for us. */
static int64_t read_watchdog(void)
{
	const char *text = getenv("WATCHDOG_USEC"), *process = getenv("WATCHDOG_PID");
	uint64_t microseconds = 0, pid = 0;

	if (process && (!units_parse_u64(process, &pid) || pid != (uint64_t)getpid()))
		return 0;
	if (!text || !units_parse_u64(text, &microseconds) || microseconds < 2000 ||
	    microseconds > INT64_MAX)
		return 0;
	return (int64_t)(microseconds / 2000);
}

static void open_socket(struct manager *manager, const char *text)
{
	if (read_address(manager, text))
		manager->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	else
		log_warning("NOTIFY_SOCKET: neither a path nor '@' and a name: the service manager "
			    "is told nothing");
	if (manager->socket >= 0)
		manager->watchdog_ms = read_watchdog();
}

void manager_open(struct manager *manager)
{
	const char *text = getenv("NOTIFY_SOCKET");

	*manager = (struct manager){ .socket = -1 };
	if (text && *text)
		open_socket(manager, text);
	environment_forget("NOTIFY_SOCKET");
	environment_forget("WATCHDOG_USEC");
	environment_forget("WATCHDOG_PID");
}

void manager_close(struct manager *manager)
{
	file_close(&manager->socket);
}

static void tell(struct manager *manager, const char *text)
{
	if (manager->socket < 0 ||
	    sendto(manager->socket, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
		   (const struct sockaddr *)&manager->address, manager->length) >= 0)
		return;
	if (!manager->failed)
		log_warning("NOTIFY_SOCKET: the service manager cannot be told: %s",
			    strerror(errno));
	manager->failed = true;
}

void manager_ready(struct manager *manager)
{
	tell(manager, "READY=1");
}

/* With the moment, by which the manager knows which request this answers. */
void manager_reloading(struct manager *manager)
{
	CLEANUP(free_p) char *text = NULL;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	text = xasprintf("RELOADING=1\nMONOTONIC_USEC=%" PRId64,
			 (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	tell(manager, text);
}

void manager_stopping(struct manager *manager)
{
	tell(manager, "STOPPING=1");
}

void manager_status(struct manager *manager, const char *text)
{
	CLEANUP(free_p) char *line = xasprintf("STATUS=%s", text);

	tell(manager, line);
}

int manager_live(struct manager *manager)
{
	int64_t now = time_monotonic_ms();

	if (manager->watchdog_ms == 0)
		return -1;
	if (now >= manager->next_ms) {
		tell(manager, "WATCHDOG=1");
		manager->next_ms = now + manager->watchdog_ms;
	}
	now = manager->next_ms - now;
	return now > 60000 ? 60000 : (int)now;
}
