/* How the registry is spoken to, by the configuration. */
#include "config/config.h"
#include "http/engine.h"
#include "session/session.h"

#define DELETE_SECONDS 600

struct http_options session_http_options(const struct config *config)
{
	return (struct http_options){
		.max_in_flight = (unsigned)config->registry.max_concurrent_requests,
		.get_timeout_seconds = (unsigned)config->registry.timeout,
		.delete_timeout_seconds = DELETE_SECONDS,
		.retry_seconds = (unsigned)config->registry.retry_seconds,
		.ca_cert = config->registry.ca_cert[0] ? config->registry.ca_cert : NULL,
		.registry = config->registry.url,
		.client_cert =
			config->registry.client_cert[0] ? config->registry.client_cert : NULL,
		.client_key = config->registry.client_cert[0] ? config->registry.client_key : NULL,
		.insecure = config->registry.insecure_skip_verify,
		.proxy = config->registry.proxy[0] ? config->registry.proxy : NULL,
		.user = config->registry.user[0] ? config->registry.user : NULL,
		.password = config->registry.user[0] ? config->registry.password : NULL,
		.auth_token =
			config->registry.kind == KIND_SCALEWAY ? config->registry.secret_key : NULL,
		.read_only = true,
	};
}
