// SPDX-License-Identifier: GPL-2.0
/*
 * Physical interrupts and NMIs against the intercepts, GIF and the interrupt
 * shadow; virtual interrupts. APM 2, 15.13, 15.17, 15.21.
 */
#include "svm.h"

#define VECTOR		0x41
#define APIC_ISR	0x10
#define APIC_IRR	0x20
#define APIC_LVT_TIMER	0x32
#define APIC_TIMER_COUNT 0x38
#define APIC_TIMER_DIV	0x3e

GUEST(nops, "nop", "nop", "nop\nnop");
GUEST(sti_nop, "sti", "nop", "nop\nnop");
GUEST(sti_hlt, "sti", "hlt", "nop\nnop");
GUEST(hlt, "nop", "hlt", "nop\nnop");
GUEST(cli_sti, "sti\ncli", "nop", "nop\nnop");
GUEST(sti_sti, "sti", "sti", "nop\nnop");
GUEST(movss, "mov %ss, %eax\nsti\nmov %eax, %ss", "nop", "nop\nnop");
GUEST(popf_if, "push $0x202", "popf", "nop\nnop");
GUEST(spin, "sti\nnop", "1: pause\njmp 1b", "");
GUEST(iret_first, "iretq", "nop", "nop\nnop");

GUEST(mov_cr8, "mov $0xf, %eax\nmov %rax, %cr8\nsti\nnop\nxor %eax, %eax", "mov %rax, %cr8",
      "nop\nnop");

static u64 taken, taken_nmi;

static void begin(const struct guest_code *c)
{
	guest(c);
	taken = lab_count[VECTOR];
	taken_nmi = lab_count[2];
	vmcb->intercept1 |= I1_INTR | I1_NMI;
	asm volatile("clgi");
}

static void saw_pending(void)
{
	saw("irr %x isr %x taken %lu", lab_apic_read(APIC_IRR + (VECTOR >> 5)) >> (VECTOR & 31) & 1,
	    lab_apic_read(APIC_ISR + (VECTOR >> 5)) >> (VECTOR & 31) & 1,
	    lab_count[VECTOR] - taken);
}

/* Run, then open the host's window: what the exit has left pending comes now. */
static void go(void)
{
	run();
	saw_exit();
	saw_pending();
	host_open();
	saw("then %lu", lab_count[VECTOR] - taken);
	host_close();
}

static void at_insn(u64 flags)
{
	vmcb->rip = (u64)nops.insn;
	vmcb->flags |= flags;
}

static void intr_if0(void)
{
	begin(&nops), at_insn(0), lab_apic_send_self(VECTOR), go();
}

static void intr_if1(void)
{
	begin(&nops), at_insn(FL_IF), lab_apic_send_self(VECTOR), go();
}

static void intr_shadow(void)
{
	begin(&nops), at_insn(FL_IF), lab_apic_send_self(VECTOR);
	vmcb->shadow = 1;
	go();
}

static void intr_sti(void)
{
	begin(&sti_nop), lab_apic_send_self(VECTOR), go();
}

static void intr_sti_sti(void)
{
	begin(&sti_sti), lab_apic_send_self(VECTOR), go();
}

static void intr_cli_sti(void)
{
	begin(&cli_sti), lab_apic_send_self(VECTOR), go();
}

static void intr_popf(void)
{
	begin(&popf_if), lab_apic_send_self(VECTOR), go();
}

/* The frame of an interrupted program with IF=1. */
static void intr_iret(void)
{
	u64 *frame;

	begin(&iret_first);
	frame = (u64 *)(vmcb->rsp -= 40);
	frame[0] = (u64)iret_first.insn;
	frame[1] = LAB_CS;
	frame[2] = 2 | FL_IF;
	frame[3] = (u64)frame + 40;
	frame[4] = LAB_DS;
	lab_apic_send_self(VECTOR), go();
}

static void intr_iret_tf(void)
{
	u64 *frame;

	begin(&iret_first);
	frame = (u64 *)(vmcb->rsp -= 40);
	frame[0] = (u64)iret_first.insn;
	frame[1] = LAB_CS;
	frame[2] = 2 | FL_IF;
	frame[3] = (u64)frame + 40;
	frame[4] = LAB_DS;
	vmcb->flags |= FL_TF;
	vmcb->intercept_exception = 1 << 1;
	lab_apic_send_self(VECTOR), go();
}

static void intr_user(void)
{
	begin(&nops), guest_user(), at_insn(FL_IF), lab_apic_send_self(VECTOR), go();
	saw("cpl %u", vmcb->cpl);
}

