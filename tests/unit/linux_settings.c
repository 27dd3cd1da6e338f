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

#define READ_ONCE(x)		tg_read(x)

static const unsigned int nr_cpu_ids = 4;
static struct tg_vcpu vcpu;		/* of CPU 1; 0 has none, 2 does not exist */

static bool cpu_possible(unsigned int cpu)
{
	return cpu != 2;
}

static struct tg_vcpu *tg_vmm_vcpu(unsigned int cpu)
{
	return cpu == 1 ? &vcpu : NULL;
}

static void *memchr_inv(const void *start, int c, size_t size)
{
	const u8 *p = start;

	for (; size && *p == c; p++)
		size--;
	return size ? (void *)(uintptr_t)p : NULL;
}

long tg_settings_set(struct tg_set *set);
long tg_settings_stats(struct tg_stats *t);

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
	set = (struct tg_set){ .size = sizeof(set), .setting = TG_SET_FUEL, .value = 1 };
	set.flags = 2;
	assert_int_equal(tg_settings_set(&set), -EINVAL);
	set.flags = 0;
	set.reserved = 1;
	assert_int_equal(tg_settings_set(&set), -EINVAL);
	assert_int_equal(config.fuel, 100000);
}

/* ---- statistics --------------------------------------------------------------------- */

/* The layout is the ABI's: it must never change. */
static void test_layout(void **state)
{
#define AT(member, offset) assert_int_equal(offsetof(struct tg_stats, member), offset)
	(void)state;
	AT(exits, 16);
	AT(exits_exception, 24);
	AT(exits_interrupt, 32);
	AT(exits_nmi, 40);
	AT(exits_window, 48);
	AT(exits_other, 56);
	AT(injected_exceptions, 64);
	AT(injected_interrupts, 72);
	AT(injected_nmis, 80);
	AT(queued_interrupts, 88);
	AT(swallowed, 96);
	AT(root_nmis, 104);
	AT(vmreads, 112);
	AT(vmwrites, 120);
	AT(flushes, 128);
	AT(atomics, 136);
	assert_int_equal(sizeof(struct tg_stats), 168);
}

static long stats(struct tg_stats *t, u32 cpu)
{
	*t = (struct tg_stats){ .size = sizeof(*t), .cpu = cpu };
	return tg_settings_stats(t);
}

static void test_stats(void **state)
{
	struct tg_stats t;

	(void)state;
	vcpu = (struct tg_vcpu){ .state = TG_VCPU_IN, .core = {
		.exits = 100, .exits_exception = 1, .exits_interrupt = 2, .exits_nmi = 4,
		.exits_window = 8, .injected_exceptions = 9, .injected_interrupts = 10,
		.injected_nmis = 11, .queued_interrupts = 12, .swallowed_events = 13,
		.root_nmis = 14, .vmreads = 15, .vmwrites = 16, .flushes = 17, .atomics = 18,
	} };
	assert_int_equal(stats(&t, 1), 0);
	assert_memory_equal(&t, (&(struct tg_stats){
		.size = sizeof(t), .cpu = 1, .virtualised = 1,
		.exits = 100, .exits_exception = 1, .exits_interrupt = 2, .exits_nmi = 4,
		.exits_window = 8, .exits_other = 85, .injected_exceptions = 9,
		.injected_interrupts = 10, .injected_nmis = 11, .queued_interrupts = 12,
		.swallowed = 13, .root_nmis = 14, .vmreads = 15, .vmwrites = 16, .flushes = 17,
		.atomics = 18,
	}), sizeof(t));
	assert_int_equal(stats(&t, 0), 0);
	assert_int_equal(t.virtualised, 0);
	assert_int_equal(t.exits, 0);
	assert_int_equal(stats(&t, 2), -ENXIO);
	assert_int_equal(stats(&t, 4), -ENXIO);
	t = (struct tg_stats){ .size = sizeof(t), .cpu = 1, .flags = 1 };
	assert_int_equal(tg_settings_stats(&t), -EINVAL);
	t = (struct tg_stats){ .size = sizeof(t), .cpu = 1, .reserved[0] = 1 };
	assert_int_equal(tg_settings_stats(&t), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_values, setup),
		cmocka_unit_test_setup(test_places, setup),
		cmocka_unit_test_setup(test_unknown, setup),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_stats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
