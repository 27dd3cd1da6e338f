/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AMD-V: the way into the guest, out of it, and out of operation. Root mode runs
 * with GIF=0: NMI, SMI, INIT and interrupts wait until the next VMRUN, or until
 * root mode asks for them (tg_svm_acknowledge) or a script runs (svm_open_gif).
 * Registers but RAX and RSP are the guest's after an exit, as are FS, GS, TR, LDTR and
 * the MSRs that VMSAVE would save: root mode touches none of them.
 */
#include "../asm_offsets.h"
#include "../asm_regs.h"

#define VMCB_CPL	0x4cb
#define VMCB_RIP	0x578
#define VMCB_RSP	0x5d8
#define VMCB_RAX	0x5f8

	.section .noinstr.text, "ax"

/*
 * long tg_svm_launch(struct tg_vcpu *): the first entry. Returns 0 as guest, 3
 * when VMRUN refused the state (and root mode has left again). Guest kernel,
 * interrupts off, EFER.SVME and VM_HSAVE_PA set.
 */
	.globl tg_svm_launch
	.type tg_svm_launch, @function
tg_svm_launch:
	PUSH_CALLEE_SAVED
	mov VCPU_VMCB(%rdi), %rax
	mov %rsp, VMCB_RSP(%rax)
	lea 1f(%rip), %rdx
	mov %rdx, VMCB_RIP(%rax)
	clgi
	mov VCPU_ROOT_RSP(%rdi), %rsp
	call tg_svm_root_world
	jmp tg_svm_resume
1:	POP_CALLEE_SAVED
	ret
	int3
	.size tg_svm_launch, . - tg_svm_launch

.macro load_rest
	mov VCPU_RCX(%rax), %rcx
	mov VCPU_RDX(%rax), %rdx
	mov VCPU_RSI(%rax), %rsi
	mov VCPU_RDI(%rax), %rdi
	mov VCPU_R8(%rax), %r8
	mov VCPU_R9(%rax), %r9
	mov VCPU_R10(%rax), %r10
	mov VCPU_R11(%rax), %r11
	mov VCPU_VMCB_PA(%rax), %rax
.endm

	.globl tg_svm_resume
	.type tg_svm_resume, @function
tg_svm_resume:
	mov (%rsp), %rax		/* tg_root_world_init() */
	cmpl $0, VCPU_VERW(%rax)
	je 1f
	testl $SLOW_DIVIDER, VCPU_SLOW(%rax)
	jz 2f
	mov %rax, %rbx
	xor %eax, %eax
	xor %edx, %edx
	mov $1, %ecx
	div %ecx
	mov %rbx, %rax
2:	testl $SLOW_VERW, VCPU_SLOW(%rax)
	jz 1f
	verw verw_selector(%rip)
1:	mov VCPU_RBX(%rax), %rbx
	mov VCPU_RBP(%rax), %rbp
	mov VCPU_R12(%rax), %r12
	mov VCPU_R13(%rax), %r13
	mov VCPU_R14(%rax), %r14
	mov VCPU_R15(%rax), %r15
	cmpl $0, VCPU_HOST_IF(%rax)
	jne post
/* SVM_INJECTED: C has left the others as it found them. */
injected:
	load_rest
	vmrun %rax
exited:	mov (%rsp), %rax
	mov %rcx, VCPU_RCX(%rax)
	mov %rdx, VCPU_RDX(%rax)
	mov %rbx, VCPU_RBX(%rax)
	mov %rbp, VCPU_RBP(%rax)
	mov %rsi, VCPU_RSI(%rax)
	mov %rdi, VCPU_RDI(%rax)
	mov %r8, VCPU_R8(%rax)
	mov %r9, VCPU_R9(%rax)
	mov %r10, VCPU_R10(%rax)
	mov %r11, VCPU_R11(%rax)
	mov %r12, VCPU_R12(%rax)
	mov %r13, VCPU_R13(%rax)
	mov %r14, VCPU_R14(%rax)
	mov %r15, VCPU_R15(%rax)
	mov %rax, %rdi
	/* No return before the barrier: a program may have trained it. */
	testb $(SLOW_IBRS | SLOW_IBPB | SLOW_IBPB_ALL), VCPU_SLOW(%rdi)
	jz 1f
	testb $SLOW_IBPB_ALL, VCPU_SLOW(%rdi)
	jnz 2f
	mov VCPU_VMCB(%rdi), %rax
	cmpb $0, VMCB_CPL(%rax)
	je 1f
