// SPDX-License-Identifier: GPL-2.0
/* The vector table of <trapgate/vectors.h> as data, and look-ups in it. */
#include <strings.h>

#include "trapgate.h"

#define VECTOR_ROW(id, v, m, n, e, c) \
	{ .vector = (v), .mnemonic = (m), .name = (n), .error = TG_ERROR_##e },

const struct tg_vector tg_vectors[] = { TG_VECTORS(VECTOR_ROW) };
const unsigned int tg_nr_vectors = sizeof(tg_vectors) / sizeof(tg_vectors[0]);

const struct tg_vector *tg_vector_find(unsigned int vector)
{
	for (unsigned int i = 0; i < tg_nr_vectors; i++)
		if (tg_vectors[i].vector == vector)
			return &tg_vectors[i];
	return NULL;
}

const struct tg_vector *tg_vector_by_name(const char *mnemonic)
{
	if (*mnemonic == '#')
		mnemonic++;
	for (unsigned int i = 0; i < tg_nr_vectors; i++) {
		const char *m = tg_vectors[i].mnemonic;

		if (!strcasecmp(*m == '#' ? m + 1 : m, mnemonic))
			return &tg_vectors[i];
	}
	return NULL;
}
