// SPDX-License-Identifier: GPL-2.0
/* What the svm_*.c files under test call that is not there: instructions, APIC, fixups. */
#include "svm_fake.h"

#include "apic.h"
#include "fixup.h"
#include "walk.h"

struct svm_fake svm_fake;
struct world w;
struct tg_vcpu vcpu;
struct vmcb vmcb;
struct tg_platform platform;

int fixup_rdmsr(u32 msr, u64 *v)
{
	assert_int_equal(msr, TGX_MSR_DEBUGCTL);
	*v = svm_fake.debugctl;
	return 0;
}

int fixup_wrmsr(u32 msr, u64 v)
{
	assert_int_equal(msr, TGX_MSR_DEBUGCTL);
	svm_fake.debugctl = v;
	return 0;
}

u32 tg_walk_read(const struct tg_platform *p, u64 cr3, u64 cr4, u64 address, u8 *to, u32 n)
{
	assert_ptr_equal(p, &platform);
	assert_int_equal(cr3, vmcb.cr3);
	assert_int_equal(cr4, vmcb.cr4);
	assert_int_equal(address, vmcb.cs.base + vmcb.rip);
	assert_true(machine_fake.gif);
	memcpy(to, svm_fake.code, n);
	return n;
}

bool tg_apic_enabled(void)
{
	return !svm_fake.apic_off;
}

bool tg_apic_pending(u8 vector)
{
	return machine_fake.pending[vector];
}

static int highest(const bool *set)
{
	int v;

	for (v = 255; v >= 0 && !set[v]; v--)
		;
	return v;
}

u8 tg_apic_priority(void)
{
	int v = highest(machine_fake.in_service);

	if (v < 0 || (u64)v >> 4 < svm_fake.tpr)
		return (u8)(svm_fake.tpr << 4);
	return (u8)(v & 0xf0);
}

void tg_svm_take_nmi(void)
{
	if (svm_fake.nmi)
		vcpu.nmi_root++;
	svm_fake.nmi = false;
}

/* What ends it without an NMI is nothing that root mode sees: the hypervisor's kick. */
void tg_svm_halt(void)
{
	svm_fake.halts++;
	if (svm_fake.nmis_in_halt) {
		svm_fake.nmis_in_halt--;
		vcpu.nmi_root++;
	}
}

void svm_stgi(void)
{
	machine_fake.gif = true;
	tg_svm_take_nmi();
}

static int hand_out(void)
{
	int vector = highest(machine_fake.pending);

	if (vector < 0 || vector >> 4 <= tg_apic_priority() >> 4)
		return -1;
	svm_fake.acknowledged++;
	machine_fake.pending[vector] = false;
	machine_fake.in_service[vector] = true;
	return vector;
}

int tg_svm_acknowledge(struct tg_vcpu *v)
{
	int vector;

	svm_fake.opened++;
	if (svm_fake.late)
		machine_fake.pending[svm_fake.late] = true;
	svm_fake.late = 0;
	if (svm_fake.nmi) {
		tg_svm_take_nmi();
		return -1;
	}
	if (svm_fake.mc) {
		v->mce_pending = true;
		v->nmi_root |= NMI_ROOT_MC;
		svm_fake.mc = false;
		return -1;
	}
	if (svm_fake.spurious) {
		svm_fake.spurious = false;
		return 0xff;
	}
	vector = hand_out();
	if (svm_fake.late_nmi)
		v->nmi_root++;
	svm_fake.late_nmi = false;
	return vector;
}

void svm_fatal(struct tg_vcpu *v, const char *what)
{
	(void)v;
	fail_msg("fatal: %s", what);
	abort();
}

u64 svm_read_tpr(void)
{
	return svm_fake.tpr;
}

void svm_write_tpr(u64 tpr)
{
	svm_fake.tpr = tpr;
}

/* Unless a test has svm/watch.c. */
#define WEAK __attribute__((weak))

