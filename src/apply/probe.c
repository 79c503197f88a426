/* The two DELETEs of things that are not there, which tell what the registry allows (registry
 * notes, section 2). */
#include "apply/apply.h"

#include "apply/retry.h"
#include "config/config.h"
#include "http/engine.h"
#include "inventory/inventory.h"
#include "registry/api.h"
#include "registry/server_config.h"
#include "util/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

struct probe {
	struct api *api;
	struct http *http;
	const char *repository, *reference;
	unsigned retry_seconds;
	struct retry retry;
	enum api_outcome outcome;
	struct http_response response; /* its strings are gone; only what is copied below is used */
	char code[48], why[320];
};

static void on_answer(void *ctx, const struct api_answer *answer);

/* A probe asks for an absent digest, so a retry needs no recheck. */
static void send_probe(void *ctx)
{
	struct probe *probe = ctx;

	retry_note(&probe->retry);
	api_delete(probe->api, probe->repository, probe->reference, 0, on_answer, probe);
}

static void on_answer(void *ctx, const struct api_answer *answer)
{
	struct probe *probe = ctx;
	int64_t pause = retry_pause(&probe->retry, answer->response, probe->retry_seconds);

	if (pause >= 0) {
		http_after(probe->http, (unsigned)pause, send_probe, probe);
		return;
	}
	probe->outcome = answer->outcome;
	probe->response = *answer->response;
	memcpy(probe->code, answer->code, sizeof probe->code);
	memcpy(probe->why, answer->why, sizeof probe->why);
}

static int ask(struct probe *probe, const char *repository, const char *reference, struct err *err)
{
	probe->repository = repository;
	probe->reference = reference;
	probe->retry = (struct retry){ 0 };
	probe->outcome = API_FAILED;
	log_debug("probing DELETE %s %s", repository, reference);
	send_probe(probe);
	return http_run(probe->http, err);
}

