// SPDX-License-Identifier: GPL-2.0
/* Numbers: bases, prefixes, separators, and no saturation. */
#include <errno.h>

#include "cli_fake.h"

#define MAX64 (~0ull)

static void good(const char *text, unsigned int radix, __u64 expected)
{
	__u64 value = 0x5555;

	assert_int_equal(tg_number_parse(text, radix, MAX64, &value), 0);
	assert_int_equal(value, expected);
}

static void bad(const char *text, unsigned int radix, __u64 max, int rc)
{
	__u64 value = 0x5555;

	assert_int_equal(tg_number_parse(text, radix, max, &value), rc);
	assert_int_equal(value, 0x5555);
}

static void test_bases(void **state)
{
	(void)state;
	good("490", 16, 0x490);
	good("490", 10, 490);
	good("0x490", 10, 0x490);
	good("x490", 10, 0x490);
	good("X490", 10, 0x490);
	good("\\x490", 10, 0x490);
	good("0n490", 16, 490);
	good("n490", 16, 490);
	good("N490", 16, 490);
	good("\\n490", 16, 490);
	good("DeadBeef", 16, 0xdeadbeef);
	good("0", 16, 0);
	good("00", 16, 0);
	good("000000000000000000000001", 16, 1);
}

static void test_backticks(void **state)
{
	(void)state;
	good("ffffffff`80000000", 16, 0xffffffff80000000ull);
	good("0n1`000`000", 16, 1000000);
	good("1`", 16, 1);
	bad("`", 16, MAX64, -EINVAL);
	bad("`1", 16, MAX64, -EINVAL);
}

static void test_malformed(void **state)
{
	static const char *const texts[] = {
		"", "g", "0x", "x", "0n", "n", "\\x", "\\", "-1", "+1", "1 ", " 1", "0xg", "0na",
		"1.5", "0x0x1", "12z", "0n12a", "#1", "0b1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		/* 0b1 is a hexadecimal number */
		if (strcmp(texts[i], "0b1"))
			bad(texts[i], 16, MAX64, -EINVAL);
		bad(texts[i], 10, MAX64, -EINVAL);
	}
	bad("a", 10, MAX64, -EINVAL);
	bad("0n1a", 16, MAX64, -EINVAL);
}

static void test_limits(void **state)
{
	(void)state;
	good("ffffffffffffffff", 16, MAX64);
	good("0n18446744073709551615", 16, MAX64);
	bad("10000000000000000", 16, MAX64, -ERANGE);
	bad("0n18446744073709551616", 16, MAX64, -ERANGE);
	bad("99999999999999999999999999", 16, MAX64, -ERANGE);
	bad("100", 16, 0xff, -ERANGE);
	bad("99999999999999999999999999z", 16, MAX64, -EINVAL);
}

static void test_prefix(void **state)
{
	(void)state;
	assert_true(tg_number_has_prefix("0x1"));
	assert_true(tg_number_has_prefix("0n1"));
	assert_true(tg_number_has_prefix("\\n1"));
	assert_false(tg_number_has_prefix("490"));
	assert_false(tg_number_has_prefix("0"));
}

static void test_bytes(void **state)
{
	__u64 value;

	(void)state;
	assert_int_equal(tg_number_bytes("4096", &value), 0);
	assert_int_equal(value, 4096);
	assert_int_equal(tg_number_bytes("64k", &value), 0);
	assert_int_equal(value, 65536);
	assert_int_equal(tg_number_bytes("2M", &value), 0);
	assert_int_equal(value, 2 << 20);
	assert_int_equal(tg_number_bytes("", &value), -EINVAL);
	assert_int_equal(tg_number_bytes("K", &value), -EINVAL);
	assert_int_equal(tg_number_bytes("-1", &value), -EINVAL);
	assert_int_equal(tg_number_bytes("1G", &value), -EINVAL);
	assert_int_equal(tg_number_bytes("1MM", &value), -EINVAL);
	assert_int_equal(tg_number_bytes("99999999999999999999", &value), -ERANGE);
	assert_int_equal(tg_number_bytes("18446744073709551615M", &value), -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bases),
		cmocka_unit_test(test_backticks),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests_name("lib_number", tests, NULL, NULL);
}
