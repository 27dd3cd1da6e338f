/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Root mode's interrupt gates. NMI only counts; faults go to C with a frame.
 */
#include "asm_offsets.h"
#include "asm_regs.h"

	.section .noinstr.text, "ax"

/* The vcpu, as this_vcpu() finds it. */
	.macro VCPU reg
	mov %rsp, \reg
	and $~(ROOT_STACK_SIZE - 1), \reg
	mov (\reg), \reg
	.endm

/*
 * An NMI that arrives in root mode. It touches nothing but its counter; if it
 * hit the last instructions before the entry, the way there starts again.
 */
	.globl tg_root_nmi
	.type tg_root_nmi, @function
tg_root_nmi:
	push %rax
	push %rdx
	VCPU %rax
	lock incl VCPU_NMI_ROOT(%rax)
	mov 16(%rsp), %rax
	lea tg_vmx_commit(%rip), %rdx
	cmp %rdx, %rax
	jb 1f
	lea tg_vmx_commit_end(%rip), %rdx
	cmp %rdx, %rax
	jae 1f
	lea tg_vmx_late_nmi(%rip), %rdx
	mov %rdx, 16(%rsp)
1:	lea tg_svm_window(%rip), %rdx
	cmp %rdx, %rax
	jb 2f
	lea tg_svm_window_end(%rip), %rdx
	cmp %rdx, %rax
	jae 2f
	/* It goes before the interrupts that wait: those stay at the APIC. */
	mov %rdx, 16(%rsp)
	andl $~0x200, 32(%rsp)
2:	lea tg_svm_halting(%rip), %rdx
	cmp %rdx, %rax
	jne 3f
	incq 16(%rsp)			/* nobody would end the HLT */
3:	pop %rdx
	pop %rax
	iretq
	int3
	.size tg_root_nmi, . - tg_root_nmi

/* void tg_root_unblock_nmi(void): IRET, which ends blocking by NMI. */
	.globl tg_root_unblock_nmi
	.type tg_root_unblock_nmi, @function
tg_root_unblock_nmi:
	mov %rsp, %rax
	mov %ss, %ecx
	push %rcx
	push %rax
	pushfq
	mov %cs, %ecx
	push %rcx
	lea 1f(%rip), %rcx
	push %rcx
	iretq
1:	ret
	int3
	.size tg_root_unblock_nmi, . - tg_root_unblock_nmi

/*
 * int tg_root_acknowledge(struct tg_vcpu *): interrupts on for one instruction,
 * in which the local APIC hands out the highest that waits, if any.
 */
	.globl tg_root_acknowledge
	.type tg_root_acknowledge, @function
tg_root_acknowledge:
	movl $-1, VCPU_ACKNOWLEDGED(%rdi)
	sti
	nop
	cli
	mov VCPU_ACKNOWLEDGED(%rdi), %eax
	ret
	int3
	.size tg_root_acknowledge, . - tg_root_acknowledge

/* The gates for vectors 20-ff, 16 bytes each. They note the vector, and leave
 * interrupts off behind them: one at a time.
 */
	.balign 16
	.globl tg_root_interrupts
tg_root_interrupts:
	.set vector, 0x20
	.rept 0x100 - 0x20
	push %rax
	mov $vector, %eax
	jmp root_interrupt
	.balign 16
	.set vector, vector + 1
	.endr
root_interrupt:
	push %rdx
	VCPU %rdx
	mov %eax, VCPU_ACKNOWLEDGED(%rdx)
	pop %rdx
	pop %rax
	andl $~0x200, 16(%rsp)
	iretq
	int3

/* struct root_frame: r15 ... rax, vector, error, rip, cs, rflags, rsp, ss */
	.macro FAULT vector error
	.globl tg_root_fault_\vector
tg_root_fault_\vector:
	.if \error == 0
	push $0
	.endif
	push $\vector
	jmp root_fault_common
	.endm

	FAULT 0 0
	FAULT 1 0
	FAULT 3 0
	FAULT 4 0
	FAULT 5 0
	FAULT 6 0
	FAULT 7 0
	FAULT 8 1
	FAULT 10 1
	FAULT 11 1
	FAULT 12 1
	FAULT 13 1
	FAULT 14 1
	FAULT 16 0
	FAULT 17 1
	FAULT 18 0
	FAULT 19 0
	FAULT 20 0
	FAULT 21 1
	FAULT 28 0
	FAULT 29 1
	FAULT 30 1
	FAULT 255 0

root_fault_common:
	PUSH_REGS
	cld
	mov %rsp, %rdi
	mov %rsp, %rbp
	and $~0xf, %rsp
	call tg_root_fault
	mov %rbp, %rsp
	POP_REGS
	add $16, %rsp
	iretq
	int3

/* void tg_root_to_fatal(struct tg_vcpu *, u64 stack): does not come back. */
	.globl tg_root_to_fatal
	.type tg_root_to_fatal, @function
tg_root_to_fatal:
	mov %rsi, %rsp
	xor %ebp, %ebp
	call tg_host_fatal
	int3
	.size tg_root_to_fatal, . - tg_root_to_fatal

/*
 * Root mode is never unwound by the kernel: objtool need not understand it.
 */
	.pushsection .discard.func_stack_frame_non_standard, "aw"
	.long tg_root_nmi - .
	.long tg_root_unblock_nmi - .
	.long tg_root_acknowledge - .
	.long tg_root_to_fatal - .
	.popsection

	.section .note.GNU-stack, "", @progbits
