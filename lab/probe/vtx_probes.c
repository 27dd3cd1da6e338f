// SPDX-License-Identifier: GPL-2.0
/* VT-x. SDM 3, "VM Entries", "VM Exits", and the sections named in the table. */
#include "vtx.h"

#define VECTOR		0x41

GUEST(nops, "nop", "nop", "nop\nnop");
GUEST(sti_hlt, "sti", "hlt", "nop\nnop");
GUEST(cli_sti, "nop", "sti\ncli", "sti\nnop\nnop");
GUEST(int3, "nop", "int3", "nop");
GUEST(icebp, "nop", ".byte 0xf1", "nop");
GUEST(int80, "nop", "int $0x80", "nop");
GUEST(ud2, "nop", "ud2", "nop");
GUEST(gp, "mov $0x100, %eax", "mov %eax, %ds", "nop");
GUEST(pf, "mov $0x100000000123, %rax", "mov (%rax), %ecx", "nop");
GUEST(into, ".code32\nmovb $0x7f, %al\naddb $1, %al", "into", "nop\n.code64");
GUEST(iret_first, "iretq", "nop", "nop\nnop");
GUEST(movss, "nop", "mov %eax, %ss", "nop\nnop");
GUEST(sysretl, "nop", "sysretl", "nop");
GUEST(cpuid, "nop", "cpuid", "nop");

static struct { u32 msr, reserved; u64 value; } list[1] __attribute__((aligned(16)));
static u64 taken;

static void begin(const struct guest_code *c)
{
	vtx_guest(c);
	vtx_set(PIN, PIN_INTR | PIN_NMI);
	taken = lab_count[VECTOR];
}

static void at_insn(const struct guest_code *c, u64 flags)
{
	vtx_write(RIP, (u64)c->insn);
	vtx_set(FLAGS, flags);
}

static void go(void)
{
	if (vtx_run() != FAILED)
		vtx_saw_exit();
	vtx_host_open();
}

static void go_intr(void)
{
	if (vtx_run() != FAILED)
		vtx_saw_exit();
	saw("taken %lu", lab_count[VECTOR] - taken);
	vtx_host_open();
	saw("then %lu", lab_count[VECTOR] - taken);
}

/* ---- exceptions ---- */

static void exception(const struct guest_code *c)
{
	vtx_guest(c);
	vtx_write(EXCEPTIONS, ~0u);
	at_insn(c, 0);
}

static void saw_length(void)
{
	saw("length %lu", vtx_read(LENGTH));
}

static void vx_bp(void)
{
	exception(&int3), go(), saw_length();
}

static void vx_of(void)
{
	exception(&into);
	vtx_write(RIP, (u64)into.start);
	vtx_user32();
	guest_idt[4].type = 0xee;
	go(), saw_length();
}

static void vx_icebp(void)
{
	exception(&icebp), go(), saw_length();
}

static void vx_ud(void)
{
	exception(&ud2), go();
	saw_flags("flags", vtx_read(FLAGS));
}

static void vx_pf(void)
{
	exception(&pf);
	vtx_write(RIP, (u64)pf.start);
	lab_write_cr2(0xdead000);
	go();
	saw("code %lx qualification %lx cr2 %lx", vtx_read(INTR_CODE), vtx_read(QUALIFICATION),
	    lab_read_cr2());
}

static void vx_db(u64 flags, u64 dr7, bool intercept)
{
	u64 dr6 = 0xffff0ff0;

	exception(&nops);
	vtx_write(EXCEPTIONS, intercept ? 2 : 0);
	vtx_set(FLAGS, flags);
	vtx_write(G_DR7, dr7);
	asm volatile("mov %0, %%dr0; mov %1, %%dr6" : : "r"(nops.insn), "r"(dr6));
	go();
	asm volatile("mov %%dr6, %0" : "=r"(dr6));
	if (intercept)
		saw("qualification %lx", vtx_read(QUALIFICATION));
	saw("dr6 %lx", dr6);
}

static void vx_db_tf(void)
{
	vx_db(FL_TF, 0x400, true);
}

static void vx_db_exec(void)
{
	vx_db(0, 0x401, true);
}

static void vx_db_gate_exec(void)
{
	vx_db(0, 0x401, false);
}

/* ---- nested delivery ---- */

static void absent(const struct guest_code *c, u8 vector)
{
	vtx_guest(c);
	vtx_write(EXCEPTIONS, 1 << 11);
	vtx_write(RIP, (u64)c->start);
	guest_idt[vector].type &= 0x7f;
}

