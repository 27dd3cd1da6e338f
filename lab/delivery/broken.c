// SPDX-License-Identifier: GPL-2.0
/*
 * EXIT-FATAL: an entry that the processor refuses, and an exit that nobody asked for, end the
 * hypervisor with the state and the broken rule in words, and the CPU is out of operation. One
 * field at a time is broken in root mode, behind the C part of an exit.
 */
#include "backend.h"
#include "test.h"
#include "../../arch/x86/svm/backend.h"
#include "../../arch/x86/vmx/backend.h"

#define EXT_41		0x80000041u
#define NMI_2		0x80000202u
#define GP_ERROR	0x80000b0du
#define INT_N_80		0x80000480u
#define BLOCKED_NMI	8u
#define HIGH_BIT	(1ull << 63)
#define PROC_HLT	(1u << 7)
#define SVM_CPUID	0x72
#define CR0_NW		(1ull << 29)
#define CR0_CD		(1ull << 30)
#define CR4_PAE_BIT	(1ull << 5)
#define ATTR_D_BIT	(1u << 10)
#define INJECT(type, vector) (SVM_EV_VALID | (u64)(type) << 8 | (vector))

PIECE(ud, "nop", "ud2", "nop");
PIECE(hlt_, "", "hlt", "nop");
PIECE(cpuid_, "", "cpuid", "nop");

static void flags(u64 clear, u64 set)
{
	vmcs_write(VMCS_GUEST_RFLAGS, (vmcs_read(VMCS_GUEST_RFLAGS) & ~clear) | set);
}

static void vmx_event(u32 info, u64 clear, u64 set, u32 blocking)
{
	vmcs_write(VMCS_ENTRY_INFO, info);
	flags(clear, set);
	vmcs_write(VMCS_GUEST_BLOCKING, blocking);
}

static void change(u32 field, u64 clear, u64 set)
{
	vmcs_write(field, (vmcs_read(field) & ~clear) | set);
}

static void vmx_bs(struct tg_vcpu *v)
{
	(void)v;
	vmx_event(0, 0, FL_IF | FL_TF, TG_BLOCK_STI);
	vmcs_write(VMCS_GUEST_PENDING_DB, 0);
}

static void vmx_length(struct tg_vcpu *v)
{
	(void)v;
	vmx_event(INT_N_80, 0, 0, 0);
	vmcs_write(VMCS_ENTRY_LENGTH, 16);
}

static void vmx_error(struct tg_vcpu *v)
{
	(void)v;
	vmx_event(GP_ERROR, 0, 0, 0);
	vmcs_write(VMCS_ENTRY_ERROR, 0x10000);
}

static void vmx_activity(struct tg_vcpu *v)
{
	(void)v;
	vmx_event(0, 0, FL_IF, TG_BLOCK_STI);
	vmcs_write(VMCS_GUEST_ACTIVITY, 1);
}

