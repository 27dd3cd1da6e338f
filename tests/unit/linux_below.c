// SPDX-License-Identifier: GPL-2.0
/*
 * What is agreed upon with a hypervisor below, as linux/below.c changes and restores it:
 * with a KVM of a few lines, whose names are those of the kernel's headers.
 */
#include <errno.h>

#include "core_world.h"
#include "hv.h"

#define TG_LINUX_TG_H

enum x86_hypervisor_type { X86_HYPER_NATIVE, X86_HYPER_MS_HYPERV, X86_HYPER_KVM };

#define MSR_KVM_ASYNC_PF_EN			0x4b564d02
#define MSR_KVM_STEAL_TIME			0x4b564d03
#define KVM_MSR_ENABLED				1
#define KVM_ASYNC_PF_ENABLED			(1 << 0)
#define KVM_ASYNC_PF_DELIVERY_AS_PF_VMEXIT	(1 << 2)

struct kvm_steal_time {
	u64 steal;
	u32 version, flags;
	u8 preempted;
};

static _Alignas(64) struct kvm_steal_time stolen;

static struct {
	enum x86_hypervisor_type type;
	u32 hints;
	u64 steal, apf;
	bool no_msrs;
	u8 mark;			/* set when KVM is told to mark no more */
	unsigned int writes;
} below;

static u64 cpu_cr4;
static unsigned int pge;
static char said[TG_REASON_LEN];

static bool hypervisor_is_type(enum x86_hypervisor_type type)
{
	return below.type == type;
}

static u32 cpuid_eax(u32 leaf)
{
	assert_int_equal(leaf, 0x40000004);
	return below.hints;
}

static u64 *msr_at(u32 msr)
{
	if (below.no_msrs)
		return NULL;
	return msr == MSR_KVM_STEAL_TIME ? &below.steal :
	       msr == MSR_KVM_ASYNC_PF_EN ? &below.apf : NULL;
}

int tg_host_rdmsr(u32 msr, u64 *v)
{
	const u64 *at = msr_at(msr);

	*v = at ? *at : 0x5555;
	return at ? 0 : -EIO;
}

static int wrmsr_safe(u32 msr, u32 low, u32 high)
{
	u64 *at = msr_at(msr), v = (u64)high << 32 | low;

	if (!at)
		return -EIO;
	below.writes++;
	*at = v;
	if (msr == MSR_KVM_STEAL_TIME && !v)
		stolen.preempted |= below.mark;
	return 0;
}

static void *__va(u64 address)
{
	return (void *)address;
}

static u8 xchg(u8 *at, u8 v)
{
	u8 old = *at;

	*at = v;
	return old;
}

static long tg_refuse(char *to, long err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	assert_true(vsnprintf(to, TG_REASON_LEN, format, ap) < TG_REASON_LEN);
	va_end(ap);
	return err;
}

static void fake_cr4(u64 v)
{
	pge += !!((cpu_cr4 ^ v) & TGX_CR4_PGE);
	cpu_cr4 = v;
}

#define x86_read_cr4()		(cpu_cr4)
#define x86_write_cr4(v)	fake_cr4(v)

long tg_below_check(char *why);
void tg_below_enter(struct tg_vcpu *v);
void tg_below_leave(struct tg_vcpu *v);
void tg_below_forget(struct tg_vcpu *v);

#include "../../linux/below.c"

static struct tg_vcpu vcpu;

static int setup(void **state)
{
	(void)state;
	memset(&below, 0, sizeof(below));
	memset(&stolen, 0, sizeof(stolen));
	memset(&vcpu, 0, sizeof(vcpu));
	below.type = X86_HYPER_KVM;
	below.steal = (u64)&stolen | KVM_MSR_ENABLED;
	below.apf = 0x7fff0000 | 13;	/* as Linux: enabled, as exits, by interrupt */
	cpu_cr4 = 0x6f0;
	pge = 0;
	return 0;
}