static void go_nested(void)
{
	go();
	saw("code %lx vectoring %lx", vtx_read(INTR_CODE), vtx_read(VECTORING));
}

static void vx_nest_int_n(void)
{
	absent(&int80, 0x80), go_nested(), saw_length();
}

static void vx_nest_int3(void)
{
	absent(&int3, 3), go_nested(), saw_length();
}

static void vx_nest_icebp(void)
{
	absent(&icebp, 1), go_nested(), saw_length();
}

static void vx_nest_ud(void)
{
	absent(&ud2, 6), go_nested();
}

static void vx_nest_gp(void)
{
	absent(&gp, 13), go_nested();
	saw("code %lx", vtx_read(VECTORING_CODE));
}

static void vx_nest_intr(void)
{
	absent(&nops, VECTOR);
	vtx_set(FLAGS, FL_IF);
	lab_apic_send_self(VECTOR);
	if (vtx_run() != FAILED)
		vtx_saw_exit();
	saw("code %lx vectoring %lx", vtx_read(INTR_CODE), vtx_read(VECTORING));
	lab_apic_eoi();
	vtx_host_open();
}

static void vx_nest_inj_intr(void)
{
	absent(&nops, VECTOR);
	vtx_set(FLAGS, FL_IF);
	vtx_write(EVENT, VALID | INTR_EXT | VECTOR);
	go_nested();
}

static void vx_nest_inj_nmi(void)
{
	absent(&nops, 2);
	vtx_write(EVENT, VALID | INTR_NMI | 2);
	go_nested();
	saw("blocking %lx", vtx_read(BLOCKING));
}

/* ---- injection ---- */

static void inject(u32 info, u32 length)
{
	vtx_guest(&nops);
	at_insn(&nops, 0);
	vtx_write(EVENT, VALID | info);
	vtx_write(EVENT_LENGTH, length);
}

static void vx_inj_exc(void)
{
	inject(INTR_EXCEPTION | 6, 0), go();
}

static void vx_inj_bp(void)
{
	inject(INTR_INT3 | 3, 1), go();
}

static void vx_inj_int1(void)
{
	inject(INTR_INT1 | 1, 1), go();
}

static void vx_inj_soft(void)
{
	inject(INTR_SOFT | 0x80, 1), go();
}

static void vx_inj_intr_if0(void)
{
	inject(INTR_EXT | VECTOR, 0), go();
}

static void vx_inj_rf(void)
{
	inject(INTR_EXCEPTION | 6, 0);
	vtx_set(FLAGS, FL_RF);
	go();
}

/* ---- external interrupts and windows ---- */

static void vx_intr_if0(void)
{
	begin(&nops), at_insn(&nops, 0), lab_apic_send_self(VECTOR), go_intr();
}

static void vx_intr_if1(void)
{
	begin(&nops), at_insn(&nops, FL_IF), lab_apic_send_self(VECTOR), go_intr();
}

/* The guest changes IF: then it is noticed at the latest. */
static void vx_intr_late(void)
{
	begin(&cli_sti), lab_apic_send_self(VECTOR), go_intr();
}

static void vx_intr_hlt(void)
{
	begin(&nops), at_insn(&nops, FL_IF);
	vtx_write(ACTIVITY, HALTED);
	lab_apic_send_self(VECTOR), go_intr();
}

static void vx_window(u64 flags, u64 blocking, u64 activity)
{
	begin(&nops), at_insn(&nops, flags);
	vtx_set(PROC, PROC_INTWIN);
	vtx_write(BLOCKING, blocking);
	vtx_write(ACTIVITY, activity);
	go();
}

static void vx_win_if1(void)
{
	vx_window(FL_IF, 0, 0);
}

static void vx_win_if0(void)
{
	vx_window(0, 0, 0);
}

static void vx_win_sti(void)
{
	vx_window(FL_IF, BLOCK_STI, 0);
}

static void vx_win_movss(void)
{
	vx_window(FL_IF, BLOCK_MOVSS, 0);
}

static void vx_win_hlt(void)
{
	vx_window(FL_IF, 0, HALTED);
}

static void vx_win_sti_hlt(void)
{
	begin(&sti_hlt);
	vtx_set(PROC, PROC_INTWIN);
	go();
	saw("activity %lu", vtx_read(ACTIVITY));
}

static void vx_win_event(void)
{
	begin(&nops), at_insn(&nops, FL_IF);
	guest_idt[6].type = 0x8f;
	vtx_set(PROC, PROC_INTWIN);
	vtx_write(EVENT, VALID | INTR_EXCEPTION | 6);
	go();
}

