/* The URL of a registry as seen from this host. */
#include "init/setup.h"

#include "util/arena.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

struct place {
	char host[SERVER_ADDR]; /* "": all addresses */
	unsigned port;
};

/* HOST:PORT, [HOST]:PORT or :PORT. */
static bool read_place(const char *addr, struct place *out)
{
	const char *colon = strrchr(addr, ':'), *end = "";

	out->port = colon ? engine_port_read(colon + 1, &end) : 0;
	if (out->port == 0 || *end)
		return false;
	snprintf(out->host, sizeof out->host, "%.*s", (int)(colon - addr), addr);
	return true;
}

static bool is_everywhere(const char *host)
{
	return !*host || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "[::]") == 0 ||
	       strcmp(host, "::") == 0;
}

static bool is_loopback(const char *host)
{
	return strncmp(host, "127.", 4) == 0 || strcmp(host, "localhost") == 0 ||
	       strcmp(host, "[::1]") == 0;
}

static const char *url_of(struct setup *setup, const char *host, unsigned port)
{
	const char *prefix = setup->server.prefix;
	bool colons = strchr(host, ':') && *host != '[';
	size_t length = strlen(prefix);

	while (length > 0 && prefix[length - 1] == '/')
		length--;
	return arena_format(setup->texts, "%s://%s%s%s:%u%s%.*s",
			    setup->server.tls == CONFIG_YES ? "https" : "http", colons ? "[" : "",
			    is_everywhere(host) ? "127.0.0.1" : host, colons ? "]" : "", port,
			    length && *prefix != '/' ? "/" : "", (int)length, prefix);
}

/* An address of all interfaces goes before one of them, and IPv4 before IPv6. */
static const struct engine_port *published(const struct engine_container *container, unsigned port)
{
	const struct engine_port *found = NULL;

	for (size_t i = 0; i < container->port_count; i++) {
		const struct engine_port *at = &container->ports[i];

		if (at->container == port &&
		    (!found || (strchr(found->host_ip, ':') && !strchr(at->host_ip, ':'))))
			found = at;
	}
	return found;
}

static const char *address_of_container(struct setup *setup, const struct place *place,
					const char **why)
{
	const struct engine_container *container = &setup->container;
	const struct engine_port *port = published(container, place->port);

	if (strcmp(container->network_mode, "host") == 0)
		return url_of(setup, place->host, place->port);
	if (port)
		return url_of(setup, port->host_ip, port->host);
	*why = "it listens on its own loopback alone, inside its container";
	if (is_loopback(place->host))
		return NULL;
	*why = "its port is not published, and it has no address of its own that is known here";
	for (size_t i = 0; i < container->network_count; i++)
		if (*container->networks[i].ip)
			return url_of(setup, container->networks[i].ip, place->port);
	return NULL;
}

const char *init_address(struct setup *setup, const char **why)
{
	struct place place = { .port = 0 };

	if (setup->kind == SETUP_CLUSTER) {
		*why = "no service of the cluster was found that leads to its pods";
		return *setup->service_url ? setup->service_url : NULL;
	}
	*why = setup->server.listens == CONFIG_NO
		       ? "it listens on a Unix socket (http.net)"
		       : "http.addr of its configuration is not known, or is not HOST:PORT";
	if (setup->server.listens != CONFIG_YES || !read_place(setup->server.addr, &place))
		return NULL;
	return setup->kind == SETUP_HOST ? url_of(setup, place.host, place.port)
					 : address_of_container(setup, &place, why);
}
