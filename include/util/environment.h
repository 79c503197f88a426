/* Variables of the environment that nobody else shall see. */
#ifndef UTIL_ENVIRONMENT_H
#define UTIL_ENVIRONMENT_H

/* Overwrites what VARIABLE holds, and removes it: neither children nor /proc shall have it. */
void environment_forget(const char *variable);

#endif
