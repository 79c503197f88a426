/* What the registry answers now to questions for single manifests. */
#ifndef SCAN_API_SERVED_H
#define SCAN_API_SERVED_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api;  /* registry/api.h */
struct http; /* http/engine.h */

enum served {
	SERVED_UNKNOWN = 0, /* no answer, or one that tells nothing */
	SERVED_NO,          /* an answer of 4xx or 5xx */
	SERVED_OTHERWISE,   /* 200, with a body that is not that of the digest */
	/* 200, with the body of the digest that was asked for, or of the digest that the answer
	 * names; and that is a manifest, or can be read in more than one way. */
	SERVED_WHOLE,
	SERVED_AMBIGUOUS,
};

struct served_question {
	const char *repository, *reference; /* a tag or a digest; borrowed */
	enum served answer;
	bool absent; /* SERVED_NO: a 404 that says that there is no such manifest or repository */
};

/* Answers COUNT questions, each by one GET. -1: ERR_STOPPED, ERR_UNREACHABLE. */
int scan_api_served(struct served_question *questions, size_t count, struct api *api,
		    struct http *http, struct err *err) __attribute__((warn_unused_result));

#endif
