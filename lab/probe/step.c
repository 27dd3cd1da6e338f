// SPDX-License-Identifier: GPL-2.0
/*
 * Single steps under the #DB intercept, and the IRET intercept: what an NMI window
 * without hardware help is made of. APM 2, 13.1.4 and 15.9.
 */
#include "svm.h"

GUEST(nops, "nop", "nop", "nop\nnop");
GUEST(iret_first, "iretq", "nop", "nop\nnop");
GUEST(popf, "pushf\norl $0x100, (%rsp)\npopf", "nop", "nop\nnop");
GUEST(popf_off, "pushf\nandl $~0x100, (%rsp)", "popf", "nop\nnop");
GUEST(pushf, "nop", "pushf", "nop\nnop");
GUEST(sti, "nop", "sti", "nop\nnop");
GUEST(movss, "mov %ss, %eax", "mov %eax, %ss", "nop\nnop");
GUEST(movss_int3, "mov %ss, %eax", "mov %eax, %ss", "int3\nnop");
GUEST(movss_cpuid, "mov %ss, %eax", "mov %eax, %ss", "cpuid\nnop");
GUEST(sti_cpuid, "nop", "sti", "cpuid\nnop");
GUEST(cpuid, "nop", "cpuid", "nop\nnop");
GUEST(int3, "nop", "int3", "nop\nnop");
GUEST(int80, "nop", "int $0x80", "nop\nnop");
GUEST(ud2, "nop", "ud2", "nop\nnop");
GUEST(rep, "mov $3, %ecx\nmov $guest_other_stack, %rsi\nmov %rsi, %rdi", "rep movsb", "nop\nnop");
GUEST(sysc, "nop", "syscall", "nop\nnop");
GUEST(pf, "nop", "mov (%rax), %ecx", "nop\nnop");
GUEST(vmmcall, "nop", "vmmcall", "nop\nnop");
GUEST(load, "mov $0x30401, %eax\nmov %rax, %dr7", "mov (%rbx), %cx", "nop\nnop");
GUEST(load_ss, "mov $0x30401, %eax\nmov %rax, %dr7", "mov (%rbx), %ss", "nop\nnop");
GUEST(load_ss_int3, "mov $0x30401, %eax\nmov %rax, %dr7", "mov (%rbx), %ss", "int3\nnop");
GUEST(hlt, "nop", "hlt", "nop\nnop");

static void begin(const struct guest_code *c)
{
	guest(c);
	vmcb->rip = (u64)c->insn;
	vmcb->flags |= FL_TF;
	vmcb->intercept_exception = 1 << 1;
}

static void go(void)
{
	run();
	saw_exit();
	saw_flags("flags", vmcb->flags);
	if (vmcb->exit_code == X_EXCEPTION + 1)
		saw("dr6 %lx", vmcb->dr6);
	host_close();
}

static void step_nop(void)
{
	begin(&nops), go();
}

/* The frame an interrupt to insn with IF=1 would have left. */
static void iret_frame(u64 flags)
{
	u64 *frame = (u64 *)(vmcb->rsp -= 40);

	frame[0] = (u64)iret_first.insn;
	frame[1] = LAB_CS;
	frame[2] = flags;
	frame[3] = (u64)frame + 40;
	frame[4] = LAB_DS;
	vmcb->rip = (u64)iret_first.start;
}

static void step_iret(void)
{
	begin(&iret_first), iret_frame(2 | FL_IF), go();
}

/* TF is set by IRET: the step comes after the instruction it returns to. */
static void step_iret_pops_tf(void)
{
	begin(&iret_first), iret_frame(2 | FL_TF);
	vmcb->flags &= ~(u64)FL_TF;
	go();
}

static void step_iret_rf(void)
{
	begin(&iret_first), iret_frame(2 | FL_IF | FL_RF), go();
}

static void iret_intercept(void)
{
	begin(&iret_first), iret_frame(2 | FL_IF);
	vmcb->flags &= ~(u64)FL_TF;
	vmcb->intercept1 |= I1_IRET;
	go();
	saw("rsp %ld nrip %lx", STACK_TOP(guest_stack) - vmcb->rsp, vmcb->next_rip ?
	    vmcb->next_rip - vmcb->rip : 0);
}

static void iret_intercept_tf(void)
{
	begin(&iret_first), iret_frame(2 | FL_IF);
	vmcb->intercept1 |= I1_IRET;
	go();
}

static void step_popf(void)
{
	begin(&popf);
	vmcb->rip = (u64)popf.start;
	vmcb->flags &= ~(u64)FL_TF;
	go();
}

