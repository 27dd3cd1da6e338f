// SPDX-License-Identifier: GPL-2.0
/*
 * VT-x: one handler per exit reason. Root mode.
 *
 * Contract: a handler returns VMX_RESUME to go on in the guest, with whatever
 * core.next says to be injected, or VMX_LEAVE to take the CPU out of VMX
 * operation. Handlers that stand in for an instruction skip it themselves
 * (vmx_skip_insn); nothing is skipped by default. A reason without a handler is
 * unknown_exit()'s.
 */
#include "../../../core/dispatch.h"
#include "../../../core/machine.h"
#include "../fixup.h"
#include "../root.h"
#include "dump.h"
#include "backend.h"

static tg_root int exit_window(struct tg_vcpu *v)
{
	v->core.exits_window++;
	return VMX_RESUME;	/* settle() arbitrates */
}

/* Whatever it was for is looked at before the next entry, which sets it again. */
static tg_root int exit_timer(struct tg_vcpu *v)
{
	vmx_plan_timer(v);
	return VMX_RESUME;
}

/* The post stage has run already: vmx_post_exit(). */
static tg_root int exit_mtf(struct tg_vcpu *v)
{
	v->core.exits_window++;
	return VMX_RESUME;
}

/* INJ-TRIPLE: reported with the chain that led to it, then the reset it is. */
static tg_root int exit_triple(struct tg_vcpu *v)
{
	v->departure.triple = true;
	vmx_fatal(v, "triple fault");
}

/* LEAVE: another CPU (kexec'd kernel, hotplug without us) wants this one. */
static tg_root int exit_init(struct tg_vcpu *v)
{
	v->departure.init = true;
	return VMX_LEAVE;
}

/* In IA-32e mode a task gate or TSS selector is a #GP, before any task switch. */
static tg_root int exit_task_switch(struct tg_vcpu *v)
{
	vmx_redeliver(v);
	if (!v->core.next.valid)
		vmx_raise(v, TG_VEC_GP, vmcs_read(VMCS_QUALIFICATION) & 0xfffc);
	return VMX_RESUME;
}

#define CS_L (1u << 13)

static tg_root int exit_cpuid(struct tg_vcpu *v)
{
	u32 a = v->reg[REG_RAX], b, c = v->reg[REG_RCX], d;
	u32 leaf = a, sub = c;
	u64 cr4, faulting = 0;

	if (v->platform->cpuid_faulting && vmx_guest_cpl() > 0) {
		faulting = x86_rdmsr(TGX_MSR_MISC_FEATURES);
		if (faulting & 1) {
			vmx_raise(v, TG_VEC_GP, 0);
			return VMX_RESUME;
		}
	}
	x86_cpuid(&a, &b, &c, &d);
	/* On Intel processors SYSCALL is there in 64-bit mode only; root mode is. */
	if (leaf == 0x80000001 && !(vmcs_read(VMCS_GUEST_CS_AR) & CS_L))
		d &= ~(1u << 11);
	/* What CPUID mirrors of CR4 is root mode's here, and must be the guest's. */
	if (leaf == 1 || (leaf == 7 && !sub) || leaf == 0x19) {
		cr4 = vmcs_read(VMCS_GUEST_CR4);
		if (leaf == 1)
			c = (c & ~(1u << 27)) | (cr4 & TGX_CR4_OSXSAVE ? 1u << 27 : 0);
		else if (leaf == 7)
			c = (c & ~(1u << 4)) | (cr4 & TGX_CR4_PKE ? 1u << 4 : 0);
		else
			b = (b & ~1u) | (cr4 & TGX_CR4_KL ? 1u : 0);
	}
	v->reg[REG_RAX] = a;
	v->reg[REG_RBX] = b;
	v->reg[REG_RCX] = c;
	v->reg[REG_RDX] = d;
	vmx_skip_insn(v);
	return VMX_RESUME;
}

