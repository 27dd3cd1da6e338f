// SPDX-License-Identifier: GPL-2.0
/*
 * Bringing CPUs under the hypervisor and out again: load, unload, hotplug,
 * suspend, reboot. Process context; parts that run elsewhere say so.
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/ioport.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/suspend.h>
#include <linux/syscore_ops.h>
#include <linux/version.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/current.h>
#include <asm/desc.h>
#include <asm/fixmap.h>
#include <asm/msr.h>
#include <asm/irq_vectors.h>
#include <asm/nospec-branch.h>
#include <asm/perf_event.h>
#include <asm/smp.h>
#include <asm/tlbflush.h>
#include <asm/tsc.h>
#include "compat.h"
#include "tg.h"

static struct {
	bool loaded;
	bool down;				/* reboot has begun */
	bool asleep;				/* from before tasks freeze to after */
	enum cpuhp_state hotplug;
	const struct tg_hv_ops *ops;
	struct tg_platform platform;
	struct tg_vcpu **vcpu;			/* by CPU number */
	const struct tg_evset *set;
	char *reason;				/* of the load that is under way */
	struct tg_claim claim;			/* while loaded, where the backend claims CR4 */
} vmm;

/* For tests: what firmware, KVM or a new microcode may do to a CPU that was away. */
static int refuse_cpu = -1;
module_param(refuse_cpu, int, 0644);
MODULE_PARM_DESC(refuse_cpu, "a CPU that does not come under the hypervisor any more (default -1)");

bool tg_vmm_loaded(void)
{
	return vmm.loaded;
}

struct tg_vcpu *tg_vmm_vcpu(unsigned int cpu)
{
	return vmm.vcpu[cpu];
}

struct tg_config *tg_vmm_config(void)
{
	return &vmm.platform.core;
}

const char *tg_vmm_backend(void)
{
	return vmm.loaded ? vmm.ops->name : "";
}

const struct tg_hv_ops *tg_vmm_ops(void)
{
	return vmm.ops;
}

u64 tg_vmm_bytes_per_cpu(void)
{
	return sizeof(struct tg_vcpu) + sizeof(struct tg_script_cpu) + ROOT_STACK_SIZE +
	       TG_PAGES_PER_CPU * PAGE_SIZE;
}

unsigned int tg_vmm_virtualised(void)
{
	unsigned int cpu, n = 0;

	for_each_possible_cpu(cpu)
		if (vmm.vcpu[cpu] && READ_ONCE(vmm.vcpu[cpu]->state) == TG_VCPU_IN)
			n++;
	return n;
}

/* ---- one CPU ------------------------------------------------------------ */

static void free_vcpu(struct tg_vcpu *v)
{
	if (!v)
		return;
	free_pages((unsigned long)v->pages, TG_PAGES_ORDER);
	free_pages((unsigned long)v->stack, get_order(ROOT_STACK_SIZE));
	free_pages((unsigned long)v->core.script, get_order(sizeof(struct tg_script_cpu)));
	free_pages((unsigned long)v, get_order(sizeof(*v)));
}

/* All from the page allocator: the direct map does not change under root mode. */
static struct tg_vcpu *alloc_vcpu(unsigned int cpu)
{
	struct tg_vcpu *v = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO,
						     get_order(sizeof(*v)));
	struct tg_script_cpu *script;

	if (!v)
		return NULL;
	script = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, get_order(sizeof(*script)));
	v->core.script = script;
	v->stack = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, get_order(ROOT_STACK_SIZE));
	v->pages = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, TG_PAGES_ORDER);
	if (!v->stack || !v->pages || !script) {
		free_vcpu(v);
		return NULL;
	}
	v->core.id = cpu;
	v->core.config = &vmm.platform.core;
	v->core.current_task = tg_current_task_of(cpu);
	tg_action_init(&v->core, script);
	v->platform = &vmm.platform;
	v->slow = vmm.platform.slow;
	v->gdt_rw = (u64)get_cpu_gdt_rw(cpu);
	tg_root_world_init(v);
	vmm.ops->cpu_prepare(v, v->pages, __sme_pa(v->pages));
	return v;
}