static void nmi_window(u64 blocking, u64 activity)
{
	begin(&nops), at_insn(&nops, 0);
	vtx_set(PIN, PIN_VNMI);
	vtx_set(PROC, PROC_NMIWIN);
	vtx_write(BLOCKING, blocking);
	vtx_write(ACTIVITY, activity);
	go();
}

static void vx_nmiwin(void)
{
	nmi_window(0, 0);
}

static void vx_nmiwin_hlt(void)
{
	nmi_window(0, HALTED);
}

static void vx_nmiwin_iret(void)
{
	u64 *frame;

	begin(&iret_first);
	vtx_set(PIN, PIN_VNMI);
	vtx_set(PROC, PROC_NMIWIN);
	vtx_write(BLOCKING, BLOCK_NMI);
	frame = (u64 *)(vtx_read(RSP) - 40);
	frame[0] = (u64)iret_first.insn;
	frame[1] = LAB_CS;
	frame[2] = 2;
	frame[3] = (u64)frame + 40;
	frame[4] = LAB_DS;
	vtx_write(RSP, (u64)frame);
	go();
	saw("blocking %lx", vtx_read(BLOCKING));
}

static void vx_nmi(void)
{
	u64 nmis = lab_count[2];

	begin(&nops), at_insn(&nops, 0);
	vtx_set(PROC, PROC_NMIWIN);		/* refused without virtual NMIs */
	go();
	saw("taken %lu", lab_count[2] - nmis);
}

/* ---- timer, monitor trap, MSR lists, and the rest ---- */

static void timer(u32 event)
{
	begin(&nops), at_insn(&nops, 0);
	vtx_set(PIN, PIN_TIMER);
	vtx_write(TIMER, 0);
	if (event)
		vtx_write(EVENT, VALID | event);
	go();
}

static void vx_timer_zero(void)
{
	timer(0);
}

static void vx_timer_event(void)
{
	timer(INTR_EXCEPTION | 6);
	saw("frame from %s", where(guest_word(vtx_read(RSP), 0)));
}

static void vx_timer_hlt(void)
{
	begin(&nops), at_insn(&nops, FL_IF);
	vtx_set(PIN, PIN_TIMER);
	vtx_write(TIMER, 0);
	vtx_write(ACTIVITY, HALTED);
	go();
	saw("activity %lu", vtx_read(ACTIVITY));
}

static void vx_mtf(void)
{
	if (!vtx_has(PROC, PROC_MTF)) {
		saw("absent");
		return;
	}
	begin(&nops), at_insn(&nops, 0);
	vtx_set(PROC, PROC_MTF);
	go();
}

static u64 tsc(void)
{
	u32 lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (u64)hi << 32 | lo;
}

static void vx_store_tsc(void)
{
	u64 before, after;

	begin(&nops);
	list[0].msr = 0x10;
	list[0].value = 0;
	vtx_write(EXIT_STORE, lab_physical(list));
	vtx_write(EXIT_STORE_COUNT, 1);
	before = tsc();
	go();
	after = tsc();
	saw("%s", list[0].value >= before && list[0].value <= after ? "in between" :
	    list[0].value ? "outside" : "zero");
}

static void load_msr(u32 msr)
{
	begin(&nops);
	list[0].msr = msr;
	list[0].value = 0x1234;
	vtx_write(ENTRY_LOAD, lab_physical(list));
	vtx_write(ENTRY_LOAD_COUNT, 1);
	go();
}

/* FS base is one of two that the list must not have; the other number names no MSR. */
static void vx_load_fs_base(void)
{
	load_msr(0xc0000100);
}

static void vx_load_unknown(void)
{
	load_msr(0x7fffffff);
}

/* SYSRET to 32-bit code: SS as if loaded with the flat descriptor, CPL 3. */
static void vx_sysret_ss(void)
{
	begin(&sysretl);
	lab_wrmsr(0xc0000080, lab_rdmsr(0xc0000080) | 1);
	lab_wrmsr(0xc0000081, 0x0023ull << 48);
	vtx_write(AR_SS, 0x4093);		/* limits in bytes: shows what stays */
	vtx_write(LIMIT_ES + 4, 0xfffff);
	regs.cx = (u64)sysretl.end - LAB_HIGH;
	at_insn(&sysretl, 0);
	go();
	saw("cs %lx/%lx ss %lx/%lx limit %lx", vtx_read(G_CS), vtx_read(AR_CS), vtx_read(G_SS),
	    vtx_read(AR_SS), vtx_read(LIMIT_ES + 4));
}

static void vx_blocking(const struct guest_code *c)
{
	begin(c), at_insn(c, 0);
	regs.ax = LAB_DS;
	go();
}

