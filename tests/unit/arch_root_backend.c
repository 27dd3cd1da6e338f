// SPDX-License-Identifier: GPL-2.0
/* What the guest kernel asks of root mode, with the vendors' parts played by the test. */
#include "core_world.h"

#include "action.h"
#include "x86.h"

static u64 cpu_cr4, seen[8];
static u32 writes, armed_vmx, armed_svm;

static void fake_cr4(u64 v)
{
	seen[writes++ % TG_ARRAY_SIZE(seen)] = v;
	cpu_cr4 = v;
}

#define x86_read_cr4()		(cpu_cr4)
#define x86_write_cr4(v)	fake_cr4(v)
#define tg_guest_snapshot	root_guest_snapshot	/* machine_fake.c has one */
void root_guest_snapshot(struct tg_cpu *cpu, struct tg_snapshot *s);
#include "../../arch/x86/root_backend.c"

void tg_root_fault(struct root_frame *f) { (void)f; }
void vmx_arm(struct tg_vcpu *v) { (void)v; armed_vmx++; }
void svm_arm(struct tg_vcpu *v) { (void)v; armed_svm++; }
void vmx_fatal(struct tg_vcpu *v, const char *what) { (void)v, (void)what; abort(); }
void svm_fatal(struct tg_vcpu *v, const char *what) { (void)v, (void)what; abort(); }
void vmx_snapshot(const struct tg_vcpu *v, struct tg_snapshot *s) { (void)v, (void)s; }
void svm_snapshot(const struct tg_vcpu *v, struct tg_snapshot *s) { (void)v, (void)s; }

static struct world w;
static struct tg_vcpu vcpu;

static int setup(void **state)
{
	(void)state;
	world_init(&w);
	vcpu = (struct tg_vcpu){ .core = w.cpu, .state = TG_VCPU_IN };
	cpu_cr4 = 0x6f0;
	writes = armed_vmx = armed_svm = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_free(&w);
	return 0;
}

/*
 * TLB: tables of the kernel's that lead to what root mode uses may have been freed since;
 * its flushes have not reached root mode's tag.
 */
static void test_tlb_rearm(void **state)
{
	(void)state;
	for (u32 amd = 0; amd < 2; amd++) {
		vcpu.amd = amd;
		vcpu.reg[REG_RAX] = TG_CALL_REARM;
		assert_false(tg_root_hypercall(&vcpu));
		assert_int_equal(vcpu.reg[REG_RAX], 0);
		assert_int_equal(vcpu.core.flushes, amd + 1);
	}
	assert_int_equal(writes, 4);
	assert_int_equal(seen[0], 0x670);
	assert_int_equal(seen[1], 0x6f0);
	assert_int_equal(armed_vmx, 1);
	assert_int_equal(armed_svm, 1);
}

static void test_others(void **state)
{
	(void)state;
	vcpu.reg[REG_RAX] = TG_CALL_LEAVE;
	assert_true(tg_root_hypercall(&vcpu));
	assert_int_equal(vcpu.state, TG_VCPU_OUT);
	vcpu.reg[REG_RAX] = 99;
	assert_false(tg_root_hypercall(&vcpu));
	assert_int_equal((s64)vcpu.reg[REG_RAX], -22);
	assert_int_equal(writes, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_tlb_rearm), T(test_others),
	};

	return cmocka_run_group_tests_name("arch_root_backend", tests, NULL, NULL);
}
