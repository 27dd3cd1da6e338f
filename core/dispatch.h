/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From what a backend decoded to what happens to it. All root mode.
 */
#ifndef TG_CORE_DISPATCH_H
#define TG_CORE_DISPATCH_H

#include "cpu.h"
#include "deliver.h"
#include "machine.h"
#include "swallow.h"

/*
 * Runs the events hooked on the trap's vector: filters, action, records. The
 * guest does not get the trap if any of them short-circuits it. Sets trap->ev.posts
 * where one of them wants to hear when it has been delivered.
 */
enum tg_verdict tg_dispatch(struct tg_cpu *cpu, struct tg_trap *trap, u8 record_flags);

/* Swallowed: whether to skip the instruction, or a script has set RIP already. */
static tg_always_inline bool tg_rip_stays(struct tg_cpu *cpu)
{
	bool moved = cpu->rip_moved;

	cpu->rip_moved = false;
	return !moved;
}

enum tg_outcome {
	TG_OUT_INJECT,		/* cpu->next is what the guest gets */
	TG_OUT_SWALLOWED,	/* nothing; skip the instruction of types 4-6 */
	TG_OUT_REDELIVER,	/* swallowed; cpu->next is the first event again */
	TG_OUT_TRIPLE,		/* shutdown */
};

/* The same for an exception during delivery of another event: trap->first.valid. */
enum tg_outcome tg_handle_nested(struct tg_cpu *cpu, struct tg_trap *trap);

/* An exception exit: dispatch, then combine with what was being delivered. */
static tg_always_inline enum tg_outcome tg_handle_exception(struct tg_cpu *cpu,
							    struct tg_trap *trap)
{
	if (tg_unlikely(trap->first.valid))
		return tg_handle_nested(cpu, trap);
	if (tg_dispatch(cpu, trap, 0) == TG_SWALLOWED)
		return TG_OUT_SWALLOWED;
	cpu->next = trap->ev;
	return TG_OUT_INJECT;
}

/* Whether the guest gets the interrupt in trap, acknowledged just now; else it is ended. */
static tg_always_inline bool tg_interrupt_passes(struct tg_cpu *cpu, struct tg_trap *trap)
{
	if (tg_unlikely(tg_dispatch(cpu, trap, 0) == TG_SWALLOWED)) {
		tg_swallow_interrupt(cpu, trap->ev.vector);
		return false;
	}
	tg_vecset_del(&cpu->swallowed, trap->ev.vector);
	return true;
}

/*
 * An interrupt that was just acknowledged, for a guest that can take it now:
 * cpu->next, or swallowed and ended.
 */
static tg_always_inline void tg_handle_interrupt(struct tg_cpu *cpu, u8 vector)
{
	struct tg_trap trap = {
		.ev = { .word = TG_FLIGHT_WORD(TG_TYPE_INTERRUPT, vector) },
	};

	if (tg_interrupt_passes(cpu, &trap))
		cpu->next = trap.ev;
}

/* An NMI arrived, in the guest or in root mode: pending unless swallowed. */
void tg_handle_nmi(struct tg_cpu *cpu, const struct tg_flight *first);

/*
 * The NMI that is pending, on its way into cpu->next.
 */
static tg_always_inline void tg_next_nmi(struct tg_cpu *cpu)
{
	cpu->nmi_pending = false;
	cpu->next = (struct tg_flight){ .word = TG_FLIGHT_WORD(TG_TYPE_NMI, TG_VEC_NMI) };
	cpu->next.posts = cpu->nmi_posts;
	cpu->nmi_posts = false;
}

/*
 * The post stage (INJ-POST). An entry that injects an event with .posts makes the
 * backend exit behind the delivery, before the handler's first instruction:
 * cpu->posting is that event then, and tg_dispatch_post() runs its events' post stage.
 * Where that cannot be had, tg_post_unseen() says so in the trace.
 */
void tg_dispatch_post(struct tg_cpu *cpu);
void tg_post_unseen(struct tg_cpu *cpu, const struct tg_flight *f);

/* The entry is made so that it exits behind the delivery of f. */
static tg_always_inline void tg_post_begin(struct tg_cpu *cpu, const struct tg_flight *f)
{
	cpu->posting = *f;
	cpu->posting.valid = true;
}

/* At the exit behind that entry, before anything else is done about it. */
static tg_always_inline void tg_post_end(struct tg_cpu *cpu, bool delivered)
{
	cpu->posting.valid = false;
	cpu->posting.posts = !delivered;
	if (delivered)
		tg_dispatch_post(cpu);
}

/* What was being delivered at this exit: its post stage comes when it is delivered again. */
static tg_always_inline void tg_post_again(const struct tg_cpu *cpu, struct tg_flight *first)
{
	const struct tg_flight *f = &cpu->posting;

	if (tg_likely(!f->posts) || f->vector != first->vector || f->type != first->type)
		return;
	first->posts = true;
	first->address = f->address;
}

/* All that an exit left open has been decided: what .post says is the coming entry's. */
static tg_always_inline void tg_post_settle(struct tg_cpu *cpu)
{
	cpu->post = cpu->posting.valid;
	cpu->posting.posts = cpu->posting.valid;
}

/*
 * Switches to cpu->wanted. Interrupts that were swallowed for an event that is
 * no longer there are raised once more, so that one-shot timers go on.
 */
void tg_take_evset(struct tg_cpu *cpu);

/*
 * Another kernel runs on this CPU: no event is its, and nothing that was kept for the old one,
 * swallowed interrupts and injections, is either. The caller arms anew.
 */
void tg_disown(struct tg_cpu *cpu);

/*
 * The interception that .evset needs; .watch_stall is told. Where it has nothing to watch,
 * nothing stays swallowed.
 */
struct tg_arm tg_arm(struct tg_cpu *cpu);

static tg_always_inline void tg_chain_add(struct tg_cpu *cpu, const struct tg_flight *f)
{
	struct tg_flight *last = &cpu->chain[cpu->chain_at++ % TG_ARRAY_SIZE(cpu->chain)];
	u32 word = f->word, error = f->error;

	last->word = word;
	last->error = error;
}

/* Notes an exception that the entry will inject (statistics, chain). */
static tg_always_inline void tg_note_exception(struct tg_cpu *cpu, const struct tg_flight *f)
{
	tg_chain_add(cpu, f);
	cpu->injected_exceptions++;
}

static tg_always_inline void tg_note_interrupt(struct tg_cpu *cpu, const struct tg_flight *f)
{
	tg_chain_add(cpu, f);
	cpu->injected_interrupts++;
	/* What was swallowed before, a one-shot timer say, is still missing. */
	if (tg_unlikely(cpu->first_swallow_tsc))
		cpu->first_swallow_tsc = tg_vecset_empty(&cpu->swallowed) ? 0 : tg_hw_tsc() ?: 1;
	if (tg_vecset_has(&cpu->config->answer, f->vector))
		cpu->first_answer_tsc = 0;
}

/* The same for whatever is in cpu->next. */
static tg_always_inline void tg_note_injection(struct tg_cpu *cpu)
{
	const struct tg_flight *f = &cpu->next;

	if (f->type == TG_TYPE_INTERRUPT) {
		tg_note_interrupt(cpu, f);
	} else if (f->type == TG_TYPE_NMI) {
		tg_chain_add(cpu, f);
		cpu->injected_nmis++;
	} else {
		tg_note_exception(cpu, f);
	}
}

#endif