/* Interrupts off. */
static void claim(struct tg_vcpu *v)
{
	if (!vmm.ops->claim_cr4)
		return;
	tg_claim_set(&vmm.claim, vmm.ops->claim_cr4);
	v->claimed = true;
}

/* Only what is ours: a CPU that did not come in may be KVM's since. */
static void unclaim(struct tg_vcpu *v)
{
	if (!v->claimed)
		return;
	v->claimed = false;
	tg_claim_clear(&vmm.claim, vmm.ops->claim_cr4);
}

static int refused(struct tg_vcpu *v, int err, const char *why)
{
	if (vmm.reason)
		snprintf(vmm.reason, TG_REASON_LEN, "CPU %u: %s", v->core.id, why);
	pr_err("trapgate: CPU %u: %s\n", v->core.id, why);
	return err;
}

/* Interrupts off. */
static int enter_operation(struct tg_vcpu *v)
{
	const char *why = vmm.ops->in_use();
	int err;

	if (v->core.id == READ_ONCE(refuse_cpu))
		return refused(v, -EACCES, "refused, as the parameter refuse_cpu says");
	if (why)
		return refused(v, -EBUSY, why);
	v->kernel_gs = __rdmsr(MSR_GS_BASE);
	v->nmi_root = 0;
	v->mce_pending = false;
	v->core.irq_waiting = false;
	v->core.nmi_pending = false;
	v->core.watch_stall = false;
	v->core.next.valid = false;
	v->core.post = false;
	v->core.posting.word = 0;
	v->core.nmi_posts = false;
	v->core.inject = false;
	v->core.requests.count = 0;
	v->core.evset = vmm.set;
	v->core.wanted = vmm.set;
	claim(v);
	tg_below_enter(v);
	err = vmm.ops->cpu_enter(v, &why);
	if (err) {
		tg_below_leave(v);
		unclaim(v);
		return refused(v, err, why ?: "unknown");
	}
	vmm.ops->hypercall(TG_CALL_REARM);
	return 0;
}

static void say_what_was(struct tg_vcpu *v)
{
	if (READ_ONCE(v->state) == TG_VCPU_LEFT && v->departure.what)
		pr_warn("trapgate: CPU %u had left the hypervisor: %s\n", v->core.id,
			v->departure.what);
	if (v->vmx.unknown_exits)
		pr_warn("trapgate: CPU %u: %u instructions made VM exits that are not known (the "
			"last for reason %u): they got #UD\n",
			v->core.id, v->vmx.unknown_exits, v->vmx.unknown_reason);
	v->vmx.unknown_exits = 0;
}

/* After operation: an NMI that came while leaving was delivered on the way. */
static void left_operation(struct tg_vcpu *v)
{
	say_what_was(v);
	unclaim(v);
	tg_below_leave(v);
	WRITE_ONCE(v->state, TG_VCPU_OUT);
}

static int bring_in(unsigned int cpu)
{
	struct tg_vcpu *v = vmm.vcpu[cpu];
	unsigned long flags;
	int err;

	if (!v) {
		v = alloc_vcpu(cpu);
		if (!v)
			return -ENOMEM;
		vmm.vcpu[cpu] = v;
	}
	v->suspended = vmm.asleep;
	if (v->suspended)
		return 0;			/* all_return() does it */
	local_irq_save(flags);
	err = enter_operation(v);
	local_irq_restore(flags);
	return err;
}

/*
 * CPU hotplug callbacks: process context, on the CPU, bound to it. At load an error undoes
 * it all. Later, when a CPU comes back, it would cost the user that CPU: it stays online
 * without us, which `status` counts.
 */
