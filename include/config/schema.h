/* The configuration's JSON Schema, made of the same table of keys that the parser reads. */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include <stdio.h>

/* At the top of the configuration this names its schema, for editors; it says nothing to us. */
#define CONFIG_SCHEMA_KEY "$schema"

/* JSON Schema, draft 2020-12, of what a key alone can hold: the parser has rules between keys in
 * addition, compiles expressions, and looks at days. */
void config_schema_write(FILE *out);

#endif