#define VMX(name, what)								\
static void vmx_##name(struct tg_vcpu *v)					\
{										\
	(void)v;								\
	what;									\
}
VMX(extint_if, vmx_event(EXT_41, FL_IF, 0, 0))
VMX(extint_blocking, vmx_event(EXT_41, 0, FL_IF, TG_BLOCK_MOVSS))
VMX(nmi_blocking, vmx_event(NMI_2, 0, 0, BLOCKED_NMI))
VMX(nmi_movss, vmx_event(NMI_2, 0, 0, TG_BLOCK_MOVSS))
VMX(both_shadows, vmx_event(0, 0, FL_IF, 3))
VMX(sti_if, vmx_event(0, FL_IF, 0, TG_BLOCK_STI))
VMX(bit12, change(VMCS_ENTRY_INFO, 0, VMX_INFO_UNBLOCK))
VMX(type, vmx_event(0x80000106u, 0, 0, 0))
VMX(vector, vmx_event(0x80000203u, 0, 0, 0))
/* With an interrupt: an exception may have one on processors with IA32_VMX_BASIC[56]. */
static void vmx_error_flag(struct tg_vcpu *v)
{
	(void)v;
	vmx_event(0x80000841u, 0, 0, 0);
	change(VMCS_GUEST_RFLAGS, 0, TG_RFLAGS_IF);
	vmcs_write(VMCS_ENTRY_ERROR, 0);
}
VMX(rflags, flags(2, 0))
VMX(rip, vmcs_write(VMCS_GUEST_RIP, NON_CANONICAL))
VMX(link, vmcs_write(VMCS_LINK, 1))
VMX(state, vmcs_write(VMCS_GUEST_ACTIVITY, 4))
VMX(cr0, change(VMCS_GUEST_CR0, TGX_CR0_PE, 0))
VMX(cr4, change(VMCS_GUEST_CR4, TGX_CR4_VMXE, 0))
VMX(long_mode, change(VMCS_GUEST_CR4, CR4_PAE_BIT, 0))
VMX(cr3, change(VMCS_GUEST_CR3, 0, 1ull << 60))
VMX(dr7, change(VMCS_GUEST_DR7, 0, 1ull << 32))
VMX(debugctl, vmcs_write(VMCS_GUEST_DEBUGCTL, 1ull << 20))
VMX(gdtr_base, vmcs_write(VMCS_GUEST_GDTR_BASE, NON_CANONICAL))
VMX(idtr_limit, vmcs_write(VMCS_GUEST_IDTR_LIMIT, 0x10000))
VMX(fs_base, vmcs_write(VMCS_GUEST_FS_BASE, NON_CANONICAL))
VMX(tr, change(VMCS_GUEST_TR_AR, 2, 0))
VMX(cs, change(VMCS_GUEST_CS_AR, 0, 1u << 14))
VMX(ss, change(VMCS_GUEST_SS_AR, 0, 0x60))
VMX(hlt_exit, change(VMCS_PROC, 0, PROC_HLT))

#define SVM(name, what)								\
static void svm_##name(struct tg_vcpu *v)					\
{										\
	struct vmcb *c = v->svm.vmcb;						\
										\
	c->clean = 0;								\
	what;									\
}
SVM(svme, c->efer &= ~TGX_EFER_SVME)
SVM(efer, c->efer |= HIGH_BIT)
SVM(cache, c->cr0 = (c->cr0 & ~CR0_CD) | CR0_NW)
SVM(cr0, c->cr0 |= 1ull << 32)
SVM(cr3, c->cr3 |= 1ull << 60)
SVM(cr4, c->cr4 |= 1ull << 40)
SVM(dr6, c->dr6 |= 1ull << 32)
SVM(dr7, c->dr7 |= 1ull << 32)
SVM(pae, c->cr4 &= ~CR4_PAE_BIT)
SVM(pe, c->cr0 &= ~TGX_CR0_PE)
SVM(l_and_d, c->cs.attr |= ATTR_D_BIT)
SVM(vmrun, c->intercept[1] &= ~SVM_I2(SVM_EXIT_VMRUN))
SVM(asid, c->asid = 0)
SVM(type, c->eventinj = INJECT(1, 6))
SVM(vector, c->eventinj = INJECT(SVM_EV_EXCEPTION, 2))
SVM(cpuid_exit, c->intercept[0] |= 1u << (SVM_CPUID - 0x60))

