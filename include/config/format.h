/* What single strings of the configuration must look like. */
#ifndef CONFIG_FORMAT_H
#define CONFIG_FORMAT_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>

enum config_rule {
	RULE_ANY,
	RULE_NOT_EMPTY,
	RULE_URL,       /* replaced by its normal form (config/url.h) */
	RULE_PROXY,     /* may be empty */
	RULE_USER,      /* may be empty */
	RULE_CONTAINER, /* may be empty */
	RULE_PATH,      /* absolute */
	RULE_PATH_OR_NONE,
	RULE_PATH_OR_DEFAULT, /* an absolute path or "default"; may be empty */
	RULE_TAG,
	RULE_REPOSITORY,
	RULE_HOST, /* HOST or HOST:PORT */
	RULE_JOB,  /* the name of a job */
	RULE_REGEX,
	RULE_REGEX_OR_NONE,
	RULE_RETAIN_PATTERN,
	RULE_SECRET_URL,  /* as it is; may be empty */
	RULE_HEADER,      /* of HTTP: "Name: value" */
	RULE_MAIL_SERVER, /* may be empty */
	RULE_ADDRESS,     /* of mail */
	RULE_ADDRESS_OR_NONE,
	RULE_TIME_OF_DAY, /* HH:MM, may be empty */
	/* Of Scaleway's API. */
	RULE_REGION,
	RULE_UUID_OR_NONE,
	RULE_NAMESPACE, /* a UUID, replaced by its lower case, or a name; may be empty */
	RULE_IMAGE,     /* likewise */
};

/* 0, or -1 (ERR_USAGE) with what is wrong with the LENGTH bytes of TEXT under RULE, as a phrase. It
 * never holds any of TEXT, which may be a password. */
int config_format_check(enum config_rule rule, const char *text, size_t length, struct err *err)
	__attribute__((warn_unused_result));

/* Minutes since midnight of TEXT, "00:00" to "23:59", or -1: it is none. */
int config_format_minutes(const char *text);

#endif
