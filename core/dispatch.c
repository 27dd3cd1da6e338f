// SPDX-License-Identifier: GPL-2.0
/*
 * The way of one event, vendor-neutral part: match, record, decide. Runs in
 * root mode: no locks, no allocation, nothing of the kernel's.
 */
#include "action.h"
#include "dispatch.h"
#include "match.h"
#include "os.h"

tg_root const struct tg_snapshot *tg_snapshot(struct tg_cpu *cpu)
{
	if (!cpu->has_snapshot) {
		tg_os_snapshot(cpu, &cpu->snap);
		cpu->has_snapshot = true;
	}
	return &cpu->snap;
}

static tg_always_inline void record_trap(struct tg_record *rec, const struct tg_record_what *what)
{
	const struct tg_trap *trap = what->trap;
	u8 flags = what->flags;

	if (trap->ev.has_error)
		flags |= TG_RECF_ERROR;
	if (what->kind == TG_REC_TRAP &&
	    (trap->ev.vector == TG_VEC_PF || trap->ev.vector == TG_VEC_DB))
		flags |= TG_RECF_ADDRESS;
	rec->address = trap->ev.address;
	rec->error = trap->ev.error;
	rec->vector = trap->ev.vector;
	rec->type = trap->ev.type;
	rec->insn_len = trap->ev.insn_len;
	rec->first_vector = trap->first.valid ? trap->first.vector : 0;
	rec->first_type = trap->first.valid ? trap->first.type : 0;
	rec->flags = flags;
}

tg_root struct tg_record *tg_record(struct tg_cpu *cpu, struct tg_event *ev,
				    const struct tg_record_what *what)
{
	struct tg_ring *ring = ev->rings[cpu->id];
	struct tg_record *rec = tg_ring_reserve(ring);
	const struct tg_snapshot *s;
	const char *task;

	if (!rec) {
		ev->cpu[cpu->id].lost++;
		return NULL;
	}
	s = tg_snapshot(cpu);
	task = task_of(cpu);
	rec->kind = what->kind;
	rec->size = sizeof(*rec);
	rec->event = ev->number;
	rec->seq = ring->producer + ring->lost;
	rec->tsc = tg_os_tsc();
	rec->rip = s->rip;
	rec->rsp = s->rsp;
	rec->rflags = s->rflags;
	rec->cr3 = s->cr3;
	rec->cpl = s->cpl;
	rec->pid = task_u32(task, cpu->config->task_tgid);
	rec->tid = task_u32(task, cpu->config->task_pid);
	((u64 *)rec->comm)[0] = task_comm(cpu, task, 0);
	((u64 *)rec->comm)[1] = task_comm(cpu, task, 1);
	rec->cpu = cpu->id;
	rec->stage = what->stage;
	rec->verdict = what->verdict;
	rec->note = what->note;
	record_trap(rec, what);
	rec->reserved[0] = 0;
	rec->reserved[1] = 0;
	rec->reserved[2] = 0;
	if (tg_unlikely(cpu->hold))
		tg_ring_advance(ring);
	else
		tg_ring_commit(ring);
	return rec;
}

tg_root void tg_record_note(struct tg_cpu *cpu, struct tg_event *ev, u8 vector,
			    enum tg_note note, u32 number)
{
	const struct tg_trap trap = { .ev = { .vector = vector, .error = number } };
	const struct tg_record_what what = { .trap = &trap, .kind = TG_REC_NOTE,
				     .verdict = TG_DELIVERED, .note = note,
				     .stage = TG_STAGE_PRE };

	tg_record(cpu, ev, &what);
}

tg_root void tg_event_off(struct tg_cpu *cpu, struct tg_event *ev, u8 vector,
			  enum tg_off_reason why, enum tg_note note, u32 number)
{
	u32 on = TG_OFF_NONE;

	if (TG_ATOMIC(cpu, __atomic_compare_exchange_n(&ev->off, &on, why, false,
						       __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)))
		tg_record_note(cpu, ev, vector, note, number);
}

/* Others that may swallow the vector need not: of another process, say. */
static tg_root bool swallower_is_on(const struct tg_cpu *cpu, u8 vector)
{
	const struct tg_evset *set = cpu->evset;
	u32 i;

	for (i = set->start[vector]; i < set->start[vector + 1]; i++)
		if (set->list[i]->number == cpu->swallower[vector])
			return !tg_read(set->list[i]->off);
	return false;
}

