/* The keys of `notify`, and the rules between them. Shared by the files config*.c only. */
#ifndef CONFIG_NOTIFY_KEYS_H
#define CONFIG_NOTIFY_KEYS_H

struct config_group; /* config/value.h */

extern const struct config_group CONFIG_NOTIFY_GROUP;

#endif
