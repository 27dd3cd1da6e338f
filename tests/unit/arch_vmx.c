// SPDX-License-Identifier: GPL-2.0
/* VT-x: what is done at exits that no emulator makes, and what is written for the entry. */
#include "vmx_fake.h"

#define ENCLAVE	(1u << 27)

/* ---- the exit reason ------------------------------------------------------- */

/* SDM "Basic VM-Exit Information": bit 27 says enclave mode, the basic reason is as ever. */
static void test_enclave_exception(void **state)
{
	(void)state;
	fake_hook(14, 0);
	assert_int_equal(fake_exception(ENCLAVE | VMX_REASON_EXCEPTION, 14, 7, 0xdead000),
			 VMX_INJECTED);
	assert_int_equal(INJECTED, FAULT_ERROR(14));
	assert_int_equal(*fake_field(VMCS_ENTRY_ERROR), 7);
	assert_int_equal(vmx_fake_get("cr2"), 0xdead000);
	assert_int_equal(world_record(&w, 0)->address, 0xdead000);
	assert_int_equal(vcpu.core.exits_exception, 1);
}

/* perf's, with nothing armed. */
static void test_enclave_nmi(void **state)
{
	(void)state;
	fake_arm();
	*fake_field(VMCS_EXIT_INFO) = INFO(TG_TYPE_NMI, 2);
	*fake_field(VMCS_GUEST_BLOCKING) = 1u << 4;	/* "enclave interruption" */
	assert_int_equal(fake_exit(ENCLAVE | VMX_REASON_EXCEPTION), VMX_RESUME);
	assert_int_equal(INJECTED, INFO(TG_TYPE_NMI, 2));
	assert_int_equal(vmx_fake.unblocked, 1);
	assert_int_equal(*fake_field(VMCS_GUEST_BLOCKING), 1u << 4);
}

static void test_enclave_interrupt(void **state)
{
	(void)state;
	fake_hook(0xec, 0);
	assert_int_equal(vcpu.vmx.pin & VMX_PIN_EXTINT, VMX_PIN_EXTINT);
	machine_fake.pending[0xec] = true;
	assert_int_equal(fake_exit(ENCLAVE | VMX_REASON_INTERRUPT), VMX_INJECTED);
	assert_int_equal(INJECTED, INFO(TG_TYPE_INTERRUPT, 0xec));
	assert_int_equal(world_record(&w, 0)->vector, 0xec);
}

static void test_enclave_timer(void **state)
{
	(void)state;
	fake_hook(0xec, TG_EV_SWALLOW);
	assert_int_equal(*fake_field(VMCS_TIMER), 100 * WORLD_KHZ);
	assert_int_equal(fake_exit(ENCLAVE | VMX_REASON_TIMER), VMX_RESUME);
	assert_int_equal(INJECTED, 0);
	assert_int_equal(vcpu.vmx.pin & VMX_PIN_TIMER, VMX_PIN_TIMER);
}

/* The post stage compares the reason, too. */
static void test_enclave_post(void **state)
{
	struct tg_event *pf;

	(void)state;
	pf = world_event(&w, TG_EVENT_EXCEPTION, 14, 0);
	pf->stage = TG_STAGE_POST;
	fake_arm();
	fake_exception(VMX_REASON_EXCEPTION, 14, 7, 0xdead000);
	assert_int_equal(INJECTED, FAULT_ERROR(14));
	*fake_field(VMCS_IDTV_INFO) = 0;
	assert_int_equal(fake_exception(ENCLAVE | VMX_REASON_EXCEPTION, 8, 0, 0), VMX_RESUME);
	assert_int_equal(world_records(&w), 0);		/* a #DF instead: not delivered */
}

/* ---- exits for instructions ------------------------------------------------ */

