/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs from kernel to kernel, all of it, for linux/vmm.c, which includes what is
 * used here. Linux 6.1 to 7.3 are known. Each row: since which version, what changed, why
 * it matters here.
 *
 * Without a condition, since one way does for all of them:
 * - 6.16 renamed rdmsrl_safe and wrmsrl_safe: rdmsr_safe() and wrmsr_safe() stayed.
 * - 6.19 no longer exports x86_spec_ctrl_base: platform.c reads the MSR.
 * - 7.2 warns of work put on system_wq: control.c takes schedule_delayed_work().
 * - 7.2's own headers do not pass -Wshadow: Kbuild says -Wshadow=local.
 *
 * Kbuild sets TG_SYSCORE_DATA and TG_CLAIM_BY_NAME by what the kernel's headers and
 * export table have, since stable kernels take such changes over in the middle.
 */
#ifndef TG_LINUX_COMPAT_H
#define TG_LINUX_COMPAT_H

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#pragma message("trapgate: this kernel is older than 6.1, the oldest that Trapgate was tried on")
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(7, 4, 0)
#pragma message("trapgate: this kernel is newer than 7.3, the newest that Trapgate was tried on")
#endif

/* ---- the running task ------------------------------------------------------------- */

/* 6.2 moved the per-CPU variable into pcpu_hot, 6.15 moved it out again. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0) && LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
#define tg_current_task_of(cpu) ((void *const *)&per_cpu(pcpu_hot, cpu).current_task)
#else
#define tg_current_task_of(cpu) ((void *const *)&per_cpu(current_task, cpu))
#endif

/* ---- CR4.VMXE ---------------------------------------------------------------------- */

/*
 * VMXE is set through the kernel's shadow of CR4, as KVM does it. So each sees the other,
 * and no later write of the kernel's to CR4 takes the bit away. VMXE behind the kernel's
 * back, with VMXE hidden by VMX's CR4 mask, would need no symbol. But KVM would not see
 * that VT-x is in use, and its VMXON would take the CPU out of operation.
 *
 * 6.19 exports cr4_update_irqsoff to KVM's modules alone (TG_CLAIM_BY_NAME). A look-up
 * by name does not ask for the module's name; it asks for GPL, which older kernels'
 * exports of it are not.
 *
 * SDM "Tracing of VMX Operation": where IA32_VMX_MISC bit 14 is 0, VMXON ends Processor
 * Trace and no trace can begin. Its driver is told, as long as it can be: 7.1 took
 * intel_pt_handle_vmx away from modules.
 */
struct tg_claim {
	void (*update_cr4)(unsigned long set, unsigned long clear);
	void (*tell_pt)(int on);		/* NULL: nobody can */
};

#define TG_VMX_MISC_PT	(1u << 14)

static inline bool tg_pt_needs_telling(void)
{
	u32 low, high;

	return boot_cpu_has(X86_FEATURE_INTEL_PT) &&
	       !rdmsr_safe(MSR_IA32_VMX_MISC, &low, &high) && !(low & TG_VMX_MISC_PT);
}

static inline void tg_claim_forget(struct tg_claim *c)
{
#ifdef TG_CLAIM_BY_NAME
	if (c->update_cr4)
		__symbol_put("cr4_update_irqsoff");
	if (c->tell_pt)
		__symbol_put("intel_pt_handle_vmx");
#endif
	*c = (struct tg_claim){ 0 };
}

/* NULL, or why the kernel does not let us; process context. */
static inline const char *tg_claim_find(struct tg_claim *c)
{
#ifdef TG_CLAIM_BY_NAME
	c->update_cr4 = __symbol_get("cr4_update_irqsoff");
	c->tell_pt = __symbol_get("intel_pt_handle_vmx");
	if (!c->update_cr4) {
		tg_claim_forget(c);
		return "this kernel does not let modules set CR4.VMXE (it hides "
		       "cr4_update_irqsoff()): use an older one";
	}
	if (!c->tell_pt && tg_pt_needs_telling())
		pr_warn("trapgate: do not use perf with intel_pt while the hypervisor is loaded: "
			"this processor cannot trace then, and this kernel cannot be told\n");
#else
	c->update_cr4 = cr4_update_irqsoff;
	c->tell_pt = intel_pt_handle_vmx;
#endif
	return NULL;
}

/* Interrupts off, on the CPU. */
static inline void tg_claim_set(const struct tg_claim *c, unsigned long bits)
{
	if (c->tell_pt)
		c->tell_pt(1);
	c->update_cr4(bits, 0);
}

static inline void tg_claim_clear(const struct tg_claim *c, unsigned long bits)
{
	c->update_cr4(0, bits);
	if (c->tell_pt)
		c->tell_pt(0);
}

/* ---- suspend ----------------------------------------------------------------------- */

/* In the middle of 6.12 the callbacks got an argument. */
#ifdef TG_SYSCORE_DATA
#define TG_SYSCORE_ARG	void *unused
#define TG_SYSCORE(name, suspend_fn, resume_fn)						\
	static const struct syscore_ops name##_ops = {					\
		.suspend = suspend_fn, .resume = resume_fn };				\
	static struct syscore name = { .ops = &name##_ops }
#define tg_syscore_register(s)		register_syscore(s)
#define tg_syscore_unregister(s)	unregister_syscore(s)
#else
#define TG_SYSCORE_ARG	void
#define TG_SYSCORE(name, suspend_fn, resume_fn)						\
	static struct syscore_ops name = { .suspend = suspend_fn, .resume = resume_fn }
#define tg_syscore_register(s)		register_syscore_ops(s)
#define tg_syscore_unregister(s)	unregister_syscore_ops(s)
#endif

#endif
