// SPDX-License-Identifier: GPL-2.0
/*
 * NMIs: blocking until IRET, IRET that faults, one in service and one pending, NMIs
 * that hit root mode; and triple faults.
 */
#include "backend.h"
#include "test.h"
#include "text.h"

#define IOAPIC		0xfec00000ull
#define PIT_PIN		2
#define PIT_CHANNEL0	0x40
#define PIT_COMMAND	0x43
#define ONE_SHOT	0x30			/* channel 0, both bytes, mode 0 */
#define RTE_NMI		(4u << 8)
#define RTE_MASKED	(1u << 16)

#define SEND_NMI	"mov %r9d, 0x10(%rdi)\nmovl $0x4400, (%rdi)\n"

PIECE(one, SEND_NMI, "jmp 1f\n1:", "nop\nnop");
PIECE(two, SEND_NMI, "jmp 1f\n1:", "nop\n" SEND_NMI "jmp 2f\n2: nop\nnop");
PIECE(shadow, "mov %r9d, 0x10(%rdi)\nmov %ss, %eax\nmov %eax, %ss", "movl $0x4400, (%rdi)",
      "jmp 1f\n1: nop");
PIECE(sti_shadow, "mov %r9d, 0x10(%rdi)\nsti", "movl $0x4400, (%rdi)", "jmp 1f\n1: cli\nnop");
PIECE(both, "movl $0x44041, (%rdi)\n" SEND_NMI, "jmp 1f\n1:", "sti\nnop\nnop");
PIECE(halted, "", "hlt", "nop\nnop");
PIECE(sti_hlt, "sti", "hlt", "nop\nnop");
PIECE(hlt_timer, "movl $100000000, (%r8)\nsti\nnop", "hlt", "cli\nnop");
PIECE(gp, "mov $0x1230, %eax", "mov %eax, %ds", "nop");
PIECE(pf, "", "mov (%rsi), %eax", "nop");
PIECE(ud, "", "ud2", "nop");
PIECE(loop, "mov $200, %ecx", "1: ud2", "dec %ecx\njnz 1b");
PIECE(stepped, "mov $60, %esi", "1: cpuid", "dec %esi\njnz 1b");

static u32 sent;
static u32 own_id;

static void send(void)
{
	lab_apic_write(0x31, own_id);
	lab_apic_write(0x30, 0x4400);
	asm volatile("jmp 1f\n1: nop; nop" : : : "memory");
}

static void begin(u64 arg)
{
	int v;

	(void)arg;
	for (v = 0x20; v < 256; v++)
		world.after[v] = AFTER_RETURN;
	world.after[2] = AFTER_RETURN;
	own_id = *(volatile u32 *)0xfee00020;
	world.r9 = own_id;
	sent = 0;
}

static void stops(u64 arg)
{
	begin(arg);
	world.after[2] = AFTER_END;
}

static void send_once(struct lab_frame *f)
{
	(void)f;
	if (!sent++)
		send();
}

static void send_three(struct lab_frame *f)
{
	(void)f;
	if (!sent++) {
		send();
		send();
		send();
	}
}

static void again(u64 arg)
{
	begin(arg);
	world.on_gate[2] = send_once;
}

static void thrice(u64 arg)
{
	begin(arg);
	world.on_gate[2] = send_three;
}

static void spoil_cs(struct lab_frame *f)
{
	f->cs = 0x1230;
}

/* IRET ends the blocking though it faults: the next NMI comes. */
static void send_in_gp(struct lab_frame *f)
{
	if (!sent++) {
		world.on_gate[2] = NULL;
		send();
	}
	f->rip = world_at(world.piece->end);
	f->rsp = world.rsp;
}

static void iret_faults(u64 arg)
{
	begin(arg);
	world.on_gate[2] = spoil_cs;
	world.on_gate[13] = send_in_gp;
	world.after[13] = AFTER_RETURN;
}

static void spoil_cs_and_send(struct lab_frame *f)
{
	if (!sent++) {
		send();
		f->cs = 0x1230;
	}
}

static void to_end(struct lab_frame *f)
{
	f->rip = world_at(world.piece->end);
	f->rsp = world.rsp;
}

