// SPDX-License-Identifier: GPL-2.0
/*
 * #DB by TF and by DR0-DR3, alone and over everything that holds it up or competes
 * with it; what an exit stands in for (EXIT-SKIP, EXIT-BASE).
 */
#include "test.h"
#include "text.h"

#define CR4_DE		(1u << 3)
#define DR7_GD		(1u << 13)
#define L(n)		(1u << (2 * (n)))
#define RW_EXEC(n)	0u
#define RW_WRITE4(n)	(0xdu << (16 + 4 * (n)))
#define RW_ACCESS4(n)	(0xfu << (16 + 4 * (n)))
#define RW_ACCESS2(n)	(0x7u << (16 + 4 * (n)))
#define RW_IO1(n)	(0x2u << (16 + 4 * (n)))
#define MSR_STAR	0xc0000081
#define MSR_LSTAR	0xc0000082
#define MSR_FMASK	0xc0000084
#define MSR_EFER	0xc0000080

PIECE(nops, "", "nop", "nop");
PIECE(store, "", "mov %eax, (%rbx)", "nop");
PIECE(load, "", "mov (%rbx), %eax", "nop");
PIECE(out, "", "out %al, $0x80", "nop");
PIECE(read_dr, "", "mov %dr0, %rax", "nop");
PIECE(sti_, "", "sti", "nop\ncli");
PIECE(cpuid_, "", "cpuid", "nop");
PIECE(popf_tf, "pushf\norl $0x100, (%rsp)", "popf", "nop\nnop");
PIECE(pushf_, "", "pushf", "pop %rax");
PIECE(int80, "", "int $0x80", "nop");
PIECE(int3, "", "int3", "nop");
PIECE(int1, "", ".byte 0xf1", "nop");
PIECE(ud, "", "ud2", "nop");
PIECE(fault, "", "mov (%rsi), %eax", "nop");
PIECE(sysc, "", "syscall", "nop");
PIECE(movss, "mov %ss, %eax", "mov %eax, %ss", "nop\nnop");
PIECE(movss_load, "", "mov (%rbx), %ss", "nop\nnop");
PIECE(movss_int3, "", "mov (%rbx), %ss", "int3\nnop");
PIECE(movss_int1, "", "mov (%rbx), %ss", ".byte 0xf1\nnop");
PIECE(movss_int80, "", "mov (%rbx), %ss", "int $0x80\nnop");
PIECE(movss_ud, "", "mov (%rbx), %ss", "ud2\nnop");
PIECE(movss_fault, "", "mov (%rbx), %ss", "mov (%rsi), %eax\nnop");
PIECE(movss_cpuid, "", "mov (%rbx), %ss", "cpuid\nnop");
PIECE(movss_syscall, "", "mov (%rbx), %ss", "syscall\nnop");
PIECE(sti_cpuid, "", "sti", "cpuid\nnop\ncli");
PIECE(push_fault, "", "push (%rbx)", "nop");
PIECE(movss_out, "", "mov (%rbx), %ss", "out %al, $0x80\nnop");
PIECE(sti_out, "sti", "out %al, $0x80", "nop\ncli");
PIECE(sti_store, "sti", "mov %eax, (%rbx)", "nop\ncli");
PIECE(iret, "", "iretq", "nop\nnop");
PIECE(rep_store, "mov $3, %ecx\nmov %rbx, %rdi", "rep stosl", "nop");

static u64 old_cr4;

static const char *restore(enum mode mode)
{
	(void)mode;
	lab_write_cr4(old_cr4);
	return NULL;
}

static void tf(u64 arg)
{
	(void)arg;
	world.flags |= FL_TF;
}

static void tf_returns(u64 arg)
{
	tf(arg);
	world.after[1] = AFTER_RETURN;
}

static void set_rf(struct lab_frame *f)
{
	f->flags |= FL_RF;
}

static void exec(u64 arg)
{
	world.dr[0] = world_at(world.piece->insn);
	world.dr7 = 0x400 | L(0) | RW_EXEC(0);
	if (arg) {
		world.after[1] = AFTER_RETURN;
		world.on_gate[1] = set_rf;
	}
}

static void data(u64 dr7)
{
	world.dr[0] = world.dr[1] = world.dr[2] = world.dr[3] = AT_DATA;
	world.dr7 = 0x400 | dr7;
	*(u32 *)world_pointer(AT_DATA) = LAB_DS;
}

