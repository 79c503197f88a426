/* What concerns several keys at once, after each of them was read. */
#ifndef CONFIG_FINISH_H
#define CONFIG_FINISH_H

#include <stdbool.h>

struct config;       /* config.h */
struct config_notes; /* config.h */

/* paths.state for whoever is not root, when it was not given: the XDG state folder. */
void config_finish_state(struct config *config, struct config_notes *faults);
/* Checks that registry.container is given when it is needed, and puts it in. Fields that are at
 * fault may be missing. */
void config_finish_container(struct config *config, struct config_notes *faults);
/* Checks that paths.host_storage is given when something needs it. Fields that are at fault may be
 * missing. */
void config_finish_storage(const struct config *config, struct config_notes *faults);
/* What is allowed but surely not meant. CONFIG has no faults. */
void config_finish_warn(const struct config *config, struct config_notes *warnings);

#endif
