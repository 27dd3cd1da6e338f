// SPDX-License-Identifier: GPL-2.0
/*
 * Exact decimals of a binary64: integer part and fraction as long numbers of 32-bit
 * words, divided and multiplied by powers of ten. At most 309 digits in front of
 * the point and 60 behind it, so the time is bounded. Any context.
 */
#include "print.h"

#define WHOLE	33			/* words in front of the point: 2^1024 */
#define PARTS	34			/* behind it: 2^-1088 */

struct fixed {
	u32 whole[WHOLE];		/* lowest first */
	u32 parts[PARTS];		/* highest first */
};

/* significand * 2^(power), |power| small enough for the words above */
static tg_root void fixed_set(struct fixed *f, u64 significand, int power)
{
	for (int i = 0; i < WHOLE; i++)
		f->whole[i] = 0;
	for (int i = 0; i < PARTS; i++)
		f->parts[i] = 0;
	for (int bit = 0; bit < 53; bit++) {
		int at = bit + power;

		if (!(significand >> bit & 1))
			continue;
		if (at >= 0)
			f->whole[at / 32] |= 1u << at % 32;
		else
			f->parts[(-at - 1) / 32] |= 1u << (31 - (-at - 1) % 32);
	}
}

static tg_root u32 divide_whole(struct fixed *f, u32 by, int *words)
{
	u64 rest = 0;

	for (int i = *words - 1; i >= 0; i--) {
		rest = rest << 32 | f->whole[i];
		f->whole[i] = (u32)(rest / by);
		rest %= by;
	}
	while (*words && !f->whole[*words - 1])
		--*words;
	return (u32)rest;
}

static tg_root u32 whole_text(char *text, struct fixed *f)
{
	char reverse[320];
	u32 n = 0;
	int words = WHOLE;

	do {
		u32 nine = divide_whole(f, 1000000000, &words);

		for (int i = 0; i < 9 && (words || nine || !i); i++, nine /= 10)
			reverse[n++] = (char)('0' + nine % 10);
	} while (words);
	while (n > 1 && reverse[n - 1] == '0')
		n--;
	for (u32 i = 0; i < n; i++)
		text[i] = reverse[n - 1 - i];
	return n;
}

static tg_root u32 next_digit(struct fixed *f)
{
	u64 carry = 0;

	for (int i = PARTS - 1; i >= 0; i--) {
		carry += (u64)f->parts[i] * 10;
		f->parts[i] = (u32)carry;
		carry >>= 32;
	}
	return (u32)carry;
}

/* Against one half: -1, 0, 1 */
static tg_root int compare_half(const struct fixed *f)
{
	if (f->parts[0] != 0x80000000)
		return f->parts[0] < 0x80000000 ? -1 : 1;
	for (int i = 1; i < PARTS; i++)
		if (f->parts[i])
			return 1;
	return 0;
}

/* Adds one to the last digit; returns the new length. */
static tg_root u32 round_up(char *text, u32 n)
{
	u32 i = n;

	while (i--) {
		if (text[i] == '.')
			continue;
		if (text[i] != '9') {
			text[i]++;
			return n;
		}
		text[i] = '0';
	}
	for (i = n; i; i--)
		text[i] = text[i - 1];
	text[0] = '1';
	return n + 1;
}

tg_root u32 tg_double_text(char text[TG_DOUBLE_TEXT], u64 v, u32 precision, bool point)
{
	int exponent = (int)(v >> 52 & 0x7ff);
	u64 significand = v & 0xfffffffffffffull;
	struct fixed f;
	u32 n;
	int half;

	if (exponent == 0x7ff) {
		text[0] = significand ? 'n' : 'i';
		text[1] = significand ? 'a' : 'n';
		text[2] = significand ? 'n' : 'f';
		return 3;
	}
	if (exponent)
		significand |= 1ull << 52;
	else
		exponent = 1;
	fixed_set(&f, significand, exponent - 1075);
	n = whole_text(text, &f);
	if (precision || point)
		text[n++] = '.';
	for (u32 i = 0; i < precision; i++)
		text[n++] = (char)('0' + next_digit(&f));
	half = compare_half(&f);
	if (half > 0 || (!half && (text[n - 1 - (text[n - 1] == '.')] & 1)))
		n = round_up(text, n);
	return n;
}