static int vmm_cpu_online(unsigned int cpu)
{
	int err = bring_in(cpu);

	if (!err || !vmm.loaded)
		return err;
	pr_warn("trapgate: CPU %u stays online without the hypervisor (%d): no event sees it\n",
		cpu, err);
	return 0;
}

/* INT-EXIT: interrupts that wait do so at the APIC, unacknowledged: none is lost. */
static int vmm_cpu_offline(unsigned int cpu)
{
	struct tg_vcpu *v = vmm.vcpu[cpu];
	unsigned long flags;

	if (!v || v->suspended)
		return 0;			/* all_leave() has done it */
	local_irq_save(flags);
	if (READ_ONCE(v->state) == TG_VCPU_IN)
		vmm.ops->hypercall(TG_CALL_LEAVE);
	left_operation(v);
	local_irq_restore(flags);
	return 0;
}

/* For a sleep: this CPU, interrupts off. */
static void leave_here(void *unused)
{
	struct tg_vcpu *v = vmm.vcpu[smp_processor_id()];

	if (!v || READ_ONCE(v->state) != TG_VCPU_IN)
		return;
	vmm.ops->hypercall(TG_CALL_LEAVE);
	left_operation(v);
	v->suspended = true;
}

/* The same. */
static void return_here(void *unused)
{
	struct tg_vcpu *v = vmm.vcpu[smp_processor_id()];

	if (!v || !v->suspended)
		return;
	v->suspended = false;
	if (enter_operation(v))
		pr_err("trapgate: CPU %u is no longer under the hypervisor after sleep\n",
		       v->core.id);
}

/*
 * The last CPU, interrupts off. Suspend and hibernation find it out already (all_leave);
 * what sleeps without telling first, as a kexec that comes back, does not.
 */
static int vmm_suspend(TG_SYSCORE_ARG)
{
	if (vmm.loaded)
		leave_here(NULL);
	return 0;
}

static void vmm_resume(TG_SYSCORE_ARG)
{
	if (vmm.loaded && !vmm.asleep)
		return_here(NULL);
}

TG_SYSCORE(vmm_syscore, vmm_suspend, vmm_resume);

/* ---- all CPUs ------------------------------------------------------------ */

/* On each CPU, interrupts off, when none is in operation any more. */
static void put_back_here(void *unused)
{
	struct tg_vcpu *v = vmm.vcpu[smp_processor_id()];

	if (v)
		vmm.ops->cpu_put_back(v);
}

static void free_all(void)
{
	unsigned int cpu;

	if (vmm.ops->cpu_put_back)
		on_each_cpu(put_back_here, NULL, 1);
	for_each_possible_cpu(cpu) {
		free_vcpu(vmm.vcpu[cpu]);
		vmm.vcpu[cpu] = NULL;
	}
	tg_jit_exit();
	tg_platform_free(&vmm.platform);
	tg_claim_forget(&vmm.claim);
}

int tg_vmm_load(char *reason)
{
	const char *why = NULL;
	int err;

	if (vmm.down)
		return tg_refuse(reason, -ESHUTDOWN, "the machine is going down");
	if (vmm.asleep)
		return tg_refuse(reason, -EBUSY, "the machine is going to sleep: load when it is "
				 "awake again");
	if (vmm.loaded)
		return tg_refuse(reason, -EALREADY, "the hypervisor is loaded already");
	err = tg_platform_check(&vmm.ops, reason);
	if (err)
		return err;
	if (vmm.ops->claim_cr4)
		why = tg_claim_find(&vmm.claim);
	if (why)
		return tg_refuse(reason, -EOPNOTSUPP, "%s", why);
	err = tg_platform_fill(&vmm.platform);
	if (err) {
		tg_claim_forget(&vmm.claim);
		return err;
	}
	tg_root_idt_init(vmm.ops->own_tss);
	vmm.set = &tg_no_events;
	vmm.reason = reason;
	err = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "x86/trapgate:online",
				vmm_cpu_online, vmm_cpu_offline);
	vmm.reason = NULL;
	if (err < 0) {
		free_all();
		return err;
	}
	vmm.hotplug = err;
	vmm.loaded = true;
	return 0;
}

