// SPDX-License-Identifier: GPL-2.0
/* VT-x: exits as the manual describes them, from the exit reason to the entry's fields. */
#include "vmx_fake.h"

#define WINDOWS	(VMX_PROC_INT_WINDOW | VMX_PROC_NMI_WINDOW | VMX_PROC_MTF)

static u64 rip(void)
{
	return *fake_field(VMCS_GUEST_RIP);
}

static void kernel(void)
{
	*fake_field(VMCS_GUEST_SS_AR) = 0xc093;
}

/* An exit for an instruction of that length at RIP. */
static int insn(u32 reason, u32 length)
{
	*fake_field(VMCS_GUEST_RIP) = RIP;
	*fake_field(VMCS_EXIT_LENGTH) = length;
	return fake_exit(reason);
}

/* ---- instructions ---------------------------------------------------------- */

static void test_exit_base_cpuid(void **state)
{
	(void)state;
	fake_arm();
	vcpu.reg[REG_RAX] = 0xffffffff00000001;
	assert_int_equal(insn(VMX_REASON_CPUID, 2), VMX_RESUME);
	assert_int_equal(vcpu.reg[REG_RAX], 0);
	assert_int_equal(vcpu.reg[REG_RCX], 1u << 5 | 1u << 27);	/* the guest's OSXSAVE */
	assert_int_equal(rip(), RIP + 2);
	vcpu.reg[REG_RAX] = 7;
	vcpu.reg[REG_RCX] = 0;
	vmx_fake.cpuid_7_ecx = 1u << 4 | 1u << 3;
	insn(VMX_REASON_CPUID, 2);
	assert_int_equal(vcpu.reg[REG_RCX], 1u << 3);		/* its CR4.PKE is 0 */
	*fake_field(VMCS_GUEST_CR4) |= TGX_CR4_PKE;
	vcpu.reg[REG_RAX] = 7;
	vcpu.reg[REG_RCX] = 0;
	insn(VMX_REASON_CPUID, 2);
	assert_int_equal(vcpu.reg[REG_RCX], 1u << 4 | 1u << 3);
}

static void test_exit_base_cpuid_faulting(void **state)
{
	(void)state;
	fake_arm();
	platform.cpuid_faulting = true;
	fake_msr(TGX_MSR_MISC_FEATURES, 1);
	assert_int_equal(insn(VMX_REASON_CPUID, 2), VMX_RESUME);
	assert_int_equal(INJECTED, FAULT_ERROR(13));
	assert_int_equal(rip(), RIP);
	kernel();
	insn(VMX_REASON_CPUID, 2);
	assert_int_equal(rip(), RIP + 2);
}

/* Behind it: no shadow, no RF, and the guest's own single step. */
static void test_exit_skip(void **state)
{
	(void)state;
	fake_arm();
	*fake_field(VMCS_GUEST_RFLAGS) = 0x10302;
	*fake_field(VMCS_GUEST_BLOCKING) = 1;
	assert_int_equal(insn(VMX_REASON_MWAIT, 3), VMX_RESUME);
	assert_int_equal(rip(), RIP + 3);
	assert_int_equal(*fake_field(VMCS_GUEST_RFLAGS), 0x302);
	assert_int_equal(*fake_field(VMCS_GUEST_BLOCKING), 0);
	assert_int_equal(*fake_field(VMCS_GUEST_PENDING_DB), 0x4000);
	*fake_field(VMCS_GUEST_PENDING_DB) = 0;
	*fake_field(VMCS_GUEST_DEBUGCTL) = 2;			/* BTF */
	insn(VMX_REASON_MWAIT, 3);
	assert_int_equal(*fake_field(VMCS_GUEST_PENDING_DB), 0);
}