/* CPUID exits always: what is left of the blocking is in the VMCS. */
GUEST(sti_cpuid, "nop", "sti", "cpuid\nnop");
GUEST(movss_cpuid, "nop", "mov %eax, %ss", "cpuid\nnop");

static void vx_block_sti(void)
{
	vx_blocking(&sti_cpuid);
	saw("blocking %lx", vtx_read(BLOCKING));
}

static void vx_block_movss(void)
{
	vx_blocking(&movss_cpuid);
	saw("blocking %lx", vtx_read(BLOCKING));
}

static void vx_step_movss(void)
{
	begin(&movss), at_insn(&movss, FL_TF);
	vtx_write(EXCEPTIONS, 2);
	regs.ax = LAB_DS;
	go();
	saw("qualification %lx", vtx_read(QUALIFICATION));
}

static void vx_cpuid_tf(void)
{
	begin(&cpuid), at_insn(&cpuid, FL_TF);
	vtx_write(EXCEPTIONS, 2);
	go();
	saw("pending %lx length %lu", vtx_read(PENDING_DB), vtx_read(LENGTH));
}

static void vx_pending_db(void)
{
	begin(&nops), at_insn(&nops, 0);
	vtx_write(EXCEPTIONS, 2);
	vtx_write(PENDING_DB, 1 << 14);
	go();
	saw("qualification %lx", vtx_read(QUALIFICATION));
}

static void vx_shutdown(void)
{
	begin(&ud2), at_insn(&ud2, 0);
	vtx_write(LIMIT_IDTR, 0);
	go();
}

static void vx_apic_off_on(void)
{
	u64 base = lab_rdmsr(0x1b);

	lab_wrmsr(0x1b, base & ~(1ull << 11));
	lab_wrmsr(0x1b, base);
	saw("base %lx", lab_rdmsr(0x1b) & (1 << 11));
}

