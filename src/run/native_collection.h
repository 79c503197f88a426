/* A collection by the native collector (native/collect.h), in a run. */
#ifndef RUN_NATIVE_COLLECTION_H
#define RUN_NATIVE_COLLECTION_H

#include "util/err.h"

struct run; /* run/context.h */

/* Collects, and removes empty repositories; RUN's report tells what was done. Nothing else may
 * delete meanwhile, and native_left_put_back has been called. -1: ERR_COLLECTOR, ERR_STOPPED,
 * ERR_USAGE: what was taken was put back, or the next run does that (then the message says so); the
 * collection stays owed. */
int native_collection(struct run *run, struct err *err) __attribute__((warn_unused_result));

#endif
