/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VT-x: what the files of this folder call of each other. Root mode unless it says
 * other. See event.h for what the short ways have inline.
 */
#ifndef TG_ARCH_VMX_BACKEND_H
#define TG_ARCH_VMX_BACKEND_H

#include "insn.h"

/* The DPL of SS (SDM "Guest Register State"). */
static tg_always_inline u8 vmx_guest_cpl(void)
{
	return vmcs_read(VMCS_GUEST_SS_AR) >> 5 & 3;
}

/* The MSR bitmap: write accesses of MSRs below 2000H (SDM "MSR-Bitmap Address"). */
static tg_always_inline void vmx_intercept_wrmsr(u8 *bitmap, u32 msr)
{
	bitmap[0x800 + msr / 8] |= 1u << (msr % 8);
}

/* exit.c, called by entry.S */
int tg_vmx_exit(struct tg_vcpu *v);
void tg_vmx_late(struct tg_vcpu *v);
void tg_vmx_from_user(void);

/* event.c: decoding, and what becomes of an event */
void vmx_first_event(struct tg_vcpu *v, struct tg_flight *first, u32 info);
void vmx_handle_trap(struct tg_vcpu *v, struct tg_trap *trap);
void vmx_raise(struct tg_vcpu *v, u8 vector, u32 error);
void vmx_redeliver(struct tg_vcpu *v);
void vmx_root_nmis(struct tg_vcpu *v);
void vmx_inject_db(struct tg_vcpu *v, u64 causes, bool commit);
void vmx_swallow(struct tg_vcpu *v, const struct tg_flight *ev);
void vmx_set_blocking(u32 clear, u32 set);
void vmx_set_rf(struct tg_vcpu *v, bool rf);
void vmx_skip_insn(struct tg_vcpu *v);
void vmx_snapshot(const struct tg_vcpu *v, struct tg_snapshot *s);

/* arm.c: controls and windows; what the coming entry injects */
void vmx_arm(struct tg_vcpu *v);
void vmx_plan_timer(struct tg_vcpu *v);
void vmx_before_entry(struct tg_vcpu *v);
void vmx_late_nmi(struct tg_vcpu *v);
void vmx_take_back(struct tg_vcpu *v);

/* instruction.c: all reasons but exceptions, interrupts and failed entries */
int vmx_handle_exit(struct tg_vcpu *v, u32 reason);

/* post.c */
u32 vmx_post_timer(struct tg_vcpu *v, u32 pin);
void vmx_post_arm(struct tg_vcpu *v);
void vmx_post_exit(struct tg_vcpu *v, u32 reason);

/*
 * int_n.c, with SLOW_INT_N: before an exit is looked at (true: nothing is left to be
 * looked at), and before the entry. VMX_NO_EXIT for reason: only put back what is the guest's.
 */
#define VMX_NO_EXIT	(~0u)
bool vmx_int_n_before(struct tg_vcpu *v, u32 reason);
void vmx_int_n_after(struct tg_vcpu *v);

/* leave.c */
void tg_vmx_leave(struct tg_vcpu *v);
void tg_vmx_failed(struct tg_vcpu *v, u32 carry) __attribute__((noreturn));
void vmx_fatal(struct tg_vcpu *v, const char *what) __attribute__((noreturn));

/* entry.S */
long tg_vmx_launch(void);
long tg_vmx_hypercall(enum tg_hypercall call);
void tg_vmx_exit_entry(void);
extern const u8 tg_vmx_hypercall_site[];
int tg_vmx_forward_vmcall(u64 *reg);

/* ../root_gates.S, ../root_depart.S */
void tg_root_unblock_nmi(void);
/* Lets the local APIC hand out one interrupt; its vector, or -1 if none came. */
int tg_root_acknowledge(struct tg_vcpu *v);
void tg_root_to_fatal(struct tg_vcpu *v, u64 stack) __attribute__((noreturn));

#endif
