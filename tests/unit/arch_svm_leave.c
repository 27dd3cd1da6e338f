// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-V: into root mode's world and out of operation, write by write, as the order is
 * what is right or wrong there. The processor is the test's.
 */
#include "core_world.h"

#include "root.h"
#include "svm/backend.h"

static char said[1024];
static int length;

static void say(const char *what, u64 v)
{
	length += snprintf(said + length, sizeof(said) - length, "%s%s %llx",
			   length ? ", " : "", what,
			   (unsigned long long)v);
}

static void fake_wrmsr(u32 msr, u64 v)
{
	say(msr == TGX_MSR_EFER ? "efer" : msr == SVM_MSR_HSAVE_PA ? "hsave" :
	    msr == TGX_MSR_SPEC_CTRL ? "spec" : "?", v);
}

static u64 fake_read_cr0(void) { return 0x80050033; }
static void fake_cr0(u64 v) { say("cr0", v); }
static void fake_cr2(u64 v) { say("cr2", v); }
static void fake_cr3(u64 v) { say("cr3", v); }
static void fake_cr4(u64 v) { say("cr4", v); }
static void fake_dr6(u64 v) { say("dr6", v); }
static void fake_dr7(u64 v) { say("dr7", v); }
static void fake_ss(u16 v) { say("ss", v); }
static void fake_ds(u16 v) { say("ds", v); }
static void fake_es(u16 v) { say("es", v); }
static void fake_lgdt(const struct x86_dtr *d) { say("gdtr", d->base); }
static void fake_lidt(const struct x86_dtr *d) { say("idtr", d->base); }
static void fake_stgi(void) { say("stgi", 1); }
static void fake_clgi(void) { say("clgi", 0); }

#define x86_wrmsr	fake_wrmsr
#define x86_read_cr0	fake_read_cr0
#define x86_write_cr0	fake_cr0
#define x86_write_cr2	fake_cr2
#define x86_write_cr3	fake_cr3
#define x86_write_cr4	fake_cr4
#define x86_write_dr6	fake_dr6
#define x86_write_dr7	fake_dr7
#define x86_write_ss	fake_ss
#define x86_write_ds	fake_ds
#define x86_write_es	fake_es
#define x86_lgdt	fake_lgdt
#define x86_lidt	fake_lidt
#define svm_stgi	fake_stgi
#define svm_clgi	fake_clgi
#include "../../arch/x86/svm/leave.c"

static struct world w;
static struct tg_vcpu v;
static struct vmcb vmcb;
static struct tg_platform platform;

void svm_close_window(struct tg_vcpu *cpu)
{
	assert_ptr_equal(cpu, &v);
	vmcb.int_ctl &= ~SVM_INT_V_IRQ;
}

void svm_watch_end(struct tg_vcpu *cpu)
{
	cpu->svm.watch_tsc = 0;
}

static jmp_buf last_words;
static bool may_end;

void tg_root_to_fatal(struct tg_vcpu *cpu, u64 stack)
{
	(void)cpu, (void)stack;
	if (may_end)
		longjmp(last_words, 1);
	fail_msg("fatal");
	abort();
}

void tg_root_fault(struct root_frame *f)
{
	(void)f;
}

static int setup(void **state)
{
	(void)state;
	world_init(&w);
	world_arm(&w, NULL, 0);
	length = 0;
	said[0] = 0;
	platform = (struct tg_platform){ .root_cr3 = 0x9000 };
	v = (struct tg_vcpu){ .platform = &platform, .core = w.cpu, .host_cr4 = 0x6f0,
			      .state = TG_VCPU_IN };
	v.svm.vmcb = &vmcb;
	v.svm.guest_hsave = 0x5000;
	v.svm.root_idtr = (struct x86_dtr){ .base = 0x3000 };
	vmcb = (struct vmcb){
		.efer = 0x1d01, .cr0 = 0x80050033, .cr2 = 0xdead000, .cr3 = 0x1234802,
		.cr4 = 0x206f0,
		.dr6 = 0xffff0ff1, .dr7 = 0x402, .rip = 0x1111, .rsp = 0x2222, .rflags = 0x246,
		.gdtr.base = 0x100000, .idtr.base = 0x200000,
	};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_free(&w);
	return 0;
}

/*
 * All global translations go (CR4.PGE off), on the tables to stay on; SVME is cleared
 * behind STGI, as GIF would stay 0; nothing can be raised by DR7 before all is back.
 */
