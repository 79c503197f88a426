/* Asks the engine which process the container is, and takes that one's network namespace. */
#include "door/place.h"

#include "engine/engine.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void explain(const char *mode, int number, struct err *err)
{
	if (number == EPERM || number == EACCES)
		err_set(err, ERR_UNREACHABLE,
			"the registry's container has a network of its own (%s), whose "
			"loopback only root can reach: run as root, or give the container "
			"the host's network",
			mode);
	else
		err_set(err, ERR_UNREACHABLE,
			"the network of the registry's container (%s) cannot be entered: %s; does "
			"its engine run on this host?",
			mode, strerror(number));
}

static bool is_same(int one, int other)
{
	struct stat a, b;

	return fstat(one, &a) == 0 && fstat(other, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* Enters it once, so that what is forbidden is known now. */
static int open_namespaces(struct door_place *place, long pid)
{
	char path[64];
	int result;

	snprintf(path, sizeof path, "/proc/%ld/ns/net", pid);
	place->there = open(path, O_RDONLY | O_CLOEXEC);
	place->here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (place->there < 0 || place->here < 0)
		return -1;
	if (is_same(place->there, place->here)) {
		door_place_close(place);
		return 0;
	}
	result = door_place_socket(place, AF_INET, SOCK_STREAM, 0);
	if (result >= 0)
		close(result);
	return result < 0 ? -1 : 0;
}

static int find(const struct engine_target *target, struct door_place *place, struct err *err)
{
	struct engine_container container;
	int result = -1;

	if (engine_inspect(target, NULL, &container, err) < 0)
		err->kind = ERR_UNREACHABLE;
	else if (!container.running || container.pid <= 0)
		err_set(err, ERR_UNREACHABLE, "the registry's container does not run");
	else if (strcmp(container.network_mode, "host") == 0 ||
		 open_namespaces(place, container.pid) == 0)
		result = 0;
	else
		explain(container.network_mode, errno, err);
	engine_container_clear(&container);
	return result;
}

int door_place_find(const struct engine_target *target, struct door_place *place, struct err *err)
{
	*place = (struct door_place){ -1, -1 };
	if (target->kind == ENGINE_HOST)
		return 0;
	if (!engine_has_containers(target))
		return err_set(err, ERR_UNREACHABLE,
			       "registry.exec is none of docker, podman and nerdctl: where it "
			       "leads, no loopback can be reached from here");
	return find(target, place, err);
}

void door_place_close(struct door_place *place)
{
	file_close(&place->there);
	file_close(&place->here);
}

int door_place_socket(const struct door_place *place, int domain, int type, int protocol)
{
	int made, number;

	if (place->there < 0)
		return socket(domain, type | SOCK_CLOEXEC, protocol);
	if (setns(place->there, CLONE_NEWNET) < 0)
		return -1;
	made = socket(domain, type | SOCK_CLOEXEC, protocol);
	number = errno;
	if (setns(place->here, CLONE_NEWNET) < 0)
		die_internal("cannot come back to this host's network: %s", strerror(errno));
	errno = number;
	return made;
}

static struct sockaddr_in loopback(unsigned port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((uint16_t)port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

int door_place_port(const struct door_place *place, unsigned *port, struct err *err)
{
	struct sockaddr_in address = loopback(0);
	socklen_t length = sizeof address;
	int made = door_place_socket(place, AF_INET, SOCK_STREAM, 0);
	bool found = made >= 0 && bind(made, (struct sockaddr *)&address, length) == 0 &&
		     getsockname(made, (struct sockaddr *)&address, &length) == 0;

	*port = ntohs(address.sin_port);
	if (!found)
		err_set(err, ERR_UNREACHABLE, "no port of the loopback is free: %s",
			strerror(errno));
	file_close(&made);
	return found ? 0 : -1;
}

int door_place_connect(const struct door_place *place, unsigned port)
{
	struct sockaddr_in address = loopback(port);
	int made = door_place_socket(place, AF_INET, SOCK_STREAM, 0), number;

	if (made >= 0 && connect(made, (struct sockaddr *)&address, sizeof address) == 0)
		return made;
	number = errno;
	file_close(&made);
	errno = number;
	return -1;
}
