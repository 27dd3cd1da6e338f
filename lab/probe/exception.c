// SPDX-License-Identifier: GPL-2.0
/*
 * Which exceptions reach the intercepts, with what RIP, error code and side
 * effects. APM 2, 15.12 "Exception Intercepts"; 15.8 and 15.9 for INTn and ICEBP.
 */
#include "svm.h"

#define DR7_EXEC0	0x401
#define DR7_WRITE0	0x10401
#define DR7_GD		0x2400
#define CR0_TS		(1u << 3)
#define CR0_AM		(1u << 18)
#define OLD_CR2		0xdead000

GUEST(de, "xor %ecx, %ecx", "div %ecx", "");
GUEST(nops, "nop", "nop", "nop\nnop");
GUEST(write, "mov $guest_other_stack, %rax", "movl $1, (%rax)", "nop");
GUEST(write_dr7, "mov $0x400, %eax", "mov %rax, %dr7", "nop");
GUEST(own_dr7, "nop", "mov $0x401, %eax\nmov %rax, %dr7", "nop\nnop");
GUEST(own_dr7_write, "nop", "mov $0x10401, %eax\nmov %rax, %dr7", "nop\nnop");
GUEST(own_dr7_exit, "mov $0x401, %eax\nmov %rax, %dr7", "vmmcall", "nop\nnop");
GUEST(int3, "nop", "int3", "nop");
GUEST(int_n_3, "nop", ".byte 0xcd, 3", "nop");
GUEST(int_80, "nop", "int $0x80", "nop");
GUEST(icebp, "nop", ".byte 0xf1", "nop");
GUEST(into, ".code32\nmovb $0x7f, %al\naddb $1, %al", "into", "nop\n.code64");
GUEST(bound, ".code32\npush $0\npush $0\nmov $5, %eax", "bound %eax, (%esp)", "nop\n.code64");
GUEST(ud2, "nop", "ud2", "nop");
GUEST(fpu, "nop", "fnop", "nop");
GUEST(low_int, "nop", "int $0x21", "nop");
GUEST(np, "mov $0x58, %eax", "mov %eax, %ds", "nop");
GUEST(ss, "mov $1, %eax\nror $1, %rax\nmov %rax, %rbp", "mov (%rbp), %eax", "nop");
GUEST(gp_selector, "mov $0x100, %eax", "mov %eax, %ds", "nop");
GUEST(gp_hlt, "nop", "hlt", "nop");
GUEST(gp_canonical, "mov $1, %eax\nror $1, %rax", "mov (%rax), %eax", "nop");
GUEST(gp_wrmsr, "mov $0x7fffffff, %ecx", "rdmsr", "nop");
GUEST(pf_read, "mov $0x100000000123, %rax", "mov (%rax), %ecx", "nop");
GUEST(pf_write, "mov $0x100000000123, %rax", "mov %ecx, (%rax)", "nop");
GUEST(pf_fetch, "mov $0x100000000123, %rax", "jmp *%rax", "nop");
GUEST(mf, "fninit\npush $0x360\nfldcw (%rsp)\nfld1\nfldz\nfdivrp", "fwait", "fnclex");
GUEST(ac, "nop", "mov 1(%rsp), %eax", "nop");
GUEST(xm, "push $0\nldmxcsr (%rsp)\nxorps %xmm0, %xmm0", "divps %xmm0, %xmm0", "nop");

static void all(void)
{
	vmcb->intercept_exception = ~0u;
}

static void go(void)
{
	run();
	saw_exit();
	host_close();
}

static void go_error(void)
{
	go();
	saw("error %lx", vmcb->info1);
}

static void go_debug(void)
{
	go();
	saw("dr6 %lx", vmcb->dr6);
}

static void exc_de(void)
{
	guest(&de), all(), go();
}

static void exc_db_tf(void)
{
	guest(&nops), all();
	vmcb->rip = (u64)nops.insn;
	vmcb->flags |= FL_TF;
	go_debug();
}

/* Not architectural, but where an emulator may leave what DR6 should show. */
static void exc_db_info(void)
{
	guest(&nops), all();
	vmcb->rip = (u64)nops.insn;
	vmcb->flags |= FL_TF;
	go();
	saw("info %lx %lx", vmcb->info1, vmcb->info2);
}