/* Raises what was swallowed; of an event that is still on only if all is to be. */
static tg_root void raise_where(struct tg_cpu *cpu, bool all)
{
	struct tg_vecset left = { { 0 } };
	int v;

	while ((v = tg_vecset_highest(&cpu->swallowed)) >= 0) {
		tg_vecset_del(&cpu->swallowed, v);
		if (!all && swallower_is_on(cpu, v))
			tg_vecset_add(&left, v);
		else
			tg_os_apic_self_ipi(v);
	}
	cpu->swallowed = left;
	if (tg_vecset_empty(&left)) {
		cpu->first_swallow_tsc = 0;
		cpu->first_answer_tsc = 0;
	}
}

static tg_root void raise_swallowed(struct tg_cpu *cpu)
{
	raise_where(cpu, false);
}

tg_root void tg_raise_all_swallowed(struct tg_cpu *cpu)
{
	raise_where(cpu, true);
}

/*
 * The swallow limit (doc/design.md, decision 11): whether ev may swallow this
 * one, too. Faults: more than the limit in a row at one RIP. Interrupts: more
 * than the limit of one vector, less than TG_STORM_US apart on average, the time
 * of scripts left out. A level-triggered line fires on, and where an exit is slow
 * (nested virtualization) the guest may not get on while time does: more than
 * the limit in a row at one RIP.
 */
#define TG_STORM_US	20u

static tg_root bool may_swallow(struct tg_cpu *cpu, struct tg_event *ev, u8 vector, bool fault)
{
	u64 limit = tg_read(cpu->config->swallow_limit);
	struct tg_event_cpu *c = &ev->cpu[cpu->id];
	u64 now = fault ? 0 : tg_os_tsc() - cpu->script_tsc;
	bool level = !fault && tg_os_apic_level(vector);
	u64 rip = fault || level ? tg_snapshot(cpu)->rip : 0;
	bool moved = c->run_vector != vector || c->run_rip != rip;

	c->still = level && !moved ? c->still + 1 : 0;
	c->run_rip = rip;
	if (c->run_vector != vector || (fault && moved) || !c->run) {
		c->run_vector = vector;
		c->run_tsc = now;
		c->run = 1;
		return true;
	}
	if (++c->run <= limit)
		return true;
	if (fault) {
		tg_event_off(cpu, ev, vector, TG_OFF_SWALLOW_FAULT, TG_NOTE_SWALLOW_FAULT, 0);
		return false;
	}
	if (now - c->run_tsc < limit * TG_STORM_US * cpu->config->tsc_khz / 1000 ||
	    c->still >= limit) {
		tg_event_off(cpu, ev, vector, TG_OFF_SWALLOW_STORM, TG_NOTE_SWALLOW_STORM, 0);
		/* Not this one, which is in service: to the guest, or for the next event. */
		tg_vecset_del(&cpu->swallowed, vector);
		raise_swallowed(cpu);
		return false;
	}
	c->run = 0;
	return true;
}

tg_root enum tg_swallow tg_try_swallow(struct tg_cpu *cpu, struct tg_event *ev,
				       const struct tg_flight *f)
{
	bool interrupt = f->type == TG_TYPE_EXTERNAL;	/* and no INT n */

	/* An interrupt that the APIC does not have in service cannot be
	 * ended there (spurious, 8259): the guest must see it (INJ-SC).
	 */
	if (interrupt && !tg_os_apic_in_service(f->vector)) {
		tg_record_note(cpu, ev, f->vector, TG_NOTE_NOT_SWALLOWED, 0);
		return TG_SWALLOW_NO;
	}
	if (!may_swallow(cpu, ev, f->vector, !interrupt))
		return TG_SWALLOW_ASK_NEXT;
	if (interrupt)
		cpu->swallower[f->vector] = ev->number;
	return TG_SWALLOW_YES;
}