int tg_vmm_unload(void)
{
	if (!vmm.loaded)
		return -ENODEV;
	tg_vmm_publish(NULL);
	vmm.loaded = false;
	cpuhp_remove_state(vmm.hotplug);
	free_all();
	return 0;
}

/* On each CPU, interrupts off: in guest kernel code, so out of root mode since. */
static void rearm_here(void *unused)
{
	struct tg_vcpu *v = vmm.vcpu[smp_processor_id()];

	if (v && READ_ONCE(v->state) == TG_VCPU_IN)
		vmm.ops->hypercall(TG_CALL_REARM);
}

void tg_vmm_publish(const struct tg_evset *set)
{
	unsigned int cpu;

	if (!set)
		set = &tg_no_events;
	/* For $date and $time; not exact, and renewed with each change. */
	WRITE_ONCE(vmm.platform.core.clock_ns, ktime_get_real_ns() -
		   (tsc_khz ? mul_u64_u32_div(rdtsc(), NSEC_PER_MSEC, tsc_khz) : 0));
	cpus_read_lock();
	smp_store_mb(vmm.platform.core.no_swallow, 1);
	vmm.set = set;
	for_each_possible_cpu(cpu)
		if (vmm.vcpu[cpu])
			smp_store_release(&vmm.vcpu[cpu]->core.wanted, set);
	/*
	 * An event may have swallowed the IPI of an earlier call, and with it
	 * every later one (the kernel sends none while its queue is not empty).
	 * A CPU that intercepts interrupts takes over the new set at any exit,
	 * before it looks at the interrupt: one IPI more, and calls work again.
	 * The new set must not swallow it either before all have it.
	 */
	preempt_disable();
	for_each_online_cpu(cpu)
		if (vmm.vcpu[cpu] && cpu != smp_processor_id())
			smp_ops.send_call_func_single_ipi(cpu);
	preempt_enable();
	on_each_cpu(rearm_here, NULL, 1);
	WRITE_ONCE(vmm.platform.core.no_swallow, 0);
	cpus_read_unlock();
}

const char *tg_vmm_no_post(void)
{
	const char *why = NULL;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (!why && vmm.vcpu[cpu] && READ_ONCE(vmm.vcpu[cpu]->state) == TG_VCPU_IN)
			why = vmm.ops->no_post(vmm.vcpu[cpu]);
	return why;
}

bool tg_vmm_can_watch(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (vmm.vcpu[cpu] && READ_ONCE(vmm.vcpu[cpu]->state) == TG_VCPU_IN &&
		    !vmm.ops->can_watch(vmm.vcpu[cpu]))
			return false;
	return true;
}

struct injection {
	const struct tg_inject_spec *spec;
	long result;
};

/* On the CPU concerned, interrupts off. */
static void inject_here(void *arg)
{
	struct tg_vcpu *v = vmm.vcpu[smp_processor_id()];
	struct injection *i = arg;

	i->result = -ENXIO;
	if (!v || READ_ONCE(v->state) != TG_VCPU_IN)
		return;
	v->request = *i->spec;
	i->result = vmm.ops->hypercall(TG_CALL_INJECT);
}

/* An event may have swallowed the IPI of an earlier call: see tg_vmm_publish(). */
int tg_vmm_inject(unsigned int cpu, const struct tg_inject_spec *spec)
{
	struct injection i = { .spec = spec, .result = -ENXIO };

	cpus_read_lock();
	if (cpu < nr_cpu_ids && cpu_online(cpu) && vmm.vcpu[cpu]) {
		smp_store_mb(vmm.platform.core.no_swallow, 1);
		preempt_disable();
		if (cpu != smp_processor_id())
			smp_ops.send_call_func_single_ipi(cpu);
		preempt_enable();
		smp_call_function_single(cpu, inject_here, &i, 1);
		WRITE_ONCE(vmm.platform.core.no_swallow, 0);
	}
	cpus_read_unlock();
	return i.result;
}