const struct breakage vmx_breakages[] = {
	{ "vmx_bs", vmx_bs,
	  "pending debug exceptions: BS must be 1 exactly if TF=1 and BTF=0, as STI or MOV SS "
	  "blocks or the CPU is halted" },
	{ "vmx_extint_if", vmx_extint_if, "an external interrupt is injected with RFLAGS.IF=0" },
	{ "vmx_extint_blocking", vmx_extint_blocking,
	  "an external interrupt is injected under blocking by STI or MOV SS" },
	{ "vmx_nmi_blocking", vmx_nmi_blocking,
	  "an NMI is injected under blocking by NMI or MOV SS" },
	{ "vmx_nmi_movss", vmx_nmi_movss, "an NMI is injected under blocking by NMI or MOV SS" },
	{ "vmx_both_shadows", vmx_both_shadows, "blocking by STI and by MOV SS at once" },
	{ "vmx_sti_if", vmx_sti_if, "blocking by STI with RFLAGS.IF=0" },
	{ "vmx_bit12", vmx_bit12, "reserved bits set in the VM-entry interruption information" },
	{ "vmx_error", vmx_error, "upper half of the VM-entry error code not zero" },
	{ "vmx_length", vmx_length, "VM-entry instruction length not 1 to 15" },
	{ "vmx_rflags", vmx_rflags, "reserved bits of RFLAGS" },
	{ "vmx_rip", vmx_rip, "RIP not canonical in 64-bit mode" },
	{ "vmx_activity", vmx_activity, "halted with blocking by STI or MOV SS" },
	{ "vmx_link", vmx_link, "VMCS link pointer not ~0" },
	{ "vmx_state", vmx_state, "there is no such activity state" },
	{ "vmx_type", vmx_type, "an event of a reserved type is injected" },
	{ "vmx_vector", vmx_vector,
	  "an NMI with a vector other than 2, or an exception above 31, is injected" },
	{ "vmx_error_flag", vmx_error_flag,
	  "an error code is injected with an event that has none" },
	{ "vmx_cr0", vmx_cr0, "CR0: PG without PE, NE clear, or bits 63:32 set" },
	{ "vmx_cr4", vmx_cr4, "CR4.VMXE must be 1 in the guest" },
	{ "vmx_long_mode", vmx_long_mode, "an IA-32e mode guest needs CR4.PAE and CR0.PG" },
	{ "vmx_cr3", vmx_cr3, "CR3 has bits set beyond the physical addresses" },
	{ "vmx_dr7", vmx_dr7, "DR7 bits 63:32 must be 0" },
	{ "vmx_debugctl", vmx_debugctl, "reserved bits of IA32_DEBUGCTL" },
	{ "vmx_gdtr_base", vmx_gdtr_base, "the base of GDTR or IDTR is not canonical" },
	{ "vmx_idtr_limit", vmx_idtr_limit, "bits 31:16 of the limit of GDTR or IDTR must be 0" },
	{ "vmx_fs_base", vmx_fs_base, "the base of FS, GS or TR is not canonical" },
	{ "vmx_tr", vmx_tr, "TR must be a present and busy TSS of the GDT" },
	{ "vmx_cs", vmx_cs,
	  "CS must be a present and accessed code segment, with L and D not both set" },
	{ "vmx_ss", vmx_ss, "SS: the DPL must be the RPL, and the segment present and writable" },
	{ "vmx_unknown_exit", vmx_hlt_exit, NULL, &hlt_ },
	{ }
};

const struct breakage svm_breakages[] = {
	{ "svm_svme", svm_svme, "EFER.SVME must be 1 in the guest" },
	{ "svm_efer", svm_efer, "reserved bits of EFER" },
	{ "svm_cache", svm_cache, "CR0.NW is set and CR0.CD is not" },
	{ "svm_cr0", svm_cr0, "CR0 bits 63:32 must be 0" },
	{ "svm_cr3", svm_cr3, "CR3 bits 63:52 must be 0" },
	{ "svm_cr4", svm_cr4, "CR4 bits 63:32 must be 0" },
	{ "svm_dr6", svm_dr6, "DR6 bits 63:32 must be 0" },
	{ "svm_dr7", svm_dr7, "DR7 bits 63:32 must be 0" },
	{ "svm_pae", svm_pae, "long mode with paging needs CR4.PAE" },
	{ "svm_pe", svm_pe, "long mode with paging needs CR0.PE" },
	{ "svm_l_and_d", svm_l_and_d, "CS.L and CS.D are both set in long mode" },
	{ "svm_vmrun", svm_vmrun, "the VMRUN intercept must be set" },
	{ "svm_asid", svm_asid, "the guest's ASID must not be 0" },
	{ "svm_type", svm_type, "EVENTINJ has a reserved type" },
	{ "svm_vector", svm_vector, "EVENTINJ: an exception with a vector that is none" },
	{ "svm_unknown_exit", svm_cpuid_exit, NULL, &cpuid_, SVM_CPUID },
	{ }
};

