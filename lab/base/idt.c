// SPDX-License-Identifier: GPL-2.0
/* The IDT and the common handler. Runs with IF=0. */
#include "lab.h"

#define NMI_VECTOR	2
#define DF_VECTOR	8
#define MC_VECTOR	18

u64 lab_count[256];
lab_handler lab_handlers[256];
extern const u8 lab_stubs[256][16];
void lab_exception(struct lab_frame *frame);

static struct lab_gate idt[256] __attribute__((aligned(16)));

void lab_gate_set(struct lab_gate *gate, u64 address, u16 selector, u8 type, u8 ist)
{
	*gate = (struct lab_gate) {
		.offset_low = address,
		.selector = selector,
		.ist = ist,
		.type = type,
		.offset_middle = address >> 16,
		.offset_high = address >> 32,
	};
}

void lab_idt_init(void)
{
	struct lab_descriptor_table table = { sizeof(idt) - 1, (u64)idt };
	int v;

	for (v = 0; v < 256; v++)
		lab_gate_set(&idt[v], (u64)lab_stubs[v], LAB_CS, 0x8e,
			     v == NMI_VECTOR ? 1 : v == DF_VECTOR ? 2 : v == MC_VECTOR ? 3 : 0);
	asm volatile("lidt %0" : : "m"(table));
}

static void unexpected(const struct lab_frame *f)
{
	u64 cr2 = lab_read_cr2();

	lab_print("unexpected exception %02lx error %lx rip %p cr2 %p\n"
		  "rsp %p flags %lx rax %p rbx %p\n"
		  "rcx %p rdx %p rsi %p rdi %p\n",
		  f->vector, f->error, (void *)f->rip, (void *)cr2, (void *)f->rsp, f->flags,
		  (void *)f->ax, (void *)f->bx, (void *)f->cx, (void *)f->dx, (void *)f->si,
		  (void *)f->di);
	lab_exit(LAB_UNEXPECTED);
}

void lab_exception(struct lab_frame *frame)
{
	lab_count[frame->vector]++;
	if (lab_handlers[frame->vector])
		lab_handlers[frame->vector](frame);
	else if (frame->vector < 32 && frame->vector != NMI_VECTOR)
		unexpected(frame);
	if (frame->vector >= 32)
		lab_apic_eoi();
}