/* SEAMCALL and TDCALL exit on every processor with TDX, whatever the controls say. */
static void test_exit_new_instruction(void **state)
{
	static const u32 reasons[] = { 76, 77, 80, 81, 82, 83, 86, 200 };

	(void)state;
	fake_arm();
	for (u32 i = 0; i < TG_ARRAY_SIZE(reasons); i++) {
		assert_int_equal(fake_exit(reasons[i]), VMX_RESUME);
		assert_int_equal(INJECTED, FAULT(6));
		assert_int_equal(*fake_field(VMCS_GUEST_RIP), RIP);
		assert_int_equal(*fake_field(VMCS_GUEST_RFLAGS), 0x10202);
	}
	assert_int_equal(vcpu.vmx.unknown_exits, 6);	/* the first two are known */
	assert_int_equal(vcpu.vmx.unknown_reason, 200);
}

/* An event sees it, as it sees any #UD. */
static void test_exit_new_instruction_hooked(void **state)
{
	(void)state;
	fake_hook(6, TG_EV_SWALLOW);
	assert_int_equal(fake_exit(80), VMX_RESUME);
	assert_int_equal(INJECTED, 0);
	assert_int_equal(world_record(&w, 0)->vector, 6);
}

/* The MSR instructions with an immediate run natively. */
static void test_exit_msr_immediate(void **state)
{
	(void)state;
	fake_arm();
	assert_int_equal(fake_exit(84), VMX_LEAVE);
	assert_int_equal(vcpu.state, TG_VCPU_LEFT);
	vcpu.state = TG_VCPU_IN;
	assert_int_equal(fake_exit(85), VMX_LEAVE);
	assert_int_equal(vcpu.state, TG_VCPU_LEFT);
}

/* Nobody asked for these: EPT violations, HLT, I/O, the APIC's and the bus lock's. */
static void test_exit_fatal_unexpected(void **state)
{
	static const u32 reasons[] = { 4, 5, 6, 12, 17, 30, 43, 44, 45, 48, 49, 62, 72, 74, 75 };

	(void)state;
	fake_arm();
	for (u32 i = 0; i < TG_ARRAY_SIZE(reasons); i++) {
		assert_int_equal(fake_exit(reasons[i]), -1);
		assert_string_equal(vmx_fake.fatal, "unexpected VM exit");
	}
	*fake_field(VMCS_IDTV_INFO) = FAULT(14);
	assert_int_equal(fake_exit(90), -1);
	assert_string_equal(vmx_fake.fatal, "unexpected VM exit");
}

/* ---- halted ---------------------------------------------------------------- */

/* Where the entry does not take a halted guest, it wakes up; else it stays as it is. */
static void test_activity_halted(void **state)
{
	(void)state;
	fake_hook(0xec, TG_EV_SWALLOW);
	*fake_field(VMCS_GUEST_ACTIVITY) = 1;
	assert_int_equal(fake_exit(VMX_REASON_TIMER), VMX_RESUME);
	assert_int_equal(*fake_field(VMCS_GUEST_ACTIVITY), 1);
	vcpu.slow = SLOW_NO_HLT;
	assert_int_equal(fake_exit(VMX_REASON_TIMER), VMX_RESUME);
	assert_int_equal(*fake_field(VMCS_GUEST_ACTIVITY), 0);
	*fake_field(VMCS_GUEST_ACTIVITY) = 1;
	machine_fake.pending[0x80] = true;
	assert_int_equal(fake_exit(VMX_REASON_INTERRUPT), VMX_RESUME);
	assert_int_equal(*fake_field(VMCS_GUEST_ACTIVITY), 0);
	assert_int_equal(INJECTED, INFO(TG_TYPE_INTERRUPT, 0x80));
	*fake_field(VMCS_GUEST_ACTIVITY) = 2;		/* shutdown: not ours */
	fake_exit(VMX_REASON_TIMER);
	assert_int_equal(*fake_field(VMCS_GUEST_ACTIVITY), 2);
}

/* ---- NMIs ------------------------------------------------------------------ */

/*
 * "sti; cli": behind STI no NMI is injected, and behind CLI the interrupt window does not
 * open. The monitor trap flag exits in between, as the NMI would come natively.
 */
