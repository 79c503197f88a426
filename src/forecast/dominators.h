/* Which node of a graph holds which others: A dominates B when every way from the root to B leads
 * through A, so that B is lost with A. The root is none of the nodes: it leads to those that are
 * entered. Time and memory are near linear; nothing is recursive. */
#ifndef FORECAST_DOMINATORS_H
#define FORECAST_DOMINATORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DOMINATORS_ROOT 0          /* the root's place */
#define DOMINATORS_NONE UINT32_MAX /* a place that no node has */

struct dominators;

/* To be called for every edge, by the two functions below. */
typedef void dominators_take(struct dominators *dominators, uint32_t node);

/* Both tell the same edges: where NODE leads to, and what leads to it. Repeating one is fine. */
struct dominators_edges {
	const void *ctx;
	void (*next)(const void *ctx, uint32_t node, dominators_take *take,
		     struct dominators *dominators);
	void (*previous)(const void *ctx, uint32_t node, dominators_take *take,
			 struct dominators *dominators);
};

/* Nodes are 0 … COUNT - 1. EDGES is borrowed until dominators_solve has returned. */
struct dominators *dominators_new(uint32_t count, const struct dominators_edges *edges);
void dominators_free(struct dominators *dominators); /* NULL is fine */

/* The root leads to NODE. */
void dominators_enter(struct dominators *dominators, uint32_t node);
/* Whether the root leads to NODE, by way of what was entered so far. */
bool dominators_reached(const struct dominators *dominators, uint32_t node);
/* To be called once, when everything is entered. What follows needs it. */
void dominators_solve(struct dominators *dominators);

/* NODE's place in the tree of dominators; DOMINATORS_NONE when the root does not lead to it. */
uint32_t dominators_place(const struct dominators *dominators, uint32_t node);
/* The place of the last node that every way to A and every way to B leads through. */
uint32_t dominators_common(const struct dominators *dominators, uint32_t a, uint32_t b);
/* Numbers of places: how long an array over all of them has to be. */
size_t dominators_places(const struct dominators *dominators);
/* The place next above PLACE (not the root), always a smaller number. */
uint32_t dominators_above(const struct dominators *dominators, uint32_t place);

#endif
