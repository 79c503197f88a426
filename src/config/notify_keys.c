/* The table of `notify`: each type has keys of its own. */
#include "config/notify_keys.h"

#include "config/config.h"
#include "config/value.h"
#include "util/text.h"
#include "util/xalloc.h"

#include <stddef.h>
#include <string.h>

#define NOTIFY_LIMIT 20

/* A key has the name of its field. */
#define KEY_OF_NOTIFY(field) \
	.path = "notify[]." #field, .offset = offsetof(struct config_notify, field)
#define WEBHOOK (1U << NOTIFY_WEBHOOK)
#define MAIL    (1U << NOTIFY_MAIL)
#define COMMAND (1U << NOTIFY_COMMAND)

static const char *const TYPES[] = {
	[NOTIFY_WEBHOOK] = "webhook", [NOTIFY_MAIL] = "mail", [NOTIFY_COMMAND] = "command", NULL
};
static const char *const EVENTS[] = { [NOTIFY_ALWAYS] = "always",
				      [NOTIFY_CHANGES] = "changes",
				      [NOTIFY_TROUBLE] = "trouble",
				      [NOTIFY_RECOVERY] = "recovery",
				      NULL };
static const char *const FORMATS[] = {
	[NOTIFY_JSON] = "json", [NOTIFY_SLACK] = "slack", [NOTIFY_NTFY] = "ntfy", NULL
};
static const char *const STARTTLS[] = {
	[STARTTLS_REQUIRED] = "required", [STARTTLS_NEVER] = "never", NULL
};

static const struct config_key NOTIFY_KEYS[] = {
	{ KEY_OF_NOTIFY(type), .type = CONFIG_CHOICE, .choices = TYPES, .meaning = "How" },
	{ KEY_OF_NOTIFY(on), .type = CONFIG_CHOICES, .choices = EVENTS,
	  .fallback = "[\"trouble\",\"recovery\"]", .meaning = "After which runs" },
	{ KEY_OF_NOTIFY(timeout), .type = CONFIG_NUMBER, .minimum = 1, .maximum = 60,
	  .fallback = "10", .meaning = "Seconds that it may take, with all its tries" },
	{ KEY_OF_NOTIFY(url), .rule = RULE_SECRET_URL, .fallback = "\"\"", .secret = true,
	  .kinds = WEBHOOK, .meaning = "Where a webhook is posted to; a secret" },
	{ KEY_OF_NOTIFY(url_file), .rule = RULE_PATH_OR_NONE, .fallback = "\"\"", .kinds = WEBHOOK,
	  .meaning = "File with that URL" },
	{ KEY_OF_NOTIFY(format), .type = CONFIG_CHOICE, .choices = FORMATS, .fallback = "\"json\"",
	  .kinds = WEBHOOK,
	  .meaning = "What is posted: the report, or a text as Slack or ntfy has it" },
	{ KEY_OF_NOTIFY(headers), .type = CONFIG_LIST, .rule = RULE_HEADER, .fallback = "[]",
	  .secret = true, .kinds = WEBHOOK, .meaning = "Headers for it: NAME: VALUE" },
	{ KEY_OF_NOTIFY(ca_cert), .rule = RULE_PATH_OR_NONE, .fallback = "\"\"",
	  .kinds = WEBHOOK | MAIL,
	  .meaning = "File with the CA certificates to trust instead of the system's" },
	{ KEY_OF_NOTIFY(server), .rule = RULE_MAIL_SERVER, .fallback = "\"\"", .kinds = MAIL,
	  .meaning = "Server that takes the mail: smtp:// or smtps://, HOST or HOST:PORT" },
	{ KEY_OF_NOTIFY(starttls), .type = CONFIG_CHOICE, .choices = STARTTLS,
	  .fallback = "\"required\"", .kinds = MAIL,
	  .meaning = "Whether a connection to smtp:// is encrypted before anything is said" },
	{ KEY_OF_NOTIFY(user), .fallback = "\"\"", .kinds = MAIL,
	  .meaning = "User at that server, if it wants a login" },
	{ KEY_OF_NOTIFY(password), .fallback = "\"\"", .secret = true, .kinds = MAIL,
	  .meaning = "Password of that user" },
	{ KEY_OF_NOTIFY(password_file), .rule = RULE_PATH_OR_NONE, .fallback = "\"\"",
	  .kinds = MAIL, .meaning = "File with that password" },
	{ KEY_OF_NOTIFY(from), .rule = RULE_ADDRESS_OR_NONE, .fallback = "\"\"", .kinds = MAIL,
	  .meaning = "Address of the sender; required for mail" },
	{ KEY_OF_NOTIFY(to), .type = CONFIG_LIST, .rule = RULE_ADDRESS, .fallback = "[]",
	  .kinds = MAIL, .meaning = "Addresses that get it; required for mail" },
	{ KEY_OF_NOTIFY(command), .type = CONFIG_LIST, .rule = RULE_NOT_EMPTY, .fallback = "[]",
	  .kinds = MAIL | COMMAND,
	  .meaning = "Command that gets the report, or the mail instead of a server, on its "
		     "standard input" },
};

