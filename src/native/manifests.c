/* Reads the manifests of all revisions, each once, then the children that they name, and theirs. */
#include "native/body.h"
#include "native/marking.h"
#include "util/parallel.h"
#include "util/xalloc.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PIECE ((size_t)128) /* manifests that one thread reads at a time */

struct round {
	struct native_marking *marking;
	int blobs[NATIVE_ALGORITHMS];
	/* Threads must not look into a table that grows. */
	struct native_digest *digests;
	uint32_t *numbers;
	size_t count;
};

/* Of the manifests of a piece. */
struct result {
	struct native_body bodies[PIECE];
	struct native_packed packed;
};

static size_t piece_size(const struct round *round, size_t piece)
{
	size_t left = round->count - piece * PIECE;

	return left < PIECE ? left : PIECE;
}

static void *read_piece(void *ctx, size_t piece)
{
	const struct round *round = ctx;
	struct result *result = xcalloc(1, sizeof *result);

	for (size_t i = 0; i < piece_size(round, piece); i++)
		result->bodies[i] = native_body_read(
			round->blobs, &round->digests[piece * PIECE + i], &result->packed);
	return result;
}

static void add_ref(struct native_marks_own *own, uint32_t ref)
{
	GROW(own->refs, own->ref_count, own->ref_capacity);
	own->refs[own->ref_count++] = ref;
}

/* Adds the reference at PACKED; returns how long it is there. */
static size_t take_ref(struct native_marking *marking, const uint8_t *packed)
{
	uint32_t number = native_marking_number(marking, packed + 2, packed[1]), ref = number;

	if (packed[0] & NATIVE_PACKED_FOREIGN)
		ref |= NATIVE_REF_FOREIGN;
	if (packed[0] & NATIVE_PACKED_CHILD) {
		ref |= NATIVE_REF_CHILD;
		native_marking_want(marking, number);
	}
	add_ref(marking->own, ref);
	return (size_t)2 + packed[1];
}

static void take_fault(struct native_marking *marking, uint32_t number,
		       const struct native_body *body)
{
	char text[DIGEST_TEXT];

	native_marking_fault(marking, number,
			     xasprintf("manifest %s: %s",
				       native_digests_text(marking->marks->digests, number, text),
				       body->fault));
}

/* Returns how many packed bytes were its. */
static size_t take_body(struct native_marking *marking, uint32_t number,
			const struct native_body *body, const uint8_t *packed)
{
	uint32_t first = (uint32_t)marking->own->ref_count;
	struct native_node *node = NULL;
	size_t used = 0;

	if (marking->own->ref_count > UINT32_MAX - body->refs)
		die_internal("too many references");
	for (size_t i = 0; i < body->refs; i++)
		used += take_ref(marking, packed + used);
	node = &marking->own->nodes[number];
	node->first = first;
	node->count = (uint32_t)body->refs;
	node->state = body->absent ? NATIVE_ABSENT : body->fault ? NATIVE_DOUBTFUL : NATIVE_WHOLE;
	if (body->fault)
		take_fault(marking, number, body);
	free(body->fault);
	return used;
}

static void take_piece(void *ctx, size_t piece, void *taken)
{
	struct round *round = ctx;
	struct result *result = taken;
	size_t at = 0;

	for (size_t i = 0; i < piece_size(round, piece); i++)
		at += take_body(round->marking, round->numbers[piece * PIECE + i],
				&result->bodies[i], result->packed.bytes + at);
	free(result->packed.bytes);
	free(result);
}

/* Takes from an earlier mark what manifest NUMBER refers to. */
static bool is_remembered(struct native_marking *marking, uint32_t number)
{
	const struct native_marks *before = marking->before;
	struct native_digest digest;
	uint32_t old = 0;

	if (!before || !(marking->own->nodes[number].flags & NATIVE_STORED))
		return false;
	digest = native_digests_get(marking->marks->digests, number);
	old = native_digests_find(before->digests, &digest);
	return old != NATIVE_NONE && before->own->nodes[old].state == NATIVE_WHOLE;
}

static void recall(struct native_marking *marking, uint32_t number)
{
	const struct native_marks *before = marking->before;
	struct native_digest digest = native_digests_get(marking->marks->digests, number);
	const struct native_node *old =
		&before->own->nodes[native_digests_find(before->digests, &digest)];
	struct native_node *node = NULL;
	uint32_t first = (uint32_t)marking->own->ref_count;

	for (uint32_t i = 0; i < old->count; i++) {
		uint32_t ref = before->own->refs[old->first + i];

		digest = native_digests_get(before->digests, ref & NATIVE_REF_NUMBER);
		number = native_marking_number(marking, digest.bytes, digest.length);
		if (ref & NATIVE_REF_CHILD)
			native_marking_want(marking, number);
		add_ref(marking->own, (ref & ~NATIVE_REF_NUMBER) | number);
	}
	digest = native_digests_get(before->digests, (uint32_t)(old - before->own->nodes));
	node = &marking->own->nodes[native_digests_find(marking->marks->digests, &digest)];
	*node = (struct native_node){ first, old->count, NATIVE_WHOLE, node->flags };
}

/* Takes the queue: what is remembered at once, the rest to be read. */
static void take_queue(struct round *round)
{
	struct native_marking *marking = round->marking;
	uint32_t *queue = marking->queue;
	size_t count = marking->queue_count;

	marking->queue = NULL;
	marking->queue_count = marking->queue_capacity = 0;
	round->count = 0;
	round->digests = xcalloc(count + 1, sizeof *round->digests);
	round->numbers = queue;
	for (size_t i = 0; i < count; i++) {
		if (is_remembered(marking, queue[i])) {
			recall(marking, queue[i]);
			continue;
		}
		round->digests[round->count] =
			native_digests_get(marking->marks->digests, queue[i]);
		round->numbers[round->count++] = queue[i];
	}
}

static int read_round(struct round *round, struct err *err)
{
	struct parallel job = { 0, read_piece, take_piece, round };
	int result = 0;

	take_queue(round);
	job.count = (round->count + PIECE - 1) / PIECE;
	result = parallel_run(&job, err);
	free(round->digests);
	free(round->numbers);
	return result;
}

static void want_roots(struct native_marking *marking)
{
	for (size_t i = 0; i < marking->place_count; i++) {
		const struct native_place *place = &marking->places[i];

		for (size_t j = 0; j < place->revision_count; j++) {
			native_marking_want(marking, place->revisions[j].stored);
			if (native_digests_canonical(marking->marks->digests,
						     place->revisions[j].named))
				native_marking_want(marking, place->revisions[j].named);
		}
		for (size_t j = 0; j < place->tag_count; j++) {
			if (place->tags[j] != NATIVE_NONE)
				native_marking_want(marking, place->tags[j]);
		}
	}
}

static void open_blobs(struct round *round)
{
	char path[32];

	for (size_t i = 0; i < NATIVE_ALGORITHMS; i++) {
		snprintf(path, sizeof path, NATIVE_BLOBS "/%s", DIGEST_ALGORITHMS[i].name);
		round->blobs[i] = native_store_openat(native_store_fd(round->marking->store), path,
						      O_RDONLY | O_DIRECTORY);
	}
}

int native_manifests_read(struct native_marking *marking, struct err *err)
{
	struct round round = { .marking = marking };
	int result = 0;

	open_blobs(&round);
	want_roots(marking);
	while (result == 0 && marking->queue_count > 0)
		result = read_round(&round, err);
	for (size_t i = 0; i < NATIVE_ALGORITHMS; i++) {
		if (round.blobs[i] >= 0)
			close(round.blobs[i]);
	}
	return result;
}
