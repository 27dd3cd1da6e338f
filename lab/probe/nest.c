// SPDX-License-Identifier: GPL-2.0
/*
 * Faults during the delivery of another event: EXITINTINFO, error codes, what has
 * been changed. APM 2, 15.7.2 "State Saved on Exit" and 15.7.3 "EXITINTINFO".
 */
#include "svm.h"

#define VECTOR	0x41
#define INTC_NP	(1 << 11)
#define INTC_PF	(1 << 14)
#define INTC_GP	(1 << 13)
#define INTC_DF	(1 << 8)

GUEST(plain, "nop", "ud2", "nop");
GUEST(int80, "nop", "int $0x80", "nop");
GUEST(int3, "nop", "int3", "nop");
GUEST(icebp, "nop", ".byte 0xf1", "nop");
GUEST(gp, "mov $0x100, %eax", "mov %eax, %ds", "nop");
GUEST(pf, "mov $0x100000000123, %rax", "mov (%rax), %ecx", "nop");
GUEST(into, ".code32\nmovb $0x7f, %al\naddb $1, %al", "into", "nop\n.code64");
GUEST(nops, "nop", "nop", "nop\nnop");

static void begin(const struct guest_code *c, u32 exceptions)
{
	guest(c);
	vmcb->intercept_exception = exceptions;
}

static void absent(u8 vector)
{
	guest_idt[vector].type &= 0x7f;
}

static void at_insn(const struct guest_code *c, u64 event)
{
	vmcb->rip = (u64)c->insn;
	vmcb->next_rip = (u64)c->next;
	vmcb->event = event ? EVENT_VALID | event : 0;
}

static void go(void)
{
	u64 rsp = vmcb->rsp;

	run();
	saw_exit();
	saw("error %lx intinfo %lx", vmcb->info1, vmcb->exit_int_info);
	if (vmcb->rsp != rsp)
		saw("rsp moved by %ld", rsp - vmcb->rsp);
	host_close();
}

static void nest_np_int_n(void)
{
	begin(&int80, INTC_NP), absent(0x80), go();
}

static void nest_np_int3(void)
{
	begin(&int3, INTC_NP), absent(3), go();
}

static void nest_np_into(void)
{
	begin(&into, INTC_NP), guest_user32(), absent(4);
	guest_idt[4].type |= 0x60;
	go();
}

static void nest_np_icebp(void)
{
	begin(&icebp, INTC_NP), absent(1), go();
}

static void nest_np_ud(void)
{
	begin(&plain, INTC_NP), absent(6), go();
}

static void nest_np_gp(void)
{
	begin(&gp, INTC_NP), absent(13), go();
}

/* CR2 of the first fault has been written by then. */
static void nest_np_pf(void)
{
	begin(&pf, INTC_NP), absent(14), go();
	saw("cr2 %lx", vmcb->cr2);
}

static void nest_np_intr(void)
{
	begin(&nops, INTC_NP), absent(VECTOR), at_insn(&nops, 0);
	asm volatile("clgi");
	lab_apic_send_self(VECTOR);
	vmcb->flags |= FL_IF;
	go();
	lab_apic_eoi();
}

static void nest_np_nmi(void)
{
	begin(&nops, INTC_NP), absent(2), at_insn(&nops, 0);
	asm volatile("clgi");
	lab_apic_send_self_nmi();
	go();
	host_iret();
}

static void nest_np_virq(void)
{
	begin(&nops, INTC_NP), absent(0x55), at_insn(&nops, 0);
	vmcb->flags |= FL_IF;
	vmcb->vintr = V_IRQ | V_IGN_TPR | 0xfull << 16 | 0x55ull << 32;
	go();
	saw("v_irq %lx", vmcb->vintr >> 8 & 1);
}

static void nest_np_inj_intr(void)
{
	begin(&plain, INTC_NP), absent(VECTOR), at_insn(&plain, EVENT_INTR | VECTOR), go();
}

static void nest_np_inj_nmi(void)
{
	begin(&plain, INTC_NP), absent(2), at_insn(&plain, EVENT_NMI | 2), go();
	host_iret();
}

static void nest_np_inj_exc(void)
{
	begin(&plain, INTC_NP), absent(6), at_insn(&plain, EVENT_EXCEPTION | 6), go();
}

static void nest_np_inj_error(void)
{
	begin(&plain, INTC_NP), absent(13);
	at_insn(&plain, EVENT_EXCEPTION | EVENT_ERROR | 13 | 0x1234ull << 32), go();
}