static void intr_cr8(void)
{
	begin(&mov_cr8), lab_apic_send_self(VECTOR), go();
	lab_apic_write(8, 0);
	asm volatile("sti; nop; nop; cli");
}

static void intr_tf(void)
{
	begin(&nops), at_insn(FL_IF | FL_TF), lab_apic_send_self(VECTOR), go();
	saw_flags("flags", vmcb->flags);
}

static void nmi_tf(void)
{
	begin(&nops), at_insn(FL_TF), lab_apic_send_self_nmi();
	run();
	saw_exit();
	saw_flags("flags", vmcb->flags);
	host_gif();
	host_close();
}

static void intr_movss(void)
{
	begin(&movss), lab_apic_send_self(VECTOR), go();
}

static void intr_sti_hlt(void)
{
	begin(&sti_hlt), lab_apic_send_self(VECTOR), go();
}

static void timer(u32 count)
{
	lab_apic_write(APIC_TIMER_DIV, 0xb);
	lab_apic_write(APIC_LVT_TIMER, VECTOR);
	lab_apic_write(APIC_TIMER_COUNT, count);
}

static void intr_hlt_later(void)
{
	begin(&sti_hlt), timer(200000), go();
}

static void intr_spin_later(void)
{
	begin(&spin), timer(200000);
	run();
	saw("%s", vmcb->exit_code == X_INTR ? "exit INTR" : "other exit");
	saw_pending();
	host_open();
	saw("then %lu", lab_count[VECTOR] - taken);
	host_close();
}

/* After an entry with IF=0 the interrupt is noticed when the guest sets IF itself. */
static void intr_twice(void)
{
	begin(&nops), at_insn(0), lab_apic_send_self(VECTOR);
	run();
	saw_exit();
	vmcb->rip = (u64)nops.insn;
	vmcb->flags |= FL_IF;
	go();
}

static void intr_not_intercepted(void)
{
	begin(&nops), at_insn(FL_IF), lab_apic_send_self(VECTOR);
	vmcb->intercept1 &= ~I1_INTR;
	run();
	saw_exit();
	saw_pending();
	lab_apic_eoi();
	host_close();
}

static void post(u32 gate_type, u64 masking, u64 hif)
{
	begin(&nops), at_insn(FL_IF), lab_apic_send_self(VECTOR);
	guest_idt[6].type = gate_type;
	vmcb->event = EVENT_VALID | EVENT_EXCEPTION | 6;
	vmcb->vintr = masking;
	host_if = hif;
	run();
	saw_exit();
	if (vmcb->exit_code == X_INTR && STACK_TOP(guest_stack) - vmcb->rsp == 40)
		saw("frame from %s", where(guest_frame(0)));
	saw_pending();
	host_open();
	saw("then %lu", lab_count[VECTOR] - taken);
	host_close();
}

static void intr_event_trap_gate(void)
{
	post(0x8f, 0, 0);
}

static void intr_event_gate(void)
{
	post(0x8e, 0, 0);
}

static void post_masking(void)
{
	post(0x8e, V_INTR_MASKING, 1);
}

static void post_masking_host_if0(void)
{
	post(0x8e, V_INTR_MASKING, 0);
}

/* Guest's IF is without meaning for physical interrupts under V_INTR_MASKING. */
static void masking_if0(void)
{
	begin(&nops), at_insn(0), lab_apic_send_self(VECTOR);
	vmcb->vintr = V_INTR_MASKING;
	host_if = 1;
	go();
}

static void masking_shadow(void)
{
	begin(&nops), at_insn(FL_IF), lab_apic_send_self(VECTOR);
	vmcb->vintr = V_INTR_MASKING;
	vmcb->shadow = 1;
	host_if = 1;
	go();
}

static void gif_intr(void)
{
	begin(&nops);
	asm volatile("sti");
	lab_apic_send_self(VECTOR);
	asm volatile("nop; nop");
	saw("gif0 %lu", lab_count[VECTOR] - taken);
	asm volatile("stgi; nop; nop; clgi");
	saw("stgi %lu", lab_count[VECTOR] - taken);
	asm volatile("cli");
	host_close();
}

static void gif_nmi(void)
{
	begin(&nops);
	lab_apic_send_self_nmi();
	asm volatile("nop; nop");
	saw("gif0 %lu", lab_count[2] - taken_nmi);
	host_gif();
	saw("stgi %lu", lab_count[2] - taken_nmi);
	host_close();
}

