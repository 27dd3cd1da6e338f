// SPDX-License-Identifier: GPL-2.0
/*
 * VT-x: out of operation, write by write, as the order is what is right or wrong there. The
 * processor is vmx_fake.c.
 */
#include "vmx_fake.h"

#include "../../arch/x86/vmx/leave.c"

static u64 gdt[16];

void tg_apic_init_self(void)
{
	fake_log("init");
}

static int setup(void **state)
{
	fake_setup(state);
	fake_arm();
	memset(gdt, 0, sizeof(gdt));
	gdt[8] = 0x8bull << 40;			/* a busy TSS */
	vcpu.gdt_rw = (u64)gdt;
	vcpu.host_cr4 = 0x26f0;
	vcpu.cr2 = 0xdead000;
	vcpu.kernel_gs = 0xffff888000005000;
	platform.root_cr3 = 0x9000;
	platform.pgd_shift = 39;
	platform.pte_mask = 0x000ffffffffff000;
	*fake_field(VMCS_GUEST_TR) = 0x40;
	*fake_field(VMCS_GUEST_GDTR_BASE) = 0x100000;
	*fake_field(VMCS_GUEST_IDTR_BASE) = 0x200000;
	*fake_field(VMCS_GUEST_SYSENTER_CS) = 0x10;
	*fake_field(VMCS_GUEST_SYSENTER_ESP) = 0x20;
	*fake_field(VMCS_GUEST_SYSENTER_EIP) = 0x30;
	*fake_field(VMCS_GUEST_FS_BASE) = 0x3000;
	*fake_field(VMCS_GUEST_GS_BASE) = 0x5000;
	*fake_field(VMCS_GUEST_DEBUGCTL) = 1;
	*fake_field(VMCS_GUEST_DR7) = 0x402;
	fake_msr(TGX_MSR_FS_BASE, 0);
	fake_msr(TGX_MSR_GS_BASE, 0);
	fake_msr(TGX_MSR_SYSENTER_CS, 0);
	fake_msr(TGX_MSR_SYSENTER_ESP, 0);
	fake_msr(TGX_MSR_SYSENTER_EIP, 0);
	fake_msr(TGX_MSR_DEBUGCTL, 0);
	return 0;
}

/*
 * All global translations go (CR4.PGE off), on the tables to stay on; LIDT, LTR and LGDT in
 * the order that an NMI can live with; nothing can be raised by DR7 before all is back.
 */
static void test_tlb_leaving(void **state)
{
	char wanted[600];

	(void)state;
	tg_vmx_leave(&vcpu);
	snprintf(wanted, sizeof(wanted),
		 "vmclear, vmxoff, cr0 80050033, cr4 2670, cr3 1234000, cr4 3726e0, cr3 1234000, "
		 "gdtr %llx, ldtr 0, ds 0, es 0, fs 0, msrc0000100 3000, msr174 10, msr175 20, "
		 "msr176 30, msr1d9 1, cr2 dead000, gs 0, msrc0000101 5000, idtr 200000, tr 40, "
		 "gdtr 100000, dr7 402", (unsigned long long)vcpu.gdt_rw);
	assert_string_equal(vmx_fake.log, wanted);
	assert_int_equal(gdt[8], 0x89ull << 40);
	assert_int_equal(vcpu.state, TG_VCPU_LEFT);
	assert_int_equal(vcpu.rip, RIP);
	assert_int_equal(vcpu.reg[REG_RSP], 0x7ffc0000);
	assert_int_equal(vcpu.rflags, 0x202);
}

/* What is switched only where the processor has it. */
static void test_leave_cet_and_lbr(void **state)
{
	(void)state;
	vcpu.vmx.ctls.cet = true;
	vcpu.vmx.ctls.lbr = true;
	*fake_field(VMCS_GUEST_S_CET) = 0xc04;
	*fake_field(VMCS_GUEST_ISST) = 0x7000;
	*fake_field(VMCS_GUEST_LBR_CTL) = 0x7f0001;
	fake_msr(TGX_MSR_S_CET, 0);
	fake_msr(TGX_MSR_LBR_CTL, 0);
	tg_vmx_leave(&vcpu);			/* no shadow stacks: no such MSR */
	assert_non_null(strstr(vmx_fake.log, "msr6a2 c04, msr14ce 7f0001, msr1d9 1"));
	fake_msr(TGX_MSR_ISST, 0);
	vcpu.vmx.has_isst = true;
	vmx_fake.length = 0;
	tg_vmx_leave(&vcpu);
	assert_non_null(strstr(vmx_fake.log, "msr6a2 c04, msr6a8 7000, msr14ce 7f0001"));
}

/* INIT: the SIPI follows at once. No interrupt is raised that INIT forgets anyway. */
static void test_leave_init(void **state)
{
	(void)state;
	tg_vecset_add(&vcpu.core.swallowed, 0x30);
	vcpu.departure.init = true;
	fake_until_end(tg_vmx_leave);
	assert_string_equal(vmx_fake.log, "vmclear, vmxoff, init, halt");
	assert_int_equal(machine_fake.nr_ipi, 0);
	assert_int_equal(vcpu.state, TG_VCPU_LEFT);
}

static void broken(struct tg_vcpu *v)
{
	vmx_fatal(v, "broken");
}

/*
 * The last words are the kernel's to say, on its own tables. With the guest between an
 * indirect jump and its ENDBR, root mode's next jump would be a #CP.
 */
static void test_fatal(void **state)
{
	(void)state;
	vcpu.vmx.ctls.cet = true;
	vcpu.vmx.ctls.lbr = true;
	*fake_field(VMCS_GUEST_S_CET) = 0xc04;
	*fake_field(VMCS_GUEST_LBR_CTL) = 1;
	fake_msr(TGX_MSR_S_CET, 0);
	fake_msr(TGX_MSR_LBR_CTL, 0);
	fake_until_end(broken);
	assert_string_equal(vcpu.departure.what, "broken");
	assert_non_null(strstr(vmx_fake.log, "cr4 2670, cr3 9000, cr4 2226f0, cr3 9000, "));
	assert_non_null(strstr(vmx_fake.log, "msr6a2 4, msr14ce 0, msr1d9 0"));
	assert_non_null(strstr(vmx_fake.log, "msrc0000101 ffff888000005000"));
	assert_non_null(strstr(vmx_fake.log, "dr7 400, fatal"));
	vmx_fake.length = 0;
	fake_until_end(broken);			/* a second time: nothing is left to try */
	assert_string_equal(vmx_fake.log, "halt");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		T(test_tlb_leaving), T(test_leave_cet_and_lbr), T(test_leave_init), T(test_fatal),
	};

	return cmocka_run_group_tests_name("arch_vmx_leave", tests, NULL, NULL);
}
