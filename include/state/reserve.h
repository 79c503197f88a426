/* A piece of the disk that is kept for what must be written when the disk is full. */
#ifndef STATE_RESERVE_H
#define STATE_RESERVE_H

#include "util/err.h"

#include <stdbool.h>
#include <sys/types.h>

#define STATE_RESERVE_SIZE ((off_t)1 << 20)

/* NUMBER, an errno, says that a disk or a quota is full. */
bool reserve_is_full(int number);
/* Makes the file `reserve` in FOLDER, which is PATH, really allocated, unless it is there already.
 * -1: ERR_IO, and there is none. */
int reserve_make(int folder, const char *path, struct err *err) __attribute__((warn_unused_result));
/* Gives up what can be missed most easily of FOLDER: first what scans remember, then the reserve.
 * False: there is nothing to give up any more. */
bool reserve_give_up(int folder);
/* Where NUMBER says that the disk is full on which FOLDER (-1: none) is, adds to ERR what to do;
 * STORAGE is the registry's on this host, or "". Returns -1. */
int reserve_explain(int number, int folder, const char *storage, struct err *err);

#endif
