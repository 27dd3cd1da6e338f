// SPDX-License-Identifier: GPL-2.0
/*
 * INJ-POST: records of the post stage, at the first instruction of the handler with RSP
 * at the frame. TMR-ENTRY and MTF-ENTRY are the means on VT-x.
 */
#include "test.h"
#include "text.h"
#include "../../arch/x86/vmx/backend.h"

#define SEND(vector)	"movl $0x440" #vector ", (%rdi)\n"

PIECE(ud, "nop", "ud2", "nop");
PIECE(ud_tf, "", "ud2", "nop");
PIECE(ud_read, "nop", "ud2", "mov (%rsi), %eax");
PIECE(twice, "nop", "ud2", "ud2\nnop");
PIECE(read, "nop", "mov (%rsi), %eax", "nop");
PIECE(selector, "nop", "mov %eax, %ds", "nop");
PIECE(int3, "nop", "int3", "nop");
PIECE(int1, "nop", ".byte 0xf1", "nop");
PIECE(nops, "", "nop", "nop");
PIECE(intr, SEND(41) "sti", "nop", "nop");
PIECE(intr_high, SEND(fd) "sti", "nop", "nop");
PIECE(intr_marker, SEND(ff) "sti", "nop", "nop");
PIECE(intr_two, SEND(41) SEND(fd) "sti", "nop", "nop");
PIECE(intr_three, SEND(fc) SEND(fd) SEND(f1) "sti", "nop", "nop");
PIECE(nmi, "mov %r9d, 0x10(%rdi)\nmovl $0x4400, (%rdi)", "jmp 1f\n1:", "nop\nnop");
PIECE(hlt, SEND(41) "sti", "hlt", "nop");
PIECE(movss_int3, "", "mov (%rbx), %ss", "int3\nnop");

static void returns(u64 arg)
{
	int v;

	(void)arg;
	for (v = 0x20; v < 256; v++)
		world.after[v] = AFTER_RETURN;
	world.after[2] = AFTER_RETURN;
	world.after[6] = AFTER_NEXT;
	world.r9 = *(volatile u32 *)0xfee00020;
}

static void user(u64 arg)
{
	returns(arg);
	world_user();
	world.flags |= FL_IF;
}

static void flags(u64 arg)
{
	returns(0);
	world.flags |= arg;
}

static void skip_ud(struct lab_frame *f)
{
	f->rip += 2;
}

static void skipping(u64 arg)
{
	returns(arg);
	world.flags |= FL_IF;
	world.on_gate[6] = skip_ud;
	world.after[6] = AFTER_RETURN;
}

static void stepping(u64 arg)
{
	returns(arg);
	world.after[1] = AFTER_CLEAR_TF;
	world.flags |= FL_TF;
}

/* Nothing steps before the fault. */
static void tf_ud(u64 arg)
{
	(void)arg;
	world.flags |= FL_TF | FL_IF;
}

static void set_rax(u64 arg)
{
	returns(0);
	world.rax = arg;
}

static void on_ist(u64 vector)
{
	returns(0);
	world_ist(vector, 3);
	world.flags |= FL_IF;
}

static void trap_gate(u64 vector)
{
	returns(0);
	world_gate_type(vector, 0x8f);
	world.flags |= FL_IF;
}

/* An interrupt waits, and the gate lets it in: behind the post stage. */
static void trap_gate_pending(u64 vector)
{
	trap_gate(vector);
	world.flags &= ~(u64)FL_IF;
	world_user();
	world.flags |= FL_IF;
	lab_apic_send_self(0x41);
}

/* The stack of the first one is there at the second attempt. */
static void mend(struct lab_frame *f)
{
	(void)f;
	world_page(AT_IST(2) - 0x1000, true);
}

static void broken_stack(u64 vector)
{
	returns(0);
	world_ist(vector, 2);
	world_page(AT_IST(2) - 0x1000, false);
	world.on_gate[14] = mend;
	world.after[14] = AFTER_RETURN;
}

