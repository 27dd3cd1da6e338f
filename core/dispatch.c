// SPDX-License-Identifier: GPL-2.0
/*
 * The way of one event, vendor-neutral part: match, record, decide. Runs in
 * root mode: no locks, no allocation, nothing of the kernel's.
 */
#include "action.h"
#include "dispatch.h"
#include "machine.h"
#include "match.h"
#include "record.h"

static tg_root enum tg_swallow ask(struct tg_cpu *cpu, struct tg_event *ev,
				   const struct tg_flight *f)
{
	if (!(ev->flags & TG_EV_SWALLOW) || !event_matches(ev, cpu))
		return TG_SWALLOW_ASK_NEXT;
	return tg_try_swallow(cpu, ev, f);
}

/* First pass, only where a swallowing event is armed: what all of them decide. */
static tg_root tg_noinline enum tg_verdict decide(struct tg_cpu *cpu, const struct tg_flight *f)
{
	return tg_decide(cpu, f, ask);
}

/* Whether one of the events wants to hear of the end of the delivery. */
static tg_root tg_noinline void post_wanted(struct tg_cpu *cpu, struct tg_trap *trap)
{
	const struct tg_event *ev;

	for_each_event(ev, cpu->evset, trap->ev.vector)
		if ((ev->stage & TG_STAGE_POST) && event_matches(ev, cpu))
			trap->ev.posts = cpu->post = true;
}

tg_root void tg_dispatch_post(struct tg_cpu *cpu)
{
	const struct tg_evset *set = cpu->evset;
	const struct tg_trap trap = { .ev = cpu->posting };
	const struct tg_record_what what = {
		.trap = &trap, .kind = TG_REC_TRAP, .verdict = TG_DELIVERED,
		.stage = TG_STAGE_POST,
	};
	struct tg_event *ev;

	if (tg_unlikely(set->scripts[trap.ev.vector])) {
		tg_action_post(cpu, &trap);
		return;
	}
	for_each_event(ev, set, trap.ev.vector) {
		if (!(ev->stage & TG_STAGE_POST) || !event_matches(ev, cpu))
			continue;
		if (ev->stage == TG_STAGE_POST)
			ev->cpu[cpu->id].hits++;
		tg_record(cpu, ev, &what);
	}
}

tg_root void tg_post_unseen(struct tg_cpu *cpu, const struct tg_flight *f)
{
	struct tg_event *ev;

	for_each_event(ev, cpu->evset, f->vector)
		if ((ev->stage & TG_STAGE_POST) && event_matches(ev, cpu))
			tg_record_note(cpu, ev, f->vector, TG_NOTE_POST_UNSEEN, 0);
}

/* From list[i] on: whatever is before it does not match. */
static tg_root tg_noinline enum tg_verdict dispatch_from(struct tg_cpu *cpu,
							 struct tg_trap *trap,
							 u8 record_flags, u32 i)
{
	const struct tg_evset *set = cpu->evset;
	u8 vector = trap->ev.vector;
	u32 end = set->start[vector + 1];
	struct tg_record_what what = {
		.trap = trap, .kind = TG_REC_TRAP, .flags = record_flags,
		.verdict = TG_DELIVERED, .stage = TG_STAGE_PRE,
	};

	if (tg_unlikely(set->scripts[vector])) {
		what.verdict = tg_action_dispatch(cpu, trap, record_flags, i);
		i = end;
	} else if (tg_unlikely(set->swallows[vector])) {
		what.verdict = decide(cpu, &trap->ev);
		/* the first one goes again, as if this had not been */
		if (what.verdict == TG_SWALLOWED)
			what.flags &= ~(TG_RECF_DROPPED | TG_RECF_DOUBLE);
	}
	for (; i < end; i++) {
		struct tg_event *ev = set->list[i];
		struct tg_event_cpu *c = &ev->cpu[cpu->id];

		if (!event_matches(ev, cpu) || ev->stage == TG_STAGE_POST)
			continue;
		c->hits++;
		if (what.verdict == TG_SWALLOWED)
			c->swallowed++;
		tg_record(cpu, ev, &what);
	}
	if (what.verdict == TG_SWALLOWED)
		cpu->swallowed_events++;
	else if (tg_unlikely(set->posts[vector]))
		post_wanted(cpu, trap);
	return what.verdict;
}

