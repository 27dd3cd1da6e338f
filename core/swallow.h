/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Swallowing: the guest does not get an exception or interrupt (doc/swallowing.md). Root
 * mode.
 */
#ifndef TG_CORE_SWALLOW_H
#define TG_CORE_SWALLOW_H

#include "cpu.h"
#include "match.h"

/* What an event that wants to swallow leads to. */
enum tg_swallow { TG_SWALLOW_YES, TG_SWALLOW_NO, TG_SWALLOW_ASK_NEXT };

/* Whether ev may swallow f by the limits; turns it off where it may no longer. */
enum tg_swallow tg_try_swallow(struct tg_cpu *cpu, struct tg_event *ev, const struct tg_flight *f);

/*
 * What the events hooked on the vector of f decide: the first answer of ask() that is not
 * TG_SWALLOW_ASK_NEXT.
 */
static tg_always_inline enum tg_verdict
tg_decide(struct tg_cpu *cpu, const struct tg_flight *f,
	  enum tg_swallow (*ask)(struct tg_cpu *, struct tg_event *, const struct tg_flight *))
{
	struct tg_event *ev;

	if (f->type == TG_TYPE_INTERRUPT && tg_read(cpu->config->no_swallow))
		return TG_DELIVERED;
	for_each_event(ev, cpu->evset, f->vector) {
		enum tg_swallow answer = ask(cpu, ev, f);

		if (answer != TG_SWALLOW_ASK_NEXT)
			return answer == TG_SWALLOW_YES ? TG_SWALLOWED : TG_DELIVERED;
	}
	return TG_DELIVERED;
}

/* Ends it at the local APIC, and remembers that the guest has not seen it. */
void tg_swallow_interrupt(struct tg_cpu *cpu, u8 vector);

/* Raises what was swallowed by an event that is off or gone by now. */
void tg_raise_swallowed(struct tg_cpu *cpu);

/* Before the CPU leaves: every vector that was swallowed and not seen since. */
void tg_raise_all_swallowed(struct tg_cpu *cpu);

/*
 * To be called at least every 100 ms while such events are armed: raises what was swallowed
 * by an event that is off by now, and disables interrupt-swallowing events if the guest has
 * had no interrupt for TG_STALL_MS, or an IPI that somebody waits for has been swallowed for
 * so long. True if the arming changed.
 */
bool tg_check_stall(struct tg_cpu *cpu);

#define TG_STALL_MS	2000u

#endif
