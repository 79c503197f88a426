/* Checks that concern several keys, after each of them was read. */
#ifndef CONFIG_CROSS_CHECK_H
#define CONFIG_CROSS_CHECK_H

#include <stdbool.h>
#include <stdint.h>

struct config; /* config/config.h */
struct notes;  /* util/notes.h */

/* paths.state for whoever is not root, when it was not given: the XDG state folder. */
void config_finish_state(struct config *config, struct notes *faults);
/* Checks that something says what is to be deleted, or warns when that is not wanted. AT_FAULT:
 * what would say so was given, but not rightly. */
void config_finish_rules(const struct config *config, bool at_fault, struct notes *faults,
			 struct notes *warnings);
/* Checks that registry.container is given when it is needed, and puts it in. Fields that are at
 * fault may be missing. */
void config_finish_container(struct config *config, struct notes *faults);
/* Checks that paths.host_storage is given and may be read when something needs it. Fields that are
 * at fault may be missing. */
void config_finish_storage(const struct config *config, struct notes *faults);
/* Checks that user and password come from one place, and that a certificate has its key. Fields
 * that are at fault may be missing. */
void config_finish_login(const struct config *config, struct notes *faults);
/* Rules by pulls: a log to read, and a number of days. */
void config_finish_pulls(const struct config *config, struct notes *faults);
/* Checks that gc.method can be carried out by what registry.exec leads to, whose container is put
 * in. */
void config_finish_method(const struct config *config, struct notes *faults);
/* Checks that watch runs at a time of day or every so many hours, not both. */
void config_finish_watch(const struct config *config, struct notes *faults);
/* Warns of what is allowed but hardly meant. CONFIG has no faults; NOW is in seconds since 1970. */
void config_finish_warn(const struct config *config, int64_t now, struct notes *warnings);

#endif