static void exc_db_exec(void)
{
	guest(&nops), all();
	asm volatile("mov %0, %%dr0" : : "r"(nops.insn));
	vmcb->dr7 = DR7_EXEC0;
	go_debug();
	saw_flags("flags", vmcb->flags);
}

static void exc_db_data(void)
{
	guest(&write), all();
	asm volatile("mov %0, %%dr0" : : "r"(guest_other_stack));
	vmcb->dr7 = DR7_WRITE0;
	go_debug();
}

static void exc_db_gd(void)
{
	guest(&write_dr7), all();
	vmcb->dr7 = DR7_GD;
	go_debug();
	saw("dr7 %lx", vmcb->dr7);
}

/* DR7 written by the guest itself, for emulators that do not take it from the VMCB. */
static void db_guest_exec(void)
{
	guest(&own_dr7);
	all();
	asm volatile("mov %0, %%dr0" : : "r"(own_dr7.next));
	run();
	saw_exit();
	saw("dr6 %lx dr7 %lx", vmcb->dr6, vmcb->dr7);
	host_close();
	guest_breakpoints_off(vmcb->dr7);
}

static void db_guest_exec_exit(void)
{
	guest(&own_dr7_exit);
	all();
	asm volatile("mov %0, %%dr0" : : "r"(own_dr7_exit.next));
	run();
	saw_exit();
	saw("dr7 %lx;", vmcb->dr7);
	vmcb->rip += 3;
	vmcb->dr7 &= ~0xffull;
	run();
	saw_exit();
	host_close();
	guest_breakpoints_off(0x401);
}

/* The host after an exit: DR7 is 400, whatever the guest had. */
static void db_host_dr7(void)
{
	u64 dr7;

	guest(&own_dr7);
	asm volatile("mov %0, %%dr0" : : "r"(0ull));
	run();
	asm volatile("mov %%dr7, %0" : "=r"(dr7));
	saw("host dr7 %lx", dr7);
	host_close();
	guest_breakpoints_off(vmcb->dr7);
}

/* The guest's breakpoints are not the host's: the framework counts #DB in the host. */
static void db_host_quiet(void)
{
	guest(&own_dr7_write);
	asm volatile("mov %0, %%dr0" : : "r"(guest_other_stack));
	run();
	saw_exit();
	host_close();
	*(volatile u32 *)guest_other_stack = 1;
	asm volatile("nop; nop");
	guest_breakpoints_off(vmcb->dr7);
}

/* Not intercepted: what the guest's handler finds. */
static void db_gate_tf(void)
{
	guest(&nops);
	vmcb->rip = (u64)nops.insn;
	vmcb->flags |= FL_TF;
	go_debug();
}

static void db_gate_exec(void)
{
	guest(&nops);
	asm volatile("mov %0, %%dr0" : : "r"(nops.insn));
	vmcb->dr7 = DR7_EXEC0;
	go_debug();
}

static void db_gate_data(void)
{
	guest(&write);
	asm volatile("mov %0, %%dr0" : : "r"(guest_other_stack));
	vmcb->dr7 = DR7_WRITE0;
	go_debug();
}

static void exc_bp(void)
{
	guest(&int3), all(), go();
}

static void bp_gate(void)
{
	guest(&int3), go();
}

static void bp_swint(void)
{
	guest(&int3);
	vmcb->intercept1 |= I1_SWINT;
	go();
}

static void bp_both(void)
{
	guest(&int3), all();
	vmcb->intercept1 |= I1_SWINT;
	go();
}

static void int_n_bp(void)
{
	guest(&int_n_3), all(), go();
}

static void int_n_swint(void)
{
	guest(&int_n_3);
	vmcb->intercept1 |= I1_SWINT;
	go();
	saw("info %lx", vmcb->info1);
}

static void int_n_vector(void)
{
	guest(&int_80);
	vmcb->intercept1 |= I1_SWINT;
	go();
	saw("info %lx", vmcb->info1);
}

static void icebp_db(void)
{
	guest(&icebp), all(), go_debug();
}

static void icebp_own(void)
{
	guest(&icebp);
	vmcb->intercept2 |= I2_ICEBP;
	go();
}

static void icebp_both(void)
{
	guest(&icebp), all();
	vmcb->intercept2 |= I2_ICEBP;
	go();
}

static void icebp_gate(void)
{
	guest(&icebp), go_debug();
}

static void exc_of(void)
{
	guest(&into), guest_user32(), all(), go();
}

