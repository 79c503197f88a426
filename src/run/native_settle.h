/* How long the native collector waits before it looks whether what it took is needed after all. */
#ifndef RUN_NATIVE_SETTLE_H
#define RUN_NATIVE_SETTLE_H

/* Seconds from the last link that was taken, and the last blob that was moved to the trash, to the
 * second look. A request that saw them before has come to its end by then. Tests are linked with
 * another number (tests/tools/hasty_clean_registry.c): nobody can set it. */
extern const unsigned NATIVE_SETTLE_SECONDS;

#endif