/* POPF that clears TF is still followed by a step. */
static void step_popf_off(void)
{
	begin(&popf_off);
	vmcb->flags &= ~(u64)FL_TF;
	vmcb->rip = (u64)popf_off.start;
	vmcb->intercept1 |= 1u << 17;		/* POPF: stop there, turn TF on */
	run();
	saw_exit();
	vmcb->intercept1 &= ~(1u << 17);
	vmcb->flags |= FL_TF;
	go();
}

static void step_pushf(void)
{
	begin(&pushf), go();
	saw_flags("pushed", guest_frame(0));
}

static void step_sti(void)
{
	begin(&sti), go();
	saw("shadow %lx", vmcb->shadow & 1);
}

static void step_movss(void)
{
	begin(&movss);
	vmcb->rax = LAB_DS;
	go();
}

static void step_movss_int3(void)
{
	begin(&movss_int3);
	vmcb->rax = LAB_DS;
	go();
	saw("dr6 %lx", vmcb->dr6);
}

static void shadow_movss(void)
{
	begin(&movss_cpuid);
	vmcb->flags &= ~(u64)FL_TF;
	vmcb->rax = LAB_DS;
	vmcb->intercept1 |= I1_CPUID;
	go();
	saw("shadow %lx", vmcb->shadow & 1);
}

static void shadow_sti(void)
{
	begin(&sti_cpuid);
	vmcb->flags &= ~(u64)FL_TF;
	vmcb->intercept1 |= I1_CPUID;
	go();
	saw("shadow %lx", vmcb->shadow & 1);
}

static void step_cpuid_exit(void)
{
	begin(&cpuid);
	vmcb->intercept1 |= I1_CPUID;
	go();
}

static void step_cpuid(void)
{
	begin(&cpuid), go();
}

static void step_int3(void)
{
	begin(&int3), go();
}

static void step_int80(void)
{
	begin(&int80), go();
}

static void step_ud2(void)
{
	begin(&ud2), go();
}

/* An exit for another exception than the step's. */
static void step_ud2_exit(void)
{
	begin(&ud2);
	vmcb->intercept_exception |= 1 << 6;
	go();
}

static void step_pf_exit(void)
{
	begin(&pf);
	vmcb->intercept_exception |= 1 << 14;
	vmcb->rax = NOWHERE;
	go();
}

static void step_vmmcall(void)
{
	begin(&vmmcall), go();
}

/*
 * A data breakpoint on MOV SS, which the guest has turned on itself: held until
 * the next instruction is done, into the handler if that is INT3.
 */
static void data(const struct guest_code *c)
{
	begin(c);
	vmcb->rip = (u64)c->start;
	vmcb->flags &= ~(u64)FL_TF;
	*(u16 *)guest_other_stack = LAB_DS;
	asm volatile("mov %0, %%dr0" : : "r"(guest_other_stack));
	regs.bx = (u64)guest_other_stack;
	go();
	guest_breakpoints_off(vmcb->dr7);
}

static void data_read(void)
{
	data(&load);
}

static void data_movss(void)
{
	data(&load_ss);
}

static void data_movss_int3(void)
{
	data(&load_ss_int3);
}

static void step_rep(void)
{
	begin(&rep);
	vmcb->rip = (u64)rep.insn;
	regs.cx = 3;
	regs.si = regs.di = (u64)guest_other_stack;
	go();
	saw("rcx %lx", regs.cx);
}

/* SFMASK clears TF; the step still comes, at the target. */
static void step_syscall(void)
{
	begin(&sysc);
	vmcb->star = (u64)LAB_CS << 32;
	vmcb->lstar = (u64)sysc.end;
	vmcb->sfmask = FL_TF;
	go();
}

static void step_hlt(void)
{
	begin(&hlt);
	vmcb->intercept1 |= I1_HLT;
	go();
}

/* With an injected event the handler starts without TF. */
static void step_event(void)
{
	begin(&nops);
	vmcb->event = EVENT_VALID | EVENT_EXCEPTION | 6;
	go();
}

/* RF set by VMRUN holds an instruction breakpoint off, once. */
static void step_rf(void)
{
	begin(&nops);
	asm volatile("mov %0, %%dr0" : : "r"(nops.insn));
	vmcb->flags = 2 | FL_RF;
	vmcb->dr7 = 0x401;
	go();
}

/* RF lasts for one instruction. */
static void rf_cleared(void)
{
	begin(&cpuid);
	vmcb->rip = (u64)cpuid.start;
	vmcb->flags = 2 | FL_RF;
	vmcb->intercept1 |= I1_CPUID;
	go();
}

static void rf_instruction_exit(void)
{
	begin(&cpuid);
	vmcb->flags = 2 | FL_RF;
	vmcb->intercept1 |= I1_CPUID;
	go();
}