static void of_gate(void)
{
	guest(&into), guest_user32();
	guest_idt[4].type = 0xee;
	go();
}

static void of_swint(void)
{
	guest(&into), guest_user32();
	guest_idt[4].type = 0xee;
	vmcb->intercept1 |= I1_SWINT;
	go();
}

static void exc_br(void)
{
	guest(&bound), guest_user32(), all(), go();
}

static void exc_ud(void)
{
	guest(&ud2), all(), go();
}

static void exc_nm(void)
{
	guest(&fpu), all();
	vmcb->cr0 |= CR0_TS;
	go();
}

static void exc_ts(void)
{
	guest(&int_80), guest_user(), all();
	guest_idt[0x80].type = 0xee;
	vmcb->tr.limit = 3;
	go_error();
}

static void exc_np(void)
{
	guest(&np), all(), go_error();
}

static void exc_ss(void)
{
	guest(&ss), all(), go_error();
}

static void exc_gp_selector(void)
{
	guest(&gp_selector), all(), go_error();
}

static void exc_gp_hlt(void)
{
	guest(&gp_hlt), guest_user(), all(), go_error();
}

static void exc_gp_canonical(void)
{
	guest(&gp_canonical), all(), go_error();
}

static void exc_gp_msr(void)
{
	guest(&gp_wrmsr), all(), go_error();
}

static void exc_gp_int(void)
{
	guest(&low_int), guest_user(), all(), go_error();
}

static void page_fault(void)
{
	all();
	vmcb->cr2 = OLD_CR2;
	go_error();
	saw("address %lx cr2 %lx", vmcb->info2, vmcb->cr2);
}

static void exc_pf_read(void)
{
	guest(&pf_read), page_fault();
}

static void exc_pf_write_user(void)
{
	guest(&pf_write), guest_user(), page_fault();
}

static void exc_pf_fetch(void)
{
	guest(&pf_fetch), page_fault();
}

static void pf_gate(void)
{
	guest(&pf_read), go();
	saw("cr2 %lx", vmcb->cr2);
}

static void exc_mf(void)
{
	guest(&mf), all(), go();
	asm volatile("fninit");
}

static void exc_ac(void)
{
	guest(&ac), guest_user(), all();
	vmcb->cr0 |= CR0_AM;
	vmcb->flags |= FL_AC;
	go_error();
}

static void ac_gate(void)
{
	guest(&ac), guest_user();
	vmcb->cr0 |= CR0_AM;
	vmcb->flags |= FL_AC;
	go();
}

static void exc_xm(void)
{
	guest(&xm), all(), go();
}

static void rf_at_exit(void)
{
	guest(&ud2), all(), go();
	saw_flags("flags", vmcb->flags);
}

static void rf_in_frame(void)
{
	guest(&ud2), go();
}