static void data_returns(u64 dr7)
{
	data(dr7);
	world.after[1] = AFTER_RETURN;
}

static void data_ist(u64 dr7)
{
	data(dr7);
	world_ist(14, 1);
	world.rsp = NOWHERE;
}

static void data_user(u64 dr7)
{
	data(dr7);
	world_user();
	*(u32 *)world_pointer(AT_DATA) = LAB_USER_DS;
}

static void tf_user(u64 arg)
{
	data_user(0);
	tf(arg);
}

static void data_tf(u64 dr7)
{
	data(dr7);
	tf(0);
}

static void io(u64 port)
{
	old_cr4 = lab_read_cr4();
	lab_write_cr4(old_cr4 | CR4_DE);
	world.dr[3] = port;
	world.dr7 = 0x400 | L(3) | RW_IO1(3);
}

static void io_movss(u64 port)
{
	io(port);
	*(u32 *)world_pointer(AT_DATA) = LAB_DS;
}

static void general_detect(u64 arg)
{
	(void)arg;
	world.dr7 = 0x400 | DR7_GD;
}

static void old_dr6(u64 dr6)
{
	world.dr6 = dr6;
	tf(0);
}

static void syscall_to_end(u64 fmask)
{
	lab_wrmsr(MSR_EFER, lab_rdmsr(MSR_EFER) | 1);
	lab_wrmsr(MSR_STAR, (u64)LAB_CS << 32);
	lab_wrmsr(MSR_LSTAR, world_at(world.piece->end));
	lab_wrmsr(MSR_FMASK, fmask);
	data_tf(0);
}

static void syscall_data(u64 dr7)
{
	syscall_to_end(0);
	world.flags &= ~(u64)FL_TF;
	data(dr7);
}

/* A frame with TF for the piece's IRET, to "next". */
static void iret_frame(u64 flags)
{
	u64 *frame;

	world.rsp -= 40;
	frame = world_pointer(world.rsp);
	frame[0] = world_at(world.piece->next);
	frame[1] = LAB_CS;
	frame[2] = flags | 2;
	frame[3] = world.rsp;
	frame[4] = LAB_DS;
}

static void iret_tf(u64 arg)
{
	iret_frame(FL_TF);
	if (arg)
		tf(0);
}

static void iret_from_tf(u64 arg)
{
	(void)arg;
	iret_frame(0);
	tf(0);
}

/* RF in the popped flags masks the breakpoint at its target once. */
static void iret_rf(u64 flags)
{
	iret_frame(flags);
	world.dr[0] = world_at(world.piece->next);
	world.dr7 = 0x400 | L(0);
}

#define TF_BUG		{ "exc-db-tf", WRONG_ANYHOW }
#define DATA_BUG	{ "exc-db-data", WRONG_ANYHOW }
/* Its frame has RF=0 (SDM "Instruction-Breakpoint Exception Condition", APM 3.1.6). */
#define EXEC_BUGS	{ { "exc-db-exec", WRONG_ANYHOW } }