static void nest_np_inj_bp(void)
{
	begin(&int3, INTC_NP), absent(3), at_insn(&int3, EVENT_EXCEPTION | 3), go();
}

static void nest_np_inj_soft(void)
{
	begin(&int80, INTC_NP), absent(0x80), at_insn(&int80, EVENT_SOFT | 0x80), go();
}

/* The IDT is not mapped. */
static void nest_pf_idt_intr(void)
{
	begin(&plain, INTC_PF), at_insn(&plain, EVENT_INTR | VECTOR);
	vmcb->idtr.base = NOWHERE;
	go();
	saw("address %lx", vmcb->info2);
}

static void nest_pf_idt_int_n(void)
{
	begin(&int80, INTC_PF);
	vmcb->idtr.base = NOWHERE;
	go();
	saw("address %lx", vmcb->info2);
}

static void nest_pf_idt_int3(void)
{
	begin(&int3, INTC_PF);
	vmcb->idtr.base = NOWHERE;
	go();
	saw("address %lx", vmcb->info2);
}

static void nest_pf_idt_ud(void)
{
	begin(&plain, INTC_PF);
	vmcb->idtr.base = NOWHERE;
	go();
	saw("address %lx", vmcb->info2);
}

/* The stack is not mapped. */
static void nest_pf_stack_intr(void)
{
	begin(&plain, INTC_PF), at_insn(&plain, EVENT_INTR | VECTOR);
	vmcb->rsp = NOWHERE + 0x800;
	go();
	saw("address %lx", vmcb->info2);
}

static void nest_pf_stack_ud(void)
{
	begin(&plain, INTC_PF);
	vmcb->rsp = NOWHERE + 0x800;
	go();
	saw("address %lx", vmcb->info2);
}

static void nest_pf_stack_user(void)
{
	begin(&plain, INTC_PF), guest_user();
	guest_tss.rsp[0] = NOWHERE + 0x800;
	go();
	saw("address %lx cpl %u cs %x", vmcb->info2, vmcb->cpl, vmcb->cs.selector);
}

static void nest_pf_pf(void)
{
	begin(&pf, INTC_DF), vmcb->idtr.base = NOWHERE;
	vmcb->cr2 = 0xdead000;
	go();
	saw("cr2 %lx", vmcb->cr2);
}

static void nest_gp_gp(void)
{
	begin(&gp, INTC_DF), vmcb->idtr.limit = 0, go();
}

/* #UD is benign: the #GP its delivery raises is delivered, fails, and gives #DF. */
static void nest_gp_ud(void)
{
	begin(&plain, INTC_DF), vmcb->idtr.limit = 0, go();
}

static void nest_gp_ud_gp(void)
{
	begin(&plain, INTC_GP), vmcb->idtr.limit = 0, go();
}

/* An injected exception is the first of a pair, too. */
static void inj_no_first(void)
{
	begin(&plain, INTC_DF), absent(13);
	at_insn(&plain, EVENT_EXCEPTION | EVENT_ERROR | 13 | 0x1234ull << 32), go();
}

static void nest_shutdown(void)
{
	begin(&plain, 0), vmcb->idtr.limit = 0;
	run();
	saw_exit();
	host_close();
}

static void nest_inj_df(void)
{
	begin(&plain, INTC_NP), absent(8);
	at_insn(&plain, EVENT_EXCEPTION | EVENT_ERROR | 8);
	run();
	saw_exit();
	host_close();
}

/* The next exit without nesting shows none. */
static void nest_cleared(void)
{
	begin(&int80, INTC_NP), absent(0x80);
	run();
	vmcb->rip = (u64)int80.end;
	run();
	saw_exit();
	saw("intinfo %lx", vmcb->exit_int_info >> 31 & 1);
	host_close();
}

#define FOUND(at, error, info) "exit #NP at " at " error " error " intinfo " info