WEAK void svm_watch_arm(struct tg_vcpu *v)
{
	(void)v;
}

WEAK bool svm_watch_tick(struct tg_vcpu *v, u8 vector)
{
	(void)v;
	(void)vector;
	return false;
}

WEAK void svm_on_hlt(struct tg_vcpu *v)
{
	(void)v;
	fail_msg("HLT");
}

WEAK void svm_on_idle_port(struct tg_vcpu *v)
{
	(void)v;
	fail_msg("IN");
}

WEAK void svm_watch_swallowed(struct tg_vcpu *v)
{
	(void)v;
	svm_fake.idle_ticks++;
}

int svm_handle_exit(struct tg_vcpu *v, u32 code)
{
	switch (code) {
	case SVM_EXIT_NMI:
		svm_on_nmi(v);
		break;
	case SVM_EXIT_IRET:
		svm_nmi_on_iret(v);
		break;
	case SVM_EXIT_ICEBP:
		svm_on_icebp(v);
		break;
	case SVM_EXIT_SWINT:
		svm_on_int_n(v);
		break;
	case SVM_EXIT_VINTR:
		svm_close_window(v);
		break;
	case SVM_EXIT_HLT:
		svm_on_hlt(v);
		break;
	case SVM_EXIT_IOIO:
		svm_on_idle_port(v);
		break;
	default:
		assert_int_equal(code, SVM_EXIT_INVD);
	}
	return SVM_RESUME;
}

int fake_setup(void **state)
{
	(void)state;
	world_init(&w);
	memset(&vcpu, 0, sizeof(vcpu));
	memset(&vmcb, 0, sizeof(vmcb));
	memset(&svm_fake, 0, sizeof(svm_fake));
	platform = (struct tg_platform){ 0 };
	vcpu.platform = &platform;
	vcpu.amd = true;
	vcpu.svm.vmcb = &vmcb;
	vcpu.svm.features = SVM_FEATURE_NRIPS;
	vcpu.svm.launched = true;
	vmcb.rip = RIP;
	machine_fake.snap.rip = RIP;
	vmcb.rsp = 0x7ffc0000;
	vmcb.rflags = 0x202;
	vmcb.cpl = 3;
	vmcb.dr6 = 0xffff0ff0;
	vmcb.dr7 = 0x400;
	vmcb.cr3 = 0x1234000;
	vmcb.rax = 0xaaa;
	vmcb.cs.attr = 0x2fb;		/* 64-bit code */
	return 0;
}

int fake_teardown(void **state)
{
	(void)state;
	world_free(&w);
	return 0;
}

void fake_arm(void)
{
	world_arm_all(&w);
	vcpu.core = w.cpu;
	svm_arm(&vcpu);
	vmcb.clean = SVM_CLEAN_ALL;
}

void fake_hook(u32 vector, u32 flags)
{
	world_event(&w, vector < 32 ? TG_EVENT_EXCEPTION : TG_EVENT_INTERRUPT, vector, flags);
	fake_arm();
}

void fake_exit(u32 code)
{
	int action;

	vmcb.eventinj = 0;
	vmcb.exitcode = code;
	vmcb.tlb_control = 0;
	vcpu.reg[REG_RBX] = 0xb0b;
	action = tg_svm_exit(&vcpu);
	assert_true(action == SVM_RESUME || action == SVM_INJECTED);
	assert_int_equal(vmcb.rax, 0xaaa);
	assert_int_equal(vcpu.reg[REG_RBX], 0xb0b);
	assert_false(machine_fake.gif);
}

void fake_exception(u8 vector, u64 error, u64 address)
{
	vmcb.exitinfo1 = error;
	vmcb.exitinfo2 = address;
	fake_exit(SVM_EXIT_EXCEPTION + vector);
}

bool fake_intercepts(u32 exit)
{
	return exit < 0x80 ? vmcb.intercept[0] & SVM_I1(exit) : vmcb.intercept[1] & SVM_I2(exit);
}
