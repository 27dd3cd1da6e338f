// SPDX-License-Identifier: GPL-2.0
/* Soft floating point and its decimals, bit for bit against the processor and libc. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../core/script/float.h"
#include "../../core/script/print.h"

#define ROUNDS	200000

static u64 seed = 88172645463325252ull;

static u64 next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* All kinds: ordinary, near each other, subnormal, infinite, no number, integers. */
static u64 pick(void)
{
	static const u64 special[] = { 0, 1ull << 63, 0x7ff0000000000000, 0xfff0000000000000, 1, 2,
		0x000fffffffffffff, 0x0010000000000000, 0x7fefffffffffffff, 0x3ff0000000000000,
		0xbff0000000000000, 0x7ff8000000000000, 0x43e0000000000000, 0x43f0000000000000,
		0xc3e0000000000000, 0x7ff4000000000001, 0x36a0000000000000, 0x47efffffe0000000 };
	u64 r = next(), bits = next();
	double d;

	switch (r % 6) {
	case 0:
		return special[r / 8 % (sizeof(special) / sizeof(special[0]))];
	case 1:
		return bits;
	case 2:			/* exponents around 1 */
		return (bits & 0x800fffffffffffff) | (1000 + r / 8 % 60) << 52;
	case 3:			/* few significant bits: ties */
		return (bits & 0x8000000000000000) | (1013 + r / 8 % 20) << 52 |
			(bits & 7) << (r / 256 % 50);
	case 4:			/* subnormal */
		return bits & 0x800fffffffffffff;
	default:
		d = (double)(s64)(bits >> (r / 8 % 64));
		memcpy(&bits, &d, 8);
		return bits;
	}
}

static double as_double(u64 v)
{
	double d;

	memcpy(&d, &v, 8);
	return d;
}

static u64 bits_of(double d)
{
	u64 v;

	memcpy(&v, &d, 8);
	return v;
}

static u32 bits_of_float(float d)
{
	u32 v;

	memcpy(&v, &d, 4);
	return v;
}

/* Of two that are no numbers, the compiler may exchange the operands. */
static void same(u64 got, double want, u64 a, u64 b)
{
	if (isnan(want) && isnan(as_double(got)))
		return;
	if (got != bits_of(want))
		fail_msg("%016llx, %016llx: %016llx, not %016llx", (unsigned long long)a,
			 (unsigned long long)b, (unsigned long long)got,
			 (unsigned long long)bits_of(want));
}

static void arithmetic(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		u64 a = pick(), b = pick();
		volatile double x = as_double(a), y = as_double(b);

		same(tg_float_add(a, b), x + y, a, b);
		same(tg_float_sub(a, b), x - y, a, b);
		same(tg_float_mul(a, b), x * y, a, b);
		same(tg_float_div(a, b), x / y, a, b);
		assert_int_equal(tg_float_eq(a, b), x == y);
		assert_int_equal(tg_float_lt(a, b), x < y);
		assert_int_equal(tg_float_le(a, b), x <= y);
	}
}

static void made_up_nan(void **state)
{
	(void)state;
	assert_true(tg_float_sub(0x7ff0000000000000, 0x7ff0000000000000) == 0xfff8000000000000);
	assert_true(tg_float_mul(0, 0x7ff0000000000000) == 0xfff8000000000000);
	assert_true(tg_float_div(0, 0) == 0xfff8000000000000);
	assert_true(tg_float_add(0x7ff4000000000001, 0) == 0x7ffc000000000001);
	assert_true(tg_float_add(0, 0x7ff4000000000001) == 0x7ffc000000000001);
}

static void conversions(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		u64 v = next() >> (next() % 64), d = pick(), r;
		volatile double x = as_double(d);
		volatile float f = (float)x;
		u32 narrow = tg_float_f_from_d(d);
		bool fits;

		assert_true(tg_float_from_u64(v) == bits_of((double)v));
		assert_true(tg_float_from_s64(v) == bits_of((double)(s64)v));
		assert_true(tg_float_from_s64(-v) == bits_of((double)(s64)-v));
		assert_int_equal(tg_float_f_from_u64(v), bits_of_float((float)v));
		assert_int_equal(tg_float_f_from_s64(-v), bits_of_float((float)(s64)-v));
		if (isnan(x))
			assert_true((narrow & 0x7fffffff) > 0x7f800000);
		else
			assert_int_equal(narrow, bits_of_float(f));
		if (!isnan(x))
			assert_true(tg_float_d_from_f(narrow) == bits_of((double)f));
		fits = x >= -9223372036854775808.0 && x < 9223372036854775808.0;
		assert_int_equal(tg_float_to_s64(d, &r), fits);
		if (fits)
			assert_true(r == (u64)(s64)x);
		fits = x > -1 && x < 18446744073709551616.0;
		assert_int_equal(tg_float_to_u64(d, &r), fits);
		if (fits)
			assert_true(r == (u64)x);
	}
}

static void decimals(void **state)
{
	(void)state;
	for (int i = 0; i < 4000; i++) {
		u64 v = pick() & ~(1ull << 63);
		u32 precision = (u32)(next() % 61);
		char want[500], got[TG_DOUBLE_TEXT + 1];

		if (v > 0x7ff0000000000000)
			continue;
		snprintf(want, sizeof(want), "%.*f", (int)precision, as_double(v));
		got[tg_double_text(got, v, precision, false)] = '\0';
		assert_string_equal(got, want);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(arithmetic), cmocka_unit_test(made_up_nan),
		cmocka_unit_test(conversions),
		cmocka_unit_test(decimals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
