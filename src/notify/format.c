/* Slack and ntfy: what has a meaning there is escaped, what is too long is cut. */
#include "notify/format.h"

#include "notify/message.h"
#include "util/xalloc.h"
#include "json/write.h"

#include <stdio.h>
#include <string.h>

#define CUT "...\n"

/* Slack's three characters; and nothing ends the block of code before its end. */
static void add_escaped(struct buf *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		switch (text[i]) {
		case '&':
			buf_text(out, "&amp;");
			break;
		case '<':
			buf_text(out, "&lt;");
			break;
		case '>':
			buf_text(out, "&gt;");
			break;
		case '`':
			buf_text(out, "'");
			break;
		default:
			buf_add(out, text + i, 1);
		}
	}
}

void format_slack(const struct notify_message *message, struct buf *out)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	size_t length = message_cut(message->text, FORMAT_SLACK_MOST);
	char *json = NULL;
	size_t size = 0;
	FILE *stream = xchecked(open_memstream(&json, &size));

	buf_text(&text, "*");
	add_escaped(&text, message->subject, strlen(message->subject));
	buf_text(&text, "*\n```\n");
	add_escaped(&text, message->text, length);
	if (message->text[length])
		buf_text(&text, CUT);
	buf_text(&text, "```");
	fputs("{ \"text\": ", stream);
	json_write_string(stream, buf_string(&text));
	fputs(" }\n", stream);
	if (fclose(stream) != 0)
		die_internal("a message cannot be written");
	buf_add(out, json, size);
	free(json);
}

void format_ntfy(const struct notify_message *message, struct buf *out)
{
	size_t length = message_cut(message->text, FORMAT_NTFY_MOST);

	if (!message->text[length]) {
		buf_add(out, message->text, length);
		return;
	}
	buf_add(out, message->text, message_cut(message->text, FORMAT_NTFY_MOST - strlen(CUT)));
	buf_text(out, CUT);
}

void format_ntfy_headers(const struct notify_message *message, struct string_list *headers)
{
	string_list_add(headers, xasprintf("Title: %s", message->subject));
	string_list_add(headers, xasprintf("Priority: %s", message->trouble ? "high" : "default"));
	string_list_add(headers, xasprintf("Tags: %s", message->trouble     ? "warning"
						       : message->recovered ? "white_check_mark"
									    : "broom"));
}
