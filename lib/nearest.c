// SPDX-License-Identifier: GPL-2.0
/* The nearest word, for "did you mean": the edit distance, by the letter. */
#include <string.h>
#include <strings.h>

#include "trapgate.h"

#define NEAREST_MAX 32

static unsigned int nearest_distance(const char *a, const char *b)
{
	unsigned int row[NEAREST_MAX + 1], la = (unsigned int)strlen(a),
					   lb = (unsigned int)strlen(b);

	if (la > NEAREST_MAX || lb > NEAREST_MAX)
		return NEAREST_MAX;
	for (unsigned int j = 0; j <= lb; j++)
		row[j] = j;
	for (unsigned int i = 1; i <= la; i++) {
		unsigned int diagonal = row[0];

		row[0] = i;
		for (unsigned int j = 1; j <= lb; j++) {
			unsigned int best = diagonal + (strncasecmp(&a[i - 1], &b[j - 1], 1) != 0);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

const char *tg_command_nearest(const char *word, const char *const *candidates, int count)
{
	const char *found = NULL;
	unsigned int best = NEAREST_MAX;

	for (int i = 0; i < count; i++) {
		unsigned int d = nearest_distance(word, candidates[i]);
		size_t length = strlen(candidates[i]), most = length < 6 ? 1 : length / 3;

		if (d < best && d <= most && d < strlen(word)) {
			best = d;
			found = candidates[i];
		}
	}
	return found;
}
