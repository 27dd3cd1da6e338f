/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What stands in for arch/x86/vmx/insn.h in the unit tests, whose guard it takes, and for
 * the instructions of x86.h that need CPL 0: all of them are functions of vmx_fake.c.
 */
#ifndef TG_ARCH_VMX_INSN_H
#define TG_ARCH_VMX_INSN_H

#include "../../arch/x86/hv.h"
#include "../../arch/x86/vmx/vmcs.h"

u64 vmcs_read(enum vmcs_field field);
void vmcs_write(enum vmcs_field field, u64 v);
int vmx_vmxon(u64 pa);
int vmx_vmclear(u64 pa);
int vmx_vmptrld(u64 pa);
int vmx_vmxoff(void);
int vmx_try_write(u64 field, u64 v);
int vmx_try_read(u64 field, u64 *v);
int vmx_invvpid_all(void);

struct tg_vcpu *vmx_fake_this_vcpu(void);
u64 vmx_fake_rdmsr(u32 msr);
void vmx_fake_wrmsr(u32 msr, u64 v);
void vmx_fake_cpuid(u32 *a, u32 *b, u32 *c, u32 *d);
struct x86_dtr vmx_fake_sgdt(void);
struct x86_dtr vmx_fake_sidt(void);
u32 vmx_fake_lar(u16 sel);
u32 vmx_fake_lsl(u16 sel);
/* The rest is told by name, and logged: vmx_fake.log. */
u64 vmx_fake_get(const char *name);
void vmx_fake_set(const char *name, u64 v);

void vmx_fake_halt(void);

#define x86_halt()		vmx_fake_halt()
#define this_vcpu()		vmx_fake_this_vcpu()
#define x86_rdmsr(msr)		vmx_fake_rdmsr(msr)
#define x86_wrmsr(msr, v)	vmx_fake_wrmsr(msr, v)
#define x86_cpuid(a, b, c, d)	vmx_fake_cpuid(a, b, c, d)
#define x86_sgdt()		vmx_fake_sgdt()
#define x86_sidt()		vmx_fake_sidt()
#define x86_lar(sel)		vmx_fake_lar(sel)
#define x86_lsl(sel)		vmx_fake_lsl(sel)
#define x86_read_cr0()		vmx_fake_get("cr0")
#define x86_read_cr2()		vmx_fake_get("cr2")
#define x86_read_cr3()		vmx_fake_get("cr3")
#define x86_read_cr4()		vmx_fake_get("cr4")
#define x86_read_dr6()		vmx_fake_get("dr6")
#define x86_read_dr7()		vmx_fake_get("dr7")
#define x86_read_cs()		((u16)vmx_fake_get("cs"))
#define x86_read_ss()		((u16)vmx_fake_get("ss"))
#define x86_read_ds()		((u16)vmx_fake_get("ds"))
#define x86_read_es()		((u16)vmx_fake_get("es"))
#define x86_read_fs()		((u16)vmx_fake_get("fs"))
#define x86_read_gs()		((u16)vmx_fake_get("gs"))
#define x86_str()		((u16)vmx_fake_get("tr"))
#define x86_sldt()		((u16)vmx_fake_get("ldtr"))
#define x86_write_cr0(v)	vmx_fake_set("cr0", v)
#define x86_write_cr2(v)	vmx_fake_set("cr2", v)
#define x86_write_cr3(v)	vmx_fake_set("cr3", v)
#define x86_write_cr4(v)	vmx_fake_set("cr4", v)
#define x86_write_dr6(v)	vmx_fake_set("dr6", v)
#define x86_write_dr7(v)	vmx_fake_set("dr7", v)
#define x86_write_ds(v)		vmx_fake_set("ds", v)
#define x86_write_es(v)		vmx_fake_set("es", v)
#define x86_write_fs(v)		vmx_fake_set("fs", v)
#define x86_write_gs(v)		vmx_fake_set("gs", v)
#define x86_lgdt(d)		vmx_fake_set("gdtr", (d)->base)
#define x86_lidt(d)		vmx_fake_set("idtr", (d)->base)
#define x86_ltr(sel)		vmx_fake_set("tr", sel)
#define x86_lldt(sel)		vmx_fake_set("ldtr", sel)

#endif
