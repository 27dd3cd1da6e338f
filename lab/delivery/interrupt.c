// SPDX-License-Identifier: GPL-2.0
/*
 * External interrupts, sent by the guest to itself: windows, shadows, HLT, priority,
 * TPR, all vectors at once, and what swallowing one does to the others.
 */
#include "test.h"
#include "text.h"

#define APIC_LVT_TIMER	0x32
#define APIC_TIMER_COUNT 0x38
#define APIC_DIVIDE	0x3e
#define SEND(vector)	"movl $0x440" #vector ", (%rdi)\n"
#define SEND_ALL	"mov $0x44020, %eax\n1: mov %eax, (%rdi)\ninc %eax\n"	\
			"cmp $0x44100, %eax\njne 1b"

PIECE(sti_, SEND(41), "sti", "nop\nnop");
PIECE(sti_sti, SEND(41) "sti", "sti", "nop\nnop");
PIECE(sti_cli, SEND(41) "sti", "cli", "nop\nnop");
PIECE(sti_movss, "mov %ss, %eax\n" SEND(41) "sti", "mov %eax, %ss", "nop\nnop");
PIECE(sti_ud, SEND(41) "sti", "ud2", "nop\nnop");
PIECE(sti_cpuid, SEND(41) "sti", "cpuid", "nop\nnop");
PIECE(popf_, SEND(41) "pushf\norl $0x200, (%rsp)", "popf", "nop\nnop");
PIECE(popf_movss, "mov %ss, %ecx\n" SEND(41) "pushf\norl $0x200, (%rsp)\nmov %ecx, %ss", "popf",
      "nop\nnop");
PIECE(iret_, SEND(41), "iretq", "nop\nnop");
PIECE(sti_hlt, SEND(41) "sti", "hlt", "nop");
PIECE(sti_hlt_later, "movl $100, (%r8)\nsti", "hlt", "nop");
PIECE(hlt_later, "sti\nmovl $20000000, (%r8)", "hlt", "nop");
PIECE(hlt_nop_later, "movl $20000000, (%r8)\nsti\nnop", "hlt", "nop");
PIECE(three, SEND(41) SEND(91) SEND(51), "sti", "nop\nnop");
PIECE(same_class, SEND(41) SEND(4e) SEND(47), "sti", "nop\nnop");
PIECE(twice, SEND(41) SEND(41), "sti", "nop\nnop");
PIECE(two, SEND(41) SEND(51), "sti", "nop\nnop");
PIECE(tpr, "mov $5, %eax\nmov %rax, %cr8\n" SEND(41) "sti\nnop\nnop", "mov %rcx, %cr8", "nop");
PIECE(tpr_part, "mov $5, %eax\nmov %rax, %cr8\n" SEND(41) SEND(61) "sti", "nop", "nop\nnop");
PIECE(all, SEND_ALL, "sti", "nop\nnop");
PIECE(storm, "mov $100, %ecx\n1: movl $0x44041, (%rdi)", "sti", "nop\ncli\ndec %ecx\njnz 1b");
PIECE(tpr_storm, "mov $50, %ecx\n1: mov $5, %eax\nmov %rax, %cr8\n" SEND(41) SEND(61), "sti",
      "nop\nnop\nxor %eax, %eax\nmov %rax, %cr8\nnop\ncli\ndec %ecx\njnz 1b");
PIECE(nops, "", "nop", "nop");
PIECE(sti_first, "", "sti", "nop\nnop");
PIECE(masked, SEND(41), "nop", "nop");
PIECE(ud, "", "ud2", "nop\nnop");

static void returns(u64 arg)
{
	int v;

	(void)arg;
	for (v = 0x20; v < 256; v++)
		world.after[v] = AFTER_RETURN;
	world.after[6] = AFTER_NEXT;
	world.rcx = 0;
}

/* Where time is the host's, it may come before the HLT: once more, then. */
static void too_early(struct lab_frame *f)
{
	if (f->rip == world_at(world.piece->next))
		return;
	world.nr_seen--;
	lab_apic_write(APIC_TIMER_COUNT, 20000000);
}

