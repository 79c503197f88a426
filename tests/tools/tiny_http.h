/* A tiny HTTP/1.1 server for tests, one thread for each connection, on 127.0.0.1 and a free port.
 * It reads requests without a body, notes each, and lets a handler write the answer, byte by byte
 * if it likes, so that tests can make every kind of broken one. */
#ifndef TESTS_TINY_HTTP_H
#define TESTS_TINY_HTTP_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TINY_CONNECTIONS 512
#define TINY_REQUESTS    4096

struct tiny_request {
	char method[16];
	char path[256];
	char head[4096]; /* all of it, request line included */
	unsigned nth;    /* how many came before for the same method and path */
};

struct tiny_http;
/* Writes the answer to FD. True: the connection stays open. */
typedef bool (*tiny_handler)(struct tiny_http *server, int fd, const struct tiny_request *request);

struct tiny_connection {
	struct tiny_http *server;
	pthread_t thread;
	int fd;
	unsigned requests;
};

struct tiny_http {
	int listener;
	unsigned port;
	tiny_handler handler;
	void *ctx;
	bool serving;
	pthread_t acceptor;
	pthread_mutex_t lock; /* for all below */
	struct tiny_connection connections[TINY_CONNECTIONS];
	unsigned connection_count;
	struct tiny_request *requests;
	unsigned request_count;
	unsigned busy, busiest; /* requests that were being answered at the same time */
};

static inline void tiny_must(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	abort();
}

static inline void tiny_write(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = send(fd, bytes, length, MSG_NOSIGNAL);

		if (written <= 0)
			return;
		bytes += written;
		length -= (size_t)written;
	}
}

/* A whole answer. HEADERS are lines that end with \r\n each. */
static inline void tiny_reply(int fd, const char *status, const char *headers, const char *body)
{
	char text[8192];
	int length = snprintf(text, sizeof text, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s",
			      status, headers, strlen(body), body);

	tiny_must(length > 0 && (size_t)length < sizeof text, "answer too long");
	tiny_write(fd, text, (size_t)length);
}

/* Waits until the client goes. */
static inline void tiny_hang(int fd)
{
	char byte;

	while (recv(fd, &byte, 1, 0) > 0)
		;
}

/* Binds, so that the port is ours; connections are refused until tiny_serve. */
static inline void tiny_bind(struct tiny_http *server, tiny_handler handler, void *ctx)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof address;

	memset(server, 0, sizeof *server);
	server->handler = handler;
	server->ctx = ctx;
	server->requests = calloc(TINY_REQUESTS, sizeof *server->requests);
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	tiny_must(server->requests && server->listener >= 0, "socket");
	tiny_must(pthread_mutex_init(&server->lock, NULL) == 0, "mutex");
	tiny_must(bind(server->listener, (struct sockaddr *)&address, length) == 0, "bind");
	tiny_must(getsockname(server->listener, (struct sockaddr *)&address, &length) == 0,
		  "getsockname");
	server->port = ntohs(address.sin_port);
}

/* The path is without what makes each question of the program another one. */
static inline bool tiny_parse(struct tiny_request *request)
{
	bool good = sscanf(request->head, "%15s %255s", request->method, request->path) == 2;
	char *mark = strstr(request->path, "clean-registry=");

	if (mark && mark > request->path)
		mark[-1] = '\0';
	return good;
}

/* Reads one request head; clients here wait for each answer before they ask again. */
static inline bool tiny_read(int fd, struct tiny_request *request)
{
	size_t length = 0;

	memset(request, 0, sizeof *request);
	while (length < sizeof request->head - 1) {
		ssize_t got =
			recv(fd, request->head + length, sizeof request->head - 1 - length, 0);

		if (got <= 0)
			return false;
		length += (size_t)got;
		if (length >= 4 && memcmp(request->head + length - 4, "\r\n\r\n", 4) == 0)
			return tiny_parse(request);
	}
	return false;
}