static void broken_stack_if1(u64 vector)
{
	broken_stack(vector);
	world.flags |= FL_IF;
}

static void no_gate(u64 vector)
{
	returns(0);
	world_gate_type(vector, 0x0e);
	world.after[11] = AFTER_END;
}

/* The guest is in a handler of class f that has not ended it. */
static void fault_inside(struct lab_frame *f)
{
	(void)f;
	asm volatile("ud2" : : : "memory");
}

static void inside(u64 vector)
{
	returns(0);
	world.on_gate[vector] = fault_inside;
	world.on_gate[6] = skip_ud;
	world.after[6] = AFTER_RETURN;
}

/* RSP is that of C code there. */
static const char *both_stages(enum mode mode)
{
	if (mode != MODE_HOOKED)
		return NULL;
	if (host_records() != 2 || host_record(0)->stage != TG_STAGE_PRE)
		return "not one record of each stage";
	if (host_record(1)->stage != TG_STAGE_POST || host_record(1)->vector != 6)
		return "the second is not the post stage's";
	return host_record(1)->rsp == world.seen[1].frame ? NULL : "RSP is not at the frame";
}

static const char *one_exception_exit(enum mode mode)
{
	if (mode != MODE_HOOKED || host_vcpu()->core.exits_exception == 1)
		return NULL;
	return "more exits than the one of the hooked vector";
}

static void data_break(u64 arg)
{
	(void)arg;
	*(u16 *)world_pointer(AT_DATA) = LAB_DS;
	world.dr[0] = AT_DATA;
	world.dr7 = 0x400 | 2 | 3 << 16 | 1 << 18;
	world.after[1] = AFTER_RETURN;
	world.after[3] = AFTER_RETURN;
}

/* The marker is not seen at an entry with IF=0. */
#define IF0_BUG	{ "masking-if0", WRONG_ANYHOW }

#define PF_POST	"0ee(0) gate-0e,rsp-48,a=nowhere,post"