2:	call tg_svm_barrier
	mov (%rsp), %rdi
1:	call tg_svm_exit
	mov %eax, %ecx
	mov (%rsp), %rax
	test %ecx, %ecx
	jz injected
	cmp $SVM_LEAVE, %ecx
	jne tg_svm_resume

/* Out of operation, on in the guest: tg_svm_leave() has put everything back but
 * the registers that C cannot hold, and GIF is 1.
 */
	mov (%rsp), %rbx
	mov %rbx, %rdi
	call tg_svm_leave
	jmp tg_root_depart
	int3

/* With IF=1 at VMRUN, and GIF=0 around it (svm/post.c). */
post:	sti
	load_rest
	vmrun %rax
	cli
	jmp exited
	int3
	.size tg_svm_resume, . - tg_svm_resume

/* long tg_svm_hypercall(enum tg_hypercall): root mode knows this address. */
	.globl tg_svm_hypercall
	.type tg_svm_hypercall, @function
tg_svm_hypercall:
	endbr64			/* called through the ops table */
	mov %rdi, %rax
	.globl tg_svm_hypercall_site
tg_svm_hypercall_site:
	vmmcall
	ret
	int3
	.size tg_svm_hypercall, . - tg_svm_hypercall

/* void tg_svm_take_nmi(void): an NMI that waits is taken, by root mode's gate. */
	.globl tg_svm_take_nmi
	.type tg_svm_take_nmi, @function
tg_svm_take_nmi:
	stgi
	nop
	clgi
	ret
	int3
	.size tg_svm_take_nmi, . - tg_svm_take_nmi

/*
 * void tg_svm_halt(void): halted with IF=0, till an NMI, which root mode's gate counts, or
 * till the hypervisor below ends it.
 */
	.globl tg_svm_halt
	.type tg_svm_halt, @function
tg_svm_halt:
	stgi
	.globl tg_svm_halting
tg_svm_halting:			/* an NMI or #MC here has ended it (tg_root_nmi) */
	hlt
	clgi
	ret
	int3
	.size tg_svm_halt, . - tg_svm_halt

/*
 * int tg_svm_acknowledge(struct tg_vcpu *): interrupts on for one instruction, in
 * which the local APIC hands out the highest that waits, if any.
 */
	.globl tg_svm_acknowledge
	.type tg_svm_acknowledge, @function
tg_svm_acknowledge:
	movl $-1, VCPU_ACKNOWLEDGED(%rdi)
	stgi
	.globl tg_svm_window, tg_svm_window_end
tg_svm_window:			/* an NMI in here skips the rest (tg_root_nmi) */
	sti
	nop
tg_svm_window_end:
	cli
	clgi
	mov VCPU_ACKNOWLEDGED(%rdi), %eax
	ret
	int3
	.size tg_svm_acknowledge, . - tg_svm_acknowledge

	.section .rodata
verw_selector:
	.word ROOT_DS

/*
 * Root mode is never unwound by the kernel: objtool need not understand it.
 */
	.pushsection .discard.func_stack_frame_non_standard, "aw"
	.long tg_svm_launch - .
	.long tg_svm_resume - .
	.long tg_svm_hypercall - .
	.long tg_svm_take_nmi - .
	.long tg_svm_halt - .
	.long tg_svm_acknowledge - .
	.popsection

	.section .note.GNU-stack, "", @progbits