tg_root enum tg_verdict tg_dispatch(struct tg_cpu *cpu, struct tg_trap *trap, u8 record_flags)
{
	const struct tg_evset *set = cpu->evset;
	u32 vector = trap->ev.vector;
	u32 i = set->start[vector], end = set->start[vector + 1];

	for (; i < end; i++)
		if (!event_excludes(set->list[i], cpu))
			return dispatch_from(cpu, trap, record_flags, i);
	return TG_DELIVERED;
}

static tg_always_inline bool replayable(const struct tg_flight *f)
{
	return f->type != TG_TYPE_INTERRUPT && f->type != TG_TYPE_NMI;
}

tg_root enum tg_outcome tg_handle_nested(struct tg_cpu *cpu, struct tg_trap *trap)
{
	enum tg_nesting nest = tg_nest(&trap->first, &trap->ev);
	u8 flags = TG_RECF_NESTED;

	if (nest == TG_NEST_DOUBLE)
		flags |= TG_RECF_DOUBLE;
	if (!replayable(&trap->first))
		flags |= TG_RECF_DROPPED;
	if (tg_dispatch(cpu, trap, flags) == TG_SWALLOWED) {
		cpu->rip_moved = false;
		cpu->next = trap->first;
		return TG_OUT_REDELIVER;
	}
	if (nest == TG_NEST_TRIPLE)
		return TG_OUT_TRIPLE;
	if (nest == TG_NEST_DOUBLE) {
		/* The #DF is raised by the combination: its hooks see it, too. */
		struct tg_trap df = { .ev = tg_exception(TG_VEC_DF, 0), .first = trap->ev };

		if (tg_dispatch(cpu, &df, TG_RECF_NESTED) == TG_SWALLOWED)
			return TG_OUT_SWALLOWED;
		cpu->next = df.ev;
		return TG_OUT_INJECT;
	}
	cpu->next = trap->ev;
	return TG_OUT_INJECT;
}

tg_root void tg_handle_nmi(struct tg_cpu *cpu, const struct tg_flight *first)
{
	struct tg_trap trap = {
		.ev = { .word = TG_FLIGHT_WORD(TG_TYPE_NMI, TG_VEC_NMI) },
	};

	if (first)
		trap.first = *first;
	if (tg_dispatch(cpu, &trap, trap.first.valid ? TG_RECF_NESTED : 0) == TG_DELIVERED) {
		cpu->nmi_pending = true;
		cpu->nmi_posts |= trap.ev.posts;
	}
}

tg_root struct tg_arm tg_arm(struct tg_cpu *cpu)
{
	struct tg_arm arm = tg_evset_arm(cpu->evset, cpu->id);

	cpu->watch_stall = arm.swallows_interrupts;
	/* Turned off by another CPU since tg_raise_swallowed() looked: no tg_check_stall() will. */
	if (!cpu->watch_stall)
		tg_raise_all_swallowed(cpu);
	return arm;
}

tg_root void tg_disown(struct tg_cpu *cpu)
{
	tg_store_release(&cpu->wanted, &tg_no_events);
	cpu->evset = &tg_no_events;
	cpu->swallowed = (struct tg_vecset){ { 0 } };
	cpu->first_swallow_tsc = 0;
	cpu->first_answer_tsc = 0;
	tg_inject_drop(cpu);
}

tg_root void tg_take_evset(struct tg_cpu *cpu)
{
	cpu->evset = tg_load_acquire(&cpu->wanted);
	tg_raise_swallowed(cpu);
}