/* What remains after the exit comes with GIF. */
static void go_nmi(void)
{
	run();
	saw_exit();
	saw("taken %lu", lab_count[2] - taken_nmi);
	host_gif();
	saw("then %lu", lab_count[2] - taken_nmi);
	host_close();
}

static void nmi_vmrun(void)
{
	begin(&nops), at_insn(0), lab_apic_send_self_nmi(), go_nmi();
}

static void nmi_shadow(void)
{
	begin(&nops), at_insn(FL_IF), lab_apic_send_self_nmi();
	vmcb->shadow = 1;
	go_nmi();
}

static void nmi_hlt(void)
{
	begin(&hlt), lab_apic_send_self_nmi();
	vmcb->rip = (u64)hlt.insn;
	go_nmi();
}

static void nmi_event(void)
{
	begin(&nops), at_insn(0), lab_apic_send_self_nmi();
	vmcb->event = EVENT_VALID | EVENT_EXCEPTION | 6;
	run();
	saw_exit();
	if (STACK_TOP(guest_stack) - vmcb->rsp == 40)
		saw("frame from %s", where(guest_frame(0)));
	host_gif();
	saw("then %lu", lab_count[2] - taken_nmi);
	host_close();
}

static void nmi_not_intercepted(void)
{
	begin(&nops), at_insn(0), lab_apic_send_self_nmi();
	vmcb->intercept1 &= ~I1_NMI;
	run();
	saw_exit();
	saw("rsp %ld", STACK_TOP(guest_stack) - vmcb->rsp);
	host_iret();
	host_close();
}

/* A physical NMI while the guest handles an injected one, then its IRET. */
static void nmi_in_injected(void)
{
	begin(&iret_first), vmcb->rip = (u64)iret_first.insn;
	vmcb->event = EVENT_VALID | EVENT_NMI | 2;
	run();
	saw_exit();
	lab_apic_send_self_nmi();
	run();
	saw("; second: ");
	saw_exit();
	if (vmcb->exit_code == X_VMMCALL) {
		vmcb->rip = (u64)iret_first.start;
		run();
		saw("; after IRET: ");
		saw_exit();
	}
	host_iret();
	host_gif();
	saw("then %lu", lab_count[2] - taken_nmi);
	host_close();
}

/* The host's own NMIs after the exit from a guest that is in an injected one. */
static void nmi_host_in_injected(void)
{
	begin(&iret_first), vmcb->rip = (u64)iret_first.insn;
	vmcb->event = EVENT_VALID | EVENT_NMI | 2;
	run();
	saw_exit();
	lab_apic_send_self_nmi();
	host_gif();
	saw("stgi %lu", lab_count[2] - taken_nmi);
	host_iret();
	host_gif();
	saw("iret %lu", lab_count[2] - taken_nmi);
	host_close();
}

/* A first NMI that exits must not block a second one. */
static void nmi_after_exit(void)
{
	begin(&nops), at_insn(0), lab_apic_send_self_nmi();
	run();
	saw_exit();
	host_gif();
	saw("then %lu", lab_count[2] - taken_nmi);
	lab_apic_send_self_nmi();
	run();
	saw_exit();
	host_gif();
	saw("then %lu", lab_count[2] - taken_nmi);
	host_close();
}

/* ---- virtual interrupts ---- */

static void virtual(u64 extra)
{
	vmcb->vintr = V_IRQ | V_IGN_TPR | 0xfull << 16 | 0x55ull << 32 | extra;
}

static void go_virtual(void)
{
	vmcb->intercept1 |= I1_VINTR;
	run();
	saw_exit();
	saw("v_irq %lx", vmcb->vintr >> 8 & 1);
	host_close();
}

static void virq_if1(void)
{
	begin(&nops), at_insn(FL_IF), virtual(0), go_virtual();
}

/* The host's IF at VMRUN should be without meaning here. */
static void virq_if1_host_if1(void)
{
	begin(&nops), at_insn(FL_IF), virtual(0);
	host_if = 1;
	go_virtual();
}

static void virq_if0(void)
{
	begin(&nops), at_insn(0), virtual(0), go_virtual();
}

static void virq_shadow(void)
{
	begin(&nops), at_insn(FL_IF), virtual(0);
	vmcb->shadow = 1;
	go_virtual();
	saw("shadow %lx", vmcb->shadow & 1);
}

static void virq_sti(void)
{
	begin(&sti_nop), virtual(0), go_virtual();
}

static void virq_movss(void)
{
	begin(&movss), virtual(0), go_virtual();
}

static void virq_popf(void)
{
	begin(&popf_if), virtual(0), go_virtual();
}