const struct probe exception_probes[] = {
	{ "exc-de", exc_de, "exit #DE at insn", "15.12.1" },
	{ "exc-db-tf", exc_db_tf, "exit #DB at next dr6 ffff4ff0",
	  "15.12.2: DR6 is written before" },
	{ "exc-db-info", exc_db_info, "exit #DB at next info*",
	  "15.12.2: EXITINFO is not defined" },
	{ "exc-db-exec", exc_db_exec, "exit #DB at insn dr6 ffff0ff1 flags=*", "15.12.2" },
	{ "exc-db-data", exc_db_data, "exit #DB at next dr6 ffff0ff1", "15.12.2" },
	{ "exc-db-gd", exc_db_gd, "exit #DB at insn dr6 ffff2ff0 dr7 400|"
	  "exit #DB at insn dr6 ffff2ff0 dr7 2400", "15.12.2; DR7: silent" },
	{ "db-guest-exec", db_guest_exec, "exit #DB at next dr6 ffff0ff1 dr7 401", "13.1.1" },
	{ "db-dr7-cleared", db_guest_exec_exit, "exit VMMCALL at insn dr7 401; end",
	  "15.5.1: VMRUN loads DR7 from the VMCB" },
	{ "db-host-dr7", db_host_dr7, "host dr7 400", "15.6: DR7 disabled at exits" },
	{ "db-host-quiet", db_host_quiet, "end", "15.6: DR7 disabled at exits" },
	{ "db-gate-tf", db_gate_tf, "gate 01 from next flags=TF dr6 ffff4ff0", "13.1.4" },
	{ "db-gate-exec", db_gate_exec, "gate 01 from insn flags=- dr6 ffff0ff1", "3.1.6, RF" },
	{ "db-gate-data", db_gate_data, "gate 01 from next flags=- dr6 ffff0ff1", "13.1.1" },
	{ "exc-bp", exc_bp, "exit #BP at insn", "15.12.4" },
	{ "bp-gate", bp_gate, "gate 03 from next flags=-", "8.2.4" },
	{ "bp-swint", bp_swint, "gate 03 from next flags=-", "15.9: INTn is not INT3" },
	{ "bp-both", bp_both, "exit #BP at insn", "15.12.4" },
	{ "int-n-bp", int_n_bp, "gate 03 from next flags=-", "15.12.4: not for CD 03" },
	{ "int-n-swint", int_n_swint,
	  "exit SWINT at insn info 0|exit SWINT at insn info 3", "15.9" },
	{ "int-n-vector", int_n_vector, "exit SWINT at insn info 80|exit SWINT at insn info 0",
	  "15.9; the vector with decode assists, 15.10" },
	{ "icebp-db", icebp_db, "exit #DB at next dr6 ffff0ff0|exit #DB at insn dr6 ffff0ff0|"
	  "gate 01 from next flags=- dr6 ffff0ff0", "15.12.2: silent about INT1" },
	{ "icebp-own", icebp_own, "exit ICEBP at insn", "15.9" },
	{ "icebp-both", icebp_both, "exit ICEBP at insn", "15.9" },
	{ "icebp-gate", icebp_gate, "gate 01 from next flags=- dr6 ffff0ff0", "INT1" },
	{ "exc-of", exc_of, "exit #OF at insn", "15.12.5" },
	{ "of-gate", of_gate, "gate 04 from next flags=-", "8.2.5" },
	{ "of-swint", of_swint, "gate 04 from next flags=-", "15.9: INTn is not INTO" },
	{ "exc-br", exc_br, "exit #BR at insn", "15.12.6" },
	{ "exc-ud", exc_ud, "exit #UD at insn", "15.12.7" },
	{ "exc-nm", exc_nm, "exit #NM at insn", "15.12.8" },
	{ "exc-ts", exc_ts, "exit #TS at insn error 40", "15.12.11" },
	{ "exc-np", exc_np, "exit #NP at insn error 58", "15.12.12" },
	{ "exc-ss", exc_ss, "exit #SS at insn error 0", "15.12.13" },
	{ "exc-gp-selector", exc_gp_selector, "exit #GP at insn error 100", "15.12.14" },
	{ "exc-gp-hlt", exc_gp_hlt, "exit #GP at insn error 0", "15.12.14" },
	{ "exc-gp-canonical", exc_gp_canonical, "exit #GP at insn error 0", "15.12.14" },
	{ "exc-gp-msr", exc_gp_msr, "exit #GP at insn error 0", "15.12.14" },
	{ "exc-gp-int", exc_gp_int, "exit #GP at insn error 10a", "15.12.14" },
	{ "exc-pf-read", exc_pf_read,
	  "exit #PF at insn error 0 address 100000000123 cr2 dead000", "15.12.15: before CR2" },
	{ "exc-pf-write-user", exc_pf_write_user,
	  "exit #PF at insn error 6 address 100000000123 cr2 dead000", "15.12.15" },
	{ "exc-pf-fetch", exc_pf_fetch,
	  "exit #PF at 100000000123 error 10 address 100000000123 cr2 dead000", "15.12.15" },
	{ "pf-gate", pf_gate, "gate 0e error 0 from insn flags=RF cr2 100000000123", "8.2.15" },
	{ "exc-mf", exc_mf, "exit #MF at insn", "15.12.16" },
	{ "exc-ac", exc_ac, "exit #AC at insn error 0", "15.12.17" },
	{ "ac-gate", ac_gate, "gate 11 error 0 from insn flags=RF", "8.2.18" },
	{ "exc-xm", exc_xm, "exit #XM at insn", "15.12.19" },
	{ "rf-at-exit", rf_at_exit, "exit #UD at insn flags=-|exit #UD at insn flags=RF",
	  "the manual is silent" },
	{ "rf-in-frame", rf_in_frame, "gate 06 from insn flags=RF", "8.1.5, RF" },
	{ 0 }
};
