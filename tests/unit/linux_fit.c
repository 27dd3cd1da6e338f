// SPDX-License-Identifier: GPL-2.0
/*
 * What is refused of machines and kernels, in words, and what root mode owes to the kernel's
 * mitigations (linux/fit.c).
 */
#include "core_world.h"

#include "../../arch/x86/asm_offsets.h"
#include "../../linux/fit.h"

static void refused(struct tg_facts f, int err, const char *sentence)
{
	const char *why = NULL;

	assert_int_equal(tg_fit(&f, &why), err);
	assert_string_equal(why, sentence);
}

#define PV	"this is a Xen PV guest: it has no virtualization of its own; use an HVM or " \
		"PVH guest"
#define CALLS	"the kernel counts call depth in every function (retbleed=stuff), root " \
		"mode's included: boot with retbleed=auto"
#define INVLPGB	"the kernel flushes the TLBs of other CPUs with INVLPGB, which a guest cannot " \
		"do for a host: boot with clearcpuid=invlpgb"
#define FRED	"the kernel uses FRED event delivery, which is not supported yet: boot with " \
		"fred=off"

static void test_refuse(void **state)
{
	(void)state;
	refused((struct tg_facts){ .locked_down = true }, -1,
		"the kernel is locked down (see kernel_lockdown(7)): a hypervisor would be a way "
		"around it");
	refused((struct tg_facts){ .xen_pv = true }, -95, PV);
	refused((struct tg_facts){ .encrypted = true }, -95,
		"this is an encrypted guest (SEV or TDX): a hypervisor inside of it cannot reach "
		"its state");
	refused((struct tg_facts){ .call_depth = true }, -95, CALLS);
	refused((struct tg_facts){ .invlpgb = true }, -95, INVLPGB);
	refused((struct tg_facts){ .fred = true }, -95, FRED);
}

/* Of several reasons the one that a boot option does not mend. */
static void test_refuse_first_reason(void **state)
{
	(void)state;
	refused((struct tg_facts){ .xen_pv = true, .call_depth = true, .fred = true }, -95, PV);
	refused((struct tg_facts){ .call_depth = true, .invlpgb = true, .fred = true }, -95,
		CALLS);
}

static void test_fits(void **state)
{
	const struct tg_facts f = {
		.kernel_ibrs = true, .clear_cpu_buf = true,
	};
	const char *why = NULL;

	(void)state;
	assert_int_equal(tg_fit(&f, &why), 0);
	assert_null(why);
}

static void test_slow(void **state)
{
	(void)state;
	assert_int_equal(tg_fit_slow(&(struct tg_facts){ 0 }), 0);
	assert_int_equal(tg_fit_slow(&(struct tg_facts){ .kernel_ibrs = true }), SLOW_IBRS);
	assert_int_equal(tg_fit_slow(&(struct tg_facts){ .clear_cpu_buf = true }), SLOW_VERW);
	assert_int_equal(tg_fit_slow(&(struct tg_facts){ .divider_leaks = true }), SLOW_DIVIDER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_refuse_first_reason),
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_slow),
	};

	return cmocka_run_group_tests_name("linux_fit", tests, NULL, NULL);
}