/* Only with CR4.SMXE; anything but CAPABILITIES changes the whole machine. */
static tg_root int exit_getsec(struct tg_vcpu *v)
{
	if ((u32)v->reg[REG_RAX]) {
		if (!vmx_guest_cpl())
			return VMX_LEAVE;	/* natively, from its first byte */
		vmx_raise(v, TG_VEC_GP, 0);
		return VMX_RESUME;
	}
	if (fixup_getsec(&v->reg[REG_RAX], v->reg[REG_RBX], &v->reg[REG_RCX]))
		vmx_raise(v, TG_VEC_UD, 0);
	else
		vmx_skip_insn(v);
	return VMX_RESUME;
}

/* Only intercepted while swallowed interrupts are watched: it may end at any time. */
static tg_root int exit_mwait(struct tg_vcpu *v)
{
	vmx_skip_insn(v);
	return VMX_RESUME;
}

/* Dropping dirty lines would drop root mode's, too: write them back. */
static tg_root int exit_invd(struct tg_vcpu *v)
{
	asm volatile("wbinvd" : : : "memory");
	vmx_skip_insn(v);
	return VMX_RESUME;
}

/*
 * VMX instructions: outside of VMX operation, as the guest believes to be, they
 * are #UD, but for VMXON, which nobody runs who has seen CR4.VMXE taken.
 */
static tg_root int exit_vmx_insn(struct tg_vcpu *v)
{
	vmx_raise(v, TG_VEC_UD, 0);
	return VMX_RESUME;
}

/* LEAVE: panic, kdump, emergency reboot. Executed natively it would fail: the
 * CPU is out already, so it counts as done.
 */
static tg_root int exit_vmxoff(struct tg_vcpu *v)
{
	if (vmx_guest_cpl()) {
		vmx_raise(v, TG_VEC_UD, 0);
		return VMX_RESUME;
	}
	vmx_skip_insn(v);
	v->state = TG_VCPU_LEFT;
	return VMX_LEAVE;
}

static tg_root int hypercall(struct tg_vcpu *v)
{
	bool leaves = tg_root_hypercall(v);

	vmx_skip_insn(v);
	return leaves ? VMX_LEAVE : VMX_RESUME;
}

static tg_root int exit_vmcall(struct tg_vcpu *v)
{
	u8 cpl = vmx_guest_cpl();

	if (!cpl && vmcs_read(VMCS_GUEST_RIP) == (u64)tg_vmx_hypercall_site)
		return hypercall(v);
	/* To the hypervisor below, for the kernel; from here it would take a user
	 * program's call for the kernel's.
	 */
	if (v->platform->nested && !cpl && !tg_vmx_forward_vmcall(v->reg))
		vmx_skip_insn(v);
	else
		vmx_raise(v, TG_VEC_UD, 0);
	return VMX_RESUME;
}

/*
 * What MOV to CR4 faults for in 64-bit mode: the exit comes before that, and the entry would
 * refuse the value, or take it (SDM "MOV—Move to/from Control Registers").
 */
static tg_root bool cr4_faults(const struct tg_vcpu *v, u64 value)
{
	u64 old = vmcs_read(VMCS_GUEST_CR4), on = value & ~old;

	if ((value & ~v->vmx.cr4_fixed1) || !(value & TGX_CR4_PAE) ||
	    ((value ^ old) & TGX_CR4_LA57))
		return true;
	if ((on & TGX_CR4_PCIDE) && (vmcs_read(VMCS_GUEST_CR3) & 0xfff))
		return true;
	return (value & TGX_CR4_CET) && !(vmcs_read(VMCS_GUEST_CR0) & TGX_CR0_WP);
}

/*
 * VMXE goes, on page tables that do not map us: so does a crash kernel from 6.6 on, with
 * the identity tables of kexec. The CPU stays a guest that does not see VMXE any more. Of the
 * events none is the new kernel's; our memory is not reused by it.
 */
