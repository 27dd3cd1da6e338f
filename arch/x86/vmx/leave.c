// SPDX-License-Identifier: GPL-2.0
/*
 * VT-x: out of VMX operation, with the guest's state put back into the
 * processor; and what happens when root mode cannot go on. Root mode.
 */
#include "../../../core/dispatch.h"
#include "../../../core/machine.h"
#include "../apic.h"
#include "../root.h"
#include "dump.h"
#include "backend.h"

/* The guest's state that a VM exit replaced. */
struct guest_state {
	u64 cr0, cr3, cr4, dr7, debugctl;
	u64 fs_base, gs_base;
	u64 sysenter_cs, sysenter_esp, sysenter_eip;
	u64 s_cet, isst, lbr_ctl;
	u64 gdtr_base, gdtr_limit, idtr_base, idtr_limit;
	u64 ds, es, fs, gs, tr, ldtr;
};

#define AT(name, place) { VMCS_GUEST_##name, offsetof(struct guest_state, place) }
static const struct {
	u16 field, at;
} guest_places[] = {
	AT(CR0, cr0), AT(CR3, cr3), AT(CR4, cr4), AT(DR7, dr7), AT(DEBUGCTL, debugctl),
	AT(FS_BASE, fs_base), AT(GS_BASE, gs_base), AT(SYSENTER_CS, sysenter_cs),
	AT(SYSENTER_ESP, sysenter_esp), AT(SYSENTER_EIP, sysenter_eip),
	AT(GDTR_BASE, gdtr_base), AT(GDTR_LIMIT, gdtr_limit),
	AT(IDTR_BASE, idtr_base), AT(IDTR_LIMIT, idtr_limit),
	AT(DS, ds), AT(ES, es), AT(FS, fs), AT(GS, gs), AT(TR, tr), AT(LDTR, ldtr),
};
#undef AT

static tg_root void read_guest(struct tg_vcpu *v, struct guest_state *g)
{
	u32 i;

	v->reg[REG_RSP] = vmcs_read(VMCS_GUEST_RSP);
	v->rip = vmcs_read(VMCS_GUEST_RIP);
	v->rflags = vmcs_read(VMCS_GUEST_RFLAGS);
	for (i = 0; i < TG_ARRAY_SIZE(guest_places); i++)
		*(u64 *)((u8 *)g + guest_places[i].at) = vmcs_read(guest_places[i].field);
	if (v->vmx.ctls.cet) {
		g->s_cet = vmcs_read(VMCS_GUEST_S_CET);
		g->isst = vmcs_read(VMCS_GUEST_ISST);
	}
	if (v->vmx.ctls.lbr)
		g->lbr_ctl = vmcs_read(VMCS_GUEST_LBR_CTL);
}

/*
 * An NMI may come at any place. Until LIDT it goes to root mode's handler, which
 * needs root mode's TSS; from then on to Linux', which needs its GDT and GS, and
 * for a moment runs on root mode's stack number 2. So LIDT comes late and LTR
 * behind it. LTR wants a TSS that is not busy, and writes to the GDT: Linux
 * maps its own read-only, so the writable alias serves (native_load_tr_desc()).
 */
static tg_root void load_guest(struct tg_vcpu *v, const struct guest_state *g)
{
	struct x86_dtr rw = { .limit = g->gdtr_limit, .base = v->gdt_rw };
	struct x86_dtr gdtr = { .limit = g->gdtr_limit, .base = g->gdtr_base };
	struct x86_dtr idtr = { .limit = g->idtr_limit, .base = g->idtr_base };
	u64 *tss = (u64 *)(v->gdt_rw + (g->tr & ~7ull));

	x86_write_cr0(g->cr0);
	/* Everything cached for VPID 0 goes: the guest's world was another (TLB). */
	x86_write_cr4(v->host_cr4 & ~TGX_CR4_PGE);
	x86_write_cr3(g->cr3 & ~0xfffull);
	x86_write_cr4(g->cr4);
	x86_write_cr3(g->cr3);
	x86_lgdt(&rw);
	x86_lldt(g->ldtr);
	x86_write_ds(root_loadable(g->ds));
	x86_write_es(root_loadable(g->es));
	x86_write_fs(root_loadable(g->fs));
	x86_wrmsr(TGX_MSR_FS_BASE, g->fs_base);
	x86_wrmsr(TGX_MSR_SYSENTER_CS, g->sysenter_cs);
	x86_wrmsr(TGX_MSR_SYSENTER_ESP, g->sysenter_esp);
	x86_wrmsr(TGX_MSR_SYSENTER_EIP, g->sysenter_eip);
	if (v->vmx.ctls.cet) {
		x86_wrmsr(TGX_MSR_S_CET, g->s_cet);
		if (v->vmx.has_isst)
			x86_wrmsr(TGX_MSR_ISST, g->isst);
	}
	if (v->vmx.ctls.lbr)
		x86_wrmsr(TGX_MSR_LBR_CTL, g->lbr_ctl);
	x86_wrmsr(TGX_MSR_DEBUGCTL, g->debugctl);
	x86_write_cr2(v->cr2);
	x86_write_gs(root_loadable(g->gs));
	x86_wrmsr(TGX_MSR_GS_BASE, g->gs_base);
	*tss &= ~(2ull << 40);
	x86_lidt(&idtr);
	x86_ltr(g->tr);
	x86_lgdt(&gdtr);
	x86_write_dr7(g->dr7);
}