static void test_tlb_leaving(void **state)
{
	(void)state;
	tg_svm_leave(&v);
	assert_string_equal(said,
		"efer 1d01, cr0 80050033, cr4 670, cr3 1234000, cr4 206f0, cr3 1234802, "
		"gdtr 100000, "
		"idtr 200000, ds 0, es 0, cr2 dead000, hsave 5000, stgi 1, efer d01, "
		"dr6 ffff0ff1, dr7 402");
	assert_int_equal(v.state, TG_VCPU_LEFT);
	assert_int_equal(v.rip, 0x1111);
	assert_int_equal(v.reg[REG_RSP], 0x2222);
	assert_int_equal(v.rflags, 0x246);
}

static void test_tlb_entering(void **state)
{
	char wanted[256];

	(void)state;
	tg_svm_root_world(&v);
	snprintf(wanted, sizeof(wanted),
		 "cr4 670, cr3 9000, cr4 6f0, gdtr %llx, idtr 3000, ss %x, ds 0, es 0",
		 (unsigned long long)(u64)v.gdt, ROOT_DS);
	assert_string_equal(said, wanted);
}

/* What root mode has cached of the kernel's tables may be of yesterday: gone, globals, too. */
static void test_tlb_root(void **state)
{
	(void)state;
	svm_forget_root(&v);
	assert_string_equal(said, "cr4 670, cr4 6f0");
}

/* SPEC_CTRL is switched by the processor, and put back by hand when the guest stays without us. */
static void test_spec_leaving(void **state)
{
	(void)state;
	v.svm.features = SVM_FEATURE_SPEC_CTRL;
	vmcb.spec_ctrl = 5;
	tg_svm_leave(&v);
	assert_non_null(strstr(said, "cr3 1234802, spec 5, gdtr"));
}

/*
 * Of a broken CR4 only bits that the kernel had come back: the processor may not know the
 * others (here SMAP, which it had, and PKS, UINTR, LASS, which it had not).
 */
static void test_fatal_cr4(void **state)
{
	const u64 unknown = TGX_CR4_PKS | TGX_CR4_UINTR | TGX_CR4_LASS;

	(void)state;
	v.svm.kernel_cr4 = 0x206f0 | TGX_CR4_SMAP;
	vmcb.cr4 = 0x206f0 | TGX_CR4_SMAP | unknown;
	may_end = true;
	if (!setjmp(last_words))
		svm_fatal(&v, "broken");
	may_end = false;
	/* A script may have been running: no NMI on tables of which half are the guest's. */
	assert_ptr_equal(strstr(said, "clgi 0, "), said);
	assert_non_null(strstr(said, "cr4 670, cr3 9000, cr4 2206f0, cr3 9000, "));
	assert_int_equal(vmcb.cr4, 0x206f0 | TGX_CR4_SMAP | unknown);	/* for the dump */
}

/* What is written on the way is another test's. */
static void leave(void)
{
	length = 0;
	tg_svm_leave(&v);
}

/* What waits is raised on the way out: an NMI of ours, one in the VMCB with vNMI, a #MC. */
static void test_int_exit_pending(void **state)
{
	(void)state;
	leave();
	assert_int_equal(v.nmi_root, 0);
	assert_int_equal(machine_fake.nr_ipi, 0);
	tg_vecset_add(&v.core.swallowed, 0xec);
	v.core.nmi_pending = true;
	leave();
	/* what was swallowed is the guest's again */
	assert_int_equal(machine_fake.nr_ipi, 1);
	assert_int_equal(machine_fake.ipi[0], 0xec);
	assert_int_equal(v.nmi_root, 1);
	assert_false(v.core.nmi_pending);
	v.nmi_root = 0;
	vmcb.int_ctl = SVM_INT_V_NMI;		/* without vNMI the bit says nothing */
	leave();
	assert_int_equal(v.nmi_root, 0);
	v.svm.features = SVM_FEATURE_VNMI;
	leave();
	assert_int_equal(v.nmi_root, 1);
	v.nmi_root = 0;
	vmcb.int_ctl = SVM_INT_V_IRQ;
	v.svm.watch_tsc = 1;
	v.mce_pending = true;
	leave();
	assert_int_equal(v.nmi_root, NMI_ROOT_MC);
	assert_false(v.mce_pending);
	assert_int_equal(vmcb.int_ctl, 0);	/* the window is closed */
	assert_int_equal(v.svm.watch_tsc, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_tlb_leaving), T(test_tlb_entering), T(test_tlb_root), T(test_spec_leaving),
		T(test_fatal_cr4), T(test_int_exit_pending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
