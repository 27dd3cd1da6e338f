/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TG_ARCH_APIC_H
#define TG_ARCH_APIC_H

#include "../../core/types.h"

/* Sends an INIT to this CPU: to complete one that was intercepted. Root mode's
 * world or the guest's, interrupts off, out of VMX operation.
 */
void tg_apic_init_self(void);

/*
 * The local APIC of this CPU. Root mode. Does it hand out interrupts at all; is the vector
 * pending (IRR); the class below and in which none is handed out is in bits 7:4 (PPR).
 */
bool tg_apic_enabled(void);
bool tg_apic_pending(u8 vector);
u8 tg_apic_priority(void);

/*
 * The timer of this CPU. Root mode. Is the vector the timer's (and the timer not
 * masked)? Which vector has it? Has it run out, or was it never set?
 */
bool tg_apic_timer_is(u8 vector);
u8 tg_apic_timer_vector(void);
bool tg_apic_timer_idle(void);

/*
 * Starts an idle timer once for root mode, by so many TSC ticks where it counts
 * in these, else less than a second. Returns when it is due (TSC). Whether it is
 * still that tick, and taking it back.
 */
u64 tg_apic_tick(u64 ticks);
bool tg_apic_tick_is_ours(u64 due);
void tg_apic_tick_stop(void);

#endif
