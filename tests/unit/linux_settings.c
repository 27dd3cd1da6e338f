// SPDX-License-Identifier: GPL-2.0
/*
 * Settings and statistics as the module answers them: linux/settings.c with a kernel
 * of a few lines, which stands in for linux/tg.h.
 */
#include <errno.h>
#include <stdio.h>

#include "core_world.h"
#include "hv.h"

#define TG_LINUX_TG_H
#define ARRAY_SIZE(a)		TG_ARRAY_SIZE(a)
#define WRITE_ONCE(x, v)	tg_write(x, v)

static struct tg_config config;
static bool jit;

static struct tg_config *tg_vmm_config(void)
{
	return &config;
}

static bool tg_jit_is_on(void)
{
	return jit;
}

static void tg_jit_switch(bool on)
{
	jit = on;
}

static long tg_refuse(char *reason, long err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(reason, TG_REASON_LEN, format, ap);
	va_end(ap);
	return err;
}

long tg_settings_set(struct tg_set *set);

#include "../../linux/settings.c"

static struct tg_set set;

static long change(u32 number, u64 value)
{
	set = (struct tg_set){ .size = sizeof(set), .setting = number, .value = value };
	return tg_settings_set(&set);
}

static u64 ask(u32 number)
{
	set = (struct tg_set){ .size = sizeof(set), .setting = number, .flags = TG_SETF_GET };
	assert_int_equal(tg_settings_set(&set), 0);
	return set.value;
}

/* The numbers are the ABI's: they must never change. */
static const struct {
	u32 number;
	const char *name;
	u64 min, max, start;
} rows[] = {
	{ 1, "swallow-limit", 1, 1000000, 1000 },
	{ 16, "fuel", 1, 1000000000, 100000 },
	{ 17, "script-time", 1, 1000, 10 },
	{ 18, "script-errors", 1, 1000000, 100 },
	{ 19, "allow-write-protect", 0, 1, 0 },
	{ 20, "jit", 0, 1, 1 },
};

static int setup(void **state)
{
	(void)state;
	tg_config_defaults(&config);
	jit = TG_DEFAULT_JIT;
	return 0;
}

static void test_values(void **state)
{
	char sentence[TG_REASON_LEN];

	(void)state;
	for (size_t i = 0; i < TG_ARRAY_SIZE(rows); i++) {
		assert_int_equal(ask(rows[i].number), rows[i].start);
		snprintf(sentence, sizeof(sentence), "%s is a number from %llu to %llu (decimal)",
			 rows[i].name, (unsigned long long)rows[i].min,
			 (unsigned long long)rows[i].max);
		assert_int_equal(change(rows[i].number, rows[i].max + 1), -EINVAL);
		assert_string_equal(set.reason, sentence);
		assert_int_equal(change(rows[i].number, rows[i].min - 1), -EINVAL);
		assert_string_equal(set.reason, sentence);
		assert_int_equal(ask(rows[i].number), rows[i].start);
		assert_int_equal(change(rows[i].number, rows[i].max), 0);
		assert_int_equal(ask(rows[i].number), rows[i].max);
		assert_int_equal(change(rows[i].number, rows[i].min), 0);
		assert_int_equal(ask(rows[i].number), rows[i].min);
	}
}

/* Each value where it is read. */
static void test_places(void **state)
{
	(void)state;
	assert_int_equal(TG_SET_SCRIPT_FUEL, 16);
	change(TG_SET_SWALLOW_LIMIT, 2);
	change(TG_SET_FUEL, 3);
	change(TG_SET_SCRIPT_TIME, 4);
	change(TG_SET_SCRIPT_ERRORS, 5);
	change(TG_SET_ALLOW_WRITE_PROTECT, 1);
	change(TG_SET_JIT, 0);
	assert_int_equal(config.swallow_limit, 2);
	assert_int_equal(config.fuel, 3);
	assert_int_equal(config.script_time, 4);
	assert_int_equal(config.script_errors, 5);
	assert_int_equal(config.allow_write_protect, 1);
	assert_false(jit);
}

static void test_unknown(void **state)
{
	static const u32 none[] = { 0, 2, 15, 1u << 16, TG_ALL };

	(void)state;
	for (size_t i = 0; i < TG_ARRAY_SIZE(none); i++) {
		assert_int_equal(change(none[i], 1), -EINVAL);
		assert_string_equal(set.reason,
				    "unknown setting or flags, or reserved members set");
	}
	set = (struct tg_set){ .size = sizeof(set), .setting = TG_SET_FUEL, .value = 1, .flags = 2 };
	assert_int_equal(tg_settings_set(&set), -EINVAL);
	set.flags = 0;
	set.reserved = 1;
	assert_int_equal(tg_settings_set(&set), -EINVAL);
	assert_int_equal(config.fuel, 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_values, setup),
		cmocka_unit_test_setup(test_places, setup),
		cmocka_unit_test_setup(test_unknown, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
