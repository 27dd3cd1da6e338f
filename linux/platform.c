// SPDX-License-Identifier: GPL-2.0
/*
 * What the hypervisor asks about the machine: whether it may be put under it, in words,
 * and the facts for all CPUs (struct tg_platform). Process context.
 */
#include <linux/cc_platform.h>
#include <linux/cpu.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/version.h>
#include <asm/cpufeature.h>
#include <asm/fixmap.h>
#include <asm/irq_vectors.h>
#include <asm/msr.h>
#include <asm/nospec-branch.h>
#include <asm/processor.h>
#include <asm/special_insns.h>
#include <asm/tlbflush.h>
#include <asm/tsc.h>
#include <xen/xen.h>
#include "fit.h"
#include "tg.h"

#define RAM_MAX	512u	/* ranges; more are not RAM for scripts */

static unsigned long root_pgd;
static struct tg_ram *ram;			/* RAM_MAX */
static unsigned long iopm;

static const struct tg_hv_ops *const backends[] = { &tg_vmx_ops, &tg_svm_ops };

static struct tg_facts facts_of_kernel(void)
{
	struct tg_facts f = {
		.locked_down = security_locked_down(LOCKDOWN_MSR),
		.xen_pv = xen_pv_domain(),
		.encrypted = cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT) ||
			     cc_platform_has(CC_ATTR_GUEST_STATE_ENCRYPT),
		.fred = native_read_cr4() & TGX_CR4_FRED,
		.kernel_ibrs = boot_cpu_has(X86_FEATURE_KERNEL_IBRS),
	};

#ifdef X86_FEATURE_CALL_DEPTH
	f.call_depth = boot_cpu_has(X86_FEATURE_CALL_DEPTH);
#endif
#ifdef X86_FEATURE_INVLPGB
	f.invlpgb = boot_cpu_has(X86_FEATURE_INVLPGB);
#endif
#ifdef X86_FEATURE_CLEAR_CPU_BUF
	f.clear_cpu_buf = boot_cpu_has(X86_FEATURE_CLEAR_CPU_BUF);
#else
	/* Kernels before 6.1.82 and 6.6.22 have a static key for it, which is not ours to see. */
	f.clear_cpu_buf = boot_cpu_has(X86_FEATURE_MD_CLEAR);
#endif
#ifdef X86_BUG_DIV0
	f.divider_leaks = boot_cpu_has_bug(X86_BUG_DIV0);
#endif
	return f;
}

int tg_platform_check(const struct tg_hv_ops **ops, char *reason)
{
	const struct tg_facts facts = facts_of_kernel();
	const char *why = "unknown";
	int i, err = tg_fit(&facts, &why);

	if (err)
		return tg_refuse(reason, err, "%s", why);
	err = tg_below_check(reason);
	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(backends); i++) {
		err = backends[i]->probe(&why);
		if (!err) {
			*ops = backends[i];
			return 0;
		}
		if (err != -ENODEV)
			return tg_refuse(reason, err, "%s", why);
	}
	return tg_refuse(reason, -ENODEV,
			 "the processor has neither VT-x nor AMD-V (or the hypervisor below Linux "
			 "hides it)");
}

/* ---- root mode's address space ----------------------------------------- */

#define LDT_SLOT (PTRS_PER_PGD - 240)	/* per process under PTI: LDT_PGD_ENTRY */

/*
 * The kernel half of the running kernel's tables. Its top-level entries do not
 * change: vmalloc's are made at boot, modules and the direct map are there.
 */
static int make_root_pgd(struct tg_platform *p)
{
	u64 *from = __va(__read_cr3() & CR3_ADDR_MASK), *to;

	root_pgd = get_zeroed_page(GFP_KERNEL);
	if (!root_pgd)
		return -ENOMEM;
	to = (u64 *)root_pgd;
	memcpy(to + PTRS_PER_PGD / 2, from + PTRS_PER_PGD / 2, PAGE_SIZE / 2);
	to[LDT_SLOT] = 0;
	p->text_entry = to[(u64)tg_vmm_load >> PGDIR_SHIFT & (PTRS_PER_PGD - 1)];
	return tg_jit_init(to);
}

int tg_host_rdmsr(u32 msr, u64 *value)
{
	u32 lo = 0, hi = 0;
	int err = rdmsr_safe(msr, &lo, &hi);

	*value = (u64)hi << 32 | lo;
	return err;
}

