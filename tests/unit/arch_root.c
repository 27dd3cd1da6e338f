// SPDX-License-Identifier: GPL-2.0
/* Root mode's IDT and TSS: which stack each vector has. */
#include "core_world.h"

#include "../../arch/x86/root.c"

#define HANDLER(v) void tg_root_fault_##v(void) { }
FAULTS(HANDLER)
HANDLER(255)
void tg_root_nmi(void) { }
const u8 tg_root_interrupts[224 * GATE_SIZE];

void tg_root_fault(struct root_frame *f)
{
	(void)f;
}

static struct tg_vcpu vcpu;
static u8 stack[ROOT_STACK_SIZE] __attribute__((aligned(ROOT_STACK_SIZE)));

/* SDM volume 3, "64-bit TSS Format": IST1 is at byte 36. */
static u64 stack_of(u32 ist)
{
	u64 top;

	memcpy(&top, vcpu.tss + 36 + 8 * (ist - 1), 8);
	return top - (u64)stack;
}

/* NMI, #MC and the others may hit each other's handlers: no two have one stack. */
static void test_stacks(void **state)
{
	(void)state;
	vcpu.stack = stack;
	tg_root_world_init(&vcpu);
	tg_root_idt_init(true);
	for (u32 v = 0; v < 256; v++)
		assert_int_equal(root_idt[v].ist, v == 2 ? 1 : v == 18 ? 3 : v < 32 ? 2 : 0);
	assert_int_equal(vcpu.root_rsp - (u64)stack, 24576 - 16);
	assert_int_equal(stack_of(3), 27648);
	assert_int_equal(stack_of(1), 28672);
	assert_int_equal(stack_of(2), 32768);
	assert_ptr_equal(*(void **)stack, &vcpu);
}

/* AMD-V: no TSS of root mode's. */
static void test_no_tss(void **state)
{
	(void)state;
	tg_root_idt_init(false);
	for (u32 v = 0; v < 256; v++)
		assert_int_equal(root_idt[v].ist, 0);
}

static u64 handler(u32 v)
{
	return root_idt[v].offset0 | (u64)root_idt[v].offset1 << 16 |
	       (u64)root_idt[v].offset2 << 32;
}

static void test_gates(void **state)
{
	(void)state;
	tg_root_idt_init(true);
	for (u32 v = 0; v < 256; v++) {
		assert_int_equal(root_idt[v].attr, 0x8e);
		assert_int_equal(root_idt[v].selector, ROOT_CS);
		if (v >= 32)
			assert_int_equal(handler(v), (u64)tg_root_interrupts + 16 * (v - 32));
	}
	assert_int_equal(handler(2), (u64)tg_root_nmi);
	assert_int_equal(handler(13), (u64)tg_root_fault_13);
	assert_int_equal(handler(18), (u64)tg_root_fault_18);
	assert_int_equal(handler(9), (u64)tg_root_fault_255);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stacks), cmocka_unit_test(test_no_tss),
		cmocka_unit_test(test_gates),
	};

	return cmocka_run_group_tests_name("arch_root", tests, NULL, NULL);
}
