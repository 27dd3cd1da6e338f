/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IEEE 754 binary64 and binary32 in integer arithmetic, round to nearest even:
 * root mode must not touch the guest's FPU state. Values are bit patterns.
 * Results are those of the processor's SSE2 instructions with default MXCSR.
 */
#ifndef TG_SCRIPT_FLOAT_H
#define TG_SCRIPT_FLOAT_H

#include "run.h"

u64 tg_float_add(u64 a, u64 b);
u64 tg_float_sub(u64 a, u64 b);
u64 tg_float_mul(u64 a, u64 b);
u64 tg_float_div(u64 a, u64 b);
bool tg_float_eq(u64 a, u64 b);
bool tg_float_lt(u64 a, u64 b);
bool tg_float_le(u64 a, u64 b);

u64 tg_float_from_s64(u64 v);
u64 tg_float_from_u64(u64 v);
/* Towards zero; false when it does not fit or is no number. */
bool tg_float_to_s64(u64 v, u64 *result);
bool tg_float_to_u64(u64 v, u64 *result);

/* binary32 */
u32 tg_float_f_from_s64(u64 v);
u32 tg_float_f_from_u64(u64 v);
u32 tg_float_f_from_d(u64 v);
u64 tg_float_d_from_f(u32 v);

#endif
