// SPDX-License-Identifier: GPL-2.0
/* Brings the CPU from the boot sector's state into the one lab.h promises. */
#include "lab.h"

#define STACK_SIZE	0x2000

u64 lab_gdt[10] = {
	[LAB_CS >> 3]		= 0x00af9b000000ffff,
	[LAB_DS >> 3]		= 0x00cf93000000ffff,
	[LAB_USER32_CS >> 3]	= 0x00cffb000000ffff,
	[LAB_USER_DS >> 3]	= 0x00cff3000000ffff,
	[LAB_USER_CS >> 3]	= 0x00affb000000ffff,
};
struct lab_tss lab_tss;

static u8 stacks[3][STACK_SIZE] __attribute__((aligned(16)));

/* The 16-byte descriptor of an available 64-bit TSS. */
void lab_tss_descriptor(u64 descriptor[2], const struct lab_tss *tss)
{
	u64 base = (u64)tss;

	descriptor[0] = (sizeof(*tss) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 |
			(base >> 24 & 0xff) << 56;
	descriptor[1] = base >> 32;
}

static void segments_init(void)
{
	struct lab_descriptor_table gdt = { sizeof(lab_gdt) - 1, (u64)lab_gdt };
	int i;

	for (i = 0; i < 3; i++)
		lab_tss.ist[i] = (u64)(stacks[i] + STACK_SIZE);
	lab_tss.io_map = sizeof(lab_tss);
	lab_tss_descriptor(&lab_gdt[LAB_TSS >> 3], &lab_tss);
	asm volatile("lgdt %0\n\t"
		     "mov %1, %%ds\n\tmov %1, %%es\n\tmov %1, %%ss\n\t"
		     "mov %2, %%fs\n\tmov %2, %%gs\n\t"
		     "push %3\n\tpush $1f\n\tlretq\n1:\n\t"
		     "ltr %w4"
		     : : "m"(gdt), "r"(LAB_DS), "r"(0), "i"(LAB_CS), "r"(LAB_TSS) : "memory");
}

void lab_start(void);
void lab_start(void)
{
	segments_init();
	lab_idt_init();
	lab_out8(0x21, 0xff);
	lab_out8(0xa1, 0xff);
	lab_apic_init();
	lab_exit(lab_main((const char *)(LAB_HIGH + LAB_ARGUMENTS)));
}
