// SPDX-License-Identifier: GPL-2.0
/*
 * Soft floating point. A number on its way is sign, exponent and a significand
 * whose leading one is bit 62; bits below the format's are rounding bits, the
 * lowest one sticky (IEEE 754-2008, 4.3.1 "Rounding-direction attributes").
 */
#include "float.h"

#define SIGN	(1ull << 63)
#define INF	0x7ff0000000000000ull
#define QUIET	0x0008000000000000ull
#define DEFAULT_NAN (SIGN | INF | QUIET)	/* what the processor makes up */
#define FRACTION 0x000fffffffffffffull
#define LEAD	62

struct parts {
	u64 sign;			/* SIGN or 0 */
	int exp;			/* biased; leading bit's weight is 2^(exp - 1023) */
	u64 sig;			/* 0: the number is zero */
};

static tg_always_inline bool is_nan(u64 v)
{
	return (v & ~SIGN) > INF;
}

static tg_always_inline bool is_inf(u64 v)
{
	return (v & ~SIGN) == INF;
}

/* Shifts right; what falls out stays in the lowest bit. */
static tg_always_inline u64 shift_sticky(u64 v, unsigned int n)
{
	if (!n)
		return v;
	if (n > 63)
		return v != 0;
	return v >> n | ((v << (64 - n)) != 0);
}

static tg_root struct parts unpack(u64 v)
{
	struct parts p = { v & SIGN, (int)(v >> 52 & 0x7ff), v & FRACTION };

	if (p.exp) {
		p.sig = (p.sig | (FRACTION + 1)) << (LEAD - 52);
	} else if (p.sig) {
		int up = __builtin_clzll(p.sig) - 1;

		p.sig <<= up;
		p.exp = 1 - (up - (LEAD - 52));
	}
	return p;
}

/* bits: of the format's fraction; top: its exponent of infinity. exp is the format's. */
static tg_root u64 round_pack(int exp, u64 sig, unsigned int bits, int top)
{
	unsigned int drop = LEAD - bits;
	u64 half = 1ull << (drop - 1), low;

	if (exp >= top)
		return (u64)top << bits;
	if (exp <= 0) {
		sig = shift_sticky(sig, (unsigned int)(1 - exp));
		exp = 1;
	}
	low = sig & (2 * half - 1);
	sig = (sig + half) >> drop;
	if (low == half)
		sig &= ~1ull;
	/* The leading one, if it is there, makes up for the exponent's 1. */
	return ((u64)(exp - 1) << bits) + sig;
}

static tg_root u64 pack(u64 sign, int exp, u64 sig)
{
	int up;

	if (!sig)
		return sign;
	if (sig >> 63) {
		sig = shift_sticky(sig, 1);
		exp++;
	}
	up = __builtin_clzll(sig) - 1;
	return sign | round_pack(exp - up, sig << up, 52, 0x7ff);
}

static tg_always_inline u64 nan_of(u64 a, u64 b)
{
	return (is_nan(a) ? a : b) | QUIET;
}

tg_root u64 tg_float_add(u64 a, u64 b)
{
	struct parts x, y, t;

	if (is_nan(a) || is_nan(b))
		return nan_of(a, b);
	if (is_inf(a))
		return is_inf(b) && a != b ? DEFAULT_NAN : a;
	if (is_inf(b))
		return b;
	x = unpack(a);
	y = unpack(b);
	if (!y.sig)
		return !x.sig ? a & b : a;	/* -0 only from -0 + -0 */
	if (!x.sig)
		return b;
	if (x.exp < y.exp || (x.exp == y.exp && x.sig < y.sig)) {
		t = x;
		x = y;
		y = t;
	}
	y.sig = shift_sticky(y.sig, (unsigned int)(x.exp - y.exp));
	if (x.sign == y.sign)
		return pack(x.sign, x.exp, x.sig + y.sig);
	if (x.sig == y.sig)
		return 0;
	return pack(x.sign, x.exp, x.sig - y.sig);
}

tg_root u64 tg_float_sub(u64 a, u64 b)
{
	return tg_float_add(a, is_nan(b) ? b : b ^ SIGN);
}

tg_root u64 tg_float_mul(u64 a, u64 b)
{
	u64 sign = (a ^ b) & SIGN;
	struct parts x, y;
	unsigned __int128 product;

	if (is_nan(a) || is_nan(b))
		return nan_of(a, b);
	x = unpack(a);
	y = unpack(b);
	if (is_inf(a) || is_inf(b))
		return x.sig && y.sig ? sign | INF : DEFAULT_NAN;
	if (!x.sig || !y.sig)
		return sign;
	product = (unsigned __int128)x.sig * y.sig;	/* leading bit 124 or 125 */
	return pack(sign, x.exp + y.exp - 1023,
		    (u64)(product >> LEAD) | ((u64)product << (64 - LEAD) != 0));
}