static void test_exit_base_vmx_instructions(void **state)
{
	static const u32 reasons[] = { 19, 20, 21, 22, 23, 24, 25, 27, 50, 53, 59 };

	(void)state;
	fake_arm();
	for (u32 i = 0; i < TG_ARRAY_SIZE(reasons); i++) {
		assert_int_equal(insn(reasons[i], 3), VMX_RESUME);
		assert_int_equal(INJECTED, FAULT(6));
		assert_int_equal(rip(), RIP);
	}
	assert_int_equal(insn(VMX_REASON_VMXOFF, 3), VMX_RESUME);	/* a program's */
	assert_int_equal(INJECTED, FAULT(6));
	kernel();
	assert_int_equal(insn(VMX_REASON_VMXOFF, 3), VMX_LEAVE);
	assert_int_equal(vcpu.state, TG_VCPU_LEFT);
	assert_int_equal(rip(), RIP + 3);
}

static void test_exit_base_getsec(void **state)
{
	(void)state;
	fake_arm();
	vcpu.reg[REG_RAX] = 0xffffffff00000000;			/* CAPABILITIES */
	assert_int_equal(insn(VMX_REASON_GETSEC, 2), VMX_RESUME);
	assert_int_equal(INJECTED, FAULT(6));			/* faults here */
	vcpu.reg[REG_RAX] = 4;
	assert_int_equal(insn(VMX_REASON_GETSEC, 2), VMX_RESUME);
	assert_int_equal(INJECTED, FAULT_ERROR(13));
	kernel();
	assert_int_equal(insn(VMX_REASON_GETSEC, 2), VMX_LEAVE);
	assert_int_equal(rip(), RIP);
}

static void test_exit_base_msrs(void **state)
{
	(void)state;
	fake_arm();
	fake_msr(0x40000000, 0x1111111122222222);
	vcpu.reg[REG_RCX] = 0x40000000;
	assert_int_equal(insn(VMX_REASON_RDMSR, 2), VMX_RESUME);
	assert_int_equal(vcpu.reg[REG_RAX], 0x22222222);
	assert_int_equal(vcpu.reg[REG_RDX], 0x11111111);
	assert_int_equal(rip(), RIP + 2);
	vcpu.reg[REG_RCX] = 0x40000001;
	insn(VMX_REASON_RDMSR, 2);
	assert_int_equal(INJECTED, FAULT_ERROR(13));
	assert_int_equal(*fake_field(VMCS_ENTRY_ERROR), 0);
	assert_int_equal(rip(), RIP);
}

static void test_exit_base_xsetbv(void **state)
{
	(void)state;
	fake_arm();
	vcpu.reg[REG_RAX] = 7;
	insn(VMX_REASON_XSETBV, 3);
	assert_int_equal(rip(), RIP + 3);
	vcpu.reg[REG_RAX] = 6;
	insn(VMX_REASON_XSETBV, 3);
	assert_int_equal(INJECTED, FAULT_ERROR(13));
	assert_int_equal(rip(), RIP);
}

/* ---- what ends it ---------------------------------------------------------- */

static void test_leave_init(void **state)
{
	(void)state;
	fake_arm();
	assert_int_equal(fake_exit(VMX_REASON_INIT), VMX_LEAVE);
	assert_true(vcpu.departure.init);
}

static void test_inj_triple(void **state)
{
	(void)state;
	fake_arm();
	assert_int_equal(fake_exit(VMX_REASON_TRIPLE), -1);
	assert_string_equal(vmx_fake.fatal, "triple fault");
	assert_true(vcpu.departure.triple);
}

/* A write of CR4 or CR0 that changes what is ours, by whether the tables map us. */
static void test_leave_control_registers(void **state)
{
	static u64 table[512] __attribute__((aligned(4096)));

	(void)state;
	fake_arm();
	*fake_field(VMCS_QUALIFICATION) = 4;
	platform.pgd_shift = 39;
	platform.pte_mask = 0x000ffffffffff000;
	platform.direct_map = (u64)table - 0x1234000;
	platform.direct_map_size = 1ull << 32;
	platform.text_entry = 0x5063;
	for (u32 i = 0; i < 512; i++)
		table[i] = 0x5063;
	assert_int_equal(insn(VMX_REASON_CR, 3), VMX_LEAVE);
	assert_int_equal(vcpu.state, TG_VCPU_LEFT);
	assert_int_equal(rip(), RIP);
	for (u32 i = 0; i < 512; i++)
		table[i] = 0x6063;
	*fake_field(VMCS_QUALIFICATION) = 0;		/* CR0 */
	assert_int_equal(insn(VMX_REASON_CR, 3), -1);
	assert_string_equal(vmx_fake.fatal, "CR0.PE, PG or NE cleared on page tables that do not "
			    "map the hypervisor");
}