const struct probe vtx_probes[] = {
	{ "vx-exc-bp", vx_bp, "exit #BP type 6 at insn length 1", "Vectored Events" },
	{ "vx-exc-of", vx_of, "exit #OF type 6 at insn length 1", "Vectored Events" },
	{ "vx-exc-icebp", vx_icebp, "exit #DB type 5 at insn length 1", "Vectored Events" },
	{ "vx-exc-ud-rf", vx_ud, "exit #UD type 3 at insn flags=RF", "Saving RIP, RSP, RFLAGS" },
	{ "vx-exc-pf", vx_pf,
	  "exit #PF type 3 at insn code 0 qualification 100000000123 cr2 dead000",
	  "Exit Qualification" },
	{ "vx-db-tf", vx_db_tf, "exit #DB type 3 at next qualification 4000 dr6 ffff0ff0",
	  "Architectural State before a VM Exit" },
	{ "vx-db-exec", vx_db_exec, "exit #DB type 3 at insn qualification 1 dr6 ffff0ff0",
	  "Architectural State before a VM Exit" },
	{ "vx-db-gate-exec", vx_db_gate_exec, "gate 01 from insn flags=- dr6 ffff0ff1",
	  "Instruction-Breakpoint Exception Condition" },
	{ "vx-nest-int-n", vx_nest_int_n,
	  "exit #NP type 3 at insn code 402 vectoring 80000480 length 2", "Event Delivery" },
	{ "vx-nest-int3", vx_nest_int3,
	  "exit #NP type 3 at insn code 1a vectoring 80000603 length 1", "Event Delivery" },
	{ "vx-nest-icebp", vx_nest_icebp,
	  "exit #NP type 3 at insn code b vectoring 80000501 length 1", "Event Delivery" },
	{ "vx-nest-ud", vx_nest_ud, "exit #NP type 3 at insn code 33 vectoring 80000306",
	  "Event Delivery" },
	{ "vx-nest-gp", vx_nest_gp, "exit #NP type 3 at insn code 6b vectoring 80000b0d code 100",
	  "Event Delivery" },
	{ "vx-nest-intr", vx_nest_intr, "exit #NP type 3 at start+0 code 20b vectoring 80000041",
	  "Event Delivery" },
	{ "vx-nest-inj-intr", vx_nest_inj_intr,
	  "exit #NP type 3 at start+0 code 20b vectoring 80000041", "Event Delivery" },
	{ "vx-nest-inj-nmi", vx_nest_inj_nmi,
	  "exit #NP type 3 at start+0 code 13 vectoring 80000202 blocking 8", "Event Delivery" },
	{ "vx-inj-exc", vx_inj_exc, "gate 06 from insn flags=-",
	  "Event Injection: RFLAGS as loaded" },
	{ "vx-inj-bp", vx_inj_bp, "gate 03 from next flags=-", "Event Injection" },
	{ "vx-inj-int1", vx_inj_int1, "gate 01 from next flags=-", "Event Injection" },
	{ "vx-inj-soft", vx_inj_soft, "gate 80 from next flags=-", "Event Injection" },
	{ "vx-inj-intr-if0", vx_inj_intr_if0, "entry refused, reason 33",
	  "Checks on Guest RIP, RFLAGS" },
	{ "vx-inj-rf", vx_inj_rf, "gate 06 from insn flags=RF", "Event Injection" },
	{ "vx-intr-if0", vx_intr_if0, "exit INTR at insn taken 0 then 1",
	  "External-interrupt exiting: whatever IF" },
	{ "vx-intr-if1", vx_intr_if1, "exit INTR at insn taken 0 then 1",
	  "Other Causes of VM Exits" },
	{ "vx-intr-late", vx_intr_late, "exit INTR at start+0 taken 0 then 1",
	  "Other Causes of VM Exits" },
	{ "vx-intr-hlt", vx_intr_hlt, "exit INTR at insn taken 0 then 1",
	  "Other Causes of VM Exits" },
	{ "vx-win-if1", vx_win_if1, "exit INTWIN at insn", "Interrupt-Window Exiting" },
	{ "vx-win-if0", vx_win_if0, "end", "Interrupt-Window Exiting" },
	{ "vx-win-sti", vx_win_sti, "exit INTWIN at next", "Interrupt-Window Exiting" },
	{ "vx-win-movss", vx_win_movss, "exit INTWIN at next", "Interrupt-Window Exiting" },
	{ "vx-win-hlt", vx_win_hlt, "exit INTWIN at insn", "Interrupt-Window Exiting" },
	{ "vx-win-sti-hlt", vx_win_sti_hlt, "exit INTWIN at next activity 1",
	  "Interrupt-Window Exiting" },
	{ "vx-win-event", vx_win_event, "exit INTWIN at gate-06", "Interrupt-Window Exiting" },
	{ "vx-nmiwin", vx_nmiwin, "exit NMIWIN at insn", "NMI-Window Exiting" },
	{ "vx-nmiwin-hlt", vx_nmiwin_hlt, "exit NMIWIN at insn", "NMI-Window Exiting" },
	{ "vx-nmiwin-iret", vx_nmiwin_iret, "exit NMIWIN at insn blocking 0",
	  "NMI-Window Exiting" },
	{ "vx-nmiwin-alone", vx_nmi, "VMfail 7 taken 0", "VM-Execution Control Fields" },
	{ "vx-timer-zero", vx_timer_zero, "exit TIMER at insn", "VMX-Preemption Timer" },
	{ "vx-timer-event", vx_timer_event, "exit TIMER at gate-06 frame from insn",
	  "VMX-Preemption Timer" },
	{ "vx-timer-hlt", vx_timer_hlt, "exit TIMER at insn activity 1", "VMX-Preemption Timer" },
	{ "vx-mtf", vx_mtf, "exit MTF at next", "Monitor Trap Flag" },
	{ "vx-store-tsc", vx_store_tsc, "end in between", "Saving MSRs" },
	{ "vx-load-fs-base", vx_load_fs_base, "entry refused, reason 34", "Loading MSRs" },
	{ "vx-load-unknown", vx_load_unknown, "entry refused, reason 34", "Loading MSRs" },
	{ "vx-sysret-ss", vx_sysret_ss, "end cs 23/c0fb ss 2b/c0f3 limit ffffffff", "SYSRET" },
	{ "vx-block-sti", vx_block_sti, "exit CPUID at next blocking 1", "Interruptibility State" },
	{ "vx-block-movss", vx_block_movss, "exit CPUID at next blocking 2",
	  "Interruptibility State" },
	{ "vx-step-movss", vx_step_movss,
	  "exit #DB type 3 at insn+3 qualification 4000", "MOV SS" },
	{ "vx-cpuid-tf", vx_cpuid_tf, "exit CPUID at insn pending 0 length 2",
	  "Saving Non-Register State" },
	{ "vx-pending-db", vx_pending_db, "exit #DB type 3 at insn qualification 4000",
	  "Pending Debug Exceptions" },
	{ "vx-shutdown", vx_shutdown, "exit TRIPLE at insn", "Other Causes of VM Exits" },
	{ "vx-apic-off-on", vx_apic_off_on, "base 800", "Enabling or Disabling the Local APIC" },
	{ 0 }
};