/* Bit by bit: the processor's 128-bit division would fault on overflow. */
static tg_root u64 divide(u64 num, u64 den, u64 *rest)
{
	u64 quotient = 0;

	for (int i = 0; i <= LEAD; i++) {
		quotient <<= 1;
		if (num >= den) {
			num -= den;
			quotient |= 1;
		}
		num <<= 1;
	}
	*rest = num;
	return quotient;
}

tg_root u64 tg_float_div(u64 a, u64 b)
{
	u64 sign = (a ^ b) & SIGN, quotient, rest;
	struct parts x, y;

	if (is_nan(a) || is_nan(b))
		return nan_of(a, b);
	if (is_inf(a))
		return is_inf(b) ? DEFAULT_NAN : sign | INF;
	if (is_inf(b))
		return sign;
	x = unpack(a);
	y = unpack(b);
	if (!y.sig)
		return x.sig ? sign | INF : DEFAULT_NAN;
	if (!x.sig)
		return sign;
	quotient = divide(x.sig, y.sig, &rest);
	return pack(sign, x.exp - y.exp + 1023, quotient | (rest != 0));
}

tg_root bool tg_float_eq(u64 a, u64 b)
{
	if (is_nan(a) || is_nan(b))
		return false;
	return a == b || !((a | b) & ~SIGN);
}

tg_root bool tg_float_lt(u64 a, u64 b)
{
	if (is_nan(a) || is_nan(b) || !((a | b) & ~SIGN))
		return false;
	if ((a ^ b) & SIGN)
		return a & SIGN;
	return a & SIGN ? a > b : a < b;
}

tg_root bool tg_float_le(u64 a, u64 b)
{
	return tg_float_lt(a, b) || tg_float_eq(a, b);
}

tg_root u64 tg_float_from_u64(u64 v)
{
	return pack(0, 1023 + LEAD, v);
}

tg_root u64 tg_float_from_s64(u64 v)
{
	return v & SIGN ? pack(SIGN, 1023 + LEAD, -v) : pack(0, 1023 + LEAD, v);
}

/* The magnitude without its fraction; false from 2^64 on. */
static tg_root bool magnitude(u64 v, u64 *result)
{
	struct parts p = unpack(v);
	int power = p.exp - 1023;

	*result = 0;
	if (is_nan(v) || is_inf(v))
		return false;
	if (!p.sig || power < 0)
		return true;
	if (power > 63)
		return false;
	*result = power == 63 ? p.sig << 1 : p.sig >> (LEAD - power);
	return true;
}

tg_root bool tg_float_to_s64(u64 v, u64 *result)
{
	u64 m;

	if (!magnitude(v, &m) || m > SIGN - !(v & SIGN))
		return false;
	*result = v & SIGN ? -m : m;
	return true;
}

tg_root bool tg_float_to_u64(u64 v, u64 *result)
{
	u64 m;

	if (!magnitude(v, &m) || (v & SIGN && m))
		return false;
	*result = m;
	return true;
}

/* exp as for binary64. */
static tg_root u32 pack_f(u64 sign, int exp, u64 sig)
{
	int up;

	if (!sig)
		return (u32)(sign >> 32);
	if (sig >> 63) {
		sig = shift_sticky(sig, 1);
		exp++;
	}
	up = __builtin_clzll(sig) - 1;
	return (u32)(sign >> 32) | (u32)round_pack(exp - up - 1023 + 127, sig << up, 23, 0xff);
}

tg_root u32 tg_float_f_from_u64(u64 v)
{
	return pack_f(0, 1023 + LEAD, v);
}

tg_root u32 tg_float_f_from_s64(u64 v)
{
	return v & SIGN ? pack_f(SIGN, 1023 + LEAD, -v) : pack_f(0, 1023 + LEAD, v);
}

tg_root u32 tg_float_f_from_d(u64 v)
{
	struct parts p;

	if (is_nan(v))
		return (u32)(v >> 32 & 0x80000000) | 0x7fc00000 | (u32)(v >> 29 & 0x3fffff);
	if (is_inf(v))
		return (u32)(v >> 32 & 0x80000000) | 0x7f800000;
	p = unpack(v);
	return pack_f(p.sign, p.exp, p.sig);
}

tg_root u64 tg_float_d_from_f(u32 v)
{
	u64 sign = (u64)(v & 0x80000000) << 32, fraction = v & 0x7fffff;
	int exp = (int)(v >> 23 & 0xff);

	if (exp == 0xff)
		return sign | INF | fraction << 29 | (fraction ? QUIET : 0);
	if (!exp)		/* no leading one: pack() finds the first */
		return pack(sign, 1 - 127 + 1023, fraction << (LEAD - 23));
	return sign | (u64)(exp - 127 + 1023) << 52 | fraction << 29;
}