/* ---- during the delivery of another event ---------------------------------- */

/* In IA-32e mode a #GP, or what ran into it. */
static void test_inj_nest_task_switch(void **state)
{
	(void)state;
	fake_arm();
	*fake_field(VMCS_QUALIFICATION) = 0x8000002b;
	assert_int_equal(fake_exit(VMX_REASON_TASK_SWITCH), VMX_RESUME);
	assert_int_equal(INJECTED, FAULT_ERROR(13));
	assert_int_equal(*fake_field(VMCS_ENTRY_ERROR), 0x28);
	*fake_field(VMCS_IDTV_INFO) = INFO(TG_TYPE_INTERRUPT, 0x30);
	fake_exit(VMX_REASON_TASK_SWITCH);
	assert_int_equal(INJECTED, INFO(TG_TYPE_INTERRUPT, 0x30));
}

static void nested(u32 first, u8 second)
{
	*fake_field(VMCS_IDTV_INFO) = first;
	fake_exception(VMX_REASON_EXCEPTION, second, 2, 0x5000);
	*fake_field(VMCS_IDTV_INFO) = 0;
}

static void test_inj_nest(void **state)
{
	(void)state;
	fake_hook(14, 0);
	nested(INFO(TG_TYPE_INTERRUPT, 0x30), 14);
	assert_int_equal(INJECTED, FAULT_ERROR(14));
	assert_int_equal(vmx_fake_get("cr2"), 0x5000);
	nested(FAULT_ERROR(13), 14);
	assert_int_equal(INJECTED, FAULT_ERROR(14));
	nested(FAULT_ERROR(14), 14);
	assert_int_equal(INJECTED, FAULT_ERROR(8));
	assert_int_equal(*fake_field(VMCS_ENTRY_ERROR), 0);
	nested(FAULT_ERROR(8), 14);
	assert_string_equal(vmx_fake.fatal,
			    "triple fault: an exception while #DF was being delivered");
}

/* Swallowed: the first event goes again, with its error code or length. */
static void test_inj_sc_second(void **state)
{
	(void)state;
	fake_hook(14, TG_EV_SWALLOW);
	*fake_field(VMCS_IDTV_ERROR) = 0x18;
	nested(FAULT_ERROR(13), 14);
	assert_int_equal(INJECTED, FAULT_ERROR(13));
	assert_int_equal(*fake_field(VMCS_ENTRY_ERROR), 0x18);
	*fake_field(VMCS_EXIT_LENGTH) = 2;
	nested(INFO(TG_TYPE_INT_N, 0x80), 14);
	assert_int_equal(INJECTED, INFO(TG_TYPE_INT_N, 0x80));
	assert_int_equal(*fake_field(VMCS_ENTRY_LENGTH), 2);
	/* an NMI: its blocking is not of one that was delivered */
	*fake_field(VMCS_GUEST_BLOCKING) = 8;
	nested(INFO(TG_TYPE_NMI, 2), 14);
	assert_int_equal(INJECTED, INFO(TG_TYPE_NMI, 2));
	assert_int_equal(*fake_field(VMCS_GUEST_BLOCKING), 0);
}

#define RF	0x10000u

/* Swallowed, with the RF that the exit has saved: that of the fault. */
static u64 rf_again(u32 first)
{
	*fake_field(VMCS_GUEST_RFLAGS) |= RF;
	nested(first, 14);
	assert_int_equal(INJECTED, first);
	return *fake_field(VMCS_GUEST_RFLAGS) & RF;
}