/* One waits when the IRET faults: it comes in the fault's handler, no sooner. */
static void iret_faults_pending(u64 arg)
{
	begin(arg);
	world.on_gate[2] = spoil_cs_and_send;
	world.on_gate[13] = to_end;
	world.after[13] = AFTER_RETURN;
}

/* The exception's IRET in the NMI's handler ends the blocking, too. */
static void fault_then_send(struct lab_frame *f)
{
	(void)f;
	if (!sent++) {
		asm volatile("ud2" : : : "memory");
		send();
	}
}

static void skip_ud(struct lab_frame *f)
{
	f->rip += 2;
}

static void fault_inside(u64 arg)
{
	begin(arg);
	world.on_gate[2] = fault_then_send;
	world.on_gate[6] = skip_ud;
	world.after[6] = AFTER_RETURN;
}

/* ---- the 8254 as a source from outside ---- */

static void ioapic_write(u32 reg, u32 v)
{
	*(volatile u32 *)IOAPIC = reg;
	*(volatile u32 *)(IOAPIC + 0x10) = v;
}

/* An NMI after so many ticks of 838 ns. */
static void pit_nmi(u32 ticks)
{
	ioapic_write(0x10 + 2 * PIT_PIN + 1, own_id);
	ioapic_write(0x10 + 2 * PIT_PIN, RTE_NMI);
	lab_out8(PIT_COMMAND, ONE_SHOT);
	lab_out8(PIT_CHANNEL0, ticks & 0xff);
	lab_out8(PIT_CHANNEL0, ticks >> 8);
}

static void pit_off(void)
{
	ioapic_write(0x10 + 2 * PIT_PIN, RTE_MASKED);
}

#define FAR_AWAY	60000			/* 50 ms */

/* Where time is the host's, it may come before the HLT: once more, then. */
static void too_early(struct lab_frame *f)
{
	if (f->rip == world_at(world.piece->next))
		return;
	world.nr_seen--;
	pit_nmi(FAR_AWAY);
}

static void halt_until_nmi(u64 arg)
{
	begin(arg);
	world.on_gate[2] = too_early;
	pit_nmi(FAR_AWAY);
}

static void pending_and_nmi(u64 arg)
{
	halt_until_nmi(arg);
	lab_apic_send_self(0x41);
}

/* The timer's interrupt comes long behind the NMI. */
static void halt_until_timer(u64 arg)
{
	begin(arg);
	world.r8 = 0xfee00380;
	lab_apic_write(0x38, 0);	/* the last run's may count still */
	lab_apic_write(0x3e, 0xb);
	lab_apic_write(0x32, 0x51);
	pit_nmi(6000);
}

static const char *quiet(enum mode mode)
{
	(void)mode;
	pit_off();
	return NULL;
}