static tg_root int stay_under_another(struct tg_vcpu *v, u64 value)
{
	tg_disown(&v->core);
	vmx_arm(v);
	if (cr4_faults(v, value)) {
		vmx_raise(v, TG_VEC_GP, 0);
		return VMX_RESUME;
	}
	vmcs_write(VMCS_GUEST_CR4, value | TGX_CR4_VMXE);
	vmcs_write(VMCS_CR4_SHADOW, value);
	/* What the guest's MOV to CR4 flushes by clearing PGE or PCIDE. */
	v->core.flushes++;
	if (v->vmx.ctls.vpid && vmx_invvpid_all())
		vmx_fatal(v, "INVVPID failed");
	vmx_skip_insn(v);
	return VMX_RESUME;
}

/*
 * A change of a bit that we own: VMXE, or PE, PG, NE. The CPU leaves, and the
 * instruction runs natively, where that is possible.
 */
static tg_root int exit_cr(struct tg_vcpu *v)
{
	u64 q = vmcs_read(VMCS_QUALIFICATION);
	u32 reg = q >> 8 & 15;
	u64 value = reg == REG_RSP ? vmcs_read(VMCS_GUEST_RSP) : v->reg[reg];

	if (root_is_mapped(v, vmcs_read(VMCS_GUEST_CR3))) {
		v->state = TG_VCPU_LEFT;
		return VMX_LEAVE;
	}
	if ((q & 0x3f) != 4)
		vmx_fatal(v, "CR0.PE, PG or NE cleared on page tables that do not map the "
			     "hypervisor");
	return stay_under_another(v, value);
}

/*
 * RDMSRLIST, WRMSRLIST with an MSR outside of the bitmap's ranges, and RDMSR and WRMSRNS
 * with an immediate: natively.
 */
static tg_root int exit_msrlist(struct tg_vcpu *v)
{
	v->state = TG_VCPU_LEFT;
	return VMX_LEAVE;
}

/* MSRs outside of the bitmap's ranges; natively #GP, or the hypervisor below. */
static tg_root int exit_rdmsr(struct tg_vcpu *v)
{
	u64 value;

	if (fixup_rdmsr(v->reg[REG_RCX], &value)) {
		vmx_raise(v, TG_VEC_GP, 0);
		return VMX_RESUME;
	}
	v->reg[REG_RAX] = (u32)value;
	v->reg[REG_RDX] = value >> 32;
	vmx_skip_insn(v);
	return VMX_RESUME;
}

/*
 * Besides those, two of the bitmap:
 *
 *   IA32_BIOS_UPDT_TRIG	does nothing in a guest, in silence: the CPU leaves, and the
 *			microcode is loaded natively (SDM "Microcode Update Facility")
 *   IA32_DS_AREA	where the processor writes PEBS records, in root mode, too. Linux maps
 *			new pages there and then writes this MSR; its flush has not reached
 *			root mode's tag (SDM "Operations that Invalidate Cached Mappings")
 */
static tg_root int exit_wrmsr(struct tg_vcpu *v)
{
	u64 value = v->reg[REG_RDX] << 32 | (u32)v->reg[REG_RAX];
	u32 msr = v->reg[REG_RCX];

	if (msr == TGX_MSR_BIOS_UPDT_TRIG) {
		v->departure.what = "the kernel has loaded microcode";
		v->state = TG_VCPU_LEFT;
		return VMX_LEAVE;
	}
	if (fixup_wrmsr(msr, value)) {
		vmx_raise(v, TG_VEC_GP, 0);
		return VMX_RESUME;
	}
	if (msr == TGX_MSR_DS_AREA)
		root_flush(v);
	vmx_skip_insn(v);
	return VMX_RESUME;
}

static tg_root int exit_xsetbv(struct tg_vcpu *v)
{
	u64 value = v->reg[REG_RDX] << 32 | (u32)v->reg[REG_RAX];

	if (fixup_xsetbv(v->reg[REG_RCX], value))
		vmx_raise(v, TG_VEC_GP, 0);
	else
		vmx_skip_insn(v);
	return VMX_RESUME;
}

