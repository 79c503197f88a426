/* Dominators after Lengauer and Tarjan, in the simple variant (path compression without balancing).
 * Nodes are renumbered in the order in which a depth-first search meets them; these numbers are the
 * places. */
#include "forecast/dominators.h"

#include "util/xalloc.h"

struct step {
	uint32_t node;
	uint32_t from; /* the place from which it was seen */
};

struct dominators {
	const struct dominators_edges *edges;
	uint32_t count;
	uint32_t places;  /* how many are taken; the root's is the first */
	uint32_t *place;  /* of each node */
	uint32_t *node;   /* at each place */
	uint32_t *parent; /* of each place: in the search, and once solved in the result */
	bool *entered;    /* each node */
	uint32_t *depth, *jump;
	struct step *steps; /* seen, perhaps not yet visited; the last comes first */
	size_t step_count, step_capacity;
	struct search *search;
};

/* By places. What is linked forms a forest: ANCESTOR leads towards its roots, and LABEL is the
 * place with the least SEMI on the way that was cut short. */
struct search {
	uint32_t *semi, *label, *ancestor, *path;
	uint32_t *bucket; /* the first place whose SEMI is this one; the next is in ABOVE */
	uint32_t current;
};

static uint32_t *new_numbers(size_t count, uint32_t value)
{
	uint32_t *numbers = xmalloc(count * sizeof *numbers);

	for (size_t i = 0; i < count; i++)
		numbers[i] = value;
	return numbers;
}

struct dominators *dominators_new(uint32_t count, const struct dominators_edges *edges)
{
	struct dominators *dominators = xcalloc(1, sizeof *dominators);

	dominators->edges = edges;
	dominators->count = count;
	dominators->places = 1;
	dominators->place = new_numbers((size_t)count + 1, DOMINATORS_NONE);
	dominators->node = new_numbers((size_t)count + 1, DOMINATORS_NONE);
	dominators->parent = new_numbers((size_t)count + 1, DOMINATORS_ROOT);
	dominators->entered = xcalloc((size_t)count + 1, sizeof *dominators->entered);
	return dominators;
}

void dominators_free(struct dominators *dominators)
{
	if (!dominators)
		return;
	free(dominators->place);
	free(dominators->node);
	free(dominators->parent);
	free(dominators->entered);
	free(dominators->depth);
	free(dominators->jump);
	free(dominators->steps);
	free(dominators);
}

static void see_from(struct dominators *dominators, uint32_t node, uint32_t from)
{
	if (dominators->place[node] != DOMINATORS_NONE)
		return;
	GROW(dominators->steps, dominators->step_count, dominators->step_capacity);
	dominators->steps[dominators->step_count++] = (struct step){ node, from };
}

/* From the node at the last place, which is being visited. */
static void see(struct dominators *dominators, uint32_t node)
{
	see_from(dominators, node, dominators->places - 1);
}

void dominators_enter(struct dominators *dominators, uint32_t node)
{
	dominators->entered[node] = true;
	see_from(dominators, node, DOMINATORS_ROOT);
	while (dominators->step_count > 0) {
		struct step step = dominators->steps[--dominators->step_count];

		if (dominators->place[step.node] != DOMINATORS_NONE)
			continue;
		dominators->place[step.node] = dominators->places;
		dominators->node[dominators->places] = step.node;
		dominators->parent[dominators->places++] = step.from;
		dominators->edges->next(dominators->edges->ctx, step.node, see, dominators);
	}
}

bool dominators_reached(const struct dominators *dominators, uint32_t node)
{
	return dominators->place[node] != DOMINATORS_NONE;
}

/* The place with the least SEMI on the way from PLACE up to the root of what it is linked to, that
 * root left out. */
static uint32_t least(struct search *search, uint32_t place)
{
	uint32_t *ancestor = search->ancestor, *label = search->label;
	size_t length = 0;

	if (ancestor[place] == DOMINATORS_NONE)
		return place;
	for (uint32_t up = place; ancestor[ancestor[up]] != DOMINATORS_NONE; up = ancestor[up])
		search->path[length++] = up;
	while (length-- > 0) {
		uint32_t here = search->path[length], above = ancestor[here];

		if (search->semi[label[above]] < search->semi[label[here]])
			label[here] = label[above];
		ancestor[here] = ancestor[above];
	}
	return label[place];
}

