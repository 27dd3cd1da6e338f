// SPDX-License-Identifier: GPL-2.0
/*
 * Instructions that an exit stands in for: what they do, fault or raise is what they do
 * without us, also at CPL 3, under a shadow and with TF.
 */
#include "test.h"

PIECE(vmcall_, "nop", "vmcall", "nop");
PIECE(vmmcall_, "nop", "vmmcall", "nop");
PIECE(vmlaunch_, "nop", "vmlaunch", "nop");
PIECE(vmresume_, "nop", "vmresume", "nop");
PIECE(vmread_, "nop", "vmread %rax, %rcx", "nop");
PIECE(vmwrite_, "nop", "vmwrite %rax, %rcx", "nop");
PIECE(vmclear_, "nop", "vmclear (%rbx)", "nop");
PIECE(vmptrld_, "nop", "vmptrld (%rbx)", "nop");
PIECE(vmptrst_, "nop", "vmptrst (%rbx)", "nop");
PIECE(vmxon_, "nop", "vmxon (%rbx)", "nop");
PIECE(invept_, "nop", "invept (%rbx), %rax", "nop");
PIECE(invvpid_, "nop", "invvpid (%rbx), %rax", "nop");
PIECE(getsec_, "xor %eax, %eax", "getsec", "nop");
PIECE(vmrun_, "nop", "vmrun %rax", "nop");
PIECE(vmload_, "nop", "vmload %rax", "nop");
PIECE(vmsave_, "nop", "vmsave %rax", "nop");
PIECE(stgi_, "nop", "stgi", "nop");
PIECE(clgi_, "nop", "clgi", "nop");
PIECE(skinit_, "nop", "skinit %eax", "nop");
PIECE(invlpga_, "nop", "invlpga %rax, %ecx", "nop");
PIECE(rdmsr_, "mov $0x1b, %ecx", "rdmsr", "nop");
PIECE(rdmsr_far, "mov $0x40000000, %ecx", "rdmsr", "nop");
PIECE(wrmsr_far, "mov $0x40000000, %ecx", "wrmsr", "nop");
PIECE(rdmsr_gone, "mov $0x1fff, %ecx", "rdmsr", "nop");
PIECE(xsetbv_, "mov $99, %ecx", "xsetbv", "nop");
PIECE(invd_, "nop", "invd", "nop");
PIECE(invd_first, "", "invd", "nop");
PIECE(wbinvd_, "nop", "wbinvd", "nop");
PIECE(lidt_, "nop", "lidt (%rbx)", "nop");
PIECE(cr4_, "mov %cr4, %rax", "mov %rax, %cr4", "nop");
PIECE(cr0_, "mov %cr0, %rax", "mov %rax, %cr0", "nop");
PIECE(ltr_busy, "str %eax", "ltr %ax", "nop");
PIECE(task_gate, "nop", "int $0x80", "nop");
PIECE(vmcall_tf, "", "vmcall", "nop");

static void user(u64 arg)
{
	(void)arg;
	world_user();
}

static void step(u64 arg)
{
	(void)arg;
	world.flags |= FL_TF;
}

/* In 64-bit mode not a type of gate: #GP. */
static void gate_type(u64 type)
{
	world_gate_type(0x80, type);
}

#define UD(what)	{ .name = "lab_exit_base_" #what, .piece = &what##_,		\
			  .right = "06 insn,rf stop", .hooks = "06", .records = "06e insn" }
#define UD_USER(what)	{ .name = "lab_exit_base_" #what "_user", .piece = &what##_,	\
			  .setup = user, .right = "06 insn,rf,u stop",			\
			  .hooks = "06", .records = "06e insn,cpl3" }
#define GP_USER(what)	{ .name = "lab_exit_base_" #what "_user", .piece = &what##_,	\
			  .setup = user, .right = "0d(0) insn,rf,u stop",		\
			  .hooks = "0d", .records = "0de(0) insn,cpl3" }

static const struct test table[] = {
	UD(vmcall), UD_USER(vmcall), UD(vmmcall), UD_USER(vmmcall),
	UD(vmlaunch), UD(vmresume), UD(vmread), UD(vmwrite), UD(vmclear), UD(vmptrld), UD(vmptrst),
	UD_USER(vmlaunch), UD_USER(vmread), UD_USER(vmxon), UD_USER(vmclear),
	UD(invept), UD(invvpid), UD(getsec), UD_USER(getsec),
	UD(vmrun), UD(vmload), UD(vmsave), UD(clgi), UD(skinit), UD(invlpga),
	UD_USER(vmrun), UD_USER(vmload), UD_USER(vmsave), UD_USER(clgi), UD_USER(stgi),
	UD_USER(skinit), UD_USER(invlpga),
	GP_USER(rdmsr), GP_USER(invd), GP_USER(wbinvd), GP_USER(lidt),
	{ .name = "lab_exit_base_rdmsr_far", .piece = &rdmsr_far, .right = "0d(0) insn,rf stop",
	  .hooks = "0d", .records = "0de(0) insn",
	  .bugs = { { "exc-gp-msr", WRONG_ALIKE }, { "bare-msr", WRONG_ALIKE } } },
	{ .name = "lab_exit_base_wrmsr_far", .piece = &wrmsr_far, .right = "0d(0) insn,rf stop",
	  .hooks = "0d", .records = "0de(0) insn",
	  .bugs = { { "exc-gp-msr", WRONG_ALIKE }, { "bare-msr", WRONG_ALIKE } } },
	{ .name = "lab_exit_base_rdmsr_gone", .piece = &rdmsr_gone, .right = "0d(0) insn,rf stop",
	  .hooks = "0d", .records = "0de(0) insn",
	  .bugs = { { "exc-gp-msr", WRONG_ALIKE }, { "bare-msr", WRONG_ALIKE } } },
	{ .name = "lab_exit_base_xsetbv", .piece = &xsetbv_, .right = "06 insn,rf stop",
	  .hooks = "06", .records = "06e insn" },
	{ .name = "lab_exit_base_invd", .piece = &invd_, .right = "end",
	  .hooks = "06", .records = "" },
	{ .name = "lab_exit_base_wbinvd", .piece = &wbinvd_, .right = "end",
	  .hooks = "06", .records = "" },
	{ .name = "lab_exit_base_cr4", .piece = &cr4_, .right = "end",
	  .hooks = "0d", .records = "" },
	{ .name = "lab_exit_base_cr0", .piece = &cr0_, .right = "end",
	  .hooks = "0d", .records = "" },
	{ .name = "lab_exit_base_ltr_busy", .piece = &ltr_busy, .right = "0d(40) insn,rf stop",
	  .hooks = "0d", .records = "0de(40) insn" },
	{ .name = "lab_exit_base_task_gate", .piece = &task_gate, .setup = gate_type, .arg = 0x85,
	  .right = "0d(402) insn,rf stop", .hooks = "0d", .records = "0de(402) insn,in 80i",
	  .bugs = { { "exc-gp-int", WRONG_ALIKE }, { "nest-np-int-n", WRONG_ANYHOW } } },

	{ .name = "lab_exit_skip_invd_tf", .piece = &invd_first, .setup = step,
	  .right = "01 next,tf,dr6=ffff4ff0 stop", .hooks = "01", .records = "01e next,a=4000",
	  .bug = "exc-db-tf", .bug_means = WRONG_ANYHOW },
	{ .name = "lab_exit_skip_vmcall_tf", .piece = &vmcall_tf, .setup = step,
	  .right = "06 insn,rf,tf stop", .hooks = "01 06", .records = "06e insn" },
};

void tests_exit(void)
{
	RUN_TABLE(table);
}
