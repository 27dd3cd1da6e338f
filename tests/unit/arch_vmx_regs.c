// SPDX-License-Identifier: GPL-2.0
/* VT-x: registers that scripts set, and what of them is possible. The processor is vmx_fake.c. */
#include "vmx_fake.h"

#include "../../arch/x86/guest_regs.h"
#include "action.h"
#include "machine.h"

static const struct tg_ram ram = { .start = 0x1000, .end = 0x10000000 };

static int setup(void **state)
{
	fake_setup(state);
	fake_arm();
	platform.pte_mask = 0x000ffffffffff000;
	platform.ram = &ram;
	platform.nr_ram = 1;
	return 0;
}

static int set(u32 reg, u64 value)
{
	return tg_guest_register_set(&vcpu.core, NULL, reg, value);
}

static u64 get(u32 reg)
{
	u64 value;

	assert_int_equal(tg_guest_register_get(&vcpu.core, reg, &value), 0);
	return value;
}

/* A VM entry leaves CD and NW as root mode has them: nothing would change. */
static void test_cr0(void **state)
{
	const u64 cr0 = 0x80050033;

	(void)state;
	assert_int_equal(get(TG_REG_CR0), cr0);
	assert_int_equal(set(TG_REG_CR0, cr0 & ~(1ull << 16)), 0);	/* WP */
	assert_int_equal(*fake_field(VMCS_GUEST_CR0), cr0 & ~(1ull << 16));
	assert_int_equal(vmx_fake.invvpid, 1);
	assert_int_equal(set(TG_REG_CR0, cr0 | 1ull << 30), -1);	/* CD */
	assert_int_equal(set(TG_REG_CR0, cr0 | 3ull << 29), -1);	/* CD NW */
	assert_int_equal(set(TG_REG_CR0, cr0 & ~(1ull << 5)), -1);	/* NE */
	assert_int_equal(*fake_field(VMCS_GUEST_CR0), cr0 & ~(1ull << 16));
}

/* Linear address masking stays what the kernel has made it. */
static void test_cr3(void **state)
{
	const u64 lam = 1ull << 61;

	(void)state;
	assert_int_equal(set(TG_REG_CR3, 0x5000), 0);
	assert_int_equal(set(TG_REG_CR3, lam | 0x5000), -1);
	*fake_field(VMCS_GUEST_CR3) = lam | 0x1234000;
	assert_int_equal(set(TG_REG_CR3, get(TG_REG_CR3)), 0);
	assert_int_equal(*fake_field(VMCS_GUEST_CR3), lam | 0x1234000);
	assert_int_equal(set(TG_REG_CR3, lam << 1 | 0x5000), -1);
	assert_int_equal(set(TG_REG_CR3, 1ull << 60 | 0x5000), -1);
	assert_int_equal(set(TG_REG_CR3, 0x20000000), -1);		/* no RAM */
}

/* The bits that are ours are read from the shadow and stay. */
static void test_cr4(void **state)
{
	(void)state;
	*fake_field(VMCS_CR4_SHADOW) = 0;
	assert_int_equal(get(TG_REG_CR4), 0x3706e0);
	vmx_set_field(&vcpu, FIELD_CR4, 0x2706e0);			/* without SMEP */
	assert_int_equal(*fake_field(VMCS_GUEST_CR4), 0x2726e0);
	assert_int_equal(set(TG_REG_CR4, 0x2726e0), -1);		/* VMXE */
}

/* No VPID: an entry flushes by itself. */
static void test_tlb_without_vpid(void **state)
{
	(void)state;
	vcpu.vmx.ctls.vpid = false;
	assert_int_equal(set(TG_REG_CR3, 0x5000), 0);
	assert_int_equal(vmx_fake.invvpid, 0);
	assert_int_equal(vcpu.core.flushes, 1);
}

/* SDM "Checks on Guest Non-Register State": what follows from RIP and RFLAGS. */
static void test_inj_penddbg_fit(void **state)
{
	(void)state;
	*fake_field(VMCS_GUEST_BLOCKING) = 1;			/* STI */
	assert_int_equal(set(TG_REG_RFLAGS, 2), 0);		/* IF=0 */
	assert_int_equal(*fake_field(VMCS_GUEST_BLOCKING), 0);
	*fake_field(VMCS_GUEST_BLOCKING) = 2;			/* MOV SS */
	assert_int_equal(set(TG_REG_RFLAGS, 0x102), 0);		/* TF */
	assert_int_equal(*fake_field(VMCS_GUEST_PENDING_DB), 0x4000);
	assert_int_equal(*fake_field(VMCS_GUEST_BLOCKING), 2);
	assert_int_equal(set(TG_REG_RIP, 0x402000), 0);
	assert_int_equal(*fake_field(VMCS_GUEST_BLOCKING), 0);
	*fake_field(VMCS_GUEST_ACTIVITY) = 1;			/* halted */
	assert_int_equal(set(TG_REG_RFLAGS, 2), 0);
	assert_int_equal(*fake_field(VMCS_GUEST_PENDING_DB), 0);
}

/* An entry that injects an interrupt needs IF. */
static void test_rflags_of_an_interrupt(void **state)
{
	(void)state;
	INJECTED = INFO(TG_TYPE_INTERRUPT, 0x30);
	assert_int_equal(set(TG_REG_RFLAGS, 2), -1);
	assert_int_equal(set(TG_REG_RFLAGS, 0x202), 0);
	INJECTED = FAULT(6);
	assert_int_equal(set(TG_REG_RFLAGS, 2), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		T(test_cr0), T(test_cr3), T(test_cr4), T(test_tlb_without_vpid),
		T(test_inj_penddbg_fit), T(test_rflags_of_an_interrupt),
	};

	return cmocka_run_group_tests_name("arch_vmx_regs", tests, NULL, NULL);
}