static bool fault(const char *item, const char *key, const char *what, struct notes *faults)
{
	notes_add(faults, "%s.%s: %s", item, key, what);
	return false;
}

static bool check_webhook(const struct config_notify *item, const char *name, struct notes *faults)
{
	if (!*item->url && !*item->url_file)
		return fault(name, "url", "required, or url_file", faults);
	if (*item->url && *item->url_file)
		return fault(name, "url_file", "must not be given beside url", faults);
	return true;
}

static bool is_loopback(const char *server)
{
	const char *host = strstr(server, "://") + 3;
	CLEANUP(free_p) char *name = xstrndup(host, strcspn(host, "]:"));

	return strcmp(name, "localhost") == 0 || text_begins(host, "[::1]") ||
	       (text_begins(name, "127.") && name[strspn(name, "0123456789.")] == '\0');
}

static bool check_login(const struct config_notify *item, const char *name, struct notes *faults)
{
	bool has_password = *item->password || *item->password_file;

	if (*item->password && *item->password_file)
		return fault(name, "password_file", "must not be given beside password", faults);
	if (has_password && !*item->user)
		return fault(name, "user", "required, because there is a password", faults);
	if (*item->user && !*item->password && !*item->password_file)
		return fault(name, "password", "required, or password_file, because of user",
			     faults);
	if (has_password && item->starttls == STARTTLS_NEVER && *item->server &&
	    text_begins(item->server, "smtp:") && !is_loopback(item->server))
		return fault(name, "starttls",
			     "must not be \"never\": the password would be sent in the clear",
			     faults);
	return true;
}

static bool check_mail(const struct config_notify *item, const char *name, struct notes *faults)
{
	bool has_command = item->command.count > 0, good = true;

	if (!*item->server && !has_command)
		good = fault(name, "server", "required, or command", faults);
	if (*item->server && has_command)
		good = fault(name, "command", "must not be given beside server", faults);
	if (has_command &&
	    (*item->user || *item->password || *item->password_file || *item->ca_cert))
		good = fault(name, "command",
			     "user, password, password_file and ca_cert go with server alone",
			     faults);
	if (!*item->from)
		good = fault(name, "from", "required, because type is \"mail\"", faults);
	if (item->to.count == 0)
		good = fault(name, "to", "required, because type is \"mail\"", faults);
	return check_login(item, name, faults) && good;
}

static bool check_item(const void *field, const char *name, struct notes *faults)
{
	const struct config_notify *item = field;

	switch (item->type) {
	case NOTIFY_WEBHOOK:
		return check_webhook(item, name, faults);
	case NOTIFY_MAIL:
		return check_mail(item, name, faults);
	case NOTIFY_COMMAND:
		return item->command.count > 0 ||
		       fault(name, "command", "required, because type is \"command\"", faults);
	}
	die_internal("notify of type %d", (int)item->type);
}

const struct config_group CONFIG_NOTIFY_GROUP = {
	.keys = NOTIFY_KEYS,
	.key_count = sizeof NOTIFY_KEYS / sizeof *NOTIFY_KEYS,
	.item_size = sizeof(struct config_notify),
	.maximum = NOTIFY_LIMIT,
	.check_item = check_item,
};