static void test_nmi_virt_sti_cli(void **state)
{
	const u32 windows = VMX_PROC_INT_WINDOW | VMX_PROC_NMI_WINDOW | VMX_PROC_MTF;

	(void)state;
	fake_arm();
	*fake_field(VMCS_GUEST_BLOCKING) = 1;
	*fake_field(VMCS_EXIT_INFO) = INFO(TG_TYPE_NMI, 2);
	assert_int_equal(fake_exit(VMX_REASON_EXCEPTION), VMX_RESUME);
	assert_int_equal(INJECTED, 0);
	assert_int_equal(*fake_field(VMCS_PROC) & windows, VMX_PROC_INT_WINDOW | VMX_PROC_MTF);
	*fake_field(VMCS_GUEST_BLOCKING) = 0;
	*fake_field(VMCS_GUEST_RFLAGS) = 2;		/* CLI */
	assert_int_equal(fake_exit(VMX_REASON_MTF), VMX_RESUME);
	assert_int_equal(INJECTED, INFO(TG_TYPE_NMI, 2));
	assert_int_equal(*fake_field(VMCS_PROC) & windows, 0);
}

/* Without it the window has to do. */
static void test_nmi_virt_sti_without_mtf(void **state)
{
	const u32 windows = VMX_PROC_INT_WINDOW | VMX_PROC_NMI_WINDOW | VMX_PROC_MTF;

	(void)state;
	fake_arm();
	vcpu.vmx.ctls.mtf = false;
	*fake_field(VMCS_GUEST_BLOCKING) = 1;
	*fake_field(VMCS_EXIT_INFO) = INFO(TG_TYPE_NMI, 2);
	fake_exit(VMX_REASON_EXCEPTION);
	assert_int_equal(*fake_field(VMCS_PROC) & windows, VMX_PROC_INT_WINDOW);
	*fake_field(VMCS_GUEST_BLOCKING) = 0;
	fake_exit(VMX_REASON_INT_WINDOW);
	assert_int_equal(INJECTED, INFO(TG_TYPE_NMI, 2));
	assert_int_equal(*fake_field(VMCS_PROC) & windows, 0);
}

/* The flag that the post stage has set at an entry stays, when an NMI comes late. */
static void test_nmi_root_late_post(void **state)
{
	struct tg_event *ud;

	(void)state;
	ud = world_event(&w, TG_EVENT_EXCEPTION, 6, 0);
	ud->stage = TG_STAGE_POST;
	fake_arm();
	vcpu.vmx.ctls.timer = false;
	fake_exception(VMX_REASON_EXCEPTION, 6, 0, 0);
	assert_true(*fake_field(VMCS_PROC) & VMX_PROC_MTF);
	vcpu.nmi_root = 1;
	tg_vmx_late(&vcpu);
	assert_true(*fake_field(VMCS_PROC) & VMX_PROC_MTF);
	assert_true(*fake_field(VMCS_PROC) & VMX_PROC_NMI_WINDOW);
	assert_int_equal(INJECTED, FAULT(6));
	assert_int_equal(fake_exit(VMX_REASON_MTF), VMX_RESUME);	/* delivered */
	assert_int_equal(world_records(&w), 1);
	assert_int_equal(INJECTED, INFO(TG_TYPE_NMI, 2));
	assert_false(*fake_field(VMCS_PROC) & VMX_PROC_MTF);
}

/* ---- hypercalls ------------------------------------------------------------ */

static int vmcall(bool user)
{
	*fake_field(VMCS_GUEST_SS_AR) = user ? 0xc0f3 : 0xc093;
	*fake_field(VMCS_GUEST_RIP) = RIP;
	*fake_field(VMCS_EXIT_LENGTH) = 3;
	vcpu.reg[REG_RAX] = 5;
	vcpu.reg[REG_RCX] = 7;
	return fake_exit(VMX_REASON_VMCALL);
}

