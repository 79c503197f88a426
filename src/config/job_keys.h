/* The keys of `jobs` and `retain_lists`, and the rules between several jobs. Shared by the files
 * config*.c only. */
#ifndef CONFIG_JOB_KEYS_H
#define CONFIG_JOB_KEYS_H

struct config_group; /* config/value.h */

extern const struct config_group CONFIG_JOB_GROUP;
extern const struct config_group CONFIG_RETAIN_LIST_GROUP;

#endif