static void timer(u64 arg)
{
	returns(arg);
	world.on_gate[0x51] = too_early;
	world.r8 = 0xfee00380;			/* initial count */
	lab_apic_write(APIC_DIVIDE, 0xb);	/* by 1 */
	lab_apic_write(APIC_LVT_TIMER, 0x51);	/* one shot */
}

static void pending_user(u64 arg)
{
	returns(arg);
	world_user();
	world.flags |= FL_IF;
	lab_apic_send_self(0x41);
}

static void pending_tf(u64 arg)
{
	returns(arg);
	world.after[1] = AFTER_CLEAR_TF;
	world.flags |= FL_TF;
	lab_apic_send_self(0x41);
}

static void pending_trap_gate(u64 arg)
{
	returns(arg);
	world_gate_type(6, 0x8f);
	lab_apic_send_self(0x41);
}

static void trap_gate(u64 vector)
{
	returns(0);
	world_gate_type(vector, 0x8f);
}

static void iret_if(u64 arg)
{
	u64 *frame;

	returns(arg);
	world.rsp -= 40;
	frame = world_pointer(world.rsp);
	frame[0] = world_at(world.piece->next);
	frame[1] = LAB_CS;
	frame[2] = FL_IF | 2;
	frame[3] = world.rsp;
	frame[4] = LAB_DS;
}

static void open_window(struct lab_frame *f)
{
	lab_apic_send_self(f->vector == 0x51 ? 0x91 : 0x31);
	asm volatile("sti; nop; nop; cli" : : : "memory");
}

/* 91 goes before the end of 51, 31 does not. */
static void nested(u64 arg)
{
	returns(arg);
	world.on_gate[0x51] = open_window;
}

static void not_nested(u64 arg)
{
	returns(arg);
	world.on_gate[0x41] = open_window;
}

