// SPDX-License-Identifier: GPL-2.0
/*
 * The hypervisor below us, if there is one: what the kernel and it have agreed upon for a
 * kernel that is its guest, and is its guest's guest now.
 *
 * Hyper-V: the kernel has it flush the TLBs of other CPUs instead of sending IPIs. It
 * flushes what it takes for the kernel's address spaces, which are root mode's (TLFS, "Direct
 * Virtual Flush"). Root mode could refuse these calls, and the kernel would send IPIs; but
 * CPUs come under us one after the other, and one that is not yet would flush nothing on one
 * that is. So we refuse.
 *
 * KVM: to a CPU that KVM has marked as preempted, in the structure for stolen time, no IPI is
 * sent; KVM is to flush when it runs again. It flushes the tag of
 * root mode or that of its guest, whichever runs. So KVM is told to mark no CPU that is under
 * us: IPIs are sent. Stolen time stands still meanwhile.
 *
 * KVM, too: it tells the kernel of pages that it has swapped out with a #PF whose address is
 * a token. To its guest's guest that is an exit of its own, if the kernel has asked for that
 * (KVM_ASYNC_PF_DELIVERY_AS_PF_VMEXIT, KVM's documentation "MSR_KVM_ASYNC_PF_EN"). No event
 * is to see or swallow those, so it is not asked for while the CPU is under us: it waits for
 * the page instead.
 */
#include "tg.h"

#define HV_HINTS		0x40000004
#define HV_REMOTE_FLUSH		(1u << 2)
#define STEAL_ADDRESS		(~0ull << 6)

long tg_below_check(char *reason)
{
	if (hypervisor_is_type(X86_HYPER_MS_HYPERV) && (cpuid_eax(HV_HINTS) & HV_REMOTE_FLUSH))
		return tg_refuse(reason, -EOPNOTSUPP,
				 "the kernel has Hyper-V flush the TLBs of other CPUs, which does "
				 "not reach it under Trapgate: memory would be corrupted. Use a "
				 "machine of KVM, or a real one");
	return 0;
}

static u64 read_msr(u32 msr)
{
	u64 value;

	return tg_host_rdmsr(msr, &value) ? 0 : value;
}

static int write_msr(u32 msr, u64 value)
{
	return wrmsr_safe(msr, (u32)value, value >> 32);
}

/*
 * The mark may have been set while KVM was told: nobody else takes it away then. A flush
 * asked for with it has not been done.
 */
static void stop_marks(u64 steal)
{
	struct kvm_steal_time *st = __va(steal & STEAL_ADDRESS);
	u64 cr4;

	write_msr(MSR_KVM_STEAL_TIME, 0);
	if (!xchg(&st->preempted, 0))
		return;
	cr4 = x86_read_cr4();
	x86_write_cr4(cr4 ^ TGX_CR4_PGE);
	x86_write_cr4(cr4);
}

void tg_below_enter(struct tg_vcpu *v)
{
	const u64 as_exit = KVM_ASYNC_PF_ENABLED | KVM_ASYNC_PF_DELIVERY_AS_PF_VMEXIT;
	u64 steal, apf;

	v->below = (struct tg_below){ 0 };
	if (!hypervisor_is_type(X86_HYPER_KVM))
		return;
	steal = read_msr(MSR_KVM_STEAL_TIME);
	if (steal & KVM_MSR_ENABLED) {
		v->below.steal = steal;
		stop_marks(steal);
	}
	apf = read_msr(MSR_KVM_ASYNC_PF_EN);
	if ((apf & as_exit) == as_exit &&
	    !write_msr(MSR_KVM_ASYNC_PF_EN, apf & ~(u64)KVM_ASYNC_PF_DELIVERY_AS_PF_VMEXIT))
		v->below.apf = apf;
}

/*
 * The kernel goes down: KVM's reboot notifier has switched stolen time off, before us, since
 * KVM would go on writing it into memory that the next kernel uses. It stays so.
 */
void tg_below_forget(struct tg_vcpu *v)
{
	v->below.steal = 0;
}

/* Unless the kernel has changed them meanwhile. */
void tg_below_leave(struct tg_vcpu *v)
{
	if (v->below.steal && !read_msr(MSR_KVM_STEAL_TIME))
		write_msr(MSR_KVM_STEAL_TIME, v->below.steal);
	if (v->below.apf && (read_msr(MSR_KVM_ASYNC_PF_EN) ^ v->below.apf) ==
			    KVM_ASYNC_PF_DELIVERY_AS_PF_VMEXIT)
		write_msr(MSR_KVM_ASYNC_PF_EN, v->below.apf);
	v->below = (struct tg_below){ 0 };
}