/* CPUID 40000004H as the kernel printed it in github.com/microsoft/wslg/issues/716. */
static void test_tlb_hyperv(void **state)
{
	(void)state;
	below.type = X86_HYPER_MS_HYPERV;
	below.hints = 0x24c2c;
	assert_int_equal(tg_below_check(said), -EOPNOTSUPP);
	assert_string_equal(said,
			    "the kernel has Hyper-V flush the TLBs of other CPUs, which does not "
			    "reach it under Trapgate: memory would be corrupted. Use a machine of "
			    "KVM, or a real one");
	below.hints &= ~4u;
	assert_int_equal(tg_below_check(said), 0);
	below.hints |= 4;
	below.type = X86_HYPER_KVM;	/* which plays Hyper-V, too: the kernel does not ask it */
	assert_int_equal(tg_below_check(said), 0);
	below.type = X86_HYPER_NATIVE;
	assert_int_equal(tg_below_check(said), 0);
}

static void test_tlb_kvm_marks_nobody(void **state)
{
	u64 steal = below.steal;

	(void)state;
	tg_below_enter(&vcpu);
	assert_int_equal(below.steal, 0);
	assert_int_equal(pge, 0);
	tg_below_leave(&vcpu);
	assert_int_equal(below.steal, steal);
	tg_below_leave(&vcpu);			/* once */
	assert_int_equal(below.writes, 4);
}

/* KVM was in the middle of it: the CPU is marked, and somebody has asked for a flush. */
static void test_tlb_kvm_marked_meanwhile(void **state)
{
	(void)state;
	below.mark = 3;
	tg_below_enter(&vcpu);
	assert_int_equal(stolen.preempted, 0);
	assert_int_equal(pge, 2);
	assert_int_equal(cpu_cr4, 0x6f0);
}

/* No event is to see a token, and no task that waits for a page is to be forgotten. */
static void test_kvm_async_page_faults(void **state)
{
	(void)state;
	tg_below_enter(&vcpu);
	assert_int_equal(below.apf, 0x7fff0000 | 9);
	tg_below_leave(&vcpu);
	assert_int_equal(below.apf, 0x7fff0000 | 13);
	below.apf = 0x7fff0000 | 9;		/* not asked for */
	tg_below_enter(&vcpu);
	tg_below_leave(&vcpu);
	assert_int_equal(below.apf, 0x7fff0000 | 9);
	below.apf = 12;				/* off */
	tg_below_enter(&vcpu);
	assert_int_equal(below.apf, 12);
}

/* The kernel has taken them back itself: a crash, a CPU that goes down. */
static void test_kvm_changed_meanwhile(void **state)
{
	(void)state;
	tg_below_enter(&vcpu);
	below.steal = 0x9001;
	below.apf = 0;
	tg_below_leave(&vcpu);
	assert_int_equal(below.steal, 0x9001);
	assert_int_equal(below.apf, 0);
}

/* It goes down for a kexec: KVM must not write into what is the next kernel's memory. */
static void test_kvm_goes_down(void **state)
{
	(void)state;
	tg_below_enter(&vcpu);
	assert_int_equal(below.steal, 0);
	tg_below_forget(&vcpu);
	tg_below_leave(&vcpu);
	assert_int_equal(below.steal, 0);
}

static void test_kvm_without_msrs(void **state)
{
	(void)state;
	below.no_msrs = true;
	tg_below_enter(&vcpu);
	tg_below_leave(&vcpu);
	assert_int_equal(below.writes, 0);
	below.no_msrs = false;
	below.steal = (u64)&stolen;			/* there, and off */
	below.apf = 0;
	tg_below_enter(&vcpu);
	tg_below_leave(&vcpu);
	assert_int_equal(below.writes, 0);
	below.type = X86_HYPER_NATIVE;
	below.steal |= 1;
	tg_below_enter(&vcpu);
	tg_below_leave(&vcpu);
	assert_int_equal(below.writes, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		T(test_tlb_hyperv), T(test_tlb_kvm_marks_nobody),
		T(test_tlb_kvm_marked_meanwhile), T(test_kvm_async_page_faults),
		T(test_kvm_changed_meanwhile), T(test_kvm_goes_down), T(test_kvm_without_msrs),
	};

	return cmocka_run_group_tests_name("linux_below", tests, NULL, NULL);
}