/* Software events push 0, faults 1; what came past our exits pushes 0. */
static void test_inj_rf_again(void **state)
{
	(void)state;
	fake_hook(14, TG_EV_SWALLOW);
	*fake_field(VMCS_EXIT_LENGTH) = 1;
	assert_int_equal(rf_again(INFO(TG_TYPE_INT_N, 0x80)), 0);
	assert_int_equal(rf_again(INFO(TG_TYPE_INT3_INTO, 3)), 0);
	assert_int_equal(rf_again(INFO(TG_TYPE_INT1, 1)), 0);
	assert_int_equal(rf_again(FAULT_ERROR(13)), RF);
	assert_int_equal(rf_again(FAULT(1)), 0);
	assert_int_equal(rf_again(INFO(TG_TYPE_INTERRUPT, 0x30)), 0);
}

/* Of what the last entry has injected, the exit before has read it: 1 within a REP. */
static void test_inj_rf_again_injected(void **state)
{
	static const u64 flags[] = { 0x202, 0x202 | RF };

	(void)state;
	fake_hook(14, TG_EV_SWALLOW);
	fake_hook(0xec, 0);
	fake_hook(1, TG_EV_PID);	/* of nobody: no record that reads RFLAGS */
	for (u32 i = 0; i < 2; i++) {
		*fake_field(VMCS_GUEST_RFLAGS) = flags[i];
		machine_fake.pending[0xec] = true;
		assert_int_equal(fake_exit(VMX_REASON_INTERRUPT), VMX_INJECTED);
		assert_int_equal(rf_again(INFO(TG_TYPE_INTERRUPT, 0xec)), flags[i] & RF);
		assert_int_equal(rf_again(INFO(TG_TYPE_INTERRUPT, 0xec)), flags[i] & RF);

		*fake_field(VMCS_GUEST_RFLAGS) = flags[i];
		*fake_field(VMCS_EXIT_INFO) = INFO(TG_TYPE_NMI, 2);
		fake_exit(VMX_REASON_EXCEPTION);
		assert_int_equal(rf_again(INFO(TG_TYPE_NMI, 2)), flags[i] & RF);

		*fake_field(VMCS_GUEST_RFLAGS) = flags[1 - i];	/* other than before */
		fake_exception(VMX_REASON_EXCEPTION, 1, 0, 0x4000);
		assert_int_equal(rf_again(FAULT(1)), flags[1 - i] & RF);
	}
}

/* A fault of IRET has ended blocking by NMI; swallowed, that IRET runs again (INJ-BIT12). */
static void test_inj_bit12(void **state)
{
	(void)state;
	fake_hook(13, TG_EV_SWALLOW);
	fake_hook(12, 0);
	*fake_field(VMCS_EXIT_INFO) = FAULT_ERROR(13) | VMX_INFO_UNBLOCK;
	fake_exit(VMX_REASON_EXCEPTION);
	assert_int_equal(INJECTED, 0);
	assert_int_equal(*fake_field(VMCS_GUEST_BLOCKING), 8);
	*fake_field(VMCS_GUEST_BLOCKING) = 0;
	*fake_field(VMCS_EXIT_INFO) = FAULT_ERROR(12) | VMX_INFO_UNBLOCK;
	fake_exit(VMX_REASON_EXCEPTION);
	assert_int_equal(INJECTED, FAULT_ERROR(12));		/* without that bit */
	assert_int_equal(*fake_field(VMCS_GUEST_BLOCKING), 0);
}

/* ---- #DB ------------------------------------------------------------------- */

/* What the delivery would have done, and the exit has not (INJ-DR6). */
static void test_inj_dr6(void **state)
{
	(void)state;
	fake_hook(1, 0);
	*fake_field(VMCS_GUEST_DR7) = 0x2402;			/* GD */
	*fake_field(VMCS_GUEST_DEBUGCTL) = 0x4003;
	vmx_fake_set("dr6", 0xffff0ff3);
	fake_exception(VMX_REASON_EXCEPTION, 1, 0, 0x4004);
	assert_int_equal(INJECTED, FAULT(1));
	assert_int_equal(vmx_fake_get("dr6"), 0xffff4ff4);
	assert_int_equal(*fake_field(VMCS_GUEST_DR7), 0x402);
	assert_int_equal(*fake_field(VMCS_GUEST_DEBUGCTL), 0x4000);
}

