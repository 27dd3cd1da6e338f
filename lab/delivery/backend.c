// SPDX-License-Identifier: GPL-2.0
/*
 * The answers of both backends; the only place of the suite that asks which one is there.
 */
#include "backend.h"
#include "test.h"
#include "../../arch/x86/svm/backend.h"
#include "../../arch/x86/vmx/backend.h"

/* Capability MSRs: what may be 1 is in the upper half (SDM "VM-Execution Controls"). */
#define MSR_VMX_PIN	0x481
#define MSR_VMX_PROC	0x482
#define MSR_VMX_PROC2	0x48b
#define PIN_TIMER	(1ull << (32 + 6))
#define PROC_MTF	(1ull << (32 + 27))
#define PROC_PROC2	(1ull << (32 + 31))
#define PROC2_DESC	(1ull << (32 + 2))
#define PROC_RDTSC	(1u << 12)
#define SVM_RDTSC	0x6e

void (*test_on_exit)(struct tg_vcpu *v, bool leaves);

static u32 first_tlb_control;		/* AMD-V: of the first VMRUN */

/* The linker puts these between the C part of an exit and the entry code. */
int __real_tg_vmx_exit(struct tg_vcpu *v);
int __wrap_tg_vmx_exit(struct tg_vcpu *v);
int __real_tg_svm_exit(struct tg_vcpu *v);
int __wrap_tg_svm_exit(struct tg_vcpu *v);

int __wrap_tg_vmx_exit(struct tg_vcpu *v)
{
	int action = __real_tg_vmx_exit(v);

	if (test_on_exit)
		test_on_exit(v, action == VMX_LEAVE);
	return action;
}

int __wrap_tg_svm_exit(struct tg_vcpu *v)
{
	int action;

	if (!v->svm.launched)
		first_tlb_control = v->svm.vmcb->tlb_control;
	action = __real_tg_svm_exit(v);
	if (test_on_exit)
		test_on_exit(v, action == SVM_LEAVE);
	return action;
}

/* ---- VT-x ---------------------------------------------------------------------- */

static bool vmx_has_mtf(void)
{
	return lab_rdmsr(MSR_VMX_PROC) & PROC_MTF;
}

static bool vmx_has_timer(void)
{
	return lab_rdmsr(MSR_VMX_PIN) & PIN_TIMER;
}

static bool vmx_has_post(void)
{
	return vmx_has_timer() || vmx_has_mtf();
}

static bool vmx_has_int_n(void)
{
	return vmx_has_timer() && (lab_rdmsr(MSR_VMX_PROC) & PROC_PROC2) &&
	       (lab_rdmsr(MSR_VMX_PROC2) & PROC2_DESC);
}

static u64 vmx_rip(const struct tg_vcpu *v)
{
	(void)v;
	return vmcs_read(VMCS_GUEST_RIP);
}

static bool vmx_at_user(const struct tg_vcpu *v)
{
	(void)v;
	return vmx_guest_cpl() == 3;
}

static bool vmx_injects(const struct tg_vcpu *v)
{
	(void)v;
	return vmcs_read(VMCS_ENTRY_INFO) & VMX_INFO_VALID;
}

static void vmx_ask_for_rdtsc(struct tg_vcpu *v)
{
	(void)v;
	vmcs_write(VMCS_PROC, vmcs_read(VMCS_PROC) | PROC_RDTSC);
}

/* INVVPID, or CR4.PGE: nothing of it is left to be seen. */
static bool vmx_flushed(const struct tg_vcpu *v)
{
	return v->core.flushes == 2;		/* the other one at TG_CALL_REARM */
}

static const struct backend vmx = {
	.letter = 'I', .others = ONLY_AMD, .cpuid_exits = 1,
	.hypercall_site = tg_vmx_hypercall_site, .has_mtf = vmx_has_mtf,
	.has_timer = vmx_has_timer, .has_post = vmx_has_post, .has_int_n = vmx_has_int_n,
	.rip = vmx_rip,
	.at_user = vmx_at_user, .injects = vmx_injects, .ask_for_rdtsc = vmx_ask_for_rdtsc,
	.flushed = vmx_flushed, .breakages = vmx_breakages,
};

/* ---- AMD-V --------------------------------------------------------------------- */

static bool svm_has_mtf(void)
{
	return false;
}

static bool svm_has(void)
{
	return true;
}

static u64 svm_rip(const struct tg_vcpu *v)
{
	return v->svm.vmcb->rip;
}

static bool svm_at_user(const struct tg_vcpu *v)
{
	return v->svm.vmcb->cpl == 3;
}

static bool svm_injects(const struct tg_vcpu *v)
{
	return v->svm.vmcb->eventinj & SVM_EV_VALID;
}

static void svm_ask_for_rdtsc(struct tg_vcpu *v)
{
	v->svm.vmcb->intercept[0] |= 1u << (SVM_RDTSC - 0x60);
}

static bool svm_flushed(const struct tg_vcpu *v)
{
	return v->core.flushes == 2 && first_tlb_control == SVM_TLB_FLUSH_ALL &&
	       !v->svm.vmcb->tlb_control;
}

static const struct backend svm = {
	.letter = 'A', .others = ONLY_INTEL, .holds_nmis = true,
	.hypercall_site = tg_svm_hypercall_site, .has_mtf = svm_has_mtf,
	.has_timer = svm_has_mtf, .has_post = svm_has, .has_int_n = svm_has, .rip = svm_rip,
	.at_user = svm_at_user, .injects = svm_injects, .ask_for_rdtsc = svm_ask_for_rdtsc,
	.flushed = svm_flushed, .breakages = svm_breakages,
};

const struct backend *test_backend(void)
{
	return host_ops() == &tg_svm_ops ? &svm : &vmx;
}