/* To the hypervisor below, for the kernel alone; where that does not know it, it is #UD. */
static void test_exit_base_vmcall(void **state)
{
	(void)state;
	fake_arm();
	assert_int_equal(vmcall(false), VMX_RESUME);	/* none is below */
	assert_int_equal(INJECTED, FAULT(6));
	platform.nested = true;
	assert_int_equal(vmcall(true), VMX_RESUME);
	assert_int_equal(INJECTED, FAULT(6));
	assert_int_equal(vmx_fake.forwarded, 0);
	assert_int_equal(vmcall(false), VMX_RESUME);
	assert_int_equal(INJECTED & VMX_INFO_VALID, 0);
	assert_int_equal(vmx_fake.forwarded_rcx, 7);
	assert_int_equal(vcpu.reg[REG_RAX], 0);
	assert_int_equal(*fake_field(VMCS_GUEST_RIP), RIP + 3);
	vmx_fake.no_hypercall = true;
	assert_int_equal(vmcall(false), VMX_RESUME);
	assert_int_equal(INJECTED, FAULT(6));
	assert_int_equal(vcpu.reg[REG_RAX], 5);
	assert_int_equal(*fake_field(VMCS_GUEST_RIP), RIP);
}

/* ---- another kernel -------------------------------------------------------- */

/* MOV to CR4 from RAX, on tables that do not map us. */
static int write_cr4(u64 value)
{
	vcpu.reg[REG_RAX] = value;
	vcpu.vmx.cr4_fixed1 = 0xb777ff;
	*fake_field(VMCS_QUALIFICATION) = 4;
	*fake_field(VMCS_EXIT_LENGTH) = 3;
	return fake_exit(VMX_REASON_CR);
}

/* A crash kernel: the old events, scripts and limits have nothing to do with it. */
static void test_leave_crash_kernel(void **state)
{
	const struct tg_inject_spec request = {
		.type = TG_TYPE_EXCEPTION, .vector = 6, .flags = TG_INJECT_F_FORCE,
	};

	(void)state;
	fake_hook(6, TG_EV_SWALLOW);
	fake_hook(0xec, TG_EV_SWALLOW);
	tg_vecset_add(&vcpu.core.swallowed, 0xec);
	vcpu.core.first_swallow_tsc = 1;
	assert_int_equal(tg_inject_request(&vcpu.core, &request), TG_INJECT_ERR_NONE);
	vcpu.core.requests.not_at = vcpu.core.exits + 1;
	assert_int_equal(write_cr4(0x3706e0), VMX_RESUME);
	assert_int_equal(INJECTED, 0);
	assert_int_equal(*fake_field(VMCS_GUEST_CR4), 0x3726e0);
	assert_int_equal(*fake_field(VMCS_CR4_SHADOW), 0x3706e0);
	assert_int_equal(*fake_field(VMCS_GUEST_RIP), RIP + 3);
	assert_int_equal(vmx_fake.invvpid, 1);
	assert_ptr_equal(vcpu.core.evset, &tg_no_events);
	assert_ptr_equal(vcpu.core.wanted, &tg_no_events);
	assert_int_equal(*fake_field(VMCS_EXCEPTION_BITMAP), 0);
	assert_int_equal(*fake_field(VMCS_PIN), 0x3e);
	assert_int_equal(*fake_field(VMCS_PROC) & VMX_PROC_MWAIT, 0);
	assert_true(tg_vecset_empty(&vcpu.core.swallowed));
	assert_int_equal(machine_fake.nr_ipi, 0);
	assert_false(vcpu.core.inject);
	assert_false(vcpu.core.watch_stall);
	/* its own exceptions, should one exit, are its own */
	assert_int_equal(fake_exception(VMX_REASON_EXCEPTION, 6, 0, 0), VMX_INJECTED);
	assert_int_equal(INJECTED, FAULT(6));
	assert_int_equal(world_records(&w), 0);
}