static const struct breakage *current;
static bool said, other, state_told;
static u64 resumed;

/* Once, at the exit that the piece's own hook asks for, or the hypercall before the piece. */
static void break_once(struct tg_vcpu *v, bool leaves)
{
	(void)leaves;
	resumed++;
	if (current->piece || test_backend()->rip(v) == world_at(ud.insn)) {
		resumed = 0;
		test_on_exit = NULL;
		current->breaks(v);
	}
}

extern u64 lab_pml4[512];

/* The words, and no others; RIP among the fields of the dump. On root mode's tables, maybe. */
static void on_fatal(struct tg_vcpu *v)
{
	void world_home(void) __attribute__((noreturn));
	const char *words, *name;
	u64 value;
	u32 i;

	(void)v;
	lab_write_cr3(lab_physical(lab_pml4));
	for (i = 0; (words = host_broken_rule(i)); i++) {
		if (current->words && !lab_strcmp(words, current->words))
			said = true;
		else
			other = true;
	}
	for (i = 0; (name = host_dump_field(i, &value)); i++)
		if (!lab_strcmp(name, "GUEST_RIP") || !lab_strcmp(name, "rip"))
			state_told = value == world_at(world.piece->insn) ||
				     value == NON_CANONICAL;
	world.ending = END_FATAL;
	world_home();
}

static const char *what_happened(void)
{
	const struct tg_departure *d = &host_vcpu()->departure;

	if (world.problem)
		return world.problem;
	if (world.ending != END_FATAL)
		return "the entry was taken";
	if (host_vcpu()->state == TG_VCPU_IN)
		return "the CPU is still in operation";
	/* With the state gone, what is left to show is that the CPU has left in order. */
	if (current->words && machine_bug("invalid-saves-host"))
		return lab_strcmp(d->what, "VMRUN refused the guest state") ? d->what :
		       "-emulator bug invalid-saves-host (the CPU has left in order)";
	if (!state_told)
		return "the dump has not the guest's RIP";
	if (d->triple || !d->what)
		return "not said what happened";
	if (!current->words)
		return said || other ? "a broken rule is told" :
		       d->reason == current->reason ? NULL : "another reason";
	return !said ? "the broken rule is not told" : other ? "other rules are told, too" : NULL;
}

static const char *broken(void)
{
	const struct host_event hook = { TG_EVENT_EXCEPTION, 6, 0 };
	const char *why;

	said = other = state_told = false;
	world_begin(current->piece ? current->piece : &ud);
	host_see_int_n(false);
	host_arm(&hook, 1);
	host_vcpu()->gdt_rw = (u64)world_gdt;
	host_on_fatal = on_fatal;
	test_on_exit = break_once;
	world_enter = host_enter;
	world_leave = host_leave;
	world_run();
	test_on_exit = NULL;
	host_on_fatal = test_on_fatal;
	why = what_happened();
	world_clean();
	return why;
}

void tests_broken(void)
{
	static char name[60], bug[60];

	for (current = test_backend()->breakages; current->name; current++) {
		lab_format(name, sizeof(name), "lab_exit_fatal_%s", current->name);
		lab_format(bug, sizeof(bug), "takes-%s", current->name);
		if (machine_bug(bug))
			test_own(name, NULL);
		else
			test_own(name, broken);
	}
}