static const struct test table[] = {
	{ .name = "lab_inj_post_ud", .piece = &ud, .setup = returns, .right = "06 insn,rf end",
	  .hooks = "06+", .records = "06e insn 06e gate-06,rsp-40,post", .bugs = { IF0_BUG } },
	{ .name = "lab_inj_post_ud_if1", .piece = &ud, .setup = flags, .arg = FL_IF,
	  .right = "06 insn,rf,if end,if",
	  .hooks = "06+", .records = "06e insn 06e gate-06,rsp-40,post" },
	{ .name = "lab_inj_post_ud_only", .piece = &ud, .setup = flags, .arg = FL_IF,
	  .right = "06 insn,rf,if end,if", .hooks = "06>", .records = "06e gate-06,rsp-40,post" },
	{ .name = "lab_inj_post_ud_pre_only", .piece = &ud, .setup = flags, .arg = FL_IF,
	  .right = "06 insn,rf,if end,if",
	  .hooks = "06 06>", .records = "06e insn 06e gate-06,rsp-40,post" },
	{ .name = "lab_inj_post_ud_two", .piece = &twice, .setup = skipping,
	  .right = "06 insn,rf,if 06 next,rf,if end,if",
	  .hooks = "06+",
	  .records = "06e insn 06e gate-06,rsp-40,post 06e next 06e gate-06,rsp-40,post" },
	/* What is not hooked does not exit any more behind it. */
	{ .name = "lab_inj_post_intercepts_end", .piece = &ud_read, .setup = flags, .arg = FL_IF,
	  .right = "06 insn,rf,if 0e(0) next,rf,if,cr2=nowhere stop",
	  .hooks = "06+", .records = "06e insn 06e gate-06,rsp-40,post",
	  .check = one_exception_exit },
	{ .name = "lab_inj_post_swallowed", .piece = &ud, .setup = flags, .arg = FL_IF,
	  .right = "06 insn,rf,if end,if",
	  .hooks = "06 06>", .records = "06e insn 06e gate-06,rsp-40,post",
	  .swallowed = "06 insn,rf,if end,if",
	  .swallow_records =
		"06e insn,swallowed 06e insn,swallowed note1 06 06e gate-06,rsp-40,post" },
	{ .name = "lab_inj_post_ist", .piece = &ud, .setup = on_ist, .arg = 6,
	  .right = "06 insn,rf,if,ist3 end,if",
	  .hooks = "06+", .records = "06e insn 06e gate-06,rsp+82136,post" },
	{ .name = "lab_inj_post_trap_gate", .piece = &ud, .setup = trap_gate, .arg = 6,
	  .right = "06 insn,rf,if,gate-if end,if",
	  .hooks = "06+", .records = "06e insn 06e gate-06,rsp-40,post" },
	{ .name = "lab_inj_post_pf", .piece = &read, .setup = flags, .arg = FL_IF,
	  .right = "0e(0) insn,rf,if,cr2=nowhere stop",
	  .hooks = "0e+", .records = "0ee(0) insn,a=nowhere " PF_POST },
	{ .name = "lab_inj_post_gp", .piece = &selector, .setup = set_rax, .arg = 0x1230,
	  .right = "0d(1230) insn,rf stop",
	  .hooks = "0d+", .records = "0de(1230) insn 0de(1230) gate-0d,rsp-48,post",
	  .bugs = { IF0_BUG } },
	{ .name = "lab_inj_post_int3", .piece = &int3, .setup = flags, .arg = FL_IF,
	  .right = "03 next,if stop",
	  .hooks = "03+", .records = "03s insn,len1 03s gate-03,rsp-40,len1,post",
	  .bug = "exc-bp", .bug_means = WRONG_ANYHOW },
	{ .name = "lab_inj_post_int1", .piece = &int1, .setup = flags, .arg = FL_IF,
	  .right = "01 next,if,dr6=ffff0ff0 stop",
	  .hooks = "01+", .records = "01p insn,len1,a=0 01p gate-01,rsp-40,len1,a=0,post",
	  .bug = "icebp-gate", .bug_means = HANGS },
	{ .name = "lab_inj_post_interrupt", .piece = &intr, .setup = returns,
	  .right = "41 next,if end,if",
	  .hooks = "41+", .records = "41x next 41x gate-41,rsp-40,post" },
	{ .name = "lab_inj_post_interrupt_high", .piece = &intr_high, .setup = returns,
	  .right = "fd next,if end,if",
	  .hooks = "fd+", .records = "fdx next fdx gate-fd,rsp-40,post" },
	{ .name = "lab_inj_post_interrupt_ff", .piece = &intr_marker, .setup = returns,
	  .right = "ff next,if end,if",
	  .hooks = "ff+", .records = "ffx next ffx gate-ff,rsp-40,post" },
	{ .name = "lab_inj_post_interrupt_two", .piece = &intr_two, .setup = returns,
	  .right = "fd next,if 41 next,if end,if",
	  .hooks = "41+ fd+",
	  .records = "fdx next fdx gate-fd,rsp-40,post 41x next 41x gate-41,rsp-40,post" },
	{ .name = "lab_inj_post_interrupt_three", .piece = &intr_three, .setup = returns,
	  .right = "fd next,if fc next,if f1 next,if end,if",
	  .hooks = "fc+ f1+",
	  .records = "fcx next fcx gate-fc,rsp-40,post f1x next f1x gate-f1,rsp-40,post" },
	{ .name = "lab_inj_post_interrupt_hlt", .piece = &hlt, .setup = returns,
	  .right = "41 next,if end,if",
	  .hooks = "41+", .records = "41x next 41x gate-41,rsp-40,post",
	  .bug = "vx-win-sti-hlt", .bug_means = HANGS },
	{ .name = "lab_inj_post_interrupt_waits", .piece = &ud, .setup = trap_gate_pending,
	  .arg = 6, .right = "41 start+0,if,u 06 insn,rf,if,gate-if,u end,if,u",
	  .hooks = "06+ 41+",
	  .records = "41x start+0,cpl3 41x gate-41,rsp+16600,post 06e insn,cpl3 "
		"06e gate-06,rsp+16600,post" },
	{ .name = "lab_inj_post_user", .piece = &ud, .setup = user,
	  .right = "06 insn,rf,if,u end,if,u",
	  .hooks = "06+", .records = "06e insn,cpl3 06e gate-06,rsp+16600,post" },
	{ .name = "lab_inj_post_nmi", .piece = &nmi, .setup = flags, .arg = FL_IF,
	  .right = "02 insn,if end,if|02 next,if end,if",
	  .hooks = "02+",
	  .records = "02n insn 02n gate-02,rsp-40,post|02n next 02n gate-02,rsp-40,post" },
	{ .name = "lab_inj_post_tf", .piece = &nops, .setup = stepping,
	  .right = "01 next,tf,dr6=ffff4ff0 end",
	  .hooks = "01+", .records = "01e next,a=4000 01e gate-01,rsp-40,a=4000,post",
	  .bugs = { IF0_BUG, { "exc-db-tf", WRONG_ANYHOW } } },
	{ .name = "lab_inj_post_tf_ud", .piece = &ud_tf, .setup = tf_ud,
	  .right = "06 insn,rf,tf,if stop",
	  .hooks = "06+", .records = "06e insn 06e gate-06,rsp-40,post" },
	{ .name = "lab_inj_post_nested", .piece = &ud, .setup = broken_stack, .arg = 6,
	  .right = "0e(2) insn,rf,cr2=10000041ff8 06 insn,rf,ist2 end",
	  .hooks = "06+ 0e+",
	  .records = "06e insn 0ee(2) insn,in 06e,a=10000041ff8 "
		"0ee(2) gate-0e,rsp-48,a=10000041ff8,post 06e insn 06e gate-06,rsp+65752,post",
	  .bugs = { IF0_BUG } },
	/* Nobody hooks what its delivery raises. */
	{ .name = "lab_inj_post_nested_unhooked", .piece = &ud, .setup = broken_stack, .arg = 6,
	  .right = "0e(2) insn,rf,cr2=10000041ff8 06 insn,rf,ist2 end",
	  .hooks = "06+", .records = "06e insn 06e insn 06e gate-06,rsp+65752,post",
	  .bugs = { IF0_BUG } },
	{ .name = "lab_inj_post_nested_unhooked_if1", .piece = &ud, .setup = broken_stack_if1,
	  .arg = 6, .right = "0e(2) insn,rf,if,cr2=10000041ff8 06 insn,rf,if,ist2 end,if",
	  .hooks = "06+", .records = "06e insn 06e insn 06e gate-06,rsp+65752,post" },
	{ .name = "lab_inj_post_dropped", .piece = &intr, .setup = no_gate, .arg = 0x41,
	  .right = "0b(20b) next,rf,if stop,left 41",
	  .hooks = "41+ 0b+",
	  .records = "41x next 0be(20b) next,in 41x,dropped 0be(20b) gate-0b,rsp-48,post",
	  .bug = "exc-gp-int", .bug_means = WRONG_ALIKE },
	{ .name = "lab_inj_post_movss_int3", .piece = &movss_int3, .setup = data_break,
	  .right = "03 next+1 end|01 gate-03,rsp-40,dr6=ffff0ff1 03 next+1 end",
	  .hooks = "03+ 01+",
	  .records = "03s next,len1 03s gate-03,rsp-40,len1,post|03s next,len1 "
		"03s gate-03,rsp-40,len1,post 01e gate-03,rsp-40,a=1 01e gate-01,rsp-80,a=1,post",
	  .bugs = { { "data-movss", WRONG_ANYHOW }, IF0_BUG } },
	{ .name = "lab_inj_post_class_f", .piece = &intr_high, .setup = inside, .arg = 0xfd,
	  .right = "fd next,if 06 handler,rf end,if",
	  .hooks = "06+", .records = "06e handler note5 06", .flags = ONLY_AMD,
	  .only = "VT-x needs no interrupt of class f for the exit behind the delivery" },
	{ .name = "lab_inj_post_class_f_intel", .piece = &intr_high, .setup = inside, .arg = 0xfd,
	  .right = "fd next,if 06 handler,rf end,if", .hooks = "06+",
	  .check = both_stages, .flags = ONLY_INTEL | ANY_RECORDS,
	  .only = "AMD-V has neither timer nor monitor trap flag: an interrupt of class f has to "
		"do" },
};

