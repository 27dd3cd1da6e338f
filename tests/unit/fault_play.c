// SPDX-License-Identifier: GPL-2.0
/* By signals. A file of its own: the names of registers are those of the kernel's, too. */
#define _GNU_SOURCE
#include <signal.h>
#include <sanitizer/common_interface_defs.h>
#include <stdlib.h>
#include <sys/ucontext.h>
#include <ucontext.h>

#include "fault_play.h"

uint64_t play_msr, play_cr2;

static int (*others)(struct fault_regs *reg);

static void on_fault(int sig, siginfo_t *info, void *context)
{
	static const int operand[] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP,
				       REG_RBP, REG_RSI,
				       REG_RDI };
	greg_t *reg = ((ucontext_t *)context)->uc_mcontext.gregs;
	const uint8_t *code = (const uint8_t *)reg[REG_RIP];
	uint64_t rip = (uint64_t)code;
	struct fault_regs regs = {
		.rip = &rip, .rax = (uint64_t)reg[REG_RAX], .rcx = (uint64_t)reg[REG_RCX],
	};

	(void)sig;
	(void)info;
	if (code[0] == 0x0f && code[1] == 0x32) {		/* RDMSR */
		reg[REG_RAX] = (uint32_t)play_msr;
		reg[REG_RDX] = play_msr >> 32;
		rip += 2;
	} else if (code[0] == 0x0f && code[1] == 0x22 && (code[2] & 0xf8) == 0xd0) {
		play_cr2 = (uint64_t)reg[operand[code[2] & 7]];
		rip += 3;
	} else if (!others || !others(&regs)) {
		abort();
	}
	reg[REG_RIP] = (greg_t)rip;
}

void play_faults(int (*fault)(struct fault_regs *reg))
{
	others = fault;
}

static struct {
	void (*function)(void);
	const void *bottom;		/* of the stack to go back to, for the sanitizer */
	size_t size;
} there;

static void on_stack(void)
{
	__sanitizer_finish_switch_fiber(NULL, &there.bottom, &there.size);
	there.function();
	__sanitizer_start_switch_fiber(NULL, there.bottom, there.size);
}

void play_on_stack(void *stack, uint64_t size, void (*function)(void))
{
	const struct sigaction act = { .sa_sigaction = on_fault,
				       .sa_flags = SA_SIGINFO | SA_NODEFER };
	struct sigaction old;		/* the test framework's */
	ucontext_t back, to;
	void *kept;

	there.function = function;
	getcontext(&to);
	to.uc_stack.ss_sp = (char *)stack + 64;
	to.uc_stack.ss_size = size - 64;
	to.uc_link = &back;
	makecontext(&to, on_stack, 0);
	sigaction(SIGSEGV, &act, &old);
	__sanitizer_start_switch_fiber(&kept, to.uc_stack.ss_sp, to.uc_stack.ss_size);
	swapcontext(&back, &to);
	__sanitizer_finish_switch_fiber(kept, NULL, NULL);
	sigaction(SIGSEGV, &old, NULL);
}