static long eval_here(struct tg_script_eval *eval)
{
	struct tg_vcpu *v = vmm.vcpu[smp_processor_id()];

	if (!v || READ_ONCE(v->state) != TG_VCPU_IN)
		return -ENODEV;
	v->core.script->eval = eval;
	return vmm.ops->hypercall(TG_CALL_EVAL);
}

long tg_vmm_eval(struct tg_script_eval *eval, struct tg_run *result)
{
	unsigned long flags;
	long err;

	local_irq_save(flags);
	err = eval_here(eval);
	if (!err)
		*result = vmm.vcpu[smp_processor_id()]->core.script->run;
	local_irq_restore(flags);
	return err;
}

/* ---- sleep --------------------------------------------------------------- */

/*
 * Suspend to idle takes no CPU down: each sleeps where it is, and the firmware may take its
 * power. Nobody has a guest sleep so, not to speak of what a processor then keeps of its
 * host's state. So all CPUs leave before any sleep begins and come back behind it. Events
 * stay, and see nothing meanwhile. Under tg_lock.
 */
static void all_leave(void)
{
	const struct tg_evset *set = vmm.set;

	pr_info("trapgate: all CPUs leave while the machine sleeps\n");
	tg_vmm_publish(NULL);			/* an IPI might be swallowed */
	vmm.set = set;
	cpus_read_lock();
	on_each_cpu(leave_here, NULL, 1);
	cpus_read_unlock();
}

static void all_return(void)
{
	cpus_read_lock();
	on_each_cpu(return_here, NULL, 1);
	cpus_read_unlock();
	pr_info("trapgate: %u CPUs are back after sleep\n", tg_vmm_virtualised());
}

static int vmm_sleep(struct notifier_block *nb, unsigned long action, void *data)
{
	mutex_lock(&tg_lock);
	switch (action) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		vmm.asleep = true;
		if (vmm.loaded)
			all_leave();
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		vmm.asleep = false;
		if (vmm.loaded)
			all_return();
	}
	mutex_unlock(&tg_lock);
	return NOTIFY_DONE;
}

static struct notifier_block vmm_sleep_nb = { .notifier_call = vmm_sleep };

static int vmm_reboot(struct notifier_block *nb, unsigned long action, void *data)
{
	unsigned int cpu;

	mutex_lock(&tg_lock);
	vmm.down = true;
	for_each_possible_cpu(cpu)
		if (vmm.vcpu[cpu])
			tg_below_forget(vmm.vcpu[cpu]);
	tg_vmm_unload();
	mutex_unlock(&tg_lock);
	return NOTIFY_DONE;
}

static struct notifier_block vmm_reboot_nb = { .notifier_call = vmm_reboot };

int tg_vmm_init(void)
{
	int err;

	tg_config_defaults(&vmm.platform.core);
	vmm.vcpu = kcalloc(nr_cpu_ids, sizeof(*vmm.vcpu), GFP_KERNEL);
	if (!vmm.vcpu)
		return -ENOMEM;
	err = register_reboot_notifier(&vmm_reboot_nb);
	if (err)
		goto err_free;
	err = register_pm_notifier(&vmm_sleep_nb);
	if (err)
		goto err_reboot;
	tg_syscore_register(&vmm_syscore);
	return 0;

err_reboot:
	unregister_reboot_notifier(&vmm_reboot_nb);
err_free:
	kfree(vmm.vcpu);
	return err;
}

void tg_vmm_exit(void)
{
	tg_vmm_unload();
	tg_syscore_unregister(&vmm_syscore);
	unregister_pm_notifier(&vmm_sleep_nb);
	unregister_reboot_notifier(&vmm_reboot_nb);
	kfree(vmm.vcpu);
}
