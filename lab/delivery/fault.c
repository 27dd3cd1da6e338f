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
PIECE(int0, "nop", "int $0", "nop");
PIECE(int80, "nop", "int $0x80", "nop");
PIECE(cli_user, "nop", "cli", "nop");
PIECE(jump_bad, "nop", "jmp *%r8", "nop");
PIECE(push_bad, "mov %r8, %rsp", "push %rax", "nop");
PIECE(ret_bad, "push %r8", "ret", "nop");
PIECE(iret_bad, "mov %ss, %eax\nmov %rsp, %rcx\npush %rax\npush %rcx\npush $2\nmov %cs, %eax\npush %rax\npush %r8",
      "iretq", "nop");
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
	{ "lab_inj_rip_ud", &ud, .right = "06 insn,rf stop", .hooks = "06",
	  .records = "06e insn", .flags = TWICE },
	{ "lab_inj_rip_ud_returns", &ud, go_on, 6, "06 insn,rf end", "06", "06e insn", .flags = TWICE },
	{ "lab_inj_rip_ud_user", &ud, user, .right = "06 insn,rf,u stop", .hooks = "06",
	  .records = "06e insn,cpl3", .flags = TWICE },
	{ "lab_inj_rip_de", &divide, .right = "00 insn,rf stop", .hooks = "00",
	  .records = "00e insn", .flags = TWICE },
	{ "lab_inj_rip_ist", &ud, on_ist, 6, "06 insn,rf,ist3 stop", "06", "06e insn", .flags = TWICE },
	{ "lab_inj_rip_trap_gate", &ud, trap_gate, 6, "06 insn,rf,if,gate-if stop", "06",
	  "06e insn", .flags = TWICE },
	{ "lab_inj_rip_interrupt_gate", &ud, interrupt_gate, 6, "06 insn,rf,if stop", "06",
	  "06e insn", .flags = TWICE },
	{ "lab_inj_rip_nm", &device, task_switched, .right = "07 insn,rf stop", .hooks = "07",
	  .records = "07e insn", .check = restore, .flags = TWICE },
	{ "lab_inj_rip_mf", &x87, .right = "10 insn,rf stop", .hooks = "10",
	  .records = "10e insn", .flags = TWICE },
	{ "lab_inj_rip_xm", &sse, sse_on, .right = "13 insn,rf stop", .hooks = "13",
	  .records = "13e insn", .check = restore, .bugs = "exc-xm", .flags = TWICE },
	/* Processors differ: at the jump, or behind it. */
	{ "lab_inj_rip_noncanonical_jump", &jump_bad, non_canonical,
	  .right = "0d(0) insn,rf stop|0d(0) 8000000000000000,rf stop", .hooks = "0d",
	  .records = "0de(0) insn|0de(0) 8000000000000000", .flags = TWICE },
	{ "lab_inj_rip_noncanonical_ret", &ret_bad, non_canonical,
	  .right = "0d(0) insn,rf,rsp-8 stop|0d(0) 8000000000000000,rf stop", .hooks = "0d",
	  .records = "0de(0) insn,rsp-8|0de(0) 8000000000000000", .flags = TWICE },
	{ "lab_inj_rip_noncanonical_rsp", &push_bad, non_canonical, 12,
	  "0c(0) insn,rf,rsp=noncanonical,ist1 stop", "0c", "0ce(0) insn,rsp=noncanonical", .bugs = "!exc-ss", .flags = TWICE },
	{ "lab_inj_rip_noncanonical_iret", &iret_bad, non_canonical, 0,
	  "0d(0) insn,rf,rsp-40 stop|0d(0) 8000000000000000,rf stop", "0d",
	  "0de(0) insn,rsp-40|0de(0) 8000000000000000", .flags = TWICE },
	/* The frame of the #UD cannot be pushed: EXT is set. */
	{ "lab_inj_nest_ss_by_rsp", &ud_bad, non_canonical, 12,
	  "0c(1) insn,rf,rsp=noncanonical,ist1 stop", "06 0c",
	  "06e insn,rsp=noncanonical 0ce(1) insn,rsp=noncanonical,in 06e",
	  "0c(1) insn,rf,rsp=noncanonical,ist1 stop",
	  "06e insn,rsp=noncanonical,swallowed 06e insn,rsp=noncanonical,swallowed note1 06 "
	  "0ce(1) insn,rsp=noncanonical,in 06e,swallowed 0ce(1) insn,rsp=noncanonical,in 06e,swallowed "
	  "note1 0c", .bugs = "!exc-ss" },
	{ "lab_inj_nest_ss_by_rsp_swallowed", &ud_bad, non_canonical, 12,
	  "0c(1) insn,rf,rsp=noncanonical,ist1 stop", "06",
	  "06e insn,rsp=noncanonical", .bugs = "!exc-ss", .flags = TWICE },

	{ "lab_inj_cr2_read", &read, .right = "0e(0) insn,rf,cr2=nowhere stop", .hooks = "0e",
	  .records = "0ee(0) insn,a=nowhere", .flags = TWICE },
	{ "lab_inj_cr2_write_user", &write, user,
	  .right = "0e(6) insn,rf,u,cr2=nowhere stop", .hooks = "0e",
	  .records = "0ee(6) insn,cpl3,a=nowhere", .flags = TWICE },
	{ "lab_inj_cr2_fetch", &fetch,
	  .right = "0e(0) 20000000123,rf,cr2=nowhere stop", .hooks = "0e",
	  .records = "0ee(0) 20000000123,a=nowhere", .flags = TWICE },
	{ "lab_inj_cr2_returns", &read, go_on, 14,
	  "0e(0) insn,rf,cr2=nowhere end", "0e",
	  "0ee(0) insn,a=nowhere", .flags = TWICE },
	{ "lab_inj_cr2_kept", &ud, .right = "06 insn,rf stop", .hooks = "06 0e",
	  .records = "06e insn", .flags = TWICE },

	{ "lab_inj_err_gp_selector", &selector, set_rax, 0x1230, "0d(1230) insn,rf stop", "0d",
	  "0de(1230) insn", .flags = TWICE },
	{ "lab_inj_err_gp_high", &selector, set_rax, 0xfff0, "0d(fff0) insn,rf stop", "0d",
	  "0de(fff0) insn", .flags = TWICE },
	{ "lab_inj_err_gp_user", &cli_user, user, .right = "0d(0) insn,rf,u stop", .hooks = "0d",
	  .records = "0de(0) insn,cpl3", .flags = TWICE },
	{ "lab_inj_err_np", &selector, set_rax, NP_DS, "0b(58) insn,rf stop", "0b",
	  "0be(58) insn", .flags = TWICE },
	{ "lab_inj_err_ss", &selector_ss, set_rax, NP_SS, "0c(60) insn,rf stop", "0c",
	  "0ce(60) insn", .flags = TWICE },
	{ "lab_inj_err_ac", &align, alignment, .right = "11(0) insn,rf,ac,u stop", .hooks = "11",
	  .records = "11e(0) insn,cpl3", .check = restore, .bugs = "ac-gate", .flags = TWICE },

	{ "lab_inj_type_int3", &int3, .right = "03 next stop", .hooks = "03",
	  .records = "03s insn,len1", .bugs = "=exc-bp" },
	{ "lab_inj_type_int3_returns", &int3, go_on, 3, "03 next end", "03", "03s insn,len1",
	  .bugs = "=exc-bp" },
	{ "lab_inj_type_int3_returns_swallowed", &int3, go_on, 3, "03 next end", "03", "03s insn,len1",
	  "end", "03s insn,swallowed,len1", .bugs = "~exc-bp" },
	{ "lab_inj_type_int1", &int1, .right = "01 next,dr6=ffff0ff0 stop", .hooks = "01",
	  .records = "01p insn,len1,a=0", .bugs = "!icebp-gate" },
	{ "lab_inj_type_int_n_unseen", &int0, .right = "00 next stop", .hooks = "00",
	  .records = "", .swallowed = "00 next stop", .swallow_records = "" },
	{ "lab_inj_type_int_80_unseen", &int80, .right = "80 next stop", .hooks = "80",
	  .records = "", .swallowed = "80 next stop", .swallow_records = "" },

	{ "lab_inj_sc_int3", &int3, .right = "03 next stop", .hooks = "03",
	  .records = "03s insn,len1", .swallowed = "end",
	  .swallow_records = "03s insn,swallowed,len1", .bugs = "~exc-bp" },
	{ "lab_inj_sc_int1", &int1, .right = "01 next,dr6=ffff0ff0 stop", .hooks = "01",
	  .records = "01p insn,len1,a=0", .swallowed = "end",
	  .swallow_records = "01p insn,swallowed,len1,a=0", .bugs = "!icebp-gate" },
	{ "lab_inj_sc_fault_stays", &divide, .right = "00 insn,rf stop", .hooks = "00",
	  .records = "00e insn", .flags = TWICE },

	{ "lab_inj_dpl_int3_dpl0", &int3, user, .right = "0d(1a) insn,rf,u stop",
	  .hooks = "03 0d", .records = "03s insn,cpl3,len1 0de(1a) insn,cpl3,in 03s",
	  .swallowed = "end,u", .swallow_records = "03s insn,cpl3,swallowed,len1",
	  .bugs = "exc-gp-int ~exc-bp" },
	{ "lab_inj_dpl_int3_dpl0_native", &int3, user, .right = "0d(1a) insn,rf,u stop",
	  .hooks = "03", .records = "03s insn,cpl3,len1", .bugs = "exc-gp-int ~exc-bp" },
	{ "lab_inj_dpl_int3_dpl0_second", &int3, user, .right = "0d(1a) insn,rf,u stop",
	  .hooks = "0d", .records = "0de(1a) insn,cpl3,in 03s", .bugs = "exc-gp-int ~exc-bp",
	  .flags = TWICE },
	{ "lab_inj_dpl_int3_dpl3", &int3, user_dpl, 3, "03 next,u stop", "03",
	  "03s insn,cpl3,len1", .bugs = "=exc-bp" },
	{ "lab_inj_dpl_int3_dpl3_swallowed", &int3, user_dpl, 3, "03 next,u stop", "03",
	  "03s insn,cpl3,len1", "end,u", "03s insn,cpl3,swallowed,len1", .bugs = "~exc-bp" },
	{ "lab_inj_dpl_int1_dpl0", &int1, user, .right = "01 next,u,dr6=ffff0ff0 stop",
	  .hooks = "01", .records = "01p insn,cpl3,len1,a=0", .swallowed = "end,u",
	  .swallow_records = "01p insn,cpl3,swallowed,len1,a=0", .bugs = "!icebp-gate" },
	{ "lab_inj_dpl_int_n_dpl0", &int80, user, .right = "0d(402) insn,rf,u stop",
	  .hooks = "0d", .records = "0de(402) insn,cpl3,in 80i", .flags = TWICE, .bugs = "exc-gp-int ~nest-np-int-n" },

	{ "lab_inj_rf_fault", &ud, .right = "06 insn,rf stop", .hooks = "06",
	  .records = "06e insn", .bugs = "!rf-in-frame", .flags = TWICE },
	{ "lab_inj_rf_pf", &read, .right = "0e(0) insn,rf,cr2=nowhere stop", .hooks = "0e",
	  .records = "0ee(0) insn,a=nowhere", .bugs = "!rf-in-frame", .flags = TWICE },
};

void tests_fault(void)
{
	RUN_TABLE(table);
}
