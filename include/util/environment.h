/* Variables of the environment that nobody else shall see. */
#ifndef UTIL_ENVIRONMENT_H
#define UTIL_ENVIRONMENT_H

/* Overwrites what VARIABLE holds, and removes it: neither children nor /proc shall have it. */
void environment_forget(const char *variable);

/* An environment beside others; opaque. */
struct environment;

/* A copy of the present one: what is forgotten later is still in it. The caller's. */
struct environment *environment_copy(void);
/* Of another copy, as that is now. */
struct environment *environment_copy_of(const struct environment *other);
/* The process has this one from now on: what is forgotten is forgotten in it alone. It must live as
 * long as it is in use; children get it. */
void environment_use(struct environment *environment);
/* Overwrites, in the environment that the process was started with, each variable that ENVIRONMENT
 * does not have: /proc shows that one for ever. */
void environment_hide_others(const struct environment *environment);
/* Overwrites and releases it; it must not be in use. NULL is fine. */
void environment_free(struct environment *environment);

#endif