static tg_root void __attribute__((noreturn)) stop(void)
{
	for (;;)
		x86_halt();
}

static tg_root void out_of_operation(struct tg_vcpu *v, struct guest_state *g)
{
	read_guest(v, g);
	if (v->state == TG_VCPU_IN)
		v->state = TG_VCPU_LEFT;
	tg_raise_all_swallowed(&v->core);
	tg_inject_drop(&v->core);
	/* Interrupts wait at the APIC; NMI and #MC that are ours are raised on the
	 * way out (tg_root_depart).
	 */
	if (v->core.nmi_pending)
		v->nmi_root |= 1;
	if (v->mce_pending)
		v->nmi_root |= NMI_ROOT_MC;
	v->core.nmi_pending = false;
	v->mce_pending = false;
	if (vmx_vmclear(v->vmx.vmcs_pa) | vmx_vmxoff())
		v->departure.what = "VMXOFF failed";
}

/*
 * BSP: reset; others: wait for SIPI. It takes all state along. Whoever sent the INIT sends
 * the first SIPI practically at once, and it counts only once this CPU waits for it: so
 * nothing is done that INIT makes moot.
 */
static tg_root void __attribute__((noreturn)) leave_for_init(struct tg_vcpu *v)
{
	v->state = TG_VCPU_LEFT;
	vmx_vmclear(v->vmx.vmcs_pa);	/* or the processor may write it out later */
	vmx_vmxoff();
	tg_apic_init_self();
	stop();
}

tg_root void tg_vmx_leave(struct tg_vcpu *v)
{
	struct guest_state g;

	if (v->departure.init)
		leave_for_init(v);
	out_of_operation(v, &g);
	load_guest(v, &g);
}

static tg_root u64 canonical(const struct tg_vcpu *v, u64 address)
{
	return x86_canonical(address, v->platform->pgd_shift + 9);
}

/* What the entry refuses, the processor would refuse on the way out, too. */
static tg_root void put_right(const struct tg_vcpu *v, struct guest_state *g)
{
	g->cr0 = x86_read_cr0();
	g->cr3 &= ~(~0ull << 52);
	if (!root_is_mapped(v, g->cr3))
		g->cr3 = v->platform->root_cr3;
	g->cr4 = v->host_cr4 | (g->cr4 & TGX_CR4_NOT_ROOT);
	g->dr7 = 0x400;
	g->debugctl = 0;
	g->lbr_ctl = 0;
	/* What waits for an ENDBR would be a #CP in root mode: it has none. */
	g->s_cet &= ~(TGX_CET_SUPPRESS | TGX_CET_TRACKER);
	g->fs_base = canonical(v, g->fs_base);
	if (g->gdtr_base != canonical(v, g->gdtr_base))
		g->gdtr_base = v->gdt_rw;
	g->idtr_base = canonical(v, g->idtr_base);
}

/*
 * The end: into the kernel's world, and panic there. From CPL 3 the guest's CR3
 * is the user half under PTI (KPTI), and its GS base is not the kernel's.
 */
tg_root void vmx_fatal(struct tg_vcpu *v, const char *what)
{
	struct guest_state g;

	if (v->departure.fatal)
		stop();		/* a fault on the way out: nothing left to try */
	v->departure.fatal = true;
	if (!v->departure.what)
		v->departure.what = what;
	if (v->slow & SLOW_INT_N)
		vmx_int_n_before(v, VMX_NO_EXIT);
	tg_vmx_dump(v);
	out_of_operation(v, &g);
	if (v->platform->pti && (g.cr3 & 0x1000))
		g.cr3 &= ~0x1800ull;
	g.gs_base = v->kernel_gs;
	put_right(v, &g);
	load_guest(v, &g);
	tg_root_to_fatal(v, v->root_rsp);
}

tg_root void tg_vmx_failed(struct tg_vcpu *v, u32 carry)
{
	v->departure.reason = carry ? 0 : vmcs_read(VMCS_INSN_ERROR);
	vmx_fatal(v, "a VMX instruction failed in root mode (VM-instruction error below)");
}
