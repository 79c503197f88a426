/* Every key of the configuration. Shared by the files config*.c only. */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include "config/value.h"

#include <stddef.h>

extern const struct config_key CONFIG_KEYS[];
extern const size_t CONFIG_KEY_COUNT;

#endif