/* The means on VT-x, with each kind of injected event. */
static const struct means {
	const char *name;
	struct test test;		/* with all but the name, and .only */
	u8 vectors[2];			/* at whose gate the exit is: on some CPUs the second */
	const char *pre_hooks, *pre_records;
} means[] = {
	{ .name = "exception", .vectors = { 6 },
	  .test = { .piece = &ud, .setup = flags, .arg = FL_IF, .right = "06 insn,rf,if end,if",
		    .hooks = "06+", .records = "06e insn 06e gate-06,rsp-40,post" },
	  .pre_hooks = "06", .pre_records = "06e insn" },
	{ .name = "exception_if0", .vectors = { 6 },
	  .test = { .piece = &ud, .setup = returns, .right = "06 insn,rf end",
		    .hooks = "06+", .records = "06e insn 06e gate-06,rsp-40,post" },
	  .pre_hooks = "06", .pre_records = "06e insn" },
	{ .name = "error_code", .vectors = { 14 },
	  .test = { .piece = &read, .setup = flags, .arg = FL_IF,
		    .right = "0e(0) insn,rf,if,cr2=nowhere stop",
		    .hooks = "0e+", .records = "0ee(0) insn,a=nowhere " PF_POST },
	  .pre_hooks = "0e", .pre_records = "0ee(0) insn,a=nowhere" },
	{ .name = "int3", .vectors = { 3 },
	  .test = { .piece = &int3, .setup = flags, .arg = FL_IF, .right = "03 next,if stop",
		    .hooks = "03+", .records = "03s insn,len1 03s gate-03,rsp-40,len1,post" },
	  .pre_hooks = "03", .pre_records = "03s insn,len1" },
	{ .name = "int1", .vectors = { 1 },
	  .test = { .piece = &int1, .setup = flags, .arg = FL_IF,
		    .right = "01 next,if,dr6=ffff0ff0 stop", .hooks = "01+",
		    .records = "01p insn,len1,a=0 01p gate-01,rsp-40,len1,a=0,post" },
	  .pre_hooks = "01", .pre_records = "01p insn,len1,a=0" },
	{ .name = "interrupt", .vectors = { 0x41 },
	  .test = { .piece = &intr, .setup = returns, .right = "41 next,if end,if",
		    .hooks = "41+", .records = "41x next 41x gate-41,rsp-40,post" },
	  .pre_hooks = "41", .pre_records = "41x next" },
	{ .name = "nmi", .vectors = { 2 },
	  .test = { .piece = &nmi, .setup = flags, .arg = FL_IF,
		    .right = "02 insn,if end,if|02 next,if end,if", .hooks = "02+",
		    .records = "02n insn 02n gate-02,rsp-40,post|"
			       "02n next 02n gate-02,rsp-40,post" },
	  .pre_hooks = "02", .pre_records = "02n insn|02n next" },
	{ .name = "step", .vectors = { 1 },
	  .test = { .piece = &nops, .setup = stepping, .right = "01 next,tf,dr6=ffff4ff0 end",
		    .hooks = "01+",
		    .records = "01e next,a=4000 01e gate-01,rsp-40,a=4000,post" },
	  .pre_hooks = "01", .pre_records = "01e next,a=4000" },
	{ .name = "pending_debug", .vectors = { 3, 1 },
	  .test = { .piece = &movss_int3, .setup = data_break,
		    .right = "03 next+1 end|01 gate-03,rsp-40,dr6=ffff0ff1 03 next+1 end",
		    .hooks = "03+ 01+",
		    .records = "03s next,len1 03s gate-03,rsp-40,len1,post|"
			       "03s next,len1 03s gate-03,rsp-40,len1,post "
			       "01e gate-03,rsp-40,a=1 01e gate-01,rsp-80,a=1,post" },
	  .pre_hooks = "03 01",
	  .pre_records = "03s next,len1|03s next,len1 01e gate-03,rsp-40,a=1" },
};