/* What faults natively does so here: bit 15, PAE, LA57, PCIDE with CR3[11:0], CET without WP. */
static void test_leave_crash_kernel_faults(void **state)
{
	static const u64 values[] = { 0x37c6e0, 0x3706c0, 0x3716e0, 0x3706e0, 0xb506e0 };

	(void)state;
	fake_hook(13, 0);
	for (u32 i = 0; i < TG_ARRAY_SIZE(values); i++) {
		*fake_field(VMCS_GUEST_CR4) = i == 3 ? 0x3526e0 : 0x3726e0;
		*fake_field(VMCS_GUEST_CR3) = i == 3 ? 0x1234001 : 0x1234000;
		*fake_field(VMCS_GUEST_CR0) = i == 4 ? 0x80040033 : 0x80050033;
		assert_int_equal(write_cr4(values[i]), VMX_RESUME);
		assert_int_equal(INJECTED, FAULT_ERROR(13));
		assert_int_equal(*fake_field(VMCS_GUEST_RIP), RIP);
		assert_int_equal(*fake_field(VMCS_CR4_SHADOW), 0x3726e0);
	}
	assert_int_equal(world_records(&w), 0);
}

/* ---- MSRs ------------------------------------------------------------------ */

static int wrmsr(u32 msr, u64 value)
{
	vcpu.reg[REG_RCX] = msr;
	vcpu.reg[REG_RAX] = (u32)value;
	vcpu.reg[REG_RDX] = value >> 32;
	*fake_field(VMCS_EXIT_LENGTH) = 2;
	return fake_exit(VMX_REASON_WRMSR);
}

/* Root mode must not write PEBS records through translations of pages that are gone. */
static void test_tlb_ds_area(void **state)
{
	(void)state;
	fake_arm();
	fake_msr(0x600, 0);
	assert_int_equal(wrmsr(0x600, 0xfffffe0000010000), VMX_RESUME);
	assert_string_equal(vmx_fake.log, "msr600 fffffe0000010000, cr4 2670, cr4 26f0");
	assert_int_equal(vcpu.core.flushes, 1);
	assert_int_equal(*fake_field(VMCS_GUEST_RIP), RIP + 2);
	assert_int_equal(INJECTED, 0);
	fake_msr(0x40000000, 0);		/* any other */
	assert_int_equal(wrmsr(0x40000000, 5), VMX_RESUME);
	assert_int_equal(vcpu.core.flushes, 1);
	assert_int_equal(*fake_field(VMCS_GUEST_RIP), RIP + 4);
}

static void test_exit_base_wrmsr_faults(void **state)
{
	(void)state;
	fake_arm();
	assert_int_equal(wrmsr(0x600, 1ull << 62), VMX_RESUME);	/* not there */
	assert_int_equal(INJECTED, FAULT_ERROR(13));
	assert_int_equal(*fake_field(VMCS_GUEST_RIP), RIP);
	assert_int_equal(vcpu.core.flushes, 0);
}

/* WRMSR of 79H does nothing in non-root operation: natively, as if we were not there. */
static void test_leave_microcode(void **state)
{
	(void)state;
	fake_arm();
	fake_msr(0x79, 0);
	assert_int_equal(wrmsr(0x79, 0xffff888000001030), VMX_LEAVE);
	assert_int_equal(vcpu.state, TG_VCPU_LEFT);
	assert_string_equal(vcpu.departure.what, "the kernel has loaded microcode");
	assert_string_equal(vmx_fake.log, "");
	assert_int_equal(*fake_field(VMCS_GUEST_RIP), RIP);
}

/* ---- entries that fail ----------------------------------------------------- */

#define MCE_AT_ENTRY	(VMX_REASON_FAILED_ENTRY | VMX_REASON_BAD_MCE)

static void test_mce_root_at_entry(void **state)
{
	(void)state;
	fake_hook(14, 0);
	assert_int_equal(fake_exit(MCE_AT_ENTRY), VMX_RESUME);
	assert_int_equal(INJECTED, FAULT(18));
	assert_false(vcpu.mce_pending);
}

/* What the entry was to inject goes again, and #MC behind it at once. */
static void test_mce_root_at_injecting_entry(void **state)
{
	(void)state;
	fake_hook(14, 0);
	fake_exception(VMX_REASON_EXCEPTION, 14, 7, 0xdead000);
	*fake_field(VMCS_ENTRY_ERROR) = 7;
	assert_int_equal(fake_exit(MCE_AT_ENTRY), VMX_RESUME);
	assert_int_equal(INJECTED, FAULT_ERROR(14));
	assert_int_equal(*fake_field(VMCS_ENTRY_ERROR), 7);
	assert_int_equal(vmx_fake_get("cr2"), 0xdead000);
	assert_true(vcpu.mce_pending);
	assert_int_equal(*fake_field(VMCS_TIMER), 1);
	assert_int_equal(world_records(&w), 1);
	assert_int_equal(fake_exit(VMX_REASON_TIMER), VMX_RESUME);
	assert_int_equal(INJECTED, FAULT(18));
}