static const struct test table[] = {
	{ .name = "lab_int_window_sti", .piece = &sti_, .setup = returns,
	  .right = "41 next+1,if end,if", .hooks = "41", .records = "41x next+1",
	  .swallowed = "end,if", .swallow_records = "41x next+1,swallowed" },
	{ .name = "lab_int_window_sti_sti", .piece = &sti_sti, .setup = returns,
	  .right = "41 next,if end,if", .hooks = "41", .records = "41x next" },
	{ .name = "lab_int_window_sti_cli", .piece = &sti_cli, .setup = returns,
	  .right = "end,left 41", .hooks = "41", .records = "", .swallowed = "end,left 41",
	  .swallow_records = "" },
	{ .name = "lab_int_window_masked", .piece = &masked, .setup = returns,
	  .right = "end,left 41", .hooks = "41", .records = "", .swallowed = "end,left 41",
	  .swallow_records = "" },
	{ .name = "lab_int_window_sti_movss", .piece = &sti_movss, .setup = returns,
	  .right = "41 next+1,if end,if|41 next,if end,if",
	  .hooks = "41", .records = "41x next+1|41x next" },
	{ .name = "lab_int_window_sti_ud", .piece = &sti_ud, .setup = returns,
	  .right = "06 insn,rf,if 41 next,rf,if end,if|06 insn,rf,if 41 next,if end,if",
	  .hooks = "41 06", .records = "06e insn 41x next" },
	/* The shadow is over at the handler's first instruction. */
	{ .name = "lab_int_window_sti_ud_trap_gate", .piece = &sti_ud, .setup = trap_gate, .arg = 6,
	  .right = "41 gate-06,if,rsp-40 06 insn,rf,if,gate-if end,if",
	  .hooks = "41 06", .records = "06e insn 41x gate-06,rsp-40",
	  .bug = "bare-shadow-stays", .bug_means = WRONG_ANYHOW },
	{ .name = "lab_int_window_sti_cpuid", .piece = &sti_cpuid, .setup = returns,
	  .right = "41 next,if end,if", .hooks = "41", .records = "41x next" },
	{ .name = "lab_int_window_popf", .piece = &popf_, .setup = returns,
	  .right = "41 next,if end,if", .hooks = "41", .records = "41x next", .swallowed = "end,if",
	  .swallow_records = "41x next,swallowed" },
	{ .name = "lab_int_window_popf_movss", .piece = &popf_movss, .setup = returns,
	  .right = "41 next,if end,if", .hooks = "41", .records = "41x next" },
	{ .name = "lab_int_window_iret", .piece = &iret_, .setup = iret_if,
	  .right = "41 next,if end,if", .hooks = "41", .records = "41x next" },
	{ .name = "lab_int_window_iret_user", .piece = &nops, .setup = pending_user,
	  .right = "41 insn,if,u end,if,u", .hooks = "41", .records = "41x insn,cpl3",
	  .swallowed = "end,if,u", .swallow_records = "41x insn,cpl3,swallowed" },
	{ .name = "lab_int_window_after_tf", .piece = &sti_first, .setup = pending_tf,
	  .right = "01 next,tf,if,dr6=ffff4ff0 41 next,if end,if",
	  .hooks = "41 01", .records = "01e next,a=4000 41x next",
	  .bugs = { { "step-sti", WRONG_ALIKE }, { "exc-db-tf", WRONG_ANYHOW } } },
	{ .name = "lab_int_window_trap_gate", .piece = &ud, .setup = pending_trap_gate,
	  .right = "06 insn,rf end,left 41", .hooks = "41 06", .records = "06e insn" },

	{ .name = "lab_int_hlt_sti", .piece = &sti_hlt, .setup = returns,
	  .right = "41 next,if end,if", .hooks = "41", .records = "41x next",
	  .bug = "vx-win-sti-hlt", .bug_means = HANGS },
	{ .name = "lab_int_hlt_later", .piece = &hlt_later, .setup = timer,
	  .right = "51 next,if end,if", .hooks = "51", .records = "51x next|51x insn 51x next" },
	{ .name = "lab_int_hlt_sti_later", .piece = &sti_hlt_later, .setup = timer,
	  .right = "51 next,if end,if", .hooks = "51", .records = "51x next" },
	{ .name = "lab_int_hlt_nop_later", .piece = &hlt_nop_later, .setup = timer,
	  .right = "51 next,if end,if", .hooks = "51", .records = "51x next" },

	{ .name = "lab_int_prio_three", .piece = &three, .setup = returns,
	  .right = "91 next+1,if 51 next+1,if 41 next+1,if end,if",
	  .hooks = "41 51 91", .records = "91x next+1 51x next+1 41x next+1", .swallowed = "end,if",
	  .swallow_records = "91x next+1,swallowed 51x next+1,swallowed 41x next+1,swallowed" },
	{ .name = "lab_int_prio_same_class", .piece = &same_class, .setup = returns,
	  .right = "4e next+1,if 47 next+1,if 41 next+1,if end,if",
	  .hooks = "41 47 4e", .records = "4ex next+1 47x next+1 41x next+1" },
	{ .name = "lab_int_prio_nested", .piece = &two, .setup = nested,
	  .right = "51 next+1,if 91 handler,if 41 next+1,if end,if",
	  .hooks = "41 51 91", .records = "51x next+1 91x handler 41x next+1" },
	{ .name = "lab_int_prio_not_nested", .piece = &sti_, .setup = not_nested,
	  .right = "41 next+1,if 31 next+1,if end,if",
	  .hooks = "41 31", .records = "41x next+1 31x next+1" },
	{ .name = "lab_int_noloss_once", .piece = &twice, .setup = returns,
	  .right = "41 next+1,if end,if", .hooks = "41", .records = "41x next+1" },
	{ .name = "lab_win_tpr_lowered", .piece = &tpr, .setup = returns,
	  .right = "41 next,if end,if", .hooks = "41", .records = "41x next",
	  .bug = "intr-cr8", .bug_means = WRONG_ANYHOW },
	{ .name = "lab_win_tpr_part", .piece = &tpr_part, .setup = returns,
	  .right = "61 next,if end,if,left 41", .hooks = "41 61", .records = "61x next",
	  .bug = "intr-cr8", .bug_means = WRONG_ANYHOW },

	{ .name = "lab_inj_sc_interrupt_ends", .piece = &two, .setup = returns,
	  .right = "51 next+1,if 41 next+1,if end,if", .hooks = "51", .records = "51x next+1",
	  .swallowed = "41 next+1,if end,if", .swallow_records = "51x next+1,swallowed" },
};