/*
 * One row an exit; exceptions, interrupts and failed entries are in exit.c. Expanded to a
 * switch, not to an array of pointers: an indirect call here would need a retpoline at
 * every exit (doc/vt-x.md, "Dispatch by a switch").
 */
#define VMX_EXITS(X)					\
	X(VMX_REASON_TRIPLE,		exit_triple)	\
	X(VMX_REASON_INIT,		exit_init)	\
	X(VMX_REASON_INT_WINDOW,	exit_window)	\
	X(VMX_REASON_NMI_WINDOW,	exit_window)	\
	X(VMX_REASON_TASK_SWITCH,	exit_task_switch) \
	X(VMX_REASON_CPUID,		exit_cpuid)	\
	X(VMX_REASON_GETSEC,		exit_getsec)	\
	X(VMX_REASON_MWAIT,		exit_mwait)	\
	X(VMX_REASON_MTF,		exit_mtf)	\
	X(VMX_REASON_INVD,		exit_invd)	\
	X(VMX_REASON_VMCALL,		exit_vmcall)	\
	X(VMX_REASON_VMCLEAR,		exit_vmx_insn)	\
	X(VMX_REASON_VMLAUNCH,		exit_vmx_insn)	\
	X(VMX_REASON_VMPTRLD,		exit_vmx_insn)	\
	X(VMX_REASON_VMPTRST,		exit_vmx_insn)	\
	X(VMX_REASON_VMREAD,		exit_vmx_insn)	\
	X(VMX_REASON_VMRESUME,		exit_vmx_insn)	\
	X(VMX_REASON_VMWRITE,		exit_vmx_insn)	\
	X(VMX_REASON_VMXOFF,		exit_vmxoff)	\
	X(VMX_REASON_VMXON,		exit_vmx_insn)	\
	X(VMX_REASON_CR,		exit_cr)	\
	X(VMX_REASON_RDMSR,		exit_rdmsr)	\
	X(VMX_REASON_WRMSR,		exit_wrmsr)	\
	X(VMX_REASON_INVEPT,		exit_vmx_insn)	\
	X(VMX_REASON_TIMER,		exit_timer)	\
	X(VMX_REASON_INVVPID,		exit_vmx_insn)	\
	X(VMX_REASON_XSETBV,		exit_xsetbv)	\
	X(VMX_REASON_VMFUNC,		exit_vmx_insn)	\
	X(VMX_REASON_SEAMCALL,		exit_vmx_insn)	\
	X(VMX_REASON_TDCALL,		exit_vmx_insn)	\
	X(VMX_REASON_RDMSRLIST,		exit_msrlist)	\
	X(VMX_REASON_WRMSRLIST,		exit_msrlist)	\
	X(VMX_REASON_RDMSR_IMM,		exit_msrlist)	\
	X(VMX_REASON_WRMSR_IMM,		exit_msrlist)

/*
 * An instruction that came after this table, and that exits whatever the controls say, is
 * #UD as on a machine without it; the host says so when the CPU leaves. All up to 75 are
 * known and exit only where they are asked to: the processor, or the hypervisor below, is
 * then not what it says. During the delivery of an event no instruction runs.
 */
static tg_root int unknown_exit(struct tg_vcpu *v, u32 reason)
{
	if (reason < VMX_REASON_SEAMCALL || (vmcs_read(VMCS_IDTV_INFO) & VMX_INFO_VALID))
		vmx_fatal(v, "unexpected VM exit");
	v->vmx.unknown_exits++;
	v->vmx.unknown_reason = reason;
	vmx_raise(v, TG_VEC_UD, 0);
	return VMX_RESUME;
}

tg_root int vmx_handle_exit(struct tg_vcpu *v, u32 reason)
{
#define VMX_CASE(reason, handler) case reason: return handler(v);
	switch (reason & VMX_REASON_BASIC) {
	VMX_EXITS(VMX_CASE)
	}
	return unknown_exit(v, reason & VMX_REASON_BASIC);
}
