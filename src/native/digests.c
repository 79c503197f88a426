/* An open-addressing table of hashes: 32 bytes of each in one array, what is more of the few longer
 * ones in another. */
#include "native/digests.h"

#include "util/xalloc.h"

#include <string.h>
#include <sys/random.h>

#define HEAD        ((size_t)32)
#define FIRST_SLOTS 1024u /* a power of two */
#define WORDS       (HEAD / sizeof(uint64_t))
#define PREFIX      ((size_t)7) /* "sha256:": names of algorithms are of one length */

/* What a longer hash has behind its head; sorted by NUMBER, as numbers only grow. */
struct tail {
	uint32_t number;
	uint8_t length; /* of the whole hash */
	uint8_t bytes[NATIVE_HASH_BYTES - HEAD];
};

struct native_digests {
	uint8_t (*heads)[HEAD];
	uint32_t *slots; /* number + 1, or 0 */
	uint32_t count, capacity;
	uint32_t slot_count;
	struct tail *tails;
	size_t tail_count, tail_capacity;
	/* Hashes come from manifests, which anybody may push: without keys of our own they could be
	 * made to collide. */
	uint64_t keys[WORDS];
};

/* One more than the value of a hex digit; 0 for what is none. */
static const uint8_t DIGITS[UINT8_MAX + 1] = {
	['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

bool native_digest_parse_hex(const char *hex, size_t length, size_t bytes, uint8_t *out)
{
	bool wrong = length != 2 * bytes;

	for (size_t i = 0; !wrong && i < bytes; i++) {
		unsigned high = DIGITS[(uint8_t)hex[2 * i]], low = DIGITS[(uint8_t)hex[2 * i + 1]];

		wrong = high == 0 || low == 0;
		out[i] = (uint8_t)((high - 1) << 4 | (low - 1));
	}
	return !wrong;
}

bool native_digest_parse(const char *text, size_t length, struct native_digest *out)
{
	for (const struct digest_algorithm *i = DIGEST_ALGORITHMS; i->name; i++) {
		if (length != PREFIX + i->hex || text[PREFIX - 1] != ':' ||
		    memcmp(text, i->name, PREFIX - 1) != 0)
			continue;
		out->length = (uint8_t)(i->hex / 2);
		return native_digest_parse_hex(text + PREFIX, i->hex, out->length, out->bytes);
	}
	return false;
}

char *native_digest_hex(const uint8_t *bytes, size_t length, char *hex)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++) {
		*hex++ = digits[bytes[i] >> 4];
		*hex++ = digits[bytes[i] & 0xf];
	}
	*hex = '\0';
	return hex;
}

const char *native_digest_text(const struct native_digest *digest, char text[DIGEST_TEXT])
{
	const struct digest_algorithm *algorithm = DIGEST_ALGORITHMS;

	while (algorithm->name && algorithm->hex != 2 * (size_t)digest->length)
		algorithm++;
	if (!algorithm->name)
		die_internal("a digest of %u bytes", digest->length);
	memcpy(text, algorithm->name, PREFIX - 1);
	text[PREFIX - 1] = ':';
	native_digest_hex(digest->bytes, digest->length, text + PREFIX);
	return text;
}

struct native_digests *native_digests_new(void)
{
	struct native_digests *table = xcalloc(1, sizeof *table);

	table->slot_count = FIRST_SLOTS;
	table->slots = xcalloc(table->slot_count, sizeof *table->slots);
	if (getrandom(table->keys, sizeof table->keys, 0) != (ssize_t)sizeof table->keys)
		die_internal("no random numbers");
	return table;
}

void native_digests_free(struct native_digests *table)
{
	if (!table)
		return;
	free(table->heads);
	free(table->slots);
	free(table->tails);
	free(table);
}

__extension__ typedef unsigned __int128 wide;

