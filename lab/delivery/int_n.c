// SPDX-License-Identifier: GPL-2.0
/*
 * INT n as an event: hooked and swallowed by its vector, with all that its gate can say to
 * it; and the instructions that would show on VT-x by what means it is seen.
 */
#include "test.h"

#define L0		1u
#define RW_ACCESS2	(0x7u << 16)
#define CR4_DE		(1u << 3)

PIECE(int80, "nop", "int $0x80", "nop");
PIECE(int0, "nop", "int $0", "nop");
PIECE(int1_, "nop", ".byte 0xcd, 1", "nop");
PIECE(int2_, "nop", "int $2", "nop");
PIECE(int3_, "nop", ".byte 0xcd, 3", "nop");
PIECE(intff, "nop", "int $0xff", "nop");
PIECE(int_prefix, "nop", ".byte 0x66, 0xf3, 0xcd, 0x80", "nop");
PIECE(int_tf, "", "int $0x80", "nop");
PIECE(two, "", "int $0x80", "int $0x41\nint $0x80");
PIECE(sti_int, "movl $0x44041, (%rdi)\nsti", "int $0x80", "nop\nnop");
PIECE(movss_int, "mov %ss, %eax\nmov %eax, %ss", "int $0x80", "nop");
PIECE(sidt_, "nop", "sidt (%rbx)", "nop");
PIECE(sidt_first, "", "sidt (%rbx)", "nop");
PIECE(sidt_fault, "nop", "sidt (%rsi)", "nop");
PIECE(sidt_sti, "movl $0x44041, (%rdi)\nsti", "sidt (%rbx)", "nop\nnop");
PIECE(sidt_movss, "mov (%r8), %ss", "sidt (%rbx)", "nop\nnop");
PIECE(sidt_pushf, "", "sidt (%rbx)", "pushf\npop %rax\nmov %rax, 16(%rbx)");
PIECE(lidt_, "sidt (%rbx)\nsubw $0xf0, (%rbx)", "lidt (%rbx)", "int $0x80\nint $0xf8");
PIECE(lidt_bad, "movq $-1, 2(%rbx)\nmovb $0x12, 9(%rbx)", "lidt (%rbx)", "nop");
PIECE(sgdt_str, "str %eax\nmov %eax, 16(%rbx)\nsldt %eax\nmov %eax, 20(%rbx)", "sgdt (%rbx)",
      "nop");

static void returns(u64 arg)
{
	int v;

	(void)arg;
	for (v = 0; v < 256; v++)
		world.after[v] = AFTER_RETURN;
}

static void lidt_setup(u64 arg)
{
	returns(arg);
	world.after[13] = AFTER_END;
}

static void user(u64 arg)
{
	(void)arg;
	world_user();
}

static void user_dpl(u64 vector)
{
	world_user();
	world_gate_type(vector, 0xee);
}

static void gate_type(u64 type)
{
	world_gate_type(0x80, type);
}

static void trap_gate(u64 type)
{
	world_gate_type(0x80, type);
	world.flags |= FL_IF;
}

static void on_ist(u64 vector)
{
	world_ist(vector, 3);
	world.rsp -= 8;
}

