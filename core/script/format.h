/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Format strings of printf, as compiler, verifier and root mode read them:
 * %[-+ #0][width][.precision][hh h l ll w]CONVERSION. Any context.
 */
#ifndef TG_SCRIPT_FORMAT_H
#define TG_SCRIPT_FORMAT_H

#include "../types.h"

#define TG_FORMAT_LEFT	1u
#define TG_FORMAT_PLUS	2u
#define TG_FORMAT_SPACE	4u
#define TG_FORMAT_ALT	8u
#define TG_FORMAT_ZERO	16u

#define TG_FORMAT_WIDTH	255u		/* widest field */
#define TG_FORMAT_PRECISION 60u		/* most digits behind the point */

struct tg_format_spec {
	char conversion;		/* d u o x X b c p s f, % */
	u8 flags;			/* TG_FORMAT_* */
	u8 size;			/* bytes of the value; of a character for s, c */
	u8 width;
	s8 precision;			/* -1: none */
};

/* s is behind a '%'. Returns what is behind the conversion, NULL: malformed. */
const char *tg_format_next(const char *s, struct tg_format_spec *spec);

/* Arguments that the format takes, -1: malformed. */
int tg_format_count(const char *format);

#endif