static void take_previous(struct dominators *dominators, uint32_t node)
{
	struct search *search = dominators->search;
	uint32_t from = dominators->place[node], best;

	if (from == DOMINATORS_NONE)
		return;
	best = search->semi[least(search, from)];
	if (best < search->semi[search->current])
		search->semi[search->current] = best;
}

/* Goes over the places from the last to the first. ABOVE gets each one's dominator, or a place that
 * has the same; before, the next place in its bucket. */
static void search_places(struct dominators *dominators, struct search *search, uint32_t *above)
{
	for (uint32_t place = dominators->places - 1; place > 0; place--) {
		uint32_t node = dominators->node[place], parent = dominators->parent[place];

		search->current = place;
		if (dominators->entered[node])
			search->semi[place] = DOMINATORS_ROOT;
		dominators->edges->previous(dominators->edges->ctx, node, take_previous,
					    dominators);
		above[place] = search->bucket[search->semi[place]];
		search->bucket[search->semi[place]] = place;
		search->ancestor[place] = parent;
		for (uint32_t one = search->bucket[parent], next; one != DOMINATORS_NONE;
		     one = next) {
			uint32_t best = least(search, one);

			next = above[one];
			above[one] = search->semi[best] < search->semi[one] ? best : parent;
		}
		search->bucket[parent] = DOMINATORS_NONE;
	}
	for (uint32_t place = 1; place < dominators->places; place++) {
		if (above[place] != search->semi[place])
			above[place] = above[above[place]];
	}
}

/* JUMP leads far up, so that dominators_common takes logarithmic time however deep the tree is. */
static void add_jumps(struct dominators *dominators)
{
	uint32_t *depth = new_numbers(dominators->places, 0);
	uint32_t *jump = new_numbers(dominators->places, DOMINATORS_ROOT);

	for (uint32_t place = 1; place < dominators->places; place++) {
		uint32_t above = dominators->parent[place], far = jump[above];

		depth[place] = depth[above] + 1;
		jump[place] = depth[above] - depth[far] == depth[far] - depth[jump[far]] ? jump[far]
											 : above;
	}
	dominators->depth = depth;
	dominators->jump = jump;
}

void dominators_solve(struct dominators *dominators)
{
	size_t places = dominators->places;
	CLEANUP(free_p) uint32_t *semi = new_numbers(places, 0);
	CLEANUP(free_p) uint32_t *label = new_numbers(places, 0);
	CLEANUP(free_p) uint32_t *ancestor = new_numbers(places, DOMINATORS_NONE);
	CLEANUP(free_p) uint32_t *path = xmalloc(places * sizeof *path);
	CLEANUP(free_p) uint32_t *bucket = new_numbers(places, DOMINATORS_NONE);
	CLEANUP(free_p) uint32_t *above = new_numbers(places, DOMINATORS_ROOT);
	struct search search = { semi, label, ancestor, path, bucket, 0 };

	for (uint32_t place = 0; place < places; place++)
		semi[place] = label[place] = place;
	dominators->search = &search;
	search_places(dominators, &search, above);
	dominators->search = NULL;
	free(dominators->parent);
	dominators->parent = steal(&above);
	add_jumps(dominators);
}

uint32_t dominators_place(const struct dominators *dominators, uint32_t node)
{
	return dominators->place[node];
}

uint32_t dominators_common(const struct dominators *dominators, uint32_t a, uint32_t b)
{
	const uint32_t *depth = dominators->depth, *jump = dominators->jump;

	while (depth[a] != depth[b]) {
		uint32_t *deeper = depth[a] > depth[b] ? &a : &b;
		uint32_t limit = depth[a] > depth[b] ? depth[b] : depth[a];

		*deeper =
			depth[jump[*deeper]] >= limit ? jump[*deeper] : dominators->parent[*deeper];
	}
	while (a != b) {
		bool far = jump[a] != jump[b];

		a = far ? jump[a] : dominators->parent[a];
		b = far ? jump[b] : dominators->parent[b];
	}
	return a;
}

size_t dominators_places(const struct dominators *dominators)
{
	return dominators->places;
}

uint32_t dominators_above(const struct dominators *dominators, uint32_t place)
{
	return dominators->parent[place];
}