static void virq_sti_hlt(void)
{
	begin(&sti_hlt), virtual(0), go_virtual();
}

static void virq_hlt_entry(void)
{
	begin(&hlt), virtual(0);
	vmcb->flags |= FL_IF;
	vmcb->shadow = 1;
	vmcb->rip = (u64)hlt.insn;
	go_virtual();
}

static void virq_event(void)
{
	begin(&nops), at_insn(FL_IF), virtual(0);
	guest_idt[6].type = 0x8f;
	vmcb->event = EVENT_VALID | EVENT_EXCEPTION | 6;
	go_virtual();
}

static void virq_event_gate(void)
{
	begin(&nops), at_insn(FL_IF), virtual(0);
	vmcb->event = EVENT_VALID | EVENT_EXCEPTION | 6;
	go_virtual();
}

static void virq_delivered(void)
{
	begin(&nops), at_insn(FL_IF), virtual(0);
	run();
	saw_exit();
	saw("v_irq %lx", vmcb->vintr >> 8 & 1);
	host_close();
}

static void virq_tpr(void)
{
	begin(&nops), at_insn(FL_IF);
	vmcb->vintr = V_IRQ | 5ull << 16 | 0x55ull << 32 | 5;
	go_virtual();
}

/* Both: the physical one exits first. */
static void virq_and_intr(void)
{
	begin(&nops), at_insn(FL_IF), virtual(0), lab_apic_send_self(VECTOR);
	go_virtual();
}

