// SPDX-License-Identifier: GPL-2.0
/* Single exceptions, nothing nested: type, error code, RIP, CR2, RF, DPL, swallowing. */
#include "test.h"

#define CR0_TS	(1u << 3)
#define CR0_AM	(1u << 18)
#define CR4_SSE	(3u << 9)		/* OSFXSR, OSXMMEXCPT */

PIECE(ud, "nop", "ud2", "nop");
PIECE(read, "nop", "mov (%rsi), %eax", "nop");
PIECE(write, "nop", "mov %eax, (%rsi)", "nop");
PIECE(fetch, "nop", "jmp *%rsi", "nop");
PIECE(selector, "nop", "mov %eax, %ds", "nop");
PIECE(selector_ss, "nop", "mov %eax, %ss", "nop");
PIECE(divide, "xor %ecx, %ecx", "div %ecx", "nop");
PIECE(x87, "fninit\npush $0x37b\nfldcw (%rsp)\npop %rax\nfld1\nfldz\nfdivrp", "fwait", "fninit");
PIECE(sse, "push $0x1d80\nldmxcsr (%rsp)\npop %rax\nxor %eax, %eax\ncvtsi2ss %eax, %xmm0\n"
	   "mov $1, %eax\ncvtsi2ss %eax, %xmm1", "divss %xmm0, %xmm1", "nop");
PIECE(device, "nop", "fnop", "nop");
PIECE(align, "nop", "mov 1(%rbx), %eax", "nop");
PIECE(int3, "nop", "int3", "nop");
PIECE(int1, "nop", ".byte 0xf1", "nop");
PIECE(int1_int_n, "nop", ".byte 0xf1", "int $1");
PIECE(int0, "nop", "int $0", "nop");
PIECE(int80, "nop", "int $0x80", "nop");
PIECE(cli_user, "nop", "cli", "nop");
PIECE(jump_bad, "nop", "jmp *%r8", "nop");
PIECE(push_bad, "mov %r8, %rsp", "push %rax", "nop");
PIECE(ret_bad, "push %r8", "ret", "nop");
PIECE(iret_bad, "mov %ss, %eax\nmov %rsp, %rcx\npush %rax\npush %rcx\npush $2\n"
		"mov %cs, %eax\npush %rax\npush %r8", "iretq", "nop");
PIECE(ud_bad, "mov %r8, %rsp", "ud2", "nop");

static u64 old_cr0, old_cr4;

static void clear_ts(struct lab_frame *f)
{
	(void)f;
	asm volatile("clts");
}

static const char *restore(enum mode mode)
{
	(void)mode;
	lab_write_cr0(old_cr0);
	if (old_cr4)
		lab_write_cr4(old_cr4);
	old_cr4 = 0;
	return NULL;
}

static void user(u64 arg)
{
	(void)arg;
	world_user();
}

static void set_rax(u64 arg)
{
	world.rax = arg;
}

static void task_switched(u64 arg)
{
	(void)arg;
	old_cr0 = lab_read_cr0();
	lab_write_cr0(old_cr0 | CR0_TS);
	world.on_gate[7] = clear_ts;
}

static void sse_on(u64 arg)
{
	(void)arg;
	old_cr0 = lab_read_cr0();
	old_cr4 = lab_read_cr4();
	lab_write_cr4(old_cr4 | CR4_SSE);
}

static void alignment(u64 arg)
{
	(void)arg;
	old_cr0 = lab_read_cr0();
	lab_write_cr0(old_cr0 | CR0_AM);
	world_user();
	world.flags |= FL_AC;
}

static void user_int1(u64 arg)
{
	(void)arg;
	world_user();
	world.after[1] = AFTER_RETURN;
}

static void user_dpl(u64 vector)
{
	world_user();
	world_gate_type(vector, 0xee);
}

static void non_canonical(u64 ist_of)
{
	world.r8 = NON_CANONICAL;
	if (ist_of)
		world_ist(ist_of, 1);
}

static void go_on(u64 vector)
{
	world.after[vector] = AFTER_NEXT;
}

static void trap_gate(u64 vector)
{
	world_gate_type(vector, 0x8f);
	world.flags |= FL_IF;
}

static void interrupt_gate(u64 vector)
{
	(void)vector;
	world.flags |= FL_IF;
}

static void on_ist(u64 vector)
{
	world_ist(vector, 3);
	world.rsp -= 8;			/* the frame is aligned */
}