static const struct test table[] = {
	{ .name = "lab_inj_dr6_tf", .piece = &nops, .setup = tf,
	  .right = "01 next,tf,dr6=ffff4ff0 stop", .hooks = "01", .records = "01e next,a=4000",
	  .swallowed = "end,tf",
	  .swallow_records = "01e next,swallowed,a=4000 01e end,swallowed,a=4000",
	  .bugs = { TF_BUG } },
	{ .name = "lab_inj_dr6_tf_returns", .piece = &nops, .setup = tf_returns,
	  .right = "01 next,tf,dr6=ffff4ff0 01 end,tf,dr6=ffff4ff0 end,tf",
	  .hooks = "01", .records = "01e next,a=4000 01e end,a=4000", .swallowed = "end,tf",
	  .swallow_records = "01e next,swallowed,a=4000 01e end,swallowed,a=4000",
	  .bugs = { TF_BUG } },
	{ .name = "lab_inj_dr6_tf_user", .piece = &nops, .setup = tf_user,
	  .right = "01 next,tf,u,dr6=ffff4ff0 stop",
	  .hooks = "01", .records = "01e next,cpl3,a=4000", .swallowed = "end,tf,u",
	  .swallow_records = "01e next,cpl3,swallowed,a=4000 01e end,cpl3,swallowed,a=4000",
	  .bugs = { TF_BUG } },
	{ .name = "lab_inj_dr6_old_bits", .piece = &nops, .setup = old_dr6, .arg = 0xffff0ff4,
	  .right = "01 next,tf,dr6=ffff4ff0 stop|01 next,tf,dr6=ffff4ff4 stop",
	  .hooks = "01", .records = "01e next,a=4000", .swallowed = "end,tf|A:end,tf,dr6=ffff0ff0",
	  .swallow_records = "01e next,swallowed,a=4000 01e end,swallowed,a=4000",
	  .bugs = { TF_BUG } },
	/* On AMD-V DR6 is all that tells the cause. */
	{ .name = "lab_inj_dr6_old_bd", .piece = &nops, .setup = old_dr6, .arg = 0xffff2ff0,
	  .right = "01 next,tf,dr6=ffff6ff0 stop",
	  .hooks = "01", .records = "I:01e next,a=4000|A:01e next,a=6000",
	  .swallowed = "I:end,tf|A:end,tf,dr6=ffff0ff0",
	  .swallow_records = "I:01e next,swallowed,a=4000 01e end,swallowed,a=4000|"
		"A:01e next,swallowed,a=6000 01e end,swallowed,a=4000", .bugs = { TF_BUG } },
	{ .name = "lab_inj_dr6_exec", .piece = &nops, .setup = exec,
	  .right = "01 insn,dr6=ffff0ff1 stop", .hooks = "01", .records = "01e insn,a=1",
	  .bugs = EXEC_BUGS, .flags = TWICE },
	{ .name = "lab_inj_dr6_exec_returns", .piece = &nops, .setup = exec, .arg = 1,
	  .right = "01 insn,dr6=ffff0ff1 end", .hooks = "01", .records = "01e insn,a=1",
	  .bugs = EXEC_BUGS, .flags = TWICE },
	{ .name = "lab_inj_dr6_write", .piece = &store, .setup = data, .arg = L(1) | RW_WRITE4(1),
	  .right = "01 next,dr6=ffff0ff2 stop", .hooks = "01", .records = "01e next,a=2",
	  .swallowed = "end", .swallow_records = "01e next,swallowed,a=2", .bugs = { DATA_BUG } },
	{ .name = "lab_inj_dr6_write_not_read", .piece = &load, .setup = data,
	  .arg = L(1) | RW_WRITE4(1), .right = "end", .hooks = "01", .records = "",
	  .swallowed = "end", .swallow_records = "" },
	{ .name = "lab_inj_dr6_read", .piece = &load, .setup = data, .arg = L(2) | RW_ACCESS4(2),
	  .right = "01 next,dr6=ffff0ff4 stop", .hooks = "01", .records = "01e next,a=4",
	  .swallowed = "end", .swallow_records = "01e next,swallowed,a=4", .bugs = { DATA_BUG } },
	{ .name = "lab_inj_dr6_two", .piece = &store, .setup = data,
	  .arg = L(0) | RW_ACCESS4(0) | L(3) | RW_WRITE4(3), .right = "01 next,dr6=ffff0ff9 stop",
	  .hooks = "01", .records = "01e next,a=9", .swallowed = "end",
	  .swallow_records = "01e next,swallowed,a=9", .bugs = { DATA_BUG } },
	{ .name = "lab_inj_dr6_data_and_tf", .piece = &store, .setup = data_tf,
	  .arg = L(0) | RW_WRITE4(0), .right = "01 next,tf,dr6=ffff4ff1 stop",
	  .hooks = "01", .records = "01e next,a=4001", .swallowed = "end,tf",
	  .swallow_records = "01e next,swallowed,a=4001 01e end,swallowed,a=4000",
	  .bugs = { DATA_BUG } },
	{ .name = "lab_inj_dr6_data_user", .piece = &store, .setup = data_user,
	  .arg = L(0) | RW_WRITE4(0), .right = "01 next,u,dr6=ffff0ff1 stop",
	  .hooks = "01", .records = "01e next,cpl3,a=1", .swallowed = "end,u",
	  .swallow_records = "01e next,cpl3,swallowed,a=1", .bugs = { DATA_BUG } },
	{ .name = "lab_inj_dr6_rep", .piece = &rep_store, .setup = data_returns,
	  .arg = L(0) | RW_WRITE4(0),
	  .right = "01 insn,dr6=ffff0ff1 end|01 insn,rf,dr6=ffff0ff1 end",
	  .hooks = "01", .records = "01e insn,a=1", .swallowed = "end",
	  .swallow_records = "01e insn,swallowed,a=1", .bugs = { DATA_BUG } },
	{ .name = "lab_inj_dr6_io", .piece = &out, .setup = io, .arg = 0x80,
	  .right = "01 next,dr6=ffff0ff8 stop", .hooks = "01", .records = "01e next,a=8",
	  .swallowed = "end", .swallow_records = "01e next,swallowed,a=8", .bugs = { DATA_BUG },
	  .check = restore },
	{ .name = "lab_inj_dr6_gd", .piece = &read_dr, .setup = general_detect,
	  .right = "01 insn,dr6=ffff2ff0,dr7=400 stop", .hooks = "01", .records = "01e insn,a=2000",
	  .bug = "exc-db-gd", .bug_means = WRONG_ANYHOW, .flags = TWICE },
	{ .name = "lab_inj_dr6_iret", .piece = &iret, .setup = iret_tf,
	  .right = "01 next+1,tf,dr6=ffff4ff0 stop", .hooks = "01", .records = "01e next+1,a=4000",
	  .swallowed = "end,tf",
	  .swallow_records = "01e next+1,swallowed,a=4000 01e end,swallowed,a=4000",
	  .bugs = { TF_BUG } },
	{ .name = "lab_inj_dr6_iret_from_tf", .piece = &iret, .setup = iret_from_tf,
	  .right = "01 next,dr6=ffff4ff0 stop", .hooks = "01", .records = "01e next,a=4000",
	  .swallowed = "end", .swallow_records = "01e next,swallowed,a=4000", .bugs = { TF_BUG } },
	{ .name = "lab_inj_dr6_popf", .piece = &popf_tf, .right = "01 next+1,tf,dr6=ffff4ff0 stop",
	  .hooks = "01", .records = "01e next+1,a=4000", .swallowed = "end,tf",
	  .swallow_records = "01e next+1,swallowed,a=4000 01e end,swallowed,a=4000",
	  .bugs = { TF_BUG } },
	{ .name = "lab_inj_dr6_pushf", .piece = &pushf_, .setup = tf,
	  .right = "01 next,tf,rsp-8,dr6=ffff4ff0 stop",
	  .hooks = "01", .records = "01e next,rsp-8,a=4000", .swallowed = "end,tf",
	  .swallow_records = "01e next,rsp-8,swallowed,a=4000 01e end,swallowed,a=4000",
	  .bugs = { TF_BUG } },
	{ .name = "lab_inj_dr6_int_n", .piece = &int80, .setup = tf, .right = "80 next,tf stop",
	  .hooks = "01", .records = "", .swallowed = "80 next,tf stop", .swallow_records = "" },
	{ .name = "lab_inj_dr6_int3", .piece = &int3, .setup = tf, .right = "03 next,tf stop",
	  .hooks = "01 03", .records = "03s insn,len1",
	  .bug = "exc-bp", .bug_means = WRONG_RECORDS },
	{ .name = "lab_inj_dr6_int3_swallowed", .piece = &int3, .setup = tf,
	  .right = "03 next,tf stop", .hooks = "01 03", .records = "03s insn,len1",
	  .swallowed = "end,tf",
	  .swallow_records =
		"03s insn,swallowed,len1 01e next,swallowed,a=4000 01e end,swallowed,a=4000",
	  .bugs = { { "exc-bp", WRONG_ANYHOW }, TF_BUG } },
	{ .name = "lab_inj_dr6_int1", .piece = &int1, .setup = tf,
	  .right = "01 next,tf,dr6=ffff0ff0 stop", .hooks = "01", .records = "01p insn,len1,a=0",
	  .bug = "icebp-gate", .bug_means = HANGS },
	{ .name = "lab_inj_dr6_int1_swallowed", .piece = &int1, .setup = tf,
	  .right = "01 next,tf,dr6=ffff0ff0 stop", .hooks = "01", .records = "01p insn,len1,a=0",
	  .swallowed = "end,tf",
	  .swallow_records =
		"01p insn,swallowed,len1,a=0 01e next,swallowed,a=4000 01e end,swallowed,a=4000",
	  .bugs = { { "icebp-gate", HANGS }, TF_BUG } },
	{ .name = "lab_inj_dr6_fault", .piece = &ud, .setup = tf, .right = "06 insn,rf,tf stop",
	  .hooks = "01 06", .records = "06e insn", .flags = TWICE },
	{ .name = "lab_inj_dr6_sti", .piece = &sti_, .setup = tf,
	  .right = "01 next,tf,if,dr6=ffff4ff0 stop", .hooks = "01", .records = "01e next,a=4000",
	  .swallowed = "end,tf",
	  .swallow_records =
		"01e next,swallowed,a=4000 01e next+1,swallowed,a=4000 01e end,swallowed,a=4000",
	  .bugs = { TF_BUG, { "step-sti", WRONG_ALIKE }, { "step-sti", WRONG_RECORDS } } },
	{ .name = "lab_inj_dr6_syscall", .piece = &sysc, .setup = syscall_to_end,
	  .right = "01 end,tf,dr6=ffff4ff0 stop", .hooks = "01", .records = "01e end,a=4000",
	  .swallowed = "end,tf", .swallow_records = "01e end,swallowed,a=4000",
	  .bugs = { TF_BUG } },
	{ .name = "lab_inj_dr6_syscall_masked", .piece = &sysc, .setup = syscall_to_end,
	  .arg = FL_TF, .right = "end|01 end,dr6=ffff4ff0 stop",
	  .hooks = "01", .records = "|01e end,a=4000", .swallowed = "end",
	  .swallow_records = "|01e end,swallowed,a=4000", .bugs = { TF_BUG } },
	{ .name = "lab_inj_dr6_data_and_fault", .piece = &push_fault, .setup = data_ist,
	  .arg = L(0) | RW_ACCESS4(0), .right = "0e(2) insn,rf,ist1,cr2=2000000011b stop",
	  .hooks = "01 0e", .records = "0ee(2) insn,a=2000000011b",
	  .bug = "bare-data-fault", .bug_means = WRONG_ANYHOW, .flags = TWICE },
	{ .name = "lab_inj_dr6_data_and_fault_swallowed", .piece = &push_fault, .setup = data_ist,
	  .arg = L(0) | RW_ACCESS4(0), .right = "0e(2) insn,rf,ist1,cr2=2000000011b stop",
	  .hooks = "0e", .records = "0ee(2) insn,a=2000000011b",
	  .swallowed = "0e(2) insn,rf,ist1,cr2=2000000011b stop",
	  .swallow_records =
		"0ee(2) insn,swallowed,a=2000000011b 0ee(2) insn,swallowed,a=2000000011b note1 0e",
	  .bug = "bare-data-fault", .bug_means = WRONG_ANYHOW },

	{ .name = "lab_inj_rf_masks_exec", .piece = &iret, .setup = iret_rf, .arg = FL_RF,
	  .right = "end", .hooks = "01", .records = "", .swallowed = "end", .swallow_records = "",
	  .bug = "rf-masks-dr0", .bug_means = WRONG_ALIKE },
	{ .name = "lab_inj_rf_clear_exec", .piece = &iret, .setup = iret_rf,
	  .right = "01 next,dr6=ffff0ff1 stop", .hooks = "01", .records = "01e next,a=1",
	  .bugs = EXEC_BUGS, .flags = TWICE },

	{ .name = "lab_inj_movss_tf", .piece = &movss_load, .setup = data_tf,
	  .right = "01 next+1,tf,dr6=ffff4ff0 stop", .hooks = "01", .records = "01e next+1,a=4000",
	  .swallowed = "end,tf",
	  .swallow_records = "01e next+1,swallowed,a=4000 01e end,swallowed,a=4000",
	  .bugs = { TF_BUG } },
	{ .name = "lab_inj_movss_data", .piece = &movss_load, .setup = data,
	  .arg = L(0) | RW_ACCESS2(0), .right = "01 next+1,dr6=ffff0ff1 stop",
	  .hooks = "01", .records = "01e next+1,a=1", .swallowed = "end",
	  .swallow_records = "01e next+1,swallowed,a=1",
	  .bugs = { DATA_BUG, { "data-movss", WRONG_ALIKE } } },
	{ .name = "lab_inj_movss_int3", .piece = &movss_int3, .setup = data,
	  .arg = L(0) | RW_ACCESS2(0),
	  .right = "03 next+1 stop|01 gate-03,rsp-40,dr6=ffff0ff1 stop",
	  .hooks = "01 03", .records = "03s next,len1|03s next,len1 01e gate-03,rsp-40,a=1",
	  .bug = "data-movss", .bug_means = WRONG_ALIKE },
	{ .name = "lab_inj_movss_int3_swallowed", .piece = &movss_int3, .setup = data,
	  .arg = L(0) | RW_ACCESS2(0),
	  .right = "03 next+1 stop|01 gate-03,rsp-40,dr6=ffff0ff1 stop",
	  .hooks = "01 03", .records = "03s next,len1|03s next,len1 01e gate-03,rsp-40,a=1",
	  .swallowed = "end",
	  .swallow_records = "A:03s next,swallowed,len1|"
		"I:03s next,swallowed,len1 01e next+1,swallowed,a=1",
	  .bugs = { { "exc-bp", WRONG_ANYHOW }, { "movss-exit", WRONG_RECORDS }, TF_BUG } },
	{ .name = "lab_inj_movss_int3_tf", .piece = &movss_int3, .setup = data_tf,
	  .right = "03 next+1,tf stop|01 gate-03,rsp-40,dr6=ffff4ff0 stop",
	  .hooks = "01 03", .records = "03s next,len1|03s next,len1 01e gate-03,rsp-40,a=4000",
	  .bug = "exc-bp", .bug_means = WRONG_RECORDS },
	{ .name = "lab_inj_movss_int3_tf_swallowed", .piece = &movss_int3, .setup = data_tf,
	  .right = "03 next+1,tf stop|01 gate-03,rsp-40,dr6=ffff4ff0 stop",
	  .hooks = "01 03", .records = "03s next,len1|03s next,len1 01e gate-03,rsp-40,a=4000",
	  .swallowed = "end,tf",
	  .swallow_records =
		"03s next,swallowed,len1 01e next+1,swallowed,a=4000 01e end,swallowed,a=4000",
	  .bugs = { { "exc-bp", WRONG_ANYHOW }, TF_BUG } },
	{ .name = "lab_inj_movss_int1", .piece = &movss_int1, .setup = data,
	  .arg = L(0) | RW_ACCESS2(0),
	  .right = "01 next+1,dr6=ffff0ff0 stop|01 gate-01,rsp-40,dr6=ffff0ff1 stop",
	  .hooks = "01", .records = "01p next,len1,a=0|01p next,len1,a=0 01e gate-01,rsp-40,a=1",
	  .swallowed = "end",
	  .swallow_records = "A:01p next,swallowed,len1,a=0|"
		"I:01p next,swallowed,len1,a=0 01e next+1,swallowed,a=1",
	  .bugs = { { "icebp-gate", HANGS }, { "movss-exit", WRONG_RECORDS } } },
	{ .name = "lab_inj_movss_int1_tf_user", .piece = &movss_int1, .setup = tf_user,
	  .right = "01 next+1,tf,u,dr6=ffff0ff0 stop",
	  .hooks = "01", .records = "01p next,cpl3,len1,a=0",
	  .bug = "icebp-gate", .bug_means = HANGS },
	{ .name = "lab_inj_movss_int1_tf_user_swallowed", .piece = &movss_int1, .setup = tf_user,
	  .right = "01 next+1,tf,u,dr6=ffff0ff0 stop",
	  .hooks = "01", .records = "01p next,cpl3,len1,a=0", .swallowed = "end,tf,u",
	  .swallow_records = "01p next,cpl3,swallowed,len1,a=0 01e next+1,cpl3,swallowed,a=4000 "
		"01e end,cpl3,swallowed,a=4000", .bugs = { { "icebp-gate", HANGS }, TF_BUG } },
	{ .name = "lab_inj_movss_int80", .piece = &movss_int80, .setup = data,
	  .arg = L(0) | RW_ACCESS2(0),
	  .right = "80 next+2 stop|01 gate-80,rsp-40,dr6=ffff0ff1 stop",
	  .hooks = "01", .records = "|01e gate-80,rsp-40,a=1", .swallowed = "80 next+2 stop",
	  .swallow_records = "|01e gate-80,rsp-40,swallowed,a=1",
	  .bugs = { { "data-movss", WRONG_ALIKE }, { "data-movss", WRONG_RECORDS } } },
	{ .name = "lab_inj_movss_ud", .piece = &movss_ud, .setup = data,
	  .arg = L(0) | RW_ACCESS2(0),
	  .right = "06 next,rf stop|01 gate-06,rsp-40,dr6=ffff0ff1 stop",
	  .hooks = "01 06", .records = "06e next|06e next 01e gate-06,rsp-40,a=1",
	  .bugs = { { "data-movss", WRONG_ALIKE }, { "data-movss", WRONG_RECORDS } },
	  .flags = TWICE },
	{ .name = "lab_inj_movss_ud_tf", .piece = &movss_ud, .setup = data_tf,
	  .right = "06 next,rf,tf stop", .hooks = "01 06", .records = "06e next", .flags = TWICE },
	{ .name = "lab_inj_movss_ud_user", .piece = &movss_ud, .setup = data_user,
	  .arg = L(0) | RW_ACCESS2(0), .right = "06 next,rf,u stop",
	  .hooks = "06", .records = "06e next,cpl3", .bug = "data-movss", .bug_means = WRONG_ALIKE,
	  .flags = TWICE },
	{ .name = "lab_inj_movss_pf", .piece = &movss_fault, .setup = data,
	  .arg = L(0) | RW_ACCESS2(0), .right = "0e(0) next,rf,cr2=nowhere stop",
	  .hooks = "01 0e", .records = "0ee(0) next,a=nowhere",
	  .bugs = { { "data-movss", WRONG_ALIKE }, { "data-movss", WRONG_RECORDS } },
	  .flags = TWICE },
	{ .name = "lab_inj_movss_syscall", .piece = &movss_syscall, .setup = syscall_data,
	  .arg = L(0) | RW_ACCESS2(0), .right = "01 end,dr6=ffff0ff1 stop",
	  .hooks = "01", .records = "01e end,a=1", .swallowed = "end",
	  .swallow_records = "01e end,swallowed,a=1",
	  .bugs = { { "data-movss", WRONG_ALIKE }, DATA_BUG } },
	{ .name = "lab_inj_movss_cpuid", .piece = &movss_cpuid, .setup = data,
	  .arg = L(0) | RW_ACCESS2(0), .right = "01 next+2,dr6=ffff0ff1 stop",
	  .hooks = "01", .records = "01e next+2,a=1", .swallowed = "end",
	  .swallow_records = "01e next+2,swallowed,a=1",
	  .bugs = { { "data-movss", WRONG_ALIKE }, DATA_BUG } },
	{ .name = "lab_inj_penddbg_movss_cpuid_tf", .piece = &movss_cpuid, .setup = data_tf,
	  .right = "01 next+2,tf,dr6=ffff4ff0 stop", .hooks = "01", .records = "01e next+2,a=4000",
	  .swallowed = "end,tf",
	  .swallow_records = "01e next+2,swallowed,a=4000 01e end,swallowed,a=4000",
	  .bugs = { TF_BUG } },
	{ .name = "lab_inj_penddbg_sti_cpuid_tf", .piece = &sti_cpuid, .setup = tf_returns,
	  .right = "01 next,tf,if,dr6=ffff4ff0 01 next+2,tf,if,dr6=ffff4ff0 "
		"01 next+3,tf,if,dr6=ffff4ff0 01 end,tf,dr6=ffff4ff0 end,tf",
	  .hooks = "01",
	  .records = "01e next,a=4000 01e next+2,a=4000 01e next+3,a=4000 01e end,a=4000",
	  .swallowed = "end,tf",
	  .swallow_records = "01e next,swallowed,a=4000 01e next+2,swallowed,a=4000 "
		"01e next+3,swallowed,a=4000 01e end,swallowed,a=4000",
	  .bugs = { TF_BUG, { "step-sti", WRONG_ALIKE }, { "step-sti", WRONG_RECORDS } } },

	{ .name = "lab_exit_skip_cpuid_tf", .piece = &cpuid_, .setup = tf,
	  .right = "01 next,tf,dr6=ffff4ff0 stop", .hooks = "01", .records = "01e next,a=4000",
	  .swallowed = "end,tf",
	  .swallow_records = "01e next,swallowed,a=4000 01e end,swallowed,a=4000",
	  .bugs = { TF_BUG } },
};