static void limit(u64 bytes)
{
	world.idtr.limit = bytes - 1;
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

/* A breakpoint on what SIDT writes to, or MOV SS reads. */
static void data_at(u64 offset)
{
	returns(0);
	world.dr[0] = AT_DATA + offset;
	world.dr7 = 0x400 | L0 | RW_ACCESS2;
	world.r8 = AT_DATA + 0x40;
	*(u32 *)world_pointer(AT_DATA + 0x40) = LAB_DS;
}

static void data_tf(u64 offset)
{
	data_at(offset);
	tf(0);
}

/* What SIDT has written is the guest's own, and PUSHF shows nothing. */
static const char *own_idtr(enum mode mode)
{
	const u8 *data = world_pointer(AT_DATA);
	u64 base = *(const u64 *)(data + 2);

	(void)mode;
	if (base != AT_IDT || *(const u16 *)data != 4095)
		return "SIDT shows another IDTR";
	if (world.piece == &sidt_pushf && *(const u64 *)(data + 16) != (world.flags | 2))
		return "PUSHF behind SIDT shows other flags";
	return NULL;
}

static const char *own_gdtr(enum mode mode)
{
	const u8 *data = world_pointer(AT_DATA);

	(void)mode;
	if (*(const u64 *)(data + 2) != (u64)world_gdt ||
	    *(const u16 *)data != sizeof(world_gdt) - 1)
		return "SGDT shows another GDTR";
	return *(const u16 *)(data + 16) == LAB_TSS && !*(const u16 *)(data + 20) ? NULL :
	       "STR or SLDT shows another selector";
}

static const struct test table[] = {
	{ .name = "lab_inj_type_int_n", .piece = &int80, .right = "80 next stop",
	  .hooks = "80", .records = "80i insn,len2", .swallowed = "end",
	  .swallow_records = "80i insn,swallowed,len2", .flags = SEE_INT_N },
	{ .name = "lab_inj_post_int_n", .piece = &int80, .setup = returns, .right = "80 next end",
	  .hooks = "80+", .records = "80i insn,len2 80i gate-80,rsp-40,len2,post",
	  .bug = "masking-if0", .bug_means = WRONG_ANYHOW, .flags = SEE_INT_N },
	{ .name = "lab_inj_type_int_n_returns", .piece = &int80, .setup = returns,
	  .right = "80 next end", .hooks = "80", .records = "80i insn,len2", .flags = SEE_INT_N },
	{ .name = "lab_inj_type_int_0", .piece = &int0, .right = "00 next stop",
	  .hooks = "00", .records = "00i insn,len2", .swallowed = "end",
	  .swallow_records = "00i insn,swallowed,len2", .flags = SEE_INT_N },
	{ .name = "lab_inj_type_int_1", .piece = &int1_, .right = "01 next,dr6=ffff0ff0 stop",
	  .hooks = "01", .records = "01i insn,len2,a=0", .swallowed = "end",
	  .swallow_records = "01i insn,swallowed,len2,a=0", .flags = SEE_INT_N },
	{ .name = "lab_inj_type_int_2", .piece = &int2_, .right = "02 next stop",
	  .hooks = "02", .records = "02i insn,len2", .flags = SEE_INT_N },
	{ .name = "lab_inj_type_int_3", .piece = &int3_, .right = "03 next stop",
	  .hooks = "03", .records = "03i insn,len2", .swallowed = "end",
	  .swallow_records = "03i insn,swallowed,len2", .flags = SEE_INT_N },
	{ .name = "lab_inj_type_int_ff", .piece = &intff, .right = "ff next stop",
	  .hooks = "ff", .records = "ffi insn,len2", .swallowed = "end",
	  .swallow_records = "ffi insn,swallowed,len2", .flags = SEE_INT_N },
	{ .name = "lab_inj_type_int_n_prefixes", .piece = &int_prefix, .right = "80 next stop",
	  .hooks = "80", .records = "80i insn,len4", .swallowed = "end",
	  .swallow_records = "80i insn,swallowed,len4", .flags = SEE_INT_N },
	{ .name = "lab_inj_type_int_n_other", .piece = &two, .setup = returns,
	  .right = "80 next 41 next+2 80 end end", .hooks = "41", .records = "41i next,len2",
	  .swallowed = "80 next 80 end end", .swallow_records = "41i next,swallowed,len2",
	  .flags = SEE_INT_N },
	{ .name = "lab_inj_rip_int_n_ist", .piece = &int80, .setup = on_ist, .arg = 0x80,
	  .right = "80 next,ist3 stop", .hooks = "80", .records = "80i insn,len2",
	  .flags = SEE_INT_N },
	{ .name = "lab_inj_rip_int_n_trap_gate", .piece = &int80, .setup = trap_gate, .arg = 0x8f,
	  .right = "80 next,if,gate-if stop", .hooks = "80", .records = "80i insn,len2",
	  .swallowed = "end,if", .swallow_records = "80i insn,swallowed,len2", .flags = SEE_INT_N },

	{ .name = "lab_inj_dpl_int_n_dpl3", .piece = &int80, .setup = user_dpl, .arg = 0x80,
	  .right = "80 next,u stop", .hooks = "80", .records = "80i insn,cpl3,len2",
	  .swallowed = "end,u", .swallow_records = "80i insn,cpl3,swallowed,len2",
	  .flags = SEE_INT_N },
	{ .name = "lab_inj_dpl_int_n_seen_dpl0", .piece = &int80, .setup = user,
	  .right = "0d(402) insn,rf,u stop",
	  .hooks = "80 0d", .records = "80i insn,cpl3,len2 0de(402) insn,cpl3,in 80i",
	  .swallowed = "end,u", .swallow_records = "80i insn,cpl3,swallowed,len2",
	  .bug = "exc-gp-int", .bug_means = WRONG_ALIKE, .flags = SEE_INT_N },
	{ .name = "lab_inj_dpl_int_n_seen_dpl0_alone", .piece = &int80, .setup = user,
	  .right = "0d(402) insn,rf,u stop", .hooks = "80", .records = "80i insn,cpl3,len2",
	  .bug = "exc-gp-int", .bug_means = WRONG_ALIKE, .flags = SEE_INT_N },
	/* IDT set, EXT clear. */
	{ .name = "lab_inj_err_int_n_np", .piece = &int80, .setup = gate_type, .arg = 0x0e,
	  .right = "0b(402) insn,rf stop",
	  .hooks = "80 0b", .records = "80i insn,len2 0be(402) insn,in 80i", .swallowed = "end",
	  .swallow_records = "80i insn,swallowed,len2",
	  .bug = "exc-gp-int", .bug_means = WRONG_ALIKE, .flags = SEE_INT_N },
	{ .name = "lab_inj_err_int_n_limit", .piece = &int80, .setup = limit, .arg = 0x80 * 16,
	  .right = "0d(402) insn,rf stop",
	  .hooks = "80 0d", .records = "80i insn,len2 0de(402) insn,in 80i",
	  .bug = "exc-gp-int", .bug_means = WRONG_ALIKE, .flags = SEE_INT_N },
	{ .name = "lab_inj_err_int_n_type", .piece = &int80, .setup = gate_type, .arg = 0x85,
	  .right = "0d(402) insn,rf stop",
	  .hooks = "80 0d", .records = "80i insn,len2 0de(402) insn,in 80i", .swallowed = "end",
	  .swallow_records = "80i insn,swallowed,len2",
	  .bug = "exc-gp-int", .bug_means = WRONG_ALIKE, .flags = SEE_INT_N },

	{ .name = "lab_inj_dr6_int_n_seen_tf", .piece = &int_tf, .setup = tf,
	  .right = "80 next,tf stop", .hooks = "80", .records = "80i insn,len2",
	  .swallowed = "01 next,tf,dr6=ffff4ff0 stop", .swallow_records = "80i insn,swallowed,len2",
	  .bug = "exc-db-tf", .bug_means = WRONG_ANYHOW, .flags = SEE_INT_N },
	{ .name = "lab_inj_movss_int_n_seen", .piece = &movss_int, .setup = returns,
	  .right = "80 next end", .hooks = "80", .records = "80i insn,len2", .swallowed = "end",
	  .swallow_records = "80i insn,swallowed,len2", .flags = SEE_INT_N },
	{ .name = "lab_int_window_sti_int_n", .piece = &sti_int, .setup = returns,
	  .right = "80 next,if 41 next,if end,if",
	  .hooks = "80 41", .records = "80i insn,len2 41x next", .flags = SEE_INT_N },
	{ .name = "lab_int_window_sti_int_n_alone", .piece = &sti_int, .setup = returns,
	  .right = "80 next,if 41 next,if end,if", .hooks = "80", .records = "80i insn,len2",
	  .swallowed = "41 next,if end,if", .swallow_records = "80i insn,swallowed,len2",
	  .flags = SEE_INT_N },

	/* It is nobody's, and comes through the shadow on VT-x. */
	{ .name = "lab_int_noloss_seeing_int_n", .piece = &sti_int, .setup = returns,
	  .right = "80 next,if 41 next,if end,if", .hooks = "06", .records = "",
	  .flags = SEE_INT_N },

	{ .name = "lab_exit_base_sidt", .piece = &sidt_, .right = "end",
	  .hooks = "80", .records = "", .check = own_idtr, .flags = SEE_INT_N },
	{ .name = "lab_exit_base_sidt_user", .piece = &sidt_, .setup = user, .right = "end,u",
	  .hooks = "80", .records = "", .check = own_idtr, .flags = SEE_INT_N },
	{ .name = "lab_exit_base_sidt_flags", .piece = &sidt_pushf, .right = "end",
	  .hooks = "80", .records = "", .check = own_idtr, .flags = SEE_INT_N },
	{ .name = "lab_exit_base_sidt_tf", .piece = &sidt_first, .setup = tf_returns,
	  .right = "01 next,tf,dr6=ffff4ff0 01 end,tf,dr6=ffff4ff0 end,tf",
	  .hooks = "01", .records = "01e next,a=4000 01e end,a=4000",
	  .bug = "exc-db-tf", .bug_means = WRONG_ANYHOW, .check = own_idtr, .flags = SEE_INT_N },
	{ .name = "lab_exit_base_sidt_pf", .piece = &sidt_fault,
	  .right = "0e(2) insn,rf,cr2=nowhere stop",
	  .hooks = "0e", .records = "0ee(2) insn,a=nowhere", .flags = SEE_INT_N },
	{ .name = "lab_exit_base_sidt_sti", .piece = &sidt_sti, .setup = returns,
	  .right = "41 next,if end,if", .hooks = "41", .records = "41x next",
	  .check = own_idtr, .flags = SEE_INT_N },
	{ .name = "lab_exit_base_sidt_sti_alone", .piece = &sidt_sti, .setup = returns,
	  .right = "41 next,if end,if", .hooks = "80", .records = "",
	  .check = own_idtr, .flags = SEE_INT_N },
	{ .name = "lab_exit_base_sidt_data", .piece = &sidt_, .setup = data_at,
	  .right = "01 next,dr6=ffff0ff1 end", .hooks = "01", .records = "01e next,a=1",
	  .bug = "exc-db-data", .bug_means = WRONG_ANYHOW, .check = own_idtr, .flags = SEE_INT_N },
	{ .name = "lab_exit_base_sidt_data_tf", .piece = &sidt_first, .setup = data_tf,
	  .right = "01 next,tf,dr6=ffff4ff1 01 end,tf,dr6=ffff4ff0 end,tf",
	  .hooks = "01", .records = "01e next,a=4001 01e end,a=4000",
	  .bug = "exc-db-data", .bug_means = WRONG_ANYHOW, .check = own_idtr, .flags = SEE_INT_N },
	{ .name = "lab_exit_base_sidt_movss_data", .piece = &sidt_movss, .setup = data_at,
	  .arg = 0x40, .right = "01 next,dr6=ffff0ff1 end",
	  .hooks = "01", .records = "01e next,a=1",
	  .bugs = { { "exc-db-data", WRONG_ANYHOW }, { "data-movss", WRONG_ALIKE } },
	  .check = own_idtr, .flags = SEE_INT_N },
	/* The new limit ends behind gate f0. */
	{ .name = "lab_exit_base_lidt", .piece = &lidt_, .setup = lidt_setup,
	  .right = "80 next+2 0d(7c2) next+2,rf stop", .hooks = "80", .records = "80i next,len2",
	  .bug = "exc-gp-int", .bug_means = WRONG_ALIKE, .flags = SEE_INT_N },
	{ .name = "lab_exit_base_lidt_bad", .piece = &lidt_bad, .right = "0d(0) insn,rf stop",
	  .hooks = "0d", .records = "0de(0) insn", .bug = "bare-lidt-canonical", .bug_means = HANGS,
	  .flags = SEE_INT_N },
	{ .name = "lab_exit_base_sgdt", .piece = &sgdt_str, .right = "end",
	  .hooks = "80", .records = "", .check = own_gdtr, .flags = SEE_INT_N },
};

void tests_int_n(void)
{
	RUN_TABLE(table);
}