static const struct test table[] = {
	{ .name = "lab_nmi_virt_one", .piece = &one, .setup = begin,
	  .right = "02 insn end|02 next end", .hooks = "02", .records = "02n insn|02n next",
	  .swallowed = "end", .swallow_records = "02n insn,swallowed|02n next,swallowed" },
	{ .name = "lab_nmi_virt_stop", .piece = &one, .setup = stops,
	  .right = "02 insn stop,nmi-blocked|02 next stop,nmi-blocked",
	  .hooks = "02", .records = "02n insn|02n next", .swallowed = "end",
	  .swallow_records = "02n insn,swallowed|02n next,swallowed" },
	{ .name = "lab_nmi_virt_two", .piece = &two, .setup = begin,
	  .right = "02 insn 02 next+11 end|02 next 02 next+13 end",
	  .hooks = "02", .records = "02n insn 02n next+11|02n next 02n next+13", .swallowed = "end",
	  .swallow_records = "02n insn,swallowed 02n next+11,swallowed|"
		"02n next,swallowed 02n next+13,swallowed" },
	/* The second comes at the first boundary behind the IRET of the first. */
	{ .name = "lab_win_nmi_behind_iret", .piece = &one, .setup = again,
	  .right = "02 insn 02 insn end|02 next 02 next end",
	  .hooks = "02", .records = "02n insn 02n handler|02n next 02n handler|02n insn 02n insn" },
	{ .name = "lab_nmi_virt_one_pending", .piece = &one, .setup = thrice,
	  .right = "02 insn 02 insn end|02 next 02 next end",
	  .hooks = "02",
	  .records = "02n insn 02n handler 02n handler 02n handler|02n insn 02n insn|"
		"02n next 02n handler 02n handler 02n handler" },
	{ .name = "lab_inj_bit12_passed_on", .piece = &one, .setup = iret_faults,
	  .right = "02 insn 0d(1230) iret,rf,rsp-40 02 handler end",
	  .hooks = "02 0d", .records = "02n insn 0de(1230) iret 02n handler",
	  .bug = "bare-nmi-iret-fault", .bug_means = WRONG_ANYHOW },
	{ .name = "lab_inj_bit12_swallowed", .piece = &one, .setup = iret_faults_pending,
	  .right = "02 insn 02 gate-0d,rsp-96 0d(1230) iret,rf,rsp-40 end",
	  .hooks = "0d", .records = "0de(1230) iret",
	  .swallowed = "02 insn 02 gate-0d,rsp-96 0d(1230) iret,rf,rsp-40 end",
	  .swallow_records = "0de(1230) iret,swallowed 0de(1230) iret,swallowed note1 0d",
	  .flags = ONLY_INTEL,
	  .only = "AMD-V does not tell at an exit that IRET has ended the blocking" },
	/*
	 * There, no more than with a handler that returns at once. Where the processor does not
	 * keep blocking for injected NMIs, root mode does, and the second one comes at the IRET
	 * of the fault's handler (svm/nmi.c).
	 */
	{ .name = "lab_inj_bit12_swallowed_amd", .piece = &one, .setup = iret_faults_pending,
	  .right = "02 insn 02 gate-0d,rsp-96 0d(1230) iret,rf,rsp-40 end|"
		"02 insn 0d(1230) iret,rf,rsp-40 02 iret,rsp-88 end",
	  .hooks = "0d", .records = "0de(1230) iret",
	  .swallowed = "02 insn 02 iret,rsp-40 0d(1230) iret,rf,rsp-40 end",
	  .swallow_records = "0de(1230) iret,swallowed 0de(1230) iret,swallowed note1 0d",
	  .bug = "bare-nmi-iret-fault", .bug_means = WRONG_ANYHOW,
	  .flags = ONLY_AMD | MAY_DIFFER,
	  .only = "VT-x tells at the exit that IRET has ended the blocking" },
	{ .name = "lab_nmi_virt_fault_unblocks", .piece = &one, .setup = fault_inside,
	  .right = "02 insn 06 handler,rf 02 handler end|02 next 06 handler,rf 02 handler end",
	  .hooks = "02 06",
	  .records = "02n insn 06e handler 02n handler|02n next 06e handler 02n handler" },
	{ .name = "lab_nmi_virt_movss", .piece = &shadow, .setup = begin,
	  .right = "02 next end|02 next+2 end", .hooks = "02", .records = "02n next|02n next+2" },
	{ .name = "lab_nmi_virt_sti", .piece = &sti_shadow, .setup = begin,
	  .right = "02 next,if end|02 next+2,if end",
	  .hooks = "02", .records = "02n next|02n next+2" },
	{ .name = "lab_nmi_virt_before_interrupt", .piece = &both, .setup = begin,
	  .right = "02 insn 41 next+2,if end,if|02 next 41 next+2,if end,if",
	  .hooks = "02 41", .records = "02n insn 41x next+2|02n next 41x next+2" },
	{ .name = "lab_nmi_virt_hlt", .piece = &halted, .setup = halt_until_nmi,
	  .right = "02 next end", .hooks = "02", .records = "02n next|02n insn 02n next",
	  .check = quiet },
	{ .name = "lab_int_hlt_if0_pending", .piece = &halted, .setup = pending_and_nmi,
	  .right = "02 next end,left 41", .hooks = "02 41", .records = "02n next|02n insn 02n next",
	  .check = quiet },
	/* AMD-V: root mode keeps the CPU halted for the guest. */
	{ .name = "lab_int_hlt_if0_watched", .piece = &halted, .setup = pending_and_nmi,
	  .right = "02 next end,left 41", .hooks = "41", .records = "",
	  .swallowed = "02 next end,left 41", .swallow_records = "", .check = quiet },
	/* AMD-V: RIP is behind the HLT at the exit, which is not taken back. */
	{ .name = "lab_inj_act_swallowed_nmi", .piece = &hlt_timer, .setup = halt_until_timer,
	  .right = "02 next,if end", .hooks = "02", .records = "02n next",
	  .swallowed = "51 next,if end", .swallow_records = "02n next,swallowed",
	  .bug = "hlt-exit-active", .bug_means = WRONG_ANYHOW, .check = quiet, .flags = ONLY_INTEL,
	  .only = "AMD-V has no activity state: at the exit RIP is behind the HLT" },
	{ .name = "lab_inj_act_swallowed_nmi_amd", .piece = &hlt_timer, .setup = halt_until_timer,
	  .right = "02 next,if end", .hooks = "02", .records = "02n next|02n insn",
	  .swallowed = "51 next,if end|end",
	  .swallow_records = "02n insn,swallowed|02n next,swallowed",
	  .check = quiet, .flags = ONLY_AMD, .only = "VT-x has an activity state" },
	{ .name = "lab_nmi_virt_sti_hlt", .piece = &sti_hlt, .setup = halt_until_nmi,
	  .right = "02 next,if end,if", .hooks = "02", .records = "02n next|02n insn 02n next",
	  .check = quiet },
};

