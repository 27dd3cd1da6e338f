/* SPDX-License-Identifier: GPL-2.0 */
/* Decimal text of floating-point numbers, without floating point. */
#ifndef TG_SCRIPT_PRINT_H
#define TG_SCRIPT_PRINT_H

#include "../types.h"

#define TG_DOUBLE_TEXT	400u

/*
 * |v| with `precision` (up to 60) digits behind the point, rounded to the nearest,
 * ties to even, exactly; "inf", "nan". point: a point even without digits behind
 * it. Returns the length; no NUL.
 */
u32 tg_double_text(char text[TG_DOUBLE_TEXT], u64 v, u32 precision, bool point);

#endif