static uint64_t folded(uint64_t a, uint64_t b)
{
	wide product = (wide)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint32_t slot_of(const struct native_digests *table, const uint8_t *bytes)
{
	uint64_t words[WORDS];

	memcpy(words, bytes, sizeof words);
	for (size_t i = 0; i < WORDS; i++)
		words[i] ^= table->keys[i];
	return (uint32_t)(folded(words[0], words[1]) + folded(words[2], words[3])) &
	       (table->slot_count - 1);
}

static const struct tail *tail_of(const struct native_digests *table, uint32_t number)
{
	size_t low = 0, high = table->tail_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->tails[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < table->tail_count && table->tails[low].number == number ? &table->tails[low]
									     : NULL;
}

static bool same(const struct native_digests *table, uint32_t number, const uint8_t *bytes,
		 size_t length)
{
	const struct tail *tail = NULL;

	if (memcmp(table->heads[number], bytes, HEAD) != 0)
		return false;
	tail = table->tail_count > 0 ? tail_of(table, number) : NULL;
	if (!tail)
		return length == HEAD;
	return tail->length == length && memcmp(tail->bytes, bytes + HEAD, length - HEAD) == 0;
}

/* The slot that has the hash, or the empty one where it belongs. */
static uint32_t find_slot(const struct native_digests *table, const uint8_t *bytes, size_t length)
{
	uint32_t slot = slot_of(table, bytes);

	while (table->slots[slot] != 0 && !same(table, table->slots[slot] - 1, bytes, length))
		slot = (slot + 1) & (table->slot_count - 1);
	return slot;
}

static void grow(struct native_digests *table)
{
	free(table->slots);
	if (table->slot_count > UINT32_MAX / 2)
		die_internal("too many digests");
	table->slot_count *= 2;
	table->slots = xcalloc(table->slot_count, sizeof *table->slots);
	for (uint32_t i = 0; i < table->count; i++) {
		uint32_t slot = slot_of(table, table->heads[i]);

		while (table->slots[slot] != 0)
			slot = (slot + 1) & (table->slot_count - 1);
		table->slots[slot] = i + 1;
	}
}

static void add_tail(struct native_digests *table, const uint8_t *bytes, size_t length)
{
	struct tail tail = { .number = table->count, .length = (uint8_t)length };

	memcpy(tail.bytes, bytes + HEAD, length - HEAD);
	GROW(table->tails, table->tail_count, table->tail_capacity);
	table->tails[table->tail_count++] = tail;
}

uint32_t native_digests_add_bytes(struct native_digests *table, const uint8_t *bytes, size_t length)
{
	uint32_t slot = find_slot(table, bytes, length);

	if (table->slots[slot] != 0)
		return table->slots[slot] - 1;
	if (table->count >= table->slot_count / 4 * 3) {
		grow(table);
		slot = find_slot(table, bytes, length);
	}
	GROW(table->heads, table->count, table->capacity);
	memcpy(table->heads[table->count], bytes, HEAD);
	if (length > HEAD)
		add_tail(table, bytes, length);
	table->slots[slot] = ++table->count;
	return table->count - 1;
}

uint32_t native_digests_add(struct native_digests *table, const struct native_digest *digest)
{
	return native_digests_add_bytes(table, digest->bytes, digest->length);
}

uint32_t native_digests_find(const struct native_digests *table, const struct native_digest *digest)
{
	uint32_t slot = find_slot(table, digest->bytes, digest->length);

	return table->slots[slot] != 0 ? table->slots[slot] - 1 : NATIVE_NONE;
}

uint32_t native_digests_find_text(const struct native_digests *table, const char *text)
{
	struct native_digest digest;

	return native_digest_parse(text, strlen(text), &digest)
		       ? native_digests_find(table, &digest)
		       : NATIVE_NONE;
}

uint32_t native_digests_count(const struct native_digests *table)
{
	return table->count;
}

struct native_digest native_digests_get(const struct native_digests *table, uint32_t number)
{
	const struct tail *tail = tail_of(table, number);
	struct native_digest digest = { .length = HEAD };

	memcpy(digest.bytes, table->heads[number], HEAD);
	if (tail) {
		digest.length = tail->length;
		memcpy(digest.bytes + HEAD, tail->bytes, tail->length - HEAD);
	}
	return digest;
}

const char *native_digests_text(const struct native_digests *table, uint32_t number,
				char text[DIGEST_TEXT])
{
	struct native_digest digest = native_digests_get(table, number);

	return native_digest_text(&digest, text);
}

bool native_digests_canonical(const struct native_digests *table, uint32_t number)
{
	return !tail_of(table, number);
}