/* Chosen by the kernel from its command line and the processor. */
static u32 mitigations(void)
{
	u64 value;
	u32 m = 0;

	if (!cpu_mitigations_off())
		m |= TG_MITIGATION_ANY;
	if (!tg_host_rdmsr(TGX_MSR_BP_CFG, &value))
		m |= TG_MITIGATION_BP_CFG;
	if (boot_cpu_has(X86_FEATURE_UNRET))
		m |= TG_MITIGATION_RETURNS;
	if (boot_cpu_has(X86_FEATURE_ENTRY_IBPB))
		m |= TG_MITIGATION_ENTRY;
#ifdef X86_FEATURE_IBPB_ON_VMEXIT
	if (boot_cpu_has(X86_FEATURE_SRSO) || boot_cpu_has(X86_FEATURE_SRSO_ALIAS))
		m |= TG_MITIGATION_RETURNS;
	if (boot_cpu_has(X86_FEATURE_IBPB_ON_VMEXIT))
		m |= TG_MITIGATION_EXIT;
#endif
	if (boot_cpu_has(X86_FEATURE_IBPB))
		m |= TG_MITIGATION_BARRIER;
	return m;
}

#define MSR_CSTATE_BASE	0xc0010073	/* AMD: the first of eight ports, 0 none */

/* The ports by which idle CPUs of AMD's sleep; without memory they are not watched. */
static void find_idle_ports(struct tg_platform *p)
{
	u64 base;

	p->iopm_pa = 0;
	if (boot_cpu_data.x86_vendor == X86_VENDOR_INTEL || tg_host_rdmsr(MSR_CSTATE_BASE, &base) ||
	    !(u16)base)
		return;
	iopm = __get_free_pages(GFP_KERNEL | __GFP_ZERO, TG_IOPM_ORDER);
	if (!iopm)
		return;
	tg_svm_idle_ports((u8 *)iopm, base);
	p->iopm_pa = __sme_pa(iopm);
}

static int add_ram(struct resource *res, void *platform)
{
	struct tg_platform *p = platform;

	if (p->nr_ram == RAM_MAX)
		return 0;
	ram[p->nr_ram++] = (struct tg_ram){ .start = res->start, .end = res->end + 1 };
	return 0;
}

/* As it is at load: memory that comes later is not touched by scripts. */
static int find_ram(struct tg_platform *p)
{
	p->nr_ram = 0;
	ram = kcalloc(RAM_MAX, sizeof(*ram), GFP_KERNEL);
	if (!ram)
		return -ENOMEM;
	p->ram = ram;
	walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0, -1, p,
			    add_ram);
	return 0;
}

int tg_platform_fill(struct tg_platform *p)
{
	const struct tg_facts facts = facts_of_kernel();
	u32 info = 0, high;
	int err = make_root_pgd(p);

	if (!err)
		err = find_ram(p);
	if (err) {
		tg_jit_exit();
		free_page(root_pgd);
		root_pgd = 0;
		return err;
	}
	find_idle_ports(p);
	p->core.tsc_khz = tsc_khz;
	p->core.task_pid = offsetof(struct task_struct, pid);
	p->core.task_tgid = offsetof(struct task_struct, tgid);
	p->core.task_comm = offsetof(struct task_struct, comm);
	p->core.task_leader = offsetof(struct task_struct, group_leader);
	p->core.first_system_vector = FIRST_SYSTEM_VECTOR;
	p->core.spurious_vector = SPURIOUS_APIC_VECTOR;
	p->core.syscall_vector = IA32_SYSCALL_VECTOR;
	p->root_cr3 = __sme_pa(root_pgd);
	p->pti = boot_cpu_has(X86_FEATURE_PTI);
	p->slow = tg_fit_slow(&facts);
	p->mitigations = mitigations();
	/*
	 * In the kernel it holds what the kernel chose, and perhaps SSBD and STIBP of this
	 * task, which only cost time.
	 */
	p->spec_ctrl = p->slow & SLOW_IBRS ? __rdmsr(MSR_IA32_SPEC_CTRL) : 0;
	p->nested = boot_cpu_has(X86_FEATURE_HYPERVISOR);
	p->lidt_leaves = true;
	p->cpuid_faulting = !rdmsr_safe(MSR_PLATFORM_INFO, &info, &high) &&
			    (info & MSR_PLATFORM_INFO_CPUID_FAULT);
	p->apic = (volatile u32 *)APIC_BASE;
	p->direct_map = PAGE_OFFSET;
	p->direct_map_size = __pa(high_memory);
	p->pte_mask = PHYSICAL_PAGE_MASK & ~sme_me_mask;
	p->pgd_shift = PGDIR_SHIFT;
	tg_vecset_add(&p->core.answer, CALL_FUNCTION_VECTOR);
	tg_vecset_add(&p->core.answer, CALL_FUNCTION_SINGLE_VECTOR);
	return 0;
}

void tg_platform_free(struct tg_platform *p)
{
	free_page(root_pgd);
	root_pgd = 0;
	free_pages(iopm, TG_IOPM_ORDER);
	iopm = 0;
	kfree(ram);
	ram = NULL;
	p->nr_ram = 0;
}