/* Of a software event the length, too; and its post stage is still due. */
static void test_mce_root_post(void **state)
{
	struct tg_event *bp;

	(void)state;
	bp = world_event(&w, TG_EVENT_EXCEPTION, 3, 0);
	bp->stage = TG_STAGE_ALL;
	fake_arm();
	*fake_field(VMCS_EXIT_INFO) = INFO(TG_TYPE_INT3_INTO, 3);
	*fake_field(VMCS_EXIT_LENGTH) = 2;
	fake_exit(VMX_REASON_EXCEPTION);
	assert_int_equal(vcpu.core.posting.valid, 1);
	*fake_field(VMCS_EXIT_LENGTH) = 9;
	assert_int_equal(fake_exit(MCE_AT_ENTRY), VMX_RESUME);
	assert_int_equal(INJECTED, INFO(TG_TYPE_INT3_INTO, 3));
	assert_int_equal(*fake_field(VMCS_ENTRY_LENGTH), 2);
	assert_int_equal(world_records(&w), 1);
	assert_int_equal(fake_exit(VMX_REASON_TIMER), VMX_RESUME);
	assert_int_equal(world_records(&w), 2);
	assert_int_equal(INJECTED, FAULT(18));
}

/* The first entry: the load is undone, and the kernel gets its #MC when the CPU has left. */
static void test_mce_root_at_launch(void **state)
{
	(void)state;
	fake_arm();
	vcpu.vmx.exits_before = vcpu.core.exits;
	assert_int_equal(fake_exit(MCE_AT_ENTRY), VMX_LEAVE);
	assert_int_equal(vcpu.reg[REG_RAX], 4);
	assert_true(vcpu.mce_pending);
	vcpu.mce_pending = false;
	vcpu.vmx.exits_before = vcpu.core.exits;
	assert_int_equal(fake_exit(VMX_REASON_FAILED_ENTRY | VMX_REASON_BAD_STATE), VMX_LEAVE);
	assert_int_equal(vcpu.reg[REG_RAX], 3);
	assert_false(vcpu.mce_pending);
}

static void test_exit_fatal_failed_entry(void **state)
{
	(void)state;
	fake_arm();
	assert_int_equal(fake_exit(VMX_REASON_FAILED_ENTRY | VMX_REASON_BAD_STATE), -1);
	assert_string_equal(vmx_fake.fatal, "VM entry failed");
	assert_int_equal(fake_exit(VMX_REASON_FAILED_ENTRY | VMX_REASON_BAD_MSR), -1);
	assert_string_equal(vmx_fake.fatal, "VM entry failed");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		T(test_enclave_exception), T(test_enclave_nmi), T(test_enclave_interrupt),
		T(test_enclave_timer), T(test_enclave_post),
		T(test_exit_new_instruction), T(test_exit_new_instruction_hooked),
		T(test_exit_msr_immediate), T(test_exit_fatal_unexpected),
		T(test_nmi_virt_sti_cli), T(test_nmi_virt_sti_without_mtf),
		T(test_nmi_root_late_post),
		T(test_exit_base_vmcall), T(test_leave_crash_kernel),
		T(test_leave_crash_kernel_faults), T(test_activity_halted), T(test_tlb_ds_area),
		T(test_exit_base_wrmsr_faults), T(test_leave_microcode),
		T(test_mce_root_at_entry), T(test_mce_root_at_injecting_entry),
		T(test_mce_root_post), T(test_mce_root_at_launch), T(test_exit_fatal_failed_entry),
	};

	return cmocka_run_group_tests_name("arch_vmx", tests, NULL, NULL);
}