/* INT-NOLOSS, INT-PRIO, INT-ALL: 224 vectors pending at once. */
static void all_at_once(void)
{
	static struct line right, records, swallowed;
	const struct test all_hooked = {
		.name = "lab_int_noloss_224_at_once", .piece = &all, .setup = returns,
		.right = right.text, .hooks = "100", .records = records.text,
		.swallowed = "end,if", .swallow_records = swallowed.text,
	};
	/* and one of them alone costs none of the others */
	const struct test one_hooked = {
		.name = "lab_int_noloss_224_one_hooked", .piece = &all, .setup = returns,
		.right = right.text, .hooks = "80", .records = "80x next+1",
	};
	int v;

	right.length = records.length = swallowed.length = 0;
	for (v = 255; v >= 0x20; v--) {
		text_add(&right, "%02x next+1,if ", v);
		text_add(&records, "%s%02xx next+1", v == 255 ? "" : " ", v);
		text_add(&swallowed, "%s%02xx next+1,swallowed", v == 255 ? "" : " ", v);
	}
	text_add(&right, "end,if");
	test_run(&all_hooked);
	test_run(&one_hooked);
}

/* Many, one after the other. */
static const struct storm {
	const char *right, *record;	/* of one round */
	int rounds;
	struct test test;		/* without these texts */
} storms[] = {
	{ .right = "41 next+1,if ", .record = "41x next+1", .rounds = 100,
	  .test = { .name = "lab_int_noloss_storm", .piece = &storm, .setup = returns,
		    .hooks = "41" } },
	/* One at once, the other when CR8 lets it. */
	{ .right = "61 next+1,if 41 next+8,if ", .record = "61x next+1 41x next+8", .rounds = 50,
	  .test = { .name = "lab_win_tpr_storm", .piece = &tpr_storm, .setup = returns,
		    .hooks = "41 61", .bug = "intr-cr8", .bug_means = WRONG_ANYHOW } },
};

static void one_storm(const struct storm *s)
{
	static struct line right, records;
	struct test t = s->test;
	int i;

	right.length = records.length = 0;
	for (i = 0; i < s->rounds; i++) {
		text_add(&right, "%s", s->right);
		text_add(&records, "%s%s", i ? " " : "", s->record);
	}
	text_add(&right, "end");
	t.right = right.text;
	t.records = records.text;
	test_run(&t);
}

/* INT-EXIT: one that waits when the CPU leaves arrives afterwards. */
static const char *leaves(void)
{
	const struct host_event all_interrupts = { TG_EVENT_INTERRUPT, TG_ALL, 0 };
	u64 before = lab_count[0x41];
	const char *why;

	host_arm(&all_interrupts, 1);
	why = host_enter();
	if (why)
		return why;
	lab_apic_send_self(0x41);
	asm volatile("nop; nop");
	host_leave();
	if (lab_count[0x41] != before)
		return "came with IF=0";
	asm volatile("sti; nop; nop; cli" : : : "memory");
	return lab_count[0x41] == before + 1 ? NULL : "did not come after leaving";
}

/* And what was swallowed for an event that is gone comes once more. */
static const char *raised_again(void)
{
	const struct host_event swallow = { TG_EVENT_INTERRUPT, 0x41, TG_EV_SWALLOW };
	u64 before = lab_count[0x41], swallowed;
	const char *why;

	host_arm(&swallow, 1);
	why = host_enter();
	if (why)
		return why;
	lab_apic_send_self(0x41);
	asm volatile("sti; nop; nop; cli" : : : "memory");
	swallowed = lab_count[0x41];
	host_arm(NULL, 0);
	asm volatile("sti; nop; nop; cli" : : : "memory");
	host_leave();
	if (swallowed != before)
		return "was not swallowed";
	return lab_count[0x41] == before + 1 ? NULL : "did not come again";
}

void tests_interrupt(void)
{
	u32 i;

	RUN_TABLE(table);
	all_at_once();
	for (i = 0; i < TG_ARRAY_SIZE(storms); i++)
		one_storm(&storms[i]);
	test_own("lab_int_exit_pending", leaves);
	test_own("lab_int_exit_swallowed", raised_again);
}
