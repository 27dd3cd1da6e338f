/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VMX instructions, each with its VMfail checked. vmcs_read/vmcs_write are for
 * root mode (a failure there is a bug and ends in tg_vmx_failed()); the others
 * return 0 or -1 and are for bringing a CPU up.
 */
#ifndef TG_ARCH_VMX_INSN_H
#define TG_ARCH_VMX_INSN_H

#include "../hv.h"
#include "vmcs.h"

#ifdef TG_COUNT
#define COUNT_VMCS(counter) (this_vcpu()->core.counter++)
#else
#define COUNT_VMCS(counter) ((void)0)
#endif

static tg_always_inline u64 vmcs_read(enum vmcs_field field)
{
	u64 v;

	COUNT_VMCS(vmreads);
	asm volatile("vmread %1, %0\n\tjbe tg_vmx_insn_fail"
		     : "=r"(v) : "r"((u64)field) : "cc");
	return v;
}

static tg_always_inline void vmcs_write(enum vmcs_field field, u64 v)
{
	COUNT_VMCS(vmwrites);
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

/*
 * It may fault, by what the firmware says of SMX and by hypervisors: in the kernel only, so
 * by the kernel's exception table. -2 then.
 */
#ifdef __KERNEL__
#include <asm/asm.h>
#define VMXON_MAY_FAULT	_ASM_EXTABLE(1b, 3b)
#else
#define VMXON_MAY_FAULT	""
#endif

static tg_always_inline int vmx_vmxon(u64 pa)
{
	int err = -2;

	asm volatile("1:\tvmxon %[pa]\n\t"
		     "movl $-1, %[err]\n\t"
		     "jbe 3f\n\t"
		     "movl $0, %[err]\n"
		     "3:\n" VMXON_MAY_FAULT
		     : [err] "+r"(err) : [pa] "m"(pa) : "cc", "memory");
	return err;
}

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

#endif