/* ---- NMIs that hit root mode ---- */

#define SWEEPS		400

static u32 sweep_ticks, sweep_shift;

static const char *enter_and_start(void)
{
	const char *why = host_enter();
	u32 i;

	if (why)
		return why;
	pit_nmi(sweep_ticks);
	for (i = 0; i < sweep_shift; i++)
		asm volatile("nop");
	return NULL;
}

/* What an NMI falls among. */
static const struct sweep {
	const struct piece *piece;
	u64 flags;
	u32 vector, count;
} faults = { &loop, 0, 6, 200 },
  /* each instruction; CPUID is an exit on VT-x */
  steps = { &stepped, FL_TF, 1, 1 + 3 * 60 };

static const struct sweep *what;

/* One NMI somewhere among the others, which all come. NULL, or what is wrong. */
static const char *sweep_once(u32 ticks, u32 shift)
{
	u32 i, nmis = 0, others = 0;

	sweep_ticks = ticks;
	sweep_shift = shift;
	world_begin(what->piece);
	begin(0);
	world_ist(2, 5);		/* it may come on the way there or back */
	world.flags |= what->flags;
	world.on_gate[6] = skip_ud;
	world.after[6] = world.after[1] = AFTER_RETURN;
	world_run();
	if (world.problem)
		return world.problem;
	for (i = 0; i < world.nr_seen && i < SEEN_MAX; i++) {
		nmis += world.seen[i].vector == 2;
		others += world.seen[i].vector == what->vector;
		if (world.seen[i].vector == 6 && world.seen[i].rip != world_at(loop.insn))
			return "a #UD is not where it should be";
		if (world.seen[i].vector == what->vector && world.seen[i].rsp != world.rsp)
			return "RSP has changed";
		if (world.seen[i].spoiled)
			return "a register has changed";
	}
	if (world.ending != END_CODE || world.end.rsp != world.rsp ||
	    (world.end.flags & FL_TF) != what->flags)
		return "the piece did not end well";
	if (others != what->count)
		return "not every one of the others came";
	return nmis > 1 ? "more than one NMI" : nmis ? NULL : "late";
}

static u64 root_nmis;

static void leave(void)
{
	root_nmis += host_vcpu()->core.root_nmis;
	host_leave();
}