/* Each debug register with each of what it can wait for. */
static u32 reg;

static void one_exec(u64 arg)
{
	(void)arg;
	world.dr[reg] = world_at(world.piece->insn);
	world.dr7 = 0x400 | L(reg) | RW_EXEC(reg);
}

static void one_write(u64 arg)
{
	data(arg);
	world.dr7 = 0x400 | L(reg) | RW_WRITE4(reg);
}

static void one_io(u64 arg)
{
	io(arg);
	world.dr[reg] = arg;
	world.dr7 = 0x400 | L(reg) | RW_IO1(reg);
}

/* The frame of an INT n, and the return from one, are written and read there. */
static void frame_written(u64 arg)
{
	(void)arg;
	world.dr[1] = world.rsp - 8;
	world.dr7 = 0x400 | L(1) | RW_WRITE4(1);
}

static void frame_read(u64 arg)
{
	iret_frame(0);
	data(arg);
	world.dr[2] = world.rsp;
	world.dr7 = 0x400 | L(2) | RW_ACCESS4(2);
}

static void syscall_exec(u64 arg)
{
	syscall_data(arg);
	world.dr[3] = world_at(world.piece->end);
	world.dr7 = 0x400 | L(3) | RW_EXEC(3);
	world.after[1] = AFTER_END;
}

