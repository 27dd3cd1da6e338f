// SPDX-License-Identifier: GPL-2.0
/* The local APIC's registers, xAPIC mode: this file's memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* machine_fake.c has these names, too. */
#define tg_hw_tsc		apic_os_tsc
#define tg_hw_apic_in_service	apic_os_in_service
#define tg_hw_apic_level	apic_os_level
#define tg_hw_apic_eoi		apic_os_eoi
#define tg_hw_apic_self_ipi	apic_os_self_ipi

#include "vcpu.h"

static u32 page[0x400];
static struct tg_platform platform = { .apic = page };
static struct tg_vcpu vcpu = { .platform = &platform };

/* IA32_APIC_BASE: xAPIC mode. */
#define x86_rdmsr(msr)	((u64)((msr) != TGX_MSR_APIC_BASE))
#define this_vcpu()	(&vcpu)

#include "../../arch/x86/apic.c"

static u32 *at(u32 number)
{
	return &page[number * 4];
}

static void set(u32 number, u8 vector)
{
	*at(number + vector / 32) |= 1u << vector % 32;
}

static int setup(void **state)
{
	(void)state;
	memset(page, 0, sizeof(page));
	return 0;
}

static void test_self_ipi(void **state)
{
	(void)state;
	set(TGX_APIC_IRR, 0xed);
	set(TGX_APIC_ISR, 0xec);
	tg_hw_apic_self_ipi(0xec);
	assert_int_equal(*at(TGX_APIC_ICR), 0x440ec);
}

/*
 * An edge would clear the TMR bit of a level-triggered one that waits (SDM "Interrupt
 * Acceptance for Fixed Interrupts"), and its end not reach the I/O APIC.
 */
static void test_int_noloss_self_ipi_of_a_level(void **state)
{
	(void)state;
	set(TGX_APIC_IRR, 0x41);
	set(TGX_APIC_TMR, 0x41);
	tg_hw_apic_self_ipi(0x41);
	assert_int_equal(*at(TGX_APIC_ICR), 0);
	tg_hw_apic_self_ipi(0x42);
	assert_int_equal(*at(TGX_APIC_ICR), 0x44042);
}

#define T(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_self_ipi), T(test_int_noloss_self_ipi_of_a_level),
	};

	return cmocka_run_group_tests_name("arch_apic", tests, NULL, NULL);
}
