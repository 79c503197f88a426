/* Strings of the configuration against the rules for them. */
#include "config/format.h"

#include "config/url.h"
#include "lists/retain_list.h"
#include "registry/api.h"
#include "util/regex.h"
#include "util/uuid.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const char *tag_problem(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t length = strlen(text);

	if (length > 128 || strspn(text, letters) < length || *text == '.' || *text == '-')
		return "is not a possible tag: letters, digits, '_', '.' and '-', at most 128, the "
		       "first of them neither '.' nor '-'";
	return NULL;
}

/* Of a field of HTTP (RFC 9110, section 5); those that frame a request are the program's own. */
static const char *header_problem(const char *text)
{
	static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789!#$%&'*+-.^_`|~";
	static const char *const OWN[] = { "Host", "Content-Length", "Transfer-Encoding",
					   "Connection", "Expect" };
	size_t length = strspn(text, LETTERS);
	const char *value = text + length + 1;

	if (length == 0 || text[length] != ':' || value[strspn(value, " ")] == '\0')
		return "must be a header: NAME: VALUE";
	for (size_t i = 0; i < sizeof OWN / sizeof *OWN; i++) {
		if (strlen(OWN[i]) == length && strncasecmp(text, OWN[i], length) == 0)
			return "must not be Host, Content-Length, Transfer-Encoding, Connection "
			       "or Expect, which clean-registry sets itself";
	}
	return NULL;
}

/* What stands in headers and behind RCPT TO as it is (RFC 5321, without quoted local parts). */
static const char *address_problem(const char *text)
{
	const char *at = strchr(text, '@');

	for (const char *p = text; *p; p++) {
		if (*p <= ' ' || *p > '~' || strchr("<>(),;:\\\"[]", *p))
			return "must be an address alone, NAME@HOST, of plain letters";
	}
	if (!at || at == text || !at[1] || strchr(at + 1, '@') || *text == '-' ||
	    strlen(text) > 254)
		return "must be an address, NAME@HOST";
	return NULL;
}

int config_format_minutes(const char *text)
{
	static const char DIGITS[] = "0123456789";
	int hours, minutes;

	if (strlen(text) != 5 || strspn(text, DIGITS) != 2 || text[2] != ':' ||
	    strspn(text + 3, DIGITS) != 2)
		return -1;
	hours = (text[0] - '0') * 10 + text[1] - '0';
	minutes = (text[3] - '0') * 10 + text[4] - '0';
	return hours < 24 && minutes < 60 ? hours * 60 + minutes : -1;
}

/* Scaleway's SDKs take any such word, as regions are added. */
static const char *region_problem(const char *text)
{
	static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz";

	if (strspn(text, LETTERS) != 2 || text[2] != '-' || strspn(text + 3, LETTERS) != 3 ||
	    text[6])
		return "must be a region, as fr-par, nl-ams or pl-waw";
	return NULL;
}

static const char *namespace_problem(const char *text)
{
	return uuid_valid(text) || (!strchr(text, '/') && api_repository_valid(text))
		       ? NULL
		       : "must be a namespace's id (a UUID) or its name, of lower case letters, "
			 "digits and '._-'";
}

static const char *image_problem(const char *text)
{
	return uuid_valid(text) || api_repository_valid(text)
		       ? NULL
		       : "must be an image's id (a UUID) or its name, of lower case letters, "
			 "digits and '._-/'";
}

static bool may_be_empty(enum config_rule rule)
{
	return rule == RULE_ANY || rule == RULE_PROXY || rule == RULE_USER ||
	       rule == RULE_CONTAINER || rule == RULE_PATH_OR_NONE || rule == RULE_REGEX_OR_NONE ||
	       rule == RULE_PATH_OR_DEFAULT || rule == RULE_SECRET_URL ||
	       rule == RULE_MAIL_SERVER || rule == RULE_ADDRESS_OR_NONE ||
	       rule == RULE_TIME_OF_DAY || rule == RULE_UUID_OR_NONE || rule == RULE_NAMESPACE ||
	       rule == RULE_IMAGE;
}

/* Of a text that is not empty, and holds no control characters; not of regular expressions. */
static const char *problem_of(enum config_rule rule, const char *text)
{
	switch (rule) {
	case RULE_URL:
		return config_url_problem(text);
	case RULE_PROXY:
		return config_url_proxy_problem(text);
	case RULE_USER:
		return strchr(text, ':') ? "must not hold ':', which separates user and password "
					   "in Basic auth"
					 : NULL;
	case RULE_CONTAINER:
		return *text == '-' ? "must not begin with '-'" : NULL;
	case RULE_PATH:
	case RULE_PATH_OR_NONE:
		return *text != '/' ? "must be an absolute path, beginning with '/'" : NULL;
	case RULE_PATH_OR_DEFAULT:
		return *text != '/' && strcmp(text, "default") != 0
			       ? "must be \"default\" or an absolute path, beginning with '/'"
			       : NULL;
	case RULE_TAG:
		return tag_problem(text);
	case RULE_REPOSITORY:
		return api_repository_valid(text) ? NULL
						  : "is not a possible repository: a whole name, "
						    "of lower case letters, digits and '._-/'";
	case RULE_HOST:
		return config_url_host_problem(text);
	case RULE_JOB:
		return strchr(text, ',') ? "must not hold ',', which separates jobs in --jobs"
					 : NULL;
	case RULE_TIME_OF_DAY:
		return config_format_minutes(text) < 0
			       ? "must be a time of day from 00:00 to 23:59, with two digits each"
			       : NULL;
	case RULE_RETAIN_PATTERN:
		return retain_list_pattern_problem(text);
	case RULE_SECRET_URL:
		return config_url_secret_problem(text);
	case RULE_HEADER:
		return header_problem(text);
	case RULE_MAIL_SERVER:
		return config_url_mail_problem(text);
	case RULE_ADDRESS:
	case RULE_ADDRESS_OR_NONE:
		return address_problem(text);
	case RULE_REGION:
		return region_problem(text);
	case RULE_UUID_OR_NONE:
		return uuid_valid(text) ? NULL : "must be a UUID";
	case RULE_NAMESPACE:
		return namespace_problem(text);
	case RULE_IMAGE:
		return image_problem(text);
	default:
		return NULL;
	}
}

static int check_regex(const char *text, struct err *err)
{
	struct err why;
	struct regex *regex = regex_new(text, &why);

	if (!regex)
		return err_set(err, ERR_USAGE, "does not compile %s", why.msg);
	regex_free(regex);
	return 0;
}

int config_format_check(enum config_rule rule, const char *text, size_t length, struct err *err)
{
	const char *problem;

	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return err_set(err, ERR_USAGE,
				       "must not hold NUL or other control characters");
	}
	if (length == 0)
		return may_be_empty(rule) ? 0 : err_set(err, ERR_USAGE, "must not be empty");
	if (rule == RULE_REGEX || rule == RULE_REGEX_OR_NONE)
		return check_regex(text, err);
	problem = problem_of(rule, text);
	return problem ? err_set(err, ERR_USAGE, "%s", problem) : 0;
}
