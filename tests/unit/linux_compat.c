// SPDX-License-Identifier: GPL-2.0
/*
 * How VT-x is claimed on a kernel that has the functions for it by name only:
 * linux/compat.h with a kernel of a few lines.
 */
#include <stdio.h>

#include "core_world.h"

#define KERNEL_VERSION(a, b, c)		(((a) << 16) + ((b) << 8) + (c))
#define LINUX_VERSION_CODE		KERNEL_VERSION(7, 3, 4)
#define TG_CLAIM_BY_NAME
#define MSR_IA32_VMX_MISC		0x485
#define X86_FEATURE_INTEL_PT		25
#define pr_warn(text)			snprintf(fake.warned, sizeof(fake.warned), "%s", text)

static struct {
	bool has_cr4, has_pt_call;		/* what the kernel exports */
	bool pt;				/* the processor has Processor Trace */
	bool misc_fails;
	u32 misc;				/* IA32_VMX_MISC, low half */
	int gets, puts;
	char last[160];				/* what was called, in order */
	char warned[200];
} fake;

static void note(const char *what, unsigned long a, unsigned long b)
{
	size_t used = strlen(fake.last);

	snprintf(fake.last + used, sizeof(fake.last) - used, "%s(%lx,%lx) ", what, a, b);
}

static void update(unsigned long set, unsigned long clear)
{
	note("cr4", set, clear);
}

static void tell(int on)
{
	note("pt", (unsigned long)on, 0);
}

static void *__symbol_get(const char *name)
{
	void (*cr4)(unsigned long, unsigned long) = update;
	void (*pt)(int) = tell;

	if (!strcmp(name, "cr4_update_irqsoff") && fake.has_cr4) {
		fake.gets++;
		return (void *)cr4;
	}
	if (!strcmp(name, "intel_pt_handle_vmx") && fake.has_pt_call) {
		fake.gets++;
		return (void *)pt;
	}
	return NULL;
}

static void __symbol_put(const char *name)
{
	assert_true(!strcmp(name, "cr4_update_irqsoff") ? fake.has_cr4 :
		    !strcmp(name, "intel_pt_handle_vmx") && fake.has_pt_call);
	fake.puts++;
}

static bool boot_cpu_has(int feature)
{
	assert_int_equal(feature, X86_FEATURE_INTEL_PT);
	return fake.pt;
}

static int rdmsr_safe(u32 msr, u32 *low, u32 *high)
{
	assert_int_equal(msr, MSR_IA32_VMX_MISC);
	*low = fake.misc;
	*high = 0;
	return fake.misc_fails ? -5 : 0;
}

#include "../../linux/compat.h"

static int setup(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	fake.has_cr4 = true;
	return 0;
}

static void test_both_are_called_in_order(void **state)
{
	struct tg_claim c;

	(void)state;
	fake.has_pt_call = true;
	fake.pt = true;
	assert_null(tg_claim_find(&c));
	tg_claim_set(&c, 0x2000);
	tg_claim_clear(&c, 0x2000);
	assert_string_equal(fake.last, "pt(1,0) cr4(2000,0) cr4(0,2000) pt(0,0) ");
	assert_string_equal(fake.warned, "");
	tg_claim_forget(&c);
	assert_int_equal(fake.gets, 2);
	assert_int_equal(fake.puts, 2);
	tg_claim_forget(&c);
	assert_int_equal(fake.puts, 2);
}

static void test_without_cr4_refused(void **state)
{
	struct tg_claim c = { 0 };
	const char *why;

	(void)state;
	fake.has_cr4 = false;
	fake.has_pt_call = true;
	why = tg_claim_find(&c);
	assert_non_null(why);
	assert_non_null(strstr(why, "cr4_update_irqsoff()"));
	assert_int_equal(fake.gets, fake.puts);
	tg_claim_forget(&c);		/* nothing is held */
	assert_int_equal(fake.gets, fake.puts);
}

static void test_trace_cannot_be_told(void **state)
{
	struct tg_claim c;

	(void)state;
	fake.pt = true;
	fake.misc = ~TG_VMX_MISC_PT;
	assert_null(tg_claim_find(&c));
	assert_non_null(strstr(fake.warned, "intel_pt"));
	tg_claim_set(&c, 0x2000);
	tg_claim_clear(&c, 0x2000);
	assert_string_equal(fake.last, "cr4(2000,0) cr4(0,2000) ");
	tg_claim_forget(&c);
	assert_int_equal(fake.puts, 1);
}

static void test_trace_needs_no_telling(void **state)
{
	struct tg_claim c;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		fake.pt = i != 0;		/* no trace; trace goes on; no such MSR */
		fake.misc = i == 1 ? TG_VMX_MISC_PT : 0;
		fake.misc_fails = i == 2;
		assert_null(tg_claim_find(&c));
		assert_string_equal(fake.warned, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_both_are_called_in_order, setup),
		cmocka_unit_test_setup(test_without_cr4_refused, setup),
		cmocka_unit_test_setup(test_trace_cannot_be_told, setup),
		cmocka_unit_test_setup(test_trace_needs_no_telling, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
