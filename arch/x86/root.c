// SPDX-License-Identifier: GPL-2.0
/*
 * Root mode's own world: GDT, TSS, IDT. Runs in process context.
 */
#include "hv.h"
#include "root.h"

struct root_gate {
	u16 offset0, selector;
	u8 ist, attr;
	u16 offset1;
	u32 offset2, reserved;
};

static struct root_gate root_idt[TG_NR_VECTORS] __attribute__((aligned(4096)));

#define GATE_INTERRUPT	0x8e	/* present, DPL 0, 64-bit interrupt gate */

static void root_gate(u32 vector, void (*handler)(void), u8 ist)
{
	u64 a = (u64)handler;

	root_idt[vector] = (struct root_gate){
		.offset0 = a, .selector = ROOT_CS, .ist = ist, .attr = GATE_INTERRUPT,
		.offset1 = a >> 16, .offset2 = a >> 32,
	};
}

void tg_root_nmi(void);
extern const u8 tg_root_interrupts[];	/* root_gates.S */
#define GATE_SIZE 16

#define FAULTS(X) X(0) X(1) X(3) X(4) X(5) X(6) X(7) X(8) X(10) X(11) X(12) X(13) X(14) \
	X(16) X(17) X(18) X(19) X(20) X(21) X(28) X(29) X(30)
#define DECLARE(v) void tg_root_fault_##v(void);
FAULTS(DECLARE)
void tg_root_fault_255(void);

void tg_root_idt_init(bool ist)
{
	const u8 *entry = tg_root_interrupts;
	u8 fault_ist = ist ? ROOT_IST_FAULT : 0;
	u32 i;

	for (i = 0; i < TG_NR_VECTORS; i++)
		root_gate(i, tg_root_fault_255, fault_ist);
#define FAULT_GATE(v) root_gate(v, tg_root_fault_##v, fault_ist);
	FAULTS(FAULT_GATE)
	root_gate(TG_VEC_MC, tg_root_fault_18, ist ? ROOT_IST_MC : 0);
	root_gate(TG_VEC_NMI, tg_root_nmi, ist ? ROOT_IST_NMI : 0);
	for (i = TG_FIRST_INTERRUPT; i < TG_NR_VECTORS; i++, entry += GATE_SIZE)
		root_gate(i, (void (*)(void))entry, 0);
}

struct x86_dtr tg_root_idtr(void)
{
	return (struct x86_dtr){ .limit = sizeof(root_idt) - 1, .base = (u64)root_idt };
}

#define GDT_CODE64	0x00af9b000000ffffull	/* as Linux' kernel code and data */
#define GDT_DATA	0x00cf93000000ffffull
#define TSS_LIMIT	(sizeof(((struct tg_vcpu *)0)->tss) - 1)

static void tss_ist(struct tg_vcpu *v, int ist, u64 top)
{
	u8 *p = v->tss + 36 + (ist - 1) * 8;	/* SDM "Task Management in 64-bit Mode" */
	int i;

	for (i = 0; i < 8; i++)
		p[i] = top >> (8 * i);
}

void tg_root_world_init(struct tg_vcpu *v)
{
	u64 stack = (u64)v->stack, tss = (u64)v->tss;

	v->self = v;
	*(struct tg_vcpu **)stack = v;		/* this_vcpu() */
	v->root_rsp = stack + ROOT_STACK_MAIN - 16;
	*(struct tg_vcpu **)v->root_rsp = v;	/* svm/entry.S */
	tss_ist(v, ROOT_IST_NMI, stack + ROOT_STACK_NMI);
	tss_ist(v, ROOT_IST_FAULT, stack + ROOT_STACK_SIZE);
	tss_ist(v, ROOT_IST_MC, stack + ROOT_STACK_MC);
	v->gdt[ROOT_CS / 8] = GDT_CODE64;
	v->gdt[ROOT_DS / 8] = GDT_DATA;
	v->gdt[ROOT_TR / 8] = TSS_LIMIT | (tss & 0xffffff) << 16 | 0x8bull << 40 |
			      (tss >> 24 & 0xff) << 56;
	v->gdt[ROOT_TR / 8 + 1] = tss >> 32;
}