const struct probe interrupt_probes[] = {
	{ "intr-if0", intr_if0, "end irr 1 isr 0 taken 0 then 1", "15.13.1: only with IF=1" },
	{ "intr-if1", intr_if1, "exit INTR at insn irr 1 isr 0 taken 0 then 1",
	  "15.13.1: not acknowledged" },
	{ "intr-shadow", intr_shadow, "exit INTR at next irr 1 isr 0 taken 0 then 1", "15.21.5" },
	{ "intr-sti", intr_sti, "exit INTR at next irr 1 isr 0 taken 0 then 1", "STI" },
	{ "intr-sti-sti", intr_sti_sti, "exit INTR at next irr 1 isr 0 taken 0 then 1",
	  "STI: only the first one shadows" },
	{ "intr-cli-sti", intr_cli_sti, "end irr 1 isr 0 taken 0 then 1", "STI" },
	{ "intr-popf", intr_popf, "exit INTR at next irr 1 isr 0 taken 0 then 1", "POPF" },
	{ "intr-movss", intr_movss, "exit INTR at next irr 1 isr 0 taken 0 then 1|"
	  "exit INTR at insn irr 1 isr 0 taken 0 then 1", "MOV SS in the shadow of STI: either" },
	{ "intr-iret", intr_iret, "exit INTR at insn irr 1 isr 0 taken 0 then 1", "IRET" },
	{ "intr-iret-tf", intr_iret_tf, "exit #DB at insn irr 1 isr 0 taken 0 then 1",
	  "8.5: traps before interrupts" },
	{ "intr-tf", intr_tf, "exit INTR at insn irr 1 isr 0 taken 0 then 1 flags=TFIF",
	  "15.13.1" },
	{ "nmi-tf", nmi_tf, "exit NMI at insn flags=TF", "15.13.2" },
	{ "intr-user", intr_user, "exit INTR at insn irr 1 isr 0 taken 0 then 1 cpl 3", "15.13.1" },
	{ "intr-cr8", intr_cr8, "exit INTR at next irr 1 isr 0 taken 0 then 1", "TPR" },
	{ "intr-sti-hlt", intr_sti_hlt, "exit INTR at next irr 1 isr 0 taken 0 then 1",
	  "15.13.1: RIP past HLT" },
	{ "intr-hlt-later", intr_hlt_later, "exit INTR at next irr 1 isr 0 taken 0 then 1",
	  "15.13.1: RIP past HLT" },
	{ "intr-spin-later", intr_spin_later, "exit INTR irr 1 isr 0 taken 0 then 1", "15.13.1" },
	{ "intr-twice", intr_twice, "end exit INTR at insn irr 1 isr 0 taken 0 then 1", "15.13.1" },
	{ "intr-not-intercepted", intr_not_intercepted,
	  "gate 41 from insn flags=IF irr 0 isr 1 taken 0", "15.13.1" },
	{ "intr-event-trap-gate", intr_event_trap_gate,
	  "exit INTR at gate-06 frame from insn irr 1 isr 0 taken 0 then 1",
	  "15.20: the event comes first" },
	{ "intr-event-gate", intr_event_gate,
	  "gate 06 from insn flags=IF irr 1 isr 0 taken 0 then 1|"
	  "gate 06 from insn flags=RFIF irr 1 isr 0 taken 0 then 1", "the gate clears IF" },
	{ "post-masking", post_masking,
	  "exit INTR at gate-06 frame from insn irr 1 isr 0 taken 0 then 1",
	  "15.21.1: the host's IF counts" },
	{ "post-masking-host-if0", post_masking_host_if0,
	  "gate 06 from insn flags=IF irr 1 isr 0 taken 0 then 1|"
	  "gate 06 from insn flags=RFIF irr 1 isr 0 taken 0 then 1", "15.21.1" },
	{ "masking-if0", masking_if0, "exit INTR at insn irr 1 isr 0 taken 0 then 1", "15.21.1" },
	{ "masking-shadow", masking_shadow, "exit INTR at insn irr 1 isr 0 taken 0 then 1|"
	  "exit INTR at next irr 1 isr 0 taken 0 then 1", "15.21.5: silent" },
	{ "gif-intr", gif_intr, "gif0 0 stgi 1", "15.17" },
	{ "gif-nmi", gif_nmi, "gif0 0 stgi 1", "15.17" },
	{ "nmi-vmrun", nmi_vmrun, "exit NMI at insn taken 0 then 1", "15.13.2" },
	{ "nmi-shadow", nmi_shadow,
	  "exit NMI at insn taken 0 then 1|exit NMI at next taken 0 then 1",
	  "15.21.5: NMIs may be held" },
	{ "nmi-hlt", nmi_hlt, "exit NMI at next taken 0 then 1|exit NMI at insn taken 0 then 1",
	  "15.13.2" },
	{ "nmi-event", nmi_event, "exit NMI at gate-06 frame from insn then 1", "15.20" },
	{ "nmi-not-intercepted", nmi_not_intercepted, "gate 02 from insn flags=- rsp 40",
	  "15.13.2" },
	{ "nmi-in-injected", nmi_in_injected,
	  "gate 02 from insn flags=- ; second:  gate 02 from insn flags=- ; after IRET:  "
	  "exit NMI at insn then 1|"
	  "gate 02 from insn flags=- ; second:  exit NMI at gate-02 then 1",
	  "15.20: silent whether an injected NMI blocks further ones" },
	{ "nmi-host-in-injected", nmi_host_in_injected,
	  "gate 02 from insn flags=- stgi 0 iret 1|gate 02 from insn flags=- stgi 1 iret 1",
	  "15.17: silent" },
	{ "nmi-after-exit", nmi_after_exit,
	  "exit NMI at insn then 1 exit NMI at insn then 2", "15.13.2" },
	{ "virq-if1", virq_if1, "exit VINTR at insn v_irq 1", "15.21.4" },
	{ "virq-if1-host-if1", virq_if1_host_if1, "exit VINTR at insn v_irq 1", "15.21.4" },
	{ "virq-if0", virq_if0, "end v_irq 1", "15.21.4" },
	{ "virq-shadow", virq_shadow, "exit VINTR at next v_irq 1 shadow 0", "15.21.5" },
	{ "virq-sti", virq_sti, "exit VINTR at next v_irq 1", "STI" },
	{ "virq-movss", virq_movss, "exit VINTR at next v_irq 1|exit VINTR at insn v_irq 1",
	  "MOV SS in the shadow of STI: either" },
	{ "virq-popf", virq_popf, "exit VINTR at next v_irq 1", "POPF" },
	{ "virq-sti-hlt", virq_sti_hlt, "exit VINTR at next v_irq 1", "15.21.4: wakes from HLT" },
	{ "virq-hlt-entry", virq_hlt_entry, "exit VINTR at next v_irq 1", "15.21.5" },
	{ "virq-event", virq_event, "exit VINTR at gate-06 v_irq 1", "15.20" },
	{ "virq-event-gate", virq_event_gate, "gate 06 from insn flags=IF v_irq 1|"
	  "gate 06 from insn flags=RFIF v_irq 1", "the gate clears IF" },
	{ "virq-delivered", virq_delivered, "gate 55 from insn flags=IF v_irq 0", "15.21.4" },
	{ "virq-tpr", virq_tpr, "end v_irq 1", "15.21.4: not above V_TPR" },
	{ "virq-and-intr", virq_and_intr, "exit INTR at insn v_irq 1", "15.13: physical first" },
	{ 0 }
};