/* First pass, only where a swallowing event is armed: what all of them decide. */
static tg_root tg_noinline enum tg_verdict decide(struct tg_cpu *cpu, const struct tg_evset *set,
						  const struct tg_flight *f)
{
	u8 vector = f->vector;
	u32 i;

	if (f->type == TG_TYPE_EXTERNAL && tg_read(cpu->config->no_swallow))
		return TG_DELIVERED;
	for (i = set->start[vector]; i < set->start[vector + 1]; i++) {
		struct tg_event *ev = set->list[i];
		enum tg_swallow answer;

		if (!(ev->flags & TG_EV_SWALLOW) || !event_matches(ev, cpu))
			continue;
		answer = tg_try_swallow(cpu, ev, f);
		if (answer != TG_SWALLOW_ASK_NEXT)
			return answer == TG_SWALLOW_YES ? TG_SWALLOWED : TG_DELIVERED;
	}
	return TG_DELIVERED;
}

/* Whether one of the events wants to hear of the end of the delivery. */
static tg_root tg_noinline void post_wanted(struct tg_cpu *cpu, struct tg_trap *trap)
{
	const struct tg_evset *set = cpu->evset;
	u32 i;

	for (i = set->start[trap->ev.vector]; i < set->start[trap->ev.vector + 1]; i++)
		if ((set->list[i]->stage & TG_STAGE_POST) && event_matches(set->list[i], cpu))
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
	u32 i;

	if (tg_unlikely(set->scripts[trap.ev.vector])) {
		tg_action_post(cpu, &trap);
		return;
	}
	for (i = set->start[trap.ev.vector]; i < set->start[trap.ev.vector + 1]; i++) {
		struct tg_event *ev = set->list[i];

		if (!(ev->stage & TG_STAGE_POST) || !event_matches(ev, cpu))
			continue;
		if (ev->stage == TG_STAGE_POST)
			ev->cpu[cpu->id].hits++;
		tg_record(cpu, ev, &what);
	}
}

tg_root void tg_post_unseen(struct tg_cpu *cpu, const struct tg_flight *f)
{
	const struct tg_evset *set = cpu->evset;
	u32 i;

	for (i = set->start[f->vector]; i < set->start[f->vector + 1]; i++)
		if ((set->list[i]->stage & TG_STAGE_POST) && event_matches(set->list[i], cpu))
			tg_record_note(cpu, set->list[i], f->vector, TG_NOTE_POST_UNSEEN, 0);
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
		what.verdict = decide(cpu, set, &trap->ev);
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
	return f->type != TG_TYPE_EXTERNAL && f->type != TG_TYPE_NMI;
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

tg_root void tg_swallow_interrupt(struct tg_cpu *cpu, u8 vector)
{
	/* It is the highest in service: it was acknowledged just now. */
	tg_os_apic_eoi();
	tg_vecset_add(&cpu->swallowed, vector);
	if (!cpu->first_swallow_tsc)
		cpu->first_swallow_tsc = tg_os_tsc() ?: 1;
	if (!cpu->first_answer_tsc && tg_vecset_has(&cpu->config->answer, vector))
		cpu->first_answer_tsc = tg_os_tsc() ?: 1;
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
	/* Turned off by another CPU since raise_swallowed() looked: no tg_check_stall() will. */
	if (!cpu->watch_stall)
		tg_raise_all_swallowed(cpu);
	return arm;
}

tg_root void tg_take_evset(struct tg_cpu *cpu)
{
	cpu->evset = tg_load_acquire(&cpu->wanted);
	raise_swallowed(cpu);
}

tg_root bool tg_check_stall(struct tg_cpu *cpu)
{
	const struct tg_evset *set = cpu->evset;
	u64 now, limit = TG_STALL_MS * cpu->config->tsc_khz;
	u32 i;

	if (!cpu->first_swallow_tsc && !cpu->first_answer_tsc)
		return false;
	raise_swallowed(cpu);		/* another CPU or a script may have turned events off */
	now = tg_os_tsc();
	if (!(cpu->first_swallow_tsc && now - cpu->first_swallow_tsc >= limit) &&
	    !(cpu->first_answer_tsc && now - cpu->first_answer_tsc >= limit))
		return false;
	for (i = 0; i < set->nr; i++) {
		struct tg_event *ev = set->event[i];

		if (ev->type == TG_EVENT_INTERRUPT && tg_event_may_swallow(ev) &&
		    (ev->core == TG_ALL || ev->core == cpu->id))
			tg_event_off(cpu, ev, ev->vector == TG_ALL ? 0 : ev->vector,
				     TG_OFF_SWALLOW_STALL, TG_NOTE_SWALLOW_STALL, 0);
	}
	raise_swallowed(cpu);
	return true;
}
