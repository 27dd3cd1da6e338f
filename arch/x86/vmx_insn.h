/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VMX instructions, each with its VMfail checked. vmcs_read/vmcs_write are for
 * root mode (a failure there is a bug and ends in tg_vmx_failed()); the others
 * return 0 or -1 and are for bringing a CPU up.
 */
#ifndef TG_ARCH_VMX_INSN_H
#define TG_ARCH_VMX_INSN_H

#include "hv.h"
#include "vmx.h"

#ifdef TG_COUNT
#define COUNT_VMCS(what) (this_vcpu()->vmcs_##what++)
#else
#define COUNT_VMCS(what) ((void)0)
#endif

static tg_always_inline u64 vmcs_read(enum vmcs_field field)
{
	u64 v;

	COUNT_VMCS(reads);
	asm volatile("vmread %1, %0\n\tjbe tg_vmx_insn_fail"
		     : "=r"(v) : "r"((u64)field) : "cc");
	return v;
}

static tg_always_inline void vmcs_write(enum vmcs_field field, u64 v)
{
	COUNT_VMCS(writes);
	asm volatile("vmwrite %0, %1\n\tjbe tg_vmx_insn_fail"
		     : : "r"(v), "r"((u64)field) : "cc", "memory");
}

#define VMX_TRY(name, insn, ...)						\
static tg_always_inline int name						\
{										\
	bool fail;								\
	asm volatile(insn "\n\tsetbe %0" : "=qm"(fail) __VA_ARGS__ : "cc", "memory"); \
	return fail ? -1 : 0;							\
}

VMX_TRY(vmx_vmxon(u64 pa), "vmxon %1", : "m"(pa))
VMX_TRY(vmx_vmclear(u64 pa), "vmclear %1", : "m"(pa))
VMX_TRY(vmx_vmptrld(u64 pa), "vmptrld %1", : "m"(pa))
VMX_TRY(vmx_vmxoff(void), "vmxoff", :)
VMX_TRY(vmx_try_write(u64 field, u64 v), "vmwrite %2, %1", : "r"(field), "rm"(v))

static tg_always_inline int vmx_try_read(u64 field, u64 *v)
{
	bool fail;

	asm volatile("vmread %2, %1\n\tsetbe %0" : "=qm"(fail), "=r"(*v) : "r"(field) : "cc");
	return fail ? -1 : 0;
}

/* INVVPID type 2: all contexts. */
static tg_always_inline int vmx_invvpid_all(void)
{
	struct { u64 vpid, address; } d = { 0, 0 };
	bool fail;

	asm volatile("invvpid %1, %2\n\tsetbe %0"
		     : "=qm"(fail) : "m"(d), "r"(2ull) : "cc", "memory");
	return fail ? -1 : 0;
}

/* ---- shared by the vmx_*.c files; context: root mode unless it says other -- */

/* The DPL of SS (SDM "Guest Register State"). */
static tg_always_inline u8 vmx_guest_cpl(void)
{
	return vmcs_read(VMCS_GUEST_SS_AR) >> 5 & 3;
}

/* vmx_event.c */
int tg_vmx_exit(struct tg_vcpu *v);
void tg_vmx_late(struct tg_vcpu *v);
void vmx_arm(struct tg_vcpu *v);
void vmx_redeliver(struct tg_vcpu *v);
void vmx_root_nmis(struct tg_vcpu *v);
void vmx_raise(struct tg_vcpu *v, u8 vector, u32 error);
void vmx_handle_trap(struct tg_vcpu *v, struct tg_trap *trap);
void vmx_skip_insn(struct tg_vcpu *v);
void vmx_plan_timer(struct tg_vcpu *v);
void vmx_snapshot(const struct tg_vcpu *v, struct tg_snapshot *s);

/* vmx_post.c */
u32 vmx_post_timer(struct tg_vcpu *v, u32 pin);
void vmx_post_arm(struct tg_vcpu *v);
void vmx_post_exit(struct tg_vcpu *v, u32 reason);
void vmx_take_request(struct tg_vcpu *v);

/* vmx_exit.c: all reasons but exceptions and interrupts; full is the whole field */
int vmx_handle_exit(struct tg_vcpu *v, u32 full);
void tg_spec_from_user(void);

/*
 * vmx_soft.c, with SPEC_INT_N: before an exit is looked at (true: nothing is left to be
 * looked at), and before the entry. VMX_NO_EXIT for reason: only put back what is the guest's.
 */
#define VMX_NO_EXIT	(~0u)
bool vmx_soft_before(struct tg_vcpu *v, u32 reason);
void vmx_soft_after(struct tg_vcpu *v);

/* vmx_leave.c */
void tg_vmx_leave(struct tg_vcpu *v);
void tg_vmx_failed(struct tg_vcpu *v, u32 carry) __attribute__((noreturn));
void vmx_fatal(struct tg_vcpu *v, const char *what) __attribute__((noreturn));

/* vmx_entry.S, root.S */
long tg_vmx_launch(void);
long tg_vmx_hypercall(enum tg_hypercall call);
void tg_vmx_exit_entry(void);
extern const u8 tg_vmx_hypercall_site[];
void tg_vmx_forward_vmcall(u64 *reg);
void tg_root_unblock_nmi(void);

/* Lets the local APIC hand out one interrupt; its vector, or -1 if none came. */
int tg_root_acknowledge(struct tg_vcpu *v);
void tg_root_to_fatal(struct tg_vcpu *v, u64 stack) __attribute__((noreturn));

#endif
