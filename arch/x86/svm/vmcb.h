/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The VMCB: AMD APM volume 2, appendix "VMCB Layout".
 */
#ifndef TG_ARCH_SVM_VMCB_H
#define TG_ARCH_SVM_VMCB_H

#include "../../../core/types.h"

struct vmcb_seg {
	u16 sel;
	u16 attr;		/* descriptor bits 55:52 and 47:40 */
	u32 limit;
	u64 base;
};

struct vmcb {
	/* control area */
	u32 intercept_cr;
	u32 intercept_dr;
	u32 intercept_exceptions;
	u32 intercept[3];	/* SVM_I1_*, SVM_I2_*, the third unused */
	u8 reserved1[0x3c - 0x18];
	u16 pause_threshold, pause_count;
	u64 iopm_pa;
	u64 msrpm_pa;
	u64 tsc_offset;
	u32 asid;
	u32 tlb_control;
	u64 int_ctl;
	u64 int_state;		/* bit 0: interrupt shadow */
	u64 exitcode;
	u64 exitinfo1, exitinfo2;
	u64 exitintinfo;
	u64 nested_ctl;
	u8 reserved2[0xa8 - 0x98];
	u64 eventinj;
	u64 ncr3;
	u64 lbr_ctl;
	u32 clean;
	u32 reserved3;
	u64 nrip;
	u8 reserved4[0x400 - 0xd0];
	/* state save area */
	struct vmcb_seg es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	u8 reserved5[0x4cb - 0x4a0];
	u8 cpl;
	u32 reserved6;
	u64 efer;
	u8 reserved7[0x548 - 0x4d8];
	u64 cr4, cr3, cr0, dr7, dr6, rflags, rip;
	u8 reserved8[0x5d8 - 0x580];
	u64 rsp;
	u64 s_cet, ssp, isst;
	u64 rax;
	u64 star, lstar, cstar, sfmask, kernel_gs_base;
	u64 sysenter_cs, sysenter_esp, sysenter_eip;
	u64 cr2;
	u8 reserved9[0x668 - 0x648];
	u64 g_pat, dbgctl, br_from, br_to, excp_from, excp_to;
	u8 reserved10[0x6e0 - 0x698];
	u64 spec_ctrl;
	u8 reserved11[0x1000 - 0x6e8];
};

#define CHECK_VMCB(member, off) \
	_Static_assert(offsetof(struct vmcb, member) == (off), #member)
CHECK_VMCB(iopm_pa, 0x40);
CHECK_VMCB(int_ctl, 0x60);
CHECK_VMCB(eventinj, 0xa8);
CHECK_VMCB(nrip, 0xc8);
CHECK_VMCB(es, 0x400);
CHECK_VMCB(cpl, 0x4cb);
CHECK_VMCB(cr4, 0x548);
CHECK_VMCB(rsp, 0x5d8);
CHECK_VMCB(rax, 0x5f8);
CHECK_VMCB(cr2, 0x640);
CHECK_VMCB(g_pat, 0x668);
CHECK_VMCB(spec_ctrl, 0x6e0);
_Static_assert(sizeof(struct vmcb) == 4096, "VMCB");

#endif