static const struct test over[] = {
	{ .name = "lab_inj_dr6_io_over_movss", .piece = &movss_out, .setup = io_movss, .arg = 0x80,
	  .right = "01 next+2,dr6=ffff0ff8 stop", .hooks = "01", .records = "01e next+2,a=8",
	  .swallowed = "end", .swallow_records = "01e next+2,swallowed,a=8", .bugs = { DATA_BUG },
	  .check = restore },
	{ .name = "lab_inj_dr6_io_over_sti", .piece = &sti_out, .setup = io, .arg = 0x80,
	  .right = "01 next,if,dr6=ffff0ff8 stop", .hooks = "01", .records = "01e next,a=8",
	  .swallowed = "end", .swallow_records = "01e next,swallowed,a=8", .bugs = { DATA_BUG },
	  .check = restore },
	{ .name = "lab_inj_dr6_write_over_sti", .piece = &sti_store, .setup = data,
	  .arg = L(1) | RW_WRITE4(1), .right = "01 next,if,dr6=ffff0ff2 stop",
	  .hooks = "01", .records = "01e next,a=2", .swallowed = "end",
	  .swallow_records = "01e next,swallowed,a=2", .bugs = { DATA_BUG } },
	{ .name = "lab_inj_dr6_write_by_int_n", .piece = &int80, .setup = frame_written,
	  .right = "01 gate-80,rsp-40,dr6=ffff0ff2 stop",
	  .hooks = "01", .records = "01e gate-80,rsp-40,a=2", .swallowed = "80 next stop",
	  .swallow_records = "01e gate-80,rsp-40,swallowed,a=2",
	  .bugs = { { "bare-frame-breakpoint", HANGS }, DATA_BUG } },
	{ .name = "lab_inj_dr6_read_by_iret", .piece = &iret, .setup = frame_read,
	  .right = "01 next,dr6=ffff0ff4 stop", .hooks = "01", .records = "01e next,a=4",
	  .swallowed = "end", .swallow_records = "01e next,swallowed,a=4", .bugs = { DATA_BUG } },
	{ .name = "lab_inj_dr6_exec_by_syscall", .piece = &sysc, .setup = syscall_exec,
	  .right = "01 end,dr6=ffff0ff8 stop", .hooks = "01", .records = "01e end,a=8",
	  .bugs = EXEC_BUGS, .flags = TWICE },
};