static int random_hex(char *text, size_t digits, struct err *err)
{
	unsigned char bytes[32];

	if (getrandom(bytes, digits / 2, 0) != (ssize_t)(digits / 2))
		return err_set(err, ERR_IO, "no random numbers: %s", strerror(errno));
	for (size_t i = 0; i < digits / 2; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

#define SET_DELETE                                  \
	"set `storage: delete: enabled: true` (or " \
	"REGISTRY_STORAGE_DELETE_ENABLED=true) and restart it"

/* EVIDENCE is how that was seen, " (405)", or "". */
static int is_read_only(const char *config_path, const char *evidence, struct err *err)
{
	return err_set(err, ERR_UNREACHABLE,
		       "the registry is in read-only mode%s: set `storage: maintenance: readonly: "
		       "enabled: false` in %s and restart it",
		       evidence, config_path);
}

static int is_disabled(const char *config_path, const char *evidence, struct err *err)
{
	return err_set(err, ERR_UNREACHABLE,
		       "deletion is disabled in the registry%s: in %s " SET_DELETE, evidence,
		       config_path);
}

static int is_pull_through_cache(const char *config_path, const char *evidence, struct err *err)
{
	return err_set(err, ERR_UNREACHABLE,
		       "the registry is a pull-through cache (proxy.remoteurl in %s): it refuses "
		       "all deletes%s; its own proxy.ttl expires images",
		       config_path, evidence);
}

static void warn_of_disabled_deletion(const struct inventory *inventory)
{
	struct err err = { 0 };

	if (apply_expect_obedience(inventory, &err) < 0)
		log_warning("%s; clean-registry respects the setting", err.msg);
}

int apply_expect_obedience(const struct inventory *inventory, struct err *err)
{
	if (!facts_ignores_disabled_deletion(&inventory->server))
		return 0;
	return err_set(err, ERR_UNREACHABLE,
		       "registry %s deletes tags for everybody although deletion is disabled "
		       "(CVE-2026-41888, fixed in 3.1.1)",
		       inventory->server.version);
}

int apply_expect_writable(const struct server_config *server, const struct config *config,
			  struct err *err)
{
	return server->readonly == CONFIG_YES ? is_read_only(config->paths.config, "", err) : 0;
}

int apply_expect_origin(const struct server_config *server, const struct config *config,
			struct err *err)
{
	return server->proxy == CONFIG_YES ? is_pull_through_cache(config->paths.config, "", err)
					   : 0;
}

int apply_expect_deletion(const struct inventory *inventory, const struct server_config *server,
			  const struct config *config, struct err *err)
{
	if (server->deletes != CONFIG_NO || config->registry.delete_door)
		return 0;
	warn_of_disabled_deletion(inventory);
	return is_disabled(config->paths.config, "", err);
}

/* Why a 405 came, and the line that the operator must set. */
static int refused(const struct probe *probe, const struct inventory *inventory,
		   const struct server_config *server, const char *config_path, struct err *err)
{
	static const char ANSWER[] = " (405 UNSUPPORTED)";

	if (strcmp(probe->code, "UNSUPPORTED") != 0)
		return is_read_only(config_path, " (405)", err);
	warn_of_disabled_deletion(inventory);
	if (server->proxy == CONFIG_YES)
		return is_pull_through_cache(config_path, ANSWER, err);
	if (server->proxy == CONFIG_NO)
		return is_disabled(config_path, ANSWER, err);
	return err_set(
		err, ERR_UNREACHABLE,
		"the registry refuses deletes (405 UNSUPPORTED): either deletion is disabled: "
		"in %s " SET_DELETE "; or it is a pull-through cache (proxy.remoteurl), which "
		"never deletes",
		config_path);
}

static int judge_manifest_probe(const struct probe *probe, const struct inventory *inventory,
				const struct server_config *server, const char *config_path,
				struct err *err)
{
	if (probe->outcome == API_ABSENT)
		return 0;
	if (probe->response.status == 405)
		return refused(probe, inventory, server, config_path, err);
	if (probe->response.status == 401 || probe->response.status == 403)
		return err_set(err, ERR_UNREACHABLE,
			       "the registry does not let this user delete (%s)", probe->why);
	if (probe->response.failure == HTTP_NO_TOKEN)
		return err_set(err, ERR_UNREACHABLE,
			       "whether the registry lets this user delete is not known: %s",
			       probe->why);
	if (probe->outcome == API_OK)
		return err_set(
			err, ERR_UNREACHABLE,
			"the registry says that it deleted a manifest that does not exist: its "
			"answers cannot be relied on");
	return err_set(
		err, ERR_UNREACHABLE,
		"the registry does not say whether it deletes: a DELETE of an absent manifest "
		"answered %s",
		probe->why);
}

int apply_probe(struct api *api, struct http *http, struct inventory *inventory,
		uint32_t repository, const struct server_config *server,
		const struct config *config, struct err *err)
{
	const char *name = inventory->repositories[repository].name;
	char digest[80] = "sha256:", tag[40] = "clean-registry-probe-";
	struct probe probe = { .api = api,
			       .http = http,
			       .retry_seconds = (unsigned)config->registry.retry_seconds };

	if (random_hex(digest + strlen(digest), 64, err) < 0 ||
	    random_hex(tag + strlen(tag), 16, err) < 0)
		return -1;
	if (ask(&probe, name, digest, err) < 0 ||
	    judge_manifest_probe(&probe, inventory, server, config->paths.config, err) < 0)
		return -1;
	inventory->server.tag_delete = TAG_DELETE_NO;
	inventory->server.tag_delete_proved = true;
	if (strcmp(probe.code, "MANIFEST_UNKNOWN") != 0)
		return 0;
	if (ask(&probe, name, tag, err) < 0)
		return -1;
	if (probe.outcome == API_ABSENT && strcmp(probe.code, "MANIFEST_UNKNOWN") == 0)
		inventory->server.tag_delete = TAG_DELETE_YES;
	return 0;
}