const struct probe step_probes[] = {
	{ "step-nop", step_nop, "exit #DB at next flags=TF dr6 ffff4ff0", "13.1.4" },
	{ "step-iret", step_iret, "exit #DB at insn flags=IF dr6 ffff4ff0", "13.1.4" },
	{ "step-iret-rf", step_iret_rf, "exit #DB at insn flags=RFIF dr6 ffff4ff0", "IRET" },
	{ "step-iret-pops-tf", step_iret_pops_tf,
	  "exit #DB at next flags=TF dr6 ffff4ff0", "IRET" },
	{ "iret-intercept", iret_intercept, "exit IRET at start+0 flags=- rsp 40 nrip 0|"
	  "exit IRET at start+0 flags=- rsp 40 nrip 2", "15.9: before IRET" },
	{ "iret-intercept-tf", iret_intercept_tf, "exit IRET at start+0 flags=TF", "15.9" },
	{ "step-popf", step_popf, "exit #DB at next flags=TF dr6 ffff4ff0", "POPF" },
	{ "step-popf-off", step_popf_off, "exit POPF at insn exit #DB at next flags=- dr6 ffff4ff0",
	  "POPF" },
	{ "step-pushf", step_pushf, "exit #DB at next flags=TF dr6 ffff4ff0 pushed=TF", "PUSHF" },
	{ "step-sti", step_sti, "exit #DB at next flags=TFIF dr6 ffff4ff0 shadow 1|"
	  "exit #DB at next flags=TFIF dr6 ffff4ff0 shadow 0", "STI holds no #DB" },
	{ "step-movss", step_movss, "exit #DB at insn+3 flags=TF dr6 ffff4ff0",
	  "MOV SS: not before the next instruction is done" },
	{ "step-movss-int3", step_movss_int3, "gate 03 from insn+3 flags=TF flags=- dr6 ffff0ff0|"
	  "exit #DB at gate-03 flags=- dr6 ffff4ff0 dr6 ffff4ff0", "MOV SS" },
	{ "shadow-movss", shadow_movss, "exit CPUID at next flags=- shadow 1", "15.21.5" },
	{ "shadow-sti", shadow_sti, "exit CPUID at next flags=IF shadow 1", "15.21.5" },
	{ "step-cpuid-exit", step_cpuid_exit, "exit CPUID at insn flags=TF", "15.9" },
	{ "step-cpuid", step_cpuid, "exit #DB at next flags=TF dr6 ffff4ff0", "13.1.4" },
	{ "step-int3", step_int3, "gate 03 from next flags=TF flags=-", "13.1.4" },
	{ "step-int80", step_int80, "gate 80 from next flags=TF flags=-", "13.1.4" },
	{ "step-ud2", step_ud2, "gate 06 from insn flags=RFTF flags=-", "13.1.4, RF" },
	{ "step-ud2-exit", step_ud2_exit, "exit #UD at insn flags=TF|exit #UD at insn flags=RFTF",
	  "15.12" },
	{ "step-pf-exit", step_pf_exit, "exit #PF at insn flags=TF|exit #PF at insn flags=RFTF",
	  "15.12" },
	{ "step-vmmcall", step_vmmcall, "exit VMMCALL at insn flags=TF", "15.9" },
	{ "data-read", data_read, "exit #DB at next flags=- dr6 ffff0ff1", "13.1.1" },
	{ "data-movss", data_movss, "exit #DB at insn+3 flags=- dr6 ffff0ff1", "MOV SS" },
	{ "data-movss-int3", data_movss_int3, "exit #DB at gate-03 flags=- dr6 ffff0ff1|"
	  "gate 03 from insn+3 flags=- flags=-", "MOV SS: held or lost" },
	{ "step-rep", step_rep, "exit #DB at insn flags=TF dr6 ffff4ff0 rcx 2|"
	  "exit #DB at insn flags=RFTF dr6 ffff4ff0 rcx 2", "13.1.4: each repetition" },
	{ "step-syscall", step_syscall, "exit #DB at end flags=- dr6 ffff4ff0|end flags=-",
	  "SYSCALL" },
	{ "step-hlt", step_hlt, "exit HLT at insn flags=TF", "15.9" },
	{ "step-event", step_event, "gate 06 from insn flags=TF flags=-|"
	  "gate 06 from insn flags=RFTF flags=-", "15.20" },
	{ "rf-masks-dr0", step_rf, "end flags=-", "13.1.1: RF" },
	{ "rf-cleared", rf_cleared, "exit CPUID at insn flags=-", "RF" },
	{ "rf-instruction-exit", rf_instruction_exit, "exit CPUID at insn flags=RF|"
	  "exit CPUID at insn flags=-", "RF: silent for intercepts" },
	{ 0 }
};