const struct probe nest_probes[] = {
	{ "nest-np-int-n", nest_np_int_n, FOUND("insn", "402", "80000480"), "15.7.3" },
	{ "nest-np-int3", nest_np_int3, FOUND("insn", "1a", "80000303"), "15.7.3: INT3 is type 3" },
	{ "nest-np-into", nest_np_into, FOUND("insn", "22", "80000304"), "15.7.3: INTO is type 3" },
	{ "nest-np-icebp", nest_np_icebp, FOUND("next", "b", "80000301") "|"
	  FOUND("insn", "b", "80000301"), "15.7.3" },
	{ "nest-np-ud", nest_np_ud, FOUND("insn", "33", "80000306"), "15.7.3" },
	{ "nest-np-gp", nest_np_gp, "exit #NP at insn error 6b intinfo 10080000b0d", "15.7.3" },
	{ "nest-np-pf", nest_np_pf, "exit #NP at insn error 73 intinfo 80000b0e cr2 100000000123",
	  "15.7.3" },
	{ "nest-np-intr", nest_np_intr, FOUND("insn", "20b", "80000041"), "15.7.3" },
	{ "nest-np-nmi", nest_np_nmi, FOUND("insn", "13", "80000202"), "15.7.3" },
	{ "nest-np-virq", nest_np_virq, FOUND("insn", "2ab", "80000055 v_irq 0") "|"
	  FOUND("insn", "2ab", "80000055 v_irq 1"), "15.7.3, 15.21.4" },
	{ "nest-np-inj-intr", nest_np_inj_intr, FOUND("insn", "20b", "80000041"), "15.7.3" },
	{ "nest-np-inj-nmi", nest_np_inj_nmi, FOUND("insn", "13", "80000202"), "15.7.3" },
	{ "nest-np-inj-exc", nest_np_inj_exc, FOUND("insn", "33", "80000306"), "15.7.3" },
	{ "nest-np-inj-error", nest_np_inj_error,
	  FOUND("insn", "6b", "123480000b0d"), "15.7.3" },
	{ "nest-np-inj-bp", nest_np_inj_bp, FOUND("insn", "1a", "80000303") "|"
	  FOUND("insn", "1b", "80000303"), "15.7.3; EXT: silent" },
	{ "nest-np-inj-soft", nest_np_inj_soft, FOUND("insn", "402", "80000480"), "15.7.3" },
	{ "nest-pf-idt-intr", nest_pf_idt_intr,
	  "exit #PF at insn error 0 intinfo 80000041 address 100000000410", "15.7.3" },
	{ "nest-pf-idt-int-n", nest_pf_idt_int_n,
	  "exit #PF at insn error 0 intinfo 80000480 address 100000000800", "15.7.3" },
	{ "nest-pf-idt-int3", nest_pf_idt_int3,
	  "exit #PF at insn error 0 intinfo 80000303 address 100000000030", "15.7.3" },
	{ "nest-pf-idt-ud", nest_pf_idt_ud,
	  "exit #PF at insn error 0 intinfo 80000306 address 100000000060", "15.7.3" },
	{ "nest-pf-stack-intr", nest_pf_stack_intr,
	  "exit #PF at insn error 2 intinfo 80000041 address 1000000007f8", "15.7.3" },
	{ "nest-pf-stack-ud", nest_pf_stack_ud,
	  "exit #PF at insn error 2 intinfo 80000306 address 1000000007f8", "15.7.3" },
	{ "nest-pf-stack-user", nest_pf_stack_user,
	  "exit #PF at insn error 2 intinfo 80000306 address 1000000007f8 cpl 3 cs 33", "15.7.3" },
	{ "nest-pf-pf", nest_pf_pf,
	  "exit #DF at insn error 0 intinfo 80000b0e cr2 1000000000e0|"
	  "exit #DF at insn error 0 intinfo 0 cr2 1000000000e0|"
	  "exit #DF at insn error 0 intinfo 80000b0e cr2 100000000123|"
	  "exit #DF at insn error 0 intinfo 0 cr2 100000000123",
	  "15.12.9; 15.7.3: silent for #DF" },
	{ "nest-gp-gp", nest_gp_gp, "exit #DF at insn error 0 intinfo 10080000b0d|"
	  "exit #DF at insn error 0 intinfo 0", "15.12.9" },
	{ "nest-gp-ud", nest_gp_ud, "exit #DF at insn error 0 intinfo 6b80000b0d|"
	  "exit #DF at insn error 0 intinfo 0|exit #DF at insn error 0 intinfo 3380000b0d",
	  "8.2.9" },
	{ "nest-gp-ud-gp", nest_gp_ud_gp, "exit #GP at insn error 33 intinfo 80000306", "15.7.3" },
	{ "inj-no-first", inj_no_first, "exit #DF at insn error 0 intinfo 123480000b0d|"
	  "exit #DF at insn error 0 intinfo 0", "8.2.9, 15.20" },
	{ "nest-shutdown", nest_shutdown, "exit SHUTDOWN at insn", "15.14.3" },
	{ "nest-inj-df", nest_inj_df, "exit SHUTDOWN at insn|exit #NP at insn", "15.14.3" },
	{ "nest-cleared", nest_cleared, "end intinfo 0", "15.7.3" },
	{ 0 }
};