static inline void tiny_note(struct tiny_connection *connection, struct tiny_request *request)
{
	struct tiny_http *server = connection->server;

	pthread_mutex_lock(&server->lock);
	for (unsigned i = 0; i < server->request_count; i++)
		if (strcmp(server->requests[i].path, request->path) == 0 &&
		    strcmp(server->requests[i].method, request->method) == 0)
			request->nth++;
	tiny_must(server->request_count < TINY_REQUESTS, "too many requests");
	server->requests[server->request_count++] = *request;
	connection->requests++;
	if (++server->busy > server->busiest)
		server->busiest = server->busy;
	pthread_mutex_unlock(&server->lock);
}

static inline void *tiny_talk(void *ctx)
{
	struct tiny_connection *connection = ctx;
	struct tiny_http *server = connection->server;
	struct tiny_request request;
	bool stays = true;

	while (stays && tiny_read(connection->fd, &request)) {
		tiny_note(connection, &request);
		stays = server->handler(server, connection->fd, &request);
		pthread_mutex_lock(&server->lock);
		server->busy--;
		pthread_mutex_unlock(&server->lock);
	}
	shutdown(connection->fd, SHUT_RDWR);
	return NULL;
}

static inline void *tiny_accept(void *ctx)
{
	struct tiny_http *server = ctx;
	int fd, yes = 1;

	while ((fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		struct tiny_connection *connection;

		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
		pthread_mutex_lock(&server->lock);
		tiny_must(server->connection_count < TINY_CONNECTIONS, "too many connections");
		connection = &server->connections[server->connection_count++];
		*connection = (struct tiny_connection){ .server = server, .fd = fd };
		tiny_must(pthread_create(&connection->thread, NULL, tiny_talk, connection) == 0,
			  "thread");
		pthread_mutex_unlock(&server->lock);
	}
	return NULL;
}

static inline void tiny_serve(struct tiny_http *server)
{
	tiny_must(listen(server->listener, 256) == 0, "listen");
	tiny_must(pthread_create(&server->acceptor, NULL, tiny_accept, server) == 0, "thread");
	server->serving = true;
}

static inline void tiny_start(struct tiny_http *server, tiny_handler handler, void *ctx)
{
	tiny_bind(server, handler, ctx);
	tiny_serve(server);
}

static inline void tiny_stop(struct tiny_http *server)
{
	shutdown(server->listener, SHUT_RDWR);
	if (server->serving)
		pthread_join(server->acceptor, NULL);
	close(server->listener);
	for (unsigned i = 0; i < server->connection_count; i++)
		shutdown(server->connections[i].fd, SHUT_RDWR);
	for (unsigned i = 0; i < server->connection_count; i++) {
		pthread_join(server->connections[i].thread, NULL);
		close(server->connections[i].fd);
	}
	pthread_mutex_destroy(&server->lock);
	free(server->requests);
}

/* How often METHOD (NULL: any) PATH (NULL: any) was asked for so far. */
static inline unsigned tiny_count(struct tiny_http *server, const char *method, const char *path)
{
	unsigned count = 0;

	pthread_mutex_lock(&server->lock);
	for (unsigned i = 0; i < server->request_count; i++)
		count += (!method || strcmp(server->requests[i].method, method) == 0) &&
			 (!path || strcmp(server->requests[i].path, path) == 0);
	pthread_mutex_unlock(&server->lock);
	return count;
}

/* How many connections there were so far. */
static inline unsigned tiny_connections(struct tiny_http *server)
{
	unsigned count;

	pthread_mutex_lock(&server->lock);
	count = server->connection_count;
	pthread_mutex_unlock(&server->lock);
	return count;
}

/* How many requests came over connection NUMBER (counted from 0). */
static inline unsigned tiny_requests_on(struct tiny_http *server, unsigned number)
{
	unsigned count;

	pthread_mutex_lock(&server->lock);
	count = server->connections[number].requests;
	pthread_mutex_unlock(&server->lock);
	return count;
}

/* True when a request for PATH (NULL: any) had TEXT in its head, upper or lower case. */
static inline bool tiny_saw(struct tiny_http *server, const char *path, const char *text)
{
	bool saw = false;

	pthread_mutex_lock(&server->lock);
	for (unsigned i = 0; i < server->request_count && !saw; i++)
		saw = (!path || strcmp(server->requests[i].path, path) == 0) &&
		      strcasestr(server->requests[i].head, text);
	pthread_mutex_unlock(&server->lock);
	return saw;
}

#endif
