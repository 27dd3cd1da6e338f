/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Plays a processor for root mode's code in a test program: RDMSR gives play_msr, MOV to
 * CR2 sets play_cr2, and other faults are handed over.
 */
#ifndef FAULT_PLAY_H
#define FAULT_PLAY_H

#include <stdint.h>

extern uint64_t play_msr, play_cr2;

struct fault_regs {
	uint64_t *rip;			/* where to go on */
	uint64_t rax, rcx;
};

/* Who gets other faults; 0 ends the program. */
void play_faults(int (*fault)(struct fault_regs *reg));

/*
 * Calls the function on this stack, and plays meanwhile; size a power of two, aligned like that.
 * Root mode's stack has a pointer to its CPU at the bottom, which the caller put there.
 */
void play_on_stack(void *stack, uint64_t size, void (*function)(void));

#endif
