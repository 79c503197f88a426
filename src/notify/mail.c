/* A mail is handed to a server, which must take it in time, or to a command. */
#include "notify/mail.h"

#include "config/config.h"
#include "credentials/credentials.h"
#include "notify/command.h"
#include "notify/deadline.h"
#include "notify/mail_text.h"
#include "notify/message.h"
#include "notify/smtp.h"
#include "util/file.h"
#include "util/log.h"
#include "util/secrets.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define TRIES    3
#define PAUSE_MS 1000

/* The report into OUT, or a sentence on why there is none into TEXT. */
static void read_report(const struct report_file *report, struct buf *out, struct buf *text)
{
	char size[UNITS_SIZE];
	ssize_t got = 0;

	if (report->fd < 0) {
		buf_text(text, "\nThe report could not be written.\n");
		return;
	}
	if (report->length > MAIL_REPORT_MOST) {
		buf_format(text,
			   "\nThe report is not attached, as it has %s; --report FILE writes it.\n",
			   units_bytes(report->length, size));
		return;
	}
	while (out->length < report->length &&
	       (got = pread(report->fd, buf_reserve(out, report->length - out->length),
			    report->length - out->length, (off_t)out->length)) > 0)
		buf_extend(out, (size_t)got);
	if (out->length == report->length)
		return;
	buf_free(out);
	buf_format(text, "\nThe report could not be read: %s.\n",
		   got < 0 ? strerror(errno) : "it is shorter than it was");
}

static void make(const struct config_notify *item, const struct notify_message *message,
		 const char *end_of_line, struct buf *out)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	CLEANUP(buf_free) struct buf report = { 0 };

	buf_text(&text, message->text);
	read_report(&message->whole, &report, &text);
	mail_text_write(out, &(struct mail_text){ .now = (int64_t)time(NULL),
						  .from = item->from,
						  .to = &item->to,
						  .subject = message->subject,
						  .text = buf_string(&text),
						  .report = report.data,
						  .length = report.length,
						  .end_of_line = end_of_line });
}

/* The password of ITEM, the caller's, masked from now on. NULL: it cannot be read. */
static char *read_password(const struct config_notify *item, const char *name, struct err *err)
{
	CLEANUP(free_p) char *key = xasprintf("%s.password_file", name);
	char *password = NULL;
	bool exposed = false;

	if (!*item->password_file)
		return xstrdup(item->password);
	if (credentials_read_line(key, item->password_file, &password, &exposed, err) < 0)
		return NULL;
	secrets_add_login(item->user, password);
	if (exposed)
		log_warning("%s: everybody can read it; run: chmod o-r %s", key,
			    item->password_file);
	return password;
}

static int send_to_server(const struct config_notify *item, const char *name,
			  const struct notify_message *message, struct err *err)
{
	CLEANUP(free_p) char *password = read_password(item, name, err);
	CLEANUP(buf_free) struct buf mail = { 0 };
	struct smtp_mail outgoing = {
		.server = item->server,
		.encrypted = item->starttls == STARTTLS_REQUIRED,
		.ca_cert = item->ca_cert,
		.user = item->user,
		.password = password,
		.from = item->from,
		.to = &item->to,
	};
	bool again = true;
	int result = -1;

	if (!password)
		return -1;
	make(item, message, "\r\n", &mail);
	outgoing.text = mail.data;
	outgoing.length = mail.length;
	for (int i = 0; i < TRIES && again; i++) {
		if (i > 0 && !deadline_pause(message->deadline, PAUSE_MS))
			break;
		result = smtp_send(&outgoing, message->deadline, &again, err);
	}
	return result < 0 ? err_wrap(err, "%s", item->server) : 0;
}

/* A file in memory that has MAIL, read from its beginning. -1 (ERR_IO). */
static int open_mail(const struct buf *mail, struct err *err)
{
	int fd = memfd_create("mail", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, mail->data, mail->length) == (ssize_t)mail->length &&
	    lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	err_set(err, ERR_IO, "no memory for the mail: %s", strerror(errno));
	file_close(&fd);
	return -1;
}

static int send_by_command(const struct config_notify *item, const struct notify_message *message,
			   struct err *err)
{
	CLEANUP(buf_free) struct buf mail = { 0 };
	int fd, result;

	make(item, message, "\n", &mail);
	fd = open_mail(&mail, err);
	if (fd < 0)
		return -1;
	result = command_run(&item->command, fd, message, err);
	file_close(&fd);
	return result < 0 ? err_wrap(err, "%s", item->command.items[0]) : 0;
}

int notify_mail(const struct config_notify *item, const char *name,
		const struct notify_message *message, struct err *err)
{
	return item->command.count > 0 ? send_by_command(item, message, err)
				       : send_to_server(item, name, message, err);
}

int notify_mail_check(const struct config_notify *item, const char *name, struct err *err)
{
	CLEANUP(free_p) char *password = read_password(item, name, err);

	return password ? 0 : -1;
}