static const struct test table[] = {
	{ .name = "lab_inj_rip_ud", .piece = &ud, .right = "06 insn,rf stop",
	  .hooks = "06", .records = "06e insn", .flags = TWICE },
	{ .name = "lab_inj_rip_ud_returns", .piece = &ud, .setup = go_on, .arg = 6,
	  .right = "06 insn,rf end", .hooks = "06", .records = "06e insn", .flags = TWICE },
	{ .name = "lab_inj_rip_ud_user", .piece = &ud, .setup = user, .right = "06 insn,rf,u stop",
	  .hooks = "06", .records = "06e insn,cpl3", .flags = TWICE },
	{ .name = "lab_inj_rip_de", .piece = &divide, .right = "00 insn,rf stop",
	  .hooks = "00", .records = "00e insn", .flags = TWICE },
	{ .name = "lab_inj_rip_ist", .piece = &ud, .setup = on_ist, .arg = 6,
	  .right = "06 insn,rf,ist3 stop", .hooks = "06", .records = "06e insn", .flags = TWICE },
	{ .name = "lab_inj_rip_trap_gate", .piece = &ud, .setup = trap_gate, .arg = 6,
	  .right = "06 insn,rf,if,gate-if stop", .hooks = "06", .records = "06e insn",
	  .flags = TWICE },
	{ .name = "lab_inj_rip_interrupt_gate", .piece = &ud, .setup = interrupt_gate, .arg = 6,
	  .right = "06 insn,rf,if stop", .hooks = "06", .records = "06e insn", .flags = TWICE },
	{ .name = "lab_inj_rip_nm", .piece = &device, .setup = task_switched,
	  .right = "07 insn,rf stop", .hooks = "07", .records = "07e insn",
	  .check = restore, .flags = TWICE },
	{ .name = "lab_inj_rip_mf", .piece = &x87, .right = "10 insn,rf stop",
	  .hooks = "10", .records = "10e insn", .flags = TWICE },
	{ .name = "lab_inj_rip_xm", .piece = &sse, .setup = sse_on, .right = "13 insn,rf stop",
	  .hooks = "13", .records = "13e insn", .bug = "exc-xm", .bug_means = WRONG_ALIKE,
	  .check = restore, .flags = TWICE },
	/* Processors differ: at the jump, or behind it. */
	{ .name = "lab_inj_rip_noncanonical_jump", .piece = &jump_bad, .setup = non_canonical,
	  .right = "0d(0) insn,rf stop|0d(0) 8000000000000000,rf stop",
	  .hooks = "0d", .records = "0de(0) insn|0de(0) 8000000000000000", .flags = TWICE },
	{ .name = "lab_inj_rip_noncanonical_ret", .piece = &ret_bad, .setup = non_canonical,
	  .right = "0d(0) insn,rf,rsp-8 stop|0d(0) 8000000000000000,rf stop",
	  .hooks = "0d", .records = "0de(0) insn,rsp-8|0de(0) 8000000000000000", .flags = TWICE },
	{ .name = "lab_inj_rip_noncanonical_rsp", .piece = &push_bad, .setup = non_canonical,
	  .arg = 12, .right = "0c(0) insn,rf,rsp=noncanonical,ist1 stop",
	  .hooks = "0c", .records = "0ce(0) insn,rsp=noncanonical",
	  .bug = "exc-ss", .bug_means = HANGS, .flags = TWICE },
	{ .name = "lab_inj_rip_noncanonical_iret", .piece = &iret_bad, .setup = non_canonical,
	  .right = "0d(0) insn,rf,rsp-40 stop|0d(0) 8000000000000000,rf stop",
	  .hooks = "0d", .records = "0de(0) insn,rsp-40|0de(0) 8000000000000000", .flags = TWICE },
	/* The frame of the #UD cannot be pushed: EXT is set. */
	{ .name = "lab_inj_nest_ss_by_rsp", .piece = &ud_bad, .setup = non_canonical, .arg = 12,
	  .right = "0c(1) insn,rf,rsp=noncanonical,ist1 stop",
	  .hooks = "06 0c",
	  .records = "06e insn,rsp=noncanonical 0ce(1) insn,rsp=noncanonical,in 06e",
	  .swallowed = "0c(1) insn,rf,rsp=noncanonical,ist1 stop",
	  .swallow_records = "06e insn,rsp=noncanonical,swallowed "
		"06e insn,rsp=noncanonical,swallowed note1 06 "
		"0ce(1) insn,rsp=noncanonical,in 06e,swallowed "
		"0ce(1) insn,rsp=noncanonical,in 06e,swallowed note1 0c",
	  .bug = "exc-ss", .bug_means = HANGS },
	{ .name = "lab_inj_nest_ss_by_rsp_swallowed", .piece = &ud_bad, .setup = non_canonical,
	  .arg = 12, .right = "0c(1) insn,rf,rsp=noncanonical,ist1 stop",
	  .hooks = "06", .records = "06e insn,rsp=noncanonical",
	  .bug = "exc-ss", .bug_means = HANGS, .flags = TWICE },

	{ .name = "lab_inj_cr2_read", .piece = &read, .right = "0e(0) insn,rf,cr2=nowhere stop",
	  .hooks = "0e", .records = "0ee(0) insn,a=nowhere", .flags = TWICE },
	{ .name = "lab_inj_cr2_write_user", .piece = &write, .setup = user,
	  .right = "0e(6) insn,rf,u,cr2=nowhere stop",
	  .hooks = "0e", .records = "0ee(6) insn,cpl3,a=nowhere", .flags = TWICE },
	{ .name = "lab_inj_cr2_fetch", .piece = &fetch,
	  .right = "0e(0) 20000000123,rf,cr2=nowhere stop",
	  .hooks = "0e", .records = "0ee(0) 20000000123,a=nowhere", .flags = TWICE },
	{ .name = "lab_inj_cr2_returns", .piece = &read, .setup = go_on, .arg = 14,
	  .right = "0e(0) insn,rf,cr2=nowhere end",
	  .hooks = "0e", .records = "0ee(0) insn,a=nowhere", .flags = TWICE },
	{ .name = "lab_inj_cr2_kept", .piece = &ud, .right = "06 insn,rf stop",
	  .hooks = "06 0e", .records = "06e insn", .flags = TWICE },

	{ .name = "lab_inj_err_gp_selector", .piece = &selector, .setup = set_rax, .arg = 0x1230,
	  .right = "0d(1230) insn,rf stop", .hooks = "0d", .records = "0de(1230) insn",
	  .flags = TWICE },
	{ .name = "lab_inj_err_gp_high", .piece = &selector, .setup = set_rax, .arg = 0xfff0,
	  .right = "0d(fff0) insn,rf stop", .hooks = "0d", .records = "0de(fff0) insn",
	  .flags = TWICE },
	{ .name = "lab_inj_err_gp_user", .piece = &cli_user, .setup = user,
	  .right = "0d(0) insn,rf,u stop", .hooks = "0d", .records = "0de(0) insn,cpl3",
	  .flags = TWICE },
	{ .name = "lab_inj_err_np", .piece = &selector, .setup = set_rax, .arg = NP_DS,
	  .right = "0b(58) insn,rf stop", .hooks = "0b", .records = "0be(58) insn",
	  .flags = TWICE },
	{ .name = "lab_inj_err_ss", .piece = &selector_ss, .setup = set_rax, .arg = NP_SS,
	  .right = "0c(60) insn,rf stop", .hooks = "0c", .records = "0ce(60) insn",
	  .flags = TWICE },
	{ .name = "lab_inj_err_ac", .piece = &align, .setup = alignment,
	  .right = "11(0) insn,rf,ac,u stop", .hooks = "11", .records = "11e(0) insn,cpl3",
	  .bug = "ac-gate", .bug_means = WRONG_ALIKE, .check = restore, .flags = TWICE },

	{ .name = "lab_inj_type_int3", .piece = &int3, .right = "03 next stop",
	  .hooks = "03", .records = "03s insn,len1", .bug = "exc-bp", .bug_means = WRONG_RECORDS },
	{ .name = "lab_inj_type_int3_returns", .piece = &int3, .setup = go_on, .arg = 3,
	  .right = "03 next end", .hooks = "03", .records = "03s insn,len1",
	  .bug = "exc-bp", .bug_means = WRONG_RECORDS },
	{ .name = "lab_inj_type_int3_returns_swallowed", .piece = &int3, .setup = go_on, .arg = 3,
	  .right = "03 next end", .hooks = "03", .records = "03s insn,len1", .swallowed = "end",
	  .swallow_records = "03s insn,swallowed,len1",
	  .bug = "exc-bp", .bug_means = WRONG_ANYHOW },
	{ .name = "lab_inj_type_int1", .piece = &int1, .right = "01 next,dr6=ffff0ff0 stop",
	  .hooks = "01", .records = "01p insn,len1,a=0", .bug = "icebp-gate", .bug_means = HANGS },
	{ .name = "lab_inj_type_int_n_unseen", .piece = &int0, .right = "00 next stop",
	  .hooks = "00", .records = "", .swallowed = "00 next stop", .swallow_records = "" },
	{ .name = "lab_inj_type_int_80_unseen", .piece = &int80, .right = "80 next stop",
	  .hooks = "80", .records = "", .swallowed = "80 next stop", .swallow_records = "" },

	{ .name = "lab_inj_sc_int3", .piece = &int3, .right = "03 next stop",
	  .hooks = "03", .records = "03s insn,len1", .swallowed = "end",
	  .swallow_records = "03s insn,swallowed,len1",
	  .bug = "exc-bp", .bug_means = WRONG_ANYHOW },
	{ .name = "lab_inj_sc_int1", .piece = &int1, .right = "01 next,dr6=ffff0ff0 stop",
	  .hooks = "01", .records = "01p insn,len1,a=0", .swallowed = "end",
	  .swallow_records = "01p insn,swallowed,len1,a=0",
	  .bug = "icebp-gate", .bug_means = HANGS },
	{ .name = "lab_inj_sc_fault_stays", .piece = &divide, .right = "00 insn,rf stop",
	  .hooks = "00", .records = "00e insn", .flags = TWICE },

	{ .name = "lab_inj_dpl_int3_dpl0", .piece = &int3, .setup = user,
	  .right = "0d(1a) insn,rf,u stop",
	  .hooks = "03 0d", .records = "03s insn,cpl3,len1 0de(1a) insn,cpl3,in 03s",
	  .swallowed = "end,u", .swallow_records = "03s insn,cpl3,swallowed,len1",
	  .bugs = { { "exc-gp-int", WRONG_ALIKE }, { "exc-bp", WRONG_ANYHOW } } },
	{ .name = "lab_inj_dpl_int3_dpl0_native", .piece = &int3, .setup = user,
	  .right = "0d(1a) insn,rf,u stop", .hooks = "03", .records = "03s insn,cpl3,len1",
	  .bugs = { { "exc-gp-int", WRONG_ALIKE }, { "exc-bp", WRONG_ANYHOW } } },
	{ .name = "lab_inj_dpl_int3_dpl0_second", .piece = &int3, .setup = user,
	  .right = "0d(1a) insn,rf,u stop", .hooks = "0d", .records = "0de(1a) insn,cpl3,in 03s",
	  .bugs = { { "exc-gp-int", WRONG_ALIKE }, { "exc-bp", WRONG_ANYHOW } }, .flags = TWICE },
	{ .name = "lab_inj_dpl_int3_dpl3", .piece = &int3, .setup = user_dpl, .arg = 3,
	  .right = "03 next,u stop", .hooks = "03", .records = "03s insn,cpl3,len1",
	  .bug = "exc-bp", .bug_means = WRONG_RECORDS },
	{ .name = "lab_inj_dpl_int3_dpl3_swallowed", .piece = &int3, .setup = user_dpl, .arg = 3,
	  .right = "03 next,u stop", .hooks = "03", .records = "03s insn,cpl3,len1",
	  .swallowed = "end,u", .swallow_records = "03s insn,cpl3,swallowed,len1",
	  .bug = "exc-bp", .bug_means = WRONG_ANYHOW },
	{ .name = "lab_inj_dpl_int1_dpl0", .piece = &int1, .setup = user,
	  .right = "01 next,u,dr6=ffff0ff0 stop",
	  .hooks = "01", .records = "01p insn,cpl3,len1,a=0", .swallowed = "end,u",
	  .swallow_records = "01p insn,cpl3,swallowed,len1,a=0",
	  .bug = "icebp-gate", .bug_means = HANGS },
	/* the injected INT1 is over when INT 1 behind it faults, by the same vector */
	{ .name = "lab_inj_dpl_int1_before_int_1", .piece = &int1_int_n, .setup = user_int1,
	  .right = "01 next,u,dr6=ffff0ff0 0d(a) next,rf,u stop",
	  .hooks = "01", .records = "01p insn,cpl3,len1,a=0", .swallowed = "0d(a) next,rf,u stop",
	  .swallow_records = "01p insn,cpl3,swallowed,len1,a=0",
	  .bug = "icebp-gate", .bug_means = HANGS },
	{ .name = "lab_inj_dpl_int_n_dpl0", .piece = &int80, .setup = user,
	  .right = "0d(402) insn,rf,u stop", .hooks = "0d", .records = "0de(402) insn,cpl3,in 80i",
	  .bugs = { { "exc-gp-int", WRONG_ALIKE }, { "nest-np-int-n", WRONG_ANYHOW } },
	  .flags = TWICE },

	{ .name = "lab_inj_rf_fault", .piece = &ud, .right = "06 insn,rf stop",
	  .hooks = "06", .records = "06e insn", .bug = "rf-in-frame", .bug_means = HANGS,
	  .flags = TWICE },
	{ .name = "lab_inj_rf_pf", .piece = &read, .right = "0e(0) insn,rf,cr2=nowhere stop",
	  .hooks = "0e", .records = "0ee(0) insn,a=nowhere",
	  .bug = "rf-in-frame", .bug_means = HANGS, .flags = TWICE },
};

void tests_fault(void)
{
	RUN_TABLE(table);
}