static void test_inj_dr6_swallowed(void **state)
{
	(void)state;
	fake_hook(1, TG_EV_SWALLOW);
	*fake_field(VMCS_GUEST_BLOCKING) = 1;
	*fake_field(VMCS_GUEST_DR7) = 0x2402;
	fake_exception(VMX_REASON_EXCEPTION, 1, 0, 0x4001);
	assert_int_equal(INJECTED, 0);
	assert_int_equal(vmx_fake_get("dr6"), 0xffff0ff0);
	assert_int_equal(*fake_field(VMCS_GUEST_DR7), 0x2402);
	assert_int_equal(*fake_field(VMCS_GUEST_BLOCKING), 0);
}

/* ---- what waits ------------------------------------------------------------ */

/* An interrupt waits at the APIC, unacknowledged, until the guest can take it (INT-PRIO). */
static void test_int_window(void **state)
{
	(void)state;
	fake_hook(0xec, 0);
	machine_fake.pending[0x30] = true;
	*fake_field(VMCS_GUEST_RFLAGS) = 2;
	assert_int_equal(fake_exit(VMX_REASON_INTERRUPT), VMX_RESUME);
	assert_int_equal(INJECTED, 0);
	assert_int_equal(vmx_fake.acknowledged, 0);
	assert_int_equal(*fake_field(VMCS_PROC) & WINDOWS, VMX_PROC_INT_WINDOW);
	assert_false(*fake_field(VMCS_PIN) & VMX_PIN_EXTINT);
	machine_fake.pending[0x51] = true;			/* a higher one meanwhile */
	*fake_field(VMCS_GUEST_RFLAGS) = 0x202;
	fake_exit(VMX_REASON_INT_WINDOW);
	assert_int_equal(INJECTED, INFO(TG_TYPE_INTERRUPT, 0x51));
	assert_int_equal(*fake_field(VMCS_PROC) & WINDOWS, 0);
	assert_true(*fake_field(VMCS_PIN) & VMX_PIN_EXTINT);
	assert_true(machine_fake.pending[0x30]);
	assert_int_equal(vcpu.core.exits_window, 1);
}

/* NMI before interrupt; blocked, it has its own window. */
static void test_nmi_virt(void **state)
{
	(void)state;
	fake_hook(0xec, 0);
	*fake_field(VMCS_GUEST_BLOCKING) = 8;
	*fake_field(VMCS_EXIT_INFO) = INFO(TG_TYPE_NMI, 2);
	fake_exit(VMX_REASON_EXCEPTION);
	assert_int_equal(INJECTED, 0);
	assert_int_equal(*fake_field(VMCS_PROC) & WINDOWS, VMX_PROC_NMI_WINDOW);
	machine_fake.pending[0x30] = true;
	*fake_field(VMCS_GUEST_BLOCKING) = 0;
	fake_exit(VMX_REASON_INTERRUPT);
	assert_int_equal(INJECTED, INFO(TG_TYPE_NMI, 2));
	assert_int_equal(vmx_fake.acknowledged, 0);
	assert_int_equal(*fake_field(VMCS_PROC) & WINDOWS, VMX_PROC_INT_WINDOW);
	fake_exit(VMX_REASON_INT_WINDOW);
	assert_int_equal(INJECTED, INFO(TG_TYPE_INTERRUPT, 0x30));
}

/* An entry that injects drops pending debug exceptions: they go first (INJ-PENDDBG). */
static void test_inj_penddbg(void **state)
{
	(void)state;
	fake_hook(0xec, 0);
	*fake_field(VMCS_GUEST_PENDING_DB) = 0x4000;
	*fake_field(VMCS_EXIT_INFO) = INFO(TG_TYPE_NMI, 2);
	fake_exit(VMX_REASON_EXCEPTION);
	assert_int_equal(INJECTED, 0);
	assert_int_equal(*fake_field(VMCS_PROC) & WINDOWS, VMX_PROC_NMI_WINDOW);
	*fake_field(VMCS_GUEST_PENDING_DB) = 0;
	fake_exit(VMX_REASON_NMI_WINDOW);
	assert_int_equal(INJECTED, INFO(TG_TYPE_NMI, 2));
}

