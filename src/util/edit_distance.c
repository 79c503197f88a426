/* How far names are from each other. */
#include "util/edit_distance.h"

#include <stdint.h>
#include <string.h>

#define LENGTH_LIMIT 64

static char lower(char letter)
{
	if (letter >= 'A' && letter <= 'Z')
		return (char)(letter + ('a' - 'A'));
	return letter;
}

static size_t least(size_t first, size_t second)
{
	return first < second ? first : second;
}

/* Row I of the table says how far the first I letters of A are from each beginning of B; only the
 * last three rows are ever looked at. */
size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][LENGTH_LIMIT + 1];

	if (a_length > LENGTH_LIMIT || b_length > LENGTH_LIMIT)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3];
		const size_t *before = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			char x = lower(a[i - 1]), y = lower(b[j - 1]);

			row[j] = above[j - 1] + (x == y ? 0 : 1);
			row[j] = least(row[j], least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return rows[a_length % 3][b_length];
}

void edit_distance_consider(struct edits_nearest *best, const char *name, const char *other)
{
	size_t edits = edit_distance(name, strlen(name), other, strlen(other));

	if (edits < best->below)
		*best = (struct edits_nearest){ .below = edits, .name = other };
}
