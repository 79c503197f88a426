/* What can be asked of those who are to be told without telling them. */
#include "config/config.h"
#include "notify/mail.h"
#include "notify/notify.h"
#include "notify/webhook.h"
#include "util/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int check_ca_cert(const struct config_notify *item, const char *name, struct err *err)
{
	if (!*item->ca_cert || faccessat(AT_FDCWD, item->ca_cert, R_OK, AT_EACCESS) == 0)
		return 0;
	return err_set(err, ERR_USAGE, "%s.ca_cert: %s: %s", name, item->ca_cert, strerror(errno));
}

static int check_command(const struct config_notify *item, const char *name, struct err *err)
{
	return proc_find(item->command.items[0], err) < 0 ? err_wrap(err, "%s.command", name) : 0;
}

int notify_check(const struct config_notify *item, const char *name, struct err *err)
{
	if (item->command.count > 0)
		return check_command(item, name, err);
	if (check_ca_cert(item, name, err) < 0)
		return -1;
	return item->type == NOTIFY_MAIL ? notify_mail_check(item, name, err)
					 : webhook_check(item, name, err);
}
