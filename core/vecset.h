/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A set of vectors: 256 bits, the highest first. Root mode of one CPU only, or
 * constant: no locking.
 */
#ifndef TG_CORE_VECSET_H
#define TG_CORE_VECSET_H

#include "types.h"

struct tg_vecset {
	u64 word[4];
};

static tg_always_inline void tg_vecset_add(struct tg_vecset *s, u8 vector)
{
	s->word[vector >> 6] |= 1ull << (vector & 63);
}

static tg_always_inline void tg_vecset_del(struct tg_vecset *s, u8 vector)
{
	s->word[vector >> 6] &= ~(1ull << (vector & 63));
}

static tg_always_inline bool tg_vecset_has(const struct tg_vecset *s, u8 vector)
{
	return s->word[vector >> 6] >> (vector & 63) & 1;
}

static tg_always_inline bool tg_vecset_empty(const struct tg_vecset *s)
{
	return !(s->word[0] | s->word[1] | s->word[2] | s->word[3]);
}

/* The highest vector in the set; -1 when it is empty. */
static tg_always_inline int tg_vecset_highest(const struct tg_vecset *s)
{
	int i;

	for (i = 3; i >= 0; i--)
		if (s->word[i])
			return i * 64 + 63 - __builtin_clzll(s->word[i]);
	return -1;
}

#endif
