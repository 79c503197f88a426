/* Private to src/config. */
#ifndef CONFIG_SCHEMA_KINDS_H
#define CONFIG_SCHEMA_KINDS_H

#include <stdio.h>

/* Writes what each value of registry.kind asks of the other keys, as the items of "allOf". */
void config_schema_kinds(FILE *out);

#endif
