/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What both backends do alike with the guest's registers: the last steps out of
 * operation, and a hypercall for the hypervisor below.
 */
#include "asm_offsets.h"
#include "asm_regs.h"

	.section .noinstr.text, "ax"

/*
 * RBX: the vcpu. GS, IDT and all that C can hold are the guest's already; NMI and
 * #MC that came before are its, too.
 */
	.globl tg_root_depart
	.type tg_root_depart, @function
tg_root_depart:
	xor %ebp, %ebp
	xchg %ebp, VCPU_NMI_ROOT(%rbx)
	test $0x7fffffff, %ebp
	jz 1f
	int $2
1:	test %ebp, %ebp			/* NMI_ROOT_MC is bit 31 */
	jns 2f
	int $18
2:	mov VCPU_RSP(%rbx), %rsp
	mov VCPU_RIP(%rbx), %rax
	push %rax
	mov VCPU_RFLAGS(%rbx), %rax
	push %rax
	mov %rbx, %rdi
	mov VCPU_RAX(%rdi), %rax
	mov VCPU_RCX(%rdi), %rcx
	mov VCPU_RDX(%rdi), %rdx
	mov VCPU_RBX(%rdi), %rbx
	mov VCPU_RBP(%rdi), %rbp
	mov VCPU_RSI(%rdi), %rsi
	mov VCPU_R8(%rdi), %r8
	mov VCPU_R9(%rdi), %r9
	mov VCPU_R10(%rdi), %r10
	mov VCPU_R11(%rdi), %r11
	mov VCPU_R12(%rdi), %r12
	mov VCPU_R13(%rdi), %r13
	mov VCPU_R14(%rdi), %r14
	mov VCPU_R15(%rdi), %r15
	mov VCPU_RDI(%rdi), %rdi
	popfq
	ret
	int3
	.size tg_root_depart, . - tg_root_depart

#define FIXUP	(VCPU_FIXUP - VCPU_RAX)(%rdi)

/*
 * int NAME(u64 *reg): the guest's VMCALL or VMMCALL, for the hypervisor below us, with its
 * registers (all but RSP), which are those of the vcpu. 0, or -1 where there is none that
 * takes it: #UD, and the registers are as they were.
 */
	.macro FORWARD name insn
	.globl \name
	.type \name, @function
\name:
	PUSH_CALLEE_SAVED
	push %rdi
	lea 7f(%rip), %rax
	mov %rax, FIXUP
	mov 0(%rdi), %rax
	mov 8(%rdi), %rcx
	mov 16(%rdi), %rdx
	mov 24(%rdi), %rbx
	mov 40(%rdi), %rbp
	mov 48(%rdi), %rsi
	mov 64(%rdi), %r8
	mov 72(%rdi), %r9
	mov 80(%rdi), %r10
	mov 88(%rdi), %r11
	mov 96(%rdi), %r12
	mov 104(%rdi), %r13
	mov 112(%rdi), %r14
	mov 120(%rdi), %r15
	mov 56(%rdi), %rdi
	\insn
	push %rdi
	mov 8(%rsp), %rdi
	mov %rax, 0(%rdi)
	mov %rcx, 8(%rdi)
	mov %rdx, 16(%rdi)
	mov %rbx, 24(%rdi)
	mov %rbp, 40(%rdi)
	mov %rsi, 48(%rdi)
	mov %r8, 64(%rdi)
	mov %r9, 72(%rdi)
	mov %r10, 80(%rdi)
	mov %r11, 88(%rdi)
	mov %r12, 96(%rdi)
	mov %r13, 104(%rdi)
	mov %r14, 112(%rdi)
	mov %r15, 120(%rdi)
	pop %rax
	mov %rax, 56(%rdi)
	movq $0, FIXUP
	xor %eax, %eax
	jmp 8f
7:	mov $-1, %eax
8:	pop %rdi
	POP_CALLEE_SAVED
	ret
	int3
	.size \name, . - \name
	.pushsection .discard.func_stack_frame_non_standard, "aw"
	.long \name - .
	.popsection
	.endm

	FORWARD tg_vmx_forward_vmcall vmcall
	FORWARD tg_svm_forward_vmmcall vmmcall

	.pushsection .discard.func_stack_frame_non_standard, "aw"
	.long tg_root_depart - .
	.popsection

	.section .note.GNU-stack, "", @progbits