static const struct kind {
	const char *name, *where;
	struct test test;		/* without its texts */
} kinds[] = {
	{ .name = "exec", .where = "insn",
	  .test = { .piece = &nops, .setup = one_exec, .bugs = EXEC_BUGS, .flags = TWICE } },
	{ .name = "write", .where = "next",
	  .test = { .piece = &store, .setup = one_write, .bugs = { DATA_BUG } } },
	{ .name = "io", .where = "next",
	  .test = { .piece = &out, .setup = one_io, .arg = 0x80, .bugs = { DATA_BUG },
		    .check = restore } },
};

static void one_register(const struct kind *k)
{
	static struct line name, right, records, swallowed;
	struct test t = k->test;

	name.length = right.length = records.length = swallowed.length = 0;
	text_add(&name, "lab_inj_dr6_%s_dr%u", k->name, reg);
	text_add(&right, "01 %s,dr6=%lx stop", k->where, 0xffff0ff0ul | 1ul << reg);
	text_add(&records, "01e %s,a=%x", k->where, 1u << reg);
	text_add(&swallowed, "01e next,swallowed,a=%x", 1u << reg);
	t.name = name.text;
	t.right = right.text;
	t.hooks = "01";
	t.records = records.text;
	t.swallowed = "end";
	t.swallow_records = swallowed.text;
	test_run(&t);
}

static void each_register(void)
{
	u32 k;

	for (k = 0; k < TG_ARRAY_SIZE(kinds); k++)
		for (reg = 0; reg < 4; reg++)
			one_register(&kinds[k]);
}

void tests_debug(void)
{
	RUN_TABLE(table);
	RUN_TABLE(over);
	each_register();
}