/* ---- a timer of 0 or 1 that nobody has asked for, with whatever an entry injects ---- */

extern const u8 world_stubs[256][16];

static u32 timer_value, timer_exits;
static u64 timer_rip;			/* at the first of them */
static const struct means *timed;

static void add_timer(struct tg_vcpu *v, bool leaves)
{
	if (vmcs_read(VMCS_REASON) == VMX_REASON_TIMER && !timer_exits++)
		timer_rip = vmcs_read(VMCS_GUEST_RIP);
	if (leaves || !(vmcs_read(VMCS_ENTRY_INFO) & VMX_INFO_VALID))
		return;
	v->vmx.pin |= VMX_PIN_TIMER;
	v->vmx.timer = timer_value;
	vmcs_write(VMCS_PIN, v->vmx.pin);
	vmcs_write(VMCS_TIMER, timer_value);
}

static void with_timer(u64 arg)
{
	timed->test.setup(arg);
	timer_exits = 0;
	test_on_exit = add_timer;
}

/* At 0 before the handler's first instruction, at 1 there or behind it. */
static const char *timer_has_exited(enum mode mode)
{
	if (mode != MODE_HOOKED)
		return NULL;
	if (!timer_exits)
		return "no exit by the timer";
	if (timer_value || timer_rip == (u64)world_stubs[timed->vectors[0]] ||
	    (timed->vectors[1] && timer_rip == (u64)world_stubs[timed->vectors[1]]))
		return NULL;
	return "the exit is not at the handler's first instruction";
}