static const char *sweep(void)
{
	const struct host_event ud_hook = { TG_EVENT_EXCEPTION, 6, 0 };
	u32 n, late = 0, nmis;
	const char *why = NULL;
	static char text[80];

	own_id = *(volatile u32 *)0xfee00020;
	host_arm(&ud_hook, 1);
	host_vcpu()->gdt_rw = (u64)world_gdt;
	world_enter = enter_and_start;
	world_leave = leave;
	root_nmis = 0;
	for (n = 0; !why && n < SWEEPS; n++) {
		u64 before = lab_count[2];

		if (n % 50 == 0)		/* whoever waits for lines */
			lab_print("sweep %u of %u\n", n, SWEEPS);
		why = sweep_once(2 + n / 20, n % 97);
		if (why && !lab_strcmp(why, "late")) {
			/* it comes after the end, then */
			for (nmis = 0; lab_count[2] == before && nmis < 100000000; nmis++)
				asm volatile("pause");
			why = lab_count[2] == before + 1 ? NULL : "one NMI is lost";
			late++;
		}
		pit_off();
		world_clean();
	}
	lab_format(text, sizeof(text), "of %u NMIs %u came after the end, %lu in root mode", n,
		   late, root_nmis);
	lab_print("%s\n", text);
	if (why)
		return why;
	if (late == SWEEPS)
		return machine_is_late() ? "-QEMU's timer comes too late" : "all came too late";
	return root_nmis || test_backend()->holds_nmis ? NULL : "none hit root mode";
}

/* NMI-ROOT: never lost, never two, nothing else disturbed. */
static const char *sweep_faults(void)
{
	what = &faults;
	return sweep();
}

/* INJ-PENDDBG: the step behind an emulated instruction goes first. */
static const char *sweep_steps(void)
{
	what = &steps;
	return sweep();
}

/* ---- triple faults ---- */

#define BREAK(vector) (1ull << (vector))

static void broken_gates(u64 vectors)
{
	int v;

	for (v = 0; v < 32; v++)
		if (vectors >> v & 1)
			world_gate_type(v, 0x0e);
}

static const char *is_out(enum mode mode)
{
	const struct tg_departure *d = &host_vcpu()->departure;

	(void)mode;
	if (world.ending != END_FATAL)
		return NULL;
	if (!d->triple)
		return "not said to be a triple fault";
	return host_loaded() ? "still in operation" : NULL;
}

#define TRIPLE "triple fault: an exception while #DF was being delivered"

static const struct test triples[] = {
	{ .name = "lab_inj_triple_native", .piece = &ud, .setup = broken_gates,
	  .arg = BREAK(6) | BREAK(8) | BREAK(11) | BREAK(13), .right = "fatal",
	  .bug = "nest-shutdown", .bug_means = HANGS, .check = is_out, .flags = NO_BARE },
	{ .name = "lab_inj_triple_chain", .piece = &gp, .setup = broken_gates,
	  .arg = BREAK(13) | BREAK(8), .right = "fatal",
	  .hooks = "0d 0b 08",
	  .records =
		"0de(1230) insn 0be(6b) insn,in 0de,df 08e(0) insn,in 0be 0be(43) insn,in 08e "
		TRIPLE " chain 0d 08", .bug = "exc-gp-int", .bug_means = WRONG_RECORDS,
	  .check = is_out, .flags = NO_BARE | NO_LOADED },
	{ .name = "lab_inj_triple_pf_chain", .piece = &pf, .setup = broken_gates,
	  .arg = BREAK(14) | BREAK(8), .right = "fatal",
	  .hooks = "0e 0b 08",
	  .records = "0ee(0) insn,a=nowhere 0be(73) insn,in 0ee,df 08e(0) insn,in 0be "
		"0be(43) insn,in 08e " TRIPLE " chain 0e 08",
	  .bug = "exc-gp-int", .bug_means = WRONG_RECORDS,
	  .check = is_out, .flags = NO_BARE | NO_LOADED },
};

static const char *no_mce(void)
{
	return "-no emulator here raises #MC from within";
}

void tests_nmi(void)
{
	u32 i;

	for (i = 0; i < TG_ARRAY_SIZE(table); i++) {
		struct test t = table[i];

		t.flags |= SEE_NMI;
		test_run(&t);
	}
	test_own("lab_nmi_root_sweep", sweep_faults);
	test_own("lab_nmi_root_sweep_steps", sweep_steps);
	RUN_TABLE(triples);
	test_own("lab_mce_root", no_mce);
}