/* An NMI in the last instructions before the entry: what the entry injects stays. */
static void test_nmi_root_late(void **state)
{
	(void)state;
	fake_hook(6, 0);
	fake_exception(VMX_REASON_EXCEPTION, 6, 0, 0);
	vcpu.nmi_root = 3;
	tg_vmx_late(&vcpu);
	assert_int_equal(INJECTED, FAULT(6));
	assert_int_equal(*fake_field(VMCS_PROC) & WINDOWS, VMX_PROC_NMI_WINDOW);
	assert_int_equal(vcpu.nmi_root, 0);
	fake_exit(VMX_REASON_NMI_WINDOW);
	assert_int_equal(INJECTED, INFO(TG_TYPE_NMI, 2));
	assert_int_equal(vcpu.core.root_nmis, 1);
}

/* #MC in root mode: the guest's, behind what is on its way already, at once (MCE-ROOT). */
static void test_mce_root(void **state)
{
	(void)state;
	fake_hook(6, 0);
	vcpu.mce_pending = true;
	vcpu.nmi_root = NMI_ROOT_MC;
	fake_exit(VMX_REASON_TIMER);
	assert_int_equal(INJECTED, FAULT(18));
	fake_exception(VMX_REASON_EXCEPTION, 6, 0, 0);
	vcpu.mce_pending = true;
	vcpu.nmi_root = NMI_ROOT_MC;
	tg_vmx_late(&vcpu);
	assert_int_equal(INJECTED, FAULT(6));
	assert_true(*fake_field(VMCS_PIN) & VMX_PIN_TIMER);
	assert_int_equal(*fake_field(VMCS_TIMER), 1);
	fake_exit(VMX_REASON_TIMER);
	assert_int_equal(INJECTED, FAULT(18));
	assert_false(*fake_field(VMCS_PIN) & VMX_PIN_TIMER);
	assert_int_equal(vcpu.core.root_nmis, 0);
}

/* The watch: 100 ms in units of the timer, and MWAIT must not go deeper than C1. */
static void test_inj_sc_watch(void **state)
{
	(void)state;
	vcpu.vmx.ctls.timer_shift = 5;
	fake_hook(0xec, TG_EV_SWALLOW);
	assert_int_equal(*fake_field(VMCS_TIMER), 100ull * WORLD_KHZ >> 5);
	assert_true(*fake_field(VMCS_PROC) & VMX_PROC_MWAIT);
	world_arm(&w, NULL, 0);
	vcpu.core.wanted = w.cpu.wanted;
	fake_exit(VMX_REASON_TIMER);				/* takes over the new set */
	assert_false(*fake_field(VMCS_PIN) & (VMX_PIN_TIMER | VMX_PIN_EXTINT));
	assert_false(*fake_field(VMCS_PROC) & VMX_PROC_MWAIT);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		T(test_exit_base_cpuid), T(test_exit_base_cpuid_faulting), T(test_exit_skip),
		T(test_exit_base_vmx_instructions), T(test_exit_base_getsec),
		T(test_exit_base_msrs), T(test_exit_base_xsetbv), T(test_leave_init),
		T(test_inj_triple), T(test_leave_control_registers),
		T(test_inj_nest_task_switch), T(test_inj_nest), T(test_inj_sc_second),
		T(test_inj_rf_again), T(test_inj_rf_again_injected),
		T(test_inj_bit12), T(test_inj_dr6), T(test_inj_dr6_swallowed),
		T(test_int_window), T(test_nmi_virt), T(test_inj_penddbg),
		T(test_nmi_root_late), T(test_mce_root), T(test_inj_sc_watch),
	};

	return cmocka_run_group_tests_name("arch_vmx_exit", tests, NULL, NULL);
}