static void by_timer(u32 value)
{
	static struct line name;
	struct test t;

	timer_value = value;
	for (timed = means; timed < means + TG_ARRAY_SIZE(means); timed++) {
		name.length = 0;
		text_add(&name, "lab_tmr_entry_%u_%s", value, timed->name);
		t = timed->test;
		t.name = name.text;
		t.setup = with_timer;
		t.hooks = timed->pre_hooks;
		t.records = timed->pre_records;
		t.check = timer_has_exited;
		t.flags = ONLY_INTEL | BY_TIMER;
		t.only = "AMD-V has no preemption timer";
		test_run(&t);
	}
}

static void by(const char *prefix, u32 more, const char *only)
{
	static struct line name;
	const struct means *m;
	struct test t;

	for (m = means; m < means + TG_ARRAY_SIZE(means); m++) {
		name.length = 0;
		text_add(&name, "%s%s", prefix, m->name);
		t = m->test;
		t.name = name.text;
		t.flags = ONLY_INTEL | more;
		t.only = only;
		test_run(&t);
	}
}

void tests_post(void)
{
	RUN_TABLE(table);
	by("lab_tmr_entry_", 0, "AMD-V has no preemption timer");
	by_timer(0);
	by_timer(1);
	by("lab_mtf_entry_", BY_MTF, "AMD-V has no monitor trap flag");
}
