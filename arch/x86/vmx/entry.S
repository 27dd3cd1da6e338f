/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VT-x: the way into the guest, out of it, and out of VMX operation. Root mode:
 * interrupts off, GS base at struct tg_vcpu. NMIs can arrive at any place.
 */
#include "../asm_offsets.h"
#include "../asm_regs.h"

#define VMCS_GUEST_SS_AR	0x4818
#define VMCS_GUEST_RSP		0x681c
#define VMCS_GUEST_RIP		0x681e
#define AR_DPL			0x60

	.section .noinstr.text, "ax"


/*
 * long tg_vmx_launch(void): the first entry. Returns 0 as guest, 1 on
 * VMfailValid, 2 on VMfailInvalid (then outside); 3 when the guest state was
 * refused, 4 when a machine check came, and root mode has left again. Guest
 * kernel, interrupts off.
 */
	.globl tg_vmx_launch
	.type tg_vmx_launch, @function
tg_vmx_launch:
	PUSH_CALLEE_SAVED
	mov $VMCS_GUEST_RSP, %eax
	vmwrite %rsp, %rax
	jbe 2f
	mov $VMCS_GUEST_RIP, %eax
	lea 1f(%rip), %rdx
	vmwrite %rdx, %rax
	jbe 2f
	xor %eax, %eax
	vmlaunch
2:	mov $1, %eax
	mov $2, %edx
	cmovc %edx, %eax
	jmp 3f
1:
3:	POP_CALLEE_SAVED
	ret
	int3
	.size tg_vmx_launch, . - tg_vmx_launch

/*
 * HOST_RIP, with HOST_RSP at the top of root mode's stack.
 *
 * CR2 stays the guest's while root mode runs: it has no page fault of its own but
 * under a fixup, and that puts CR2 back.
 *
 * The return stack buffer is not filled here. A program puts only addresses of
 * its own into it, and root mode's tables have no user half, so that nothing is
 * there to be run speculatively: what SMEP does for the kernel, which does not
 * fill it on entry from user mode either (Documentation/admin-guide/hw-vuln/rsb.rst,
 * "RSB poisoning"). Filling on VM exits is for guests whose kernel is a stranger;
 * underflow, where returns are not balanced by calls, is for IBRS.
 */
	.globl tg_vmx_exit_entry
	.type tg_vmx_exit_entry, @function
tg_vmx_exit_entry:
	mov %rax, %gs:VCPU_RAX
	mov %rcx, %gs:VCPU_RCX
	mov %rdx, %gs:VCPU_RDX
	mov %rbx, %gs:VCPU_RBX
	mov %rbp, %gs:VCPU_RBP
	mov %rsi, %gs:VCPU_RSI
	mov %rdi, %gs:VCPU_RDI
	mov %r8, %gs:VCPU_R8
	mov %r9, %gs:VCPU_R9
	mov %r10, %gs:VCPU_R10
	mov %r11, %gs:VCPU_R11
	mov %r12, %gs:VCPU_R12
	mov %r13, %gs:VCPU_R13
	mov %r14, %gs:VCPU_R14
	mov %r15, %gs:VCPU_R15
	mov %cr2, %rax
	mov %rax, %gs:VCPU_CR2
	testb $SLOW_IBRS, %gs:VCPU_SLOW
	jnz spec_ibrs
spec_done:
	mov %gs:VCPU_SELF, %rdi
	call tg_vmx_exit
	test %eax, %eax
	jz injected
	cmp $VMX_LEAVE, %eax
	je tg_vmx_depart

/*
 * From here on an NMI changes the way: the handler finds RIP in this range and
 * continues at tg_vmx_late_nmi, so that no NMI waits for the exit after the
 * next (NMI-ROOT). Nothing is lost: the registers are still in memory.
 */
	.globl tg_vmx_commit
tg_vmx_commit:
	cmpl $0, %gs:VCPU_NMI_ROOT
	jne tg_vmx_late_nmi
	cmpl $0, %gs:VCPU_VERW
	je 1f
	verw verw_selector(%rip)
1:	mov %gs:VCPU_RBX, %rbx
	mov %gs:VCPU_RBP, %rbp
	mov %gs:VCPU_R12, %r12
	mov %gs:VCPU_R13, %r13
	mov %gs:VCPU_R14, %r14
	mov %gs:VCPU_R15, %r15
	jmp 2f
/* VMX_INJECTED: C has left the others as it found them. */
injected:
	cmpl $0, %gs:VCPU_NMI_ROOT
	jne tg_vmx_late_nmi
2:	mov %gs:VCPU_RCX, %rcx
	mov %gs:VCPU_RDX, %rdx
	mov %gs:VCPU_RSI, %rsi
	mov %gs:VCPU_RDI, %rdi
	mov %gs:VCPU_R8, %r8
	mov %gs:VCPU_R9, %r9
	mov %gs:VCPU_R10, %r10
	mov %gs:VCPU_R11, %r11
	mov %gs:VCPU_RAX, %rax
	vmresume
	.globl tg_vmx_commit_end
tg_vmx_commit_end:
tg_vmx_insn_fail:
	/* VMfail on VMRESUME, or on a VMREAD or VMWRITE of root mode. */
	setc %sil
	movzbl %sil, %esi
	mov %gs:VCPU_ROOT_RSP, %rsp
	mov %gs:VCPU_SELF, %rdi
	call tg_vmx_failed
	int3

	.globl tg_vmx_insn_fail

	/* SPEC: IBRS is the kernel's choice; the guest's CPL is in the DPL of SS. */
spec_ibrs:
	mov $VMCS_GUEST_SS_AR, %eax
	vmread %rax, %rax
	jbe tg_vmx_insn_fail
	test $AR_DPL, %al
	jz spec_done
	call tg_vmx_from_user
	jmp spec_done

	.globl tg_vmx_late_nmi
tg_vmx_late_nmi:
	mov %gs:VCPU_ROOT_RSP, %rsp
	mov %gs:VCPU_SELF, %rdi
	call tg_vmx_late
	jmp tg_vmx_commit

/* Out of VMX operation, on in the guest. tg_vmx_leave() has put everything
 * back but the registers that C cannot hold.
 */
tg_vmx_depart:
	mov %gs:VCPU_SELF, %rbx
	mov %rbx, %rdi
	call tg_vmx_leave
	jmp tg_root_depart
	int3
	.size tg_vmx_exit_entry, . - tg_vmx_exit_entry

/* long tg_vmx_hypercall(enum tg_hypercall): root mode knows this address. */
	.globl tg_vmx_hypercall
	.type tg_vmx_hypercall, @function
tg_vmx_hypercall:
	endbr64			/* called through the ops table */
	mov %rdi, %rax
	.globl tg_vmx_hypercall_site
tg_vmx_hypercall_site:
	vmcall
	ret
	int3
	.size tg_vmx_hypercall, . - tg_vmx_hypercall

	.section .rodata
verw_selector:
	.word ROOT_DS

/*
 * Root mode is never unwound by the kernel: objtool need not understand it.
 */
	.pushsection .discard.func_stack_frame_non_standard, "aw"
	.long tg_vmx_launch - .
	.long tg_vmx_exit_entry - .
	.long tg_vmx_hypercall - .
	.popsection

	.section .note.GNU-stack, "", @progbits
