/* What registry.kind means for the other keys. Shared by the files config*.c only. */
#ifndef CONFIG_KIND_H
#define CONFIG_KIND_H

#include "config/config.h"

#include <stdbool.h>

struct config_key; /* config/value.h */
struct notes;      /* util/notes.h */

/* Whether KEY must not be given with KIND. */
bool config_kind_refuses(const struct config_key *key, enum registry_kind kind);
/* KEY, which notes call NAME, was given. False: it must not be, with KIND; FAULTS got a line. */
bool config_kind_allows(const struct config_key *key, const char *name, enum registry_kind kind,
			struct notes *faults);
/* What KEY is with KIND: another default, another maximum. One that must not be given and has no
 * default is optional. */
struct config_key config_kind_key(const struct config_key *key, enum registry_kind kind);
/* Rules between the keys of KIND_SCALEWAY; puts the base of the API into registry.url. Fields that
 * are at fault may be missing. */
void config_finish_kind(struct config *config, struct notes *faults);

#endif
