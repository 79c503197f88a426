/* A message as services have it: pure. Private to src/notify. */
#ifndef NOTIFY_FORMAT_H
#define NOTIFY_FORMAT_H

#include "util/buf.h"
#include "util/string_list.h"

struct notify_message; /* notify/message.h */

/* What ntfy takes as a message; more of it becomes a file (docs.ntfy.sh, "Limitations"). */
#define FORMAT_NTFY_MOST 4096 /* bytes */
/* What Slack shows without cutting it, and Mattermost takes (api.slack.com, chat.postMessage). */
#define FORMAT_SLACK_MOST 3500 /* bytes of the text, before it is escaped */

/* The JSON that an incoming webhook of Slack takes: the subject in bold, the text as a block of
 * code, in which nothing is a link or a mention. */
void format_slack(const struct notify_message *message, struct buf *out);
/* The body of a message for ntfy, cut at its limit; */
void format_ntfy(const struct notify_message *message, struct buf *out);
/* and its headers: title, priority and tags. */
void format_ntfy_headers(const struct notify_message *message, struct string_list *headers);

#endif
