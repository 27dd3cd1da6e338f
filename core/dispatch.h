/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From what a backend decoded to what happens to it. All root mode.
 */
#ifndef TG_CORE_DISPATCH_H
#define TG_CORE_DISPATCH_H

#include "cpu.h"
#include "inject.h"

/*
 * Runs the events hooked on the trap's vector: filters, action, records. The
 * guest does not get the trap if any of them short-circuits it.
 */
enum tg_verdict tg_dispatch(struct tg_cpu *cpu, const struct tg_trap *trap, u8 record_flags);

enum tg_outcome {
	TG_OUT_INJECT,		/* cpu->next is what the guest gets */
	TG_OUT_SWALLOWED,	/* nothing; skip the instruction of types 4-6 */
	TG_OUT_REDELIVER,	/* swallowed; cpu->next is the first event again */
	TG_OUT_TRIPLE,		/* shutdown */
};

/* An exception exit: dispatch, then combine with what was being delivered. */
enum tg_outcome tg_handle_exception(struct tg_cpu *cpu, struct tg_trap *trap);

/*
 * An interrupt that was just acknowledged, for a guest that can take it now:
 * cpu->next, or swallowed and ended.
 */
void tg_handle_interrupt(struct tg_cpu *cpu, u8 vector);

/* An NMI arrived, in the guest or in root mode: pending unless swallowed. */
void tg_handle_nmi(struct tg_cpu *cpu, const struct tg_flight *first);

/*
 * Switches to cpu->wanted. Interrupts that were swallowed for an event that is
 * no longer there are raised once more, so that one-shot timers go on.
 */
void tg_take_evset(struct tg_cpu *cpu);

/* Before the CPU leaves: every vector that was swallowed and not seen since. */
void tg_raise_all_swallowed(struct tg_cpu *cpu);

/*
 * To be called at least every 100 ms while such events are armed: disables
 * interrupt-swallowing events if the guest has had no interrupt for TG_STALL_MS,
 * or an IPI that somebody waits for has been swallowed for so long. True if the
 * arming changed.
 */
bool tg_check_stall(struct tg_cpu *cpu);

#define TG_STALL_MS	2000u

/* Notes what the entry will inject (statistics, chain, last_injected). */
void tg_note_injection(struct tg_cpu *cpu);

#endif
