// SPDX-License-Identifier: GPL-2.0
/*
 * The way of one event where events have actions: every one that matches runs its
 * scripts once, in the order of the set; then it is decided who swallows, and the
 * records of all of them, which say so, are published. Root mode.
 */
#include "action.h"
#include "dispatch.h"
#include "machine.h"
#include "match.h"
#include "record.h"

tg_root void tg_action_init(struct tg_cpu *cpu, struct tg_script_cpu *s)
{
	s->run.owner = s;
	s->run.stack = s->stack;
	s->run.seg[TG_SEG_FRAME].base = (u8 *)s->frame;
	s->run.seg[TG_SEG_INFO].base = (u8 *)&s->info;
	s->run.seg[TG_SEG_INFO].size = sizeof(s->info);
	s->run.tsc_khz = cpu->config->tsc_khz;
	s->cpu = cpu;
	cpu->script = s;
}

/* ---- one run ------------------------------------------------------------------ */

static tg_root void run_script(struct tg_script_cpu *s, const struct tg_script *script, u8 *globals)
{
	const struct tg_config *config = s->cpu->config;
	bool changes = script->flags & TG_SCRIPT_WRITES;
	struct tg_run *run = &s->run;

	if (changes && s->event && !s->has_rip) {
		s->rip = tg_snapshot(s->cpu)->rip;
		s->has_rip = true;
	}
	run->program = &script->program;
	run->seg[TG_SEG_CONSTS].base = script->program.consts;
	run->seg[TG_SEG_CONSTS].size = script->program.image->const_size;
	run->seg[TG_SEG_GLOBALS].base = globals;
	run->seg[TG_SEG_GLOBALS].size = TG_SCRIPT_GLOBALS_MAX;
	run->fuel_limit = tg_read(config->fuel);
	run->tsc_limit = tg_read(config->script_time) * config->tsc_khz;
	run->error_value = 0;
	run->value = 0;
	tg_run_forget_page(run); /* the guest has run since, and may have changed its tables */
	run->gpr = tg_guest_regs_begin(s->cpu);
	tg_script_run(run);
	tg_guest_regs_end(s->cpu, changes && s->event);
	if (changes && s->event) {
		s->cpu->has_snapshot = false;
		s->cpu->has_rflags = false;
	}
	if (s->piece)
		s->piece->flags &= ~TG_TEXTF_MORE;
	s->piece = NULL;
}

static tg_root void report_error(struct tg_script_cpu *s, u32 number)
{
	const struct tg_run *run = &s->run;
	struct tg_event *ev = s->event;
	struct tg_cpu *cpu = s->cpu;
	const struct tg_record_what what = {
		.trap = s->trap,
		.kind = TG_REC_SCRIPT_ERROR,
		.verdict = TG_DELIVERED,
		.note = number,
		.stage = s->stage,
	};
	struct tg_record *rec = tg_record(cpu, ev, &what);
	u32 count = TG_ATOMIC(cpu, __atomic_add_fetch(&ev->script_errors, 1, __ATOMIC_RELAXED));

	if (rec) {
		rec->error = run->error;
		rec->address = run->error_value;
		rec->rsp = tg_script_line(run->program, run->error_insn);
	}
	if (count >= tg_read(cpu->config->script_errors))
		tg_event_off(cpu, ev, s->trap->ev.vector, TG_OFF_SCRIPT_ERRORS,
			     TG_NOTE_SCRIPT_ERRORS, count);
}

/* Whether it ended well. */
static tg_root bool run_action(struct tg_script_cpu *s, const struct tg_script *script)
{
	const struct tg_actions *actions = s->event->actions;

	s->run.seg[TG_SEG_BUFFER].base = actions->buffer;
	s->run.seg[TG_SEG_BUFFER].size = actions->buffer_size;
	run_script(s, script, actions->globals);
	if (!s->run.error)
		return true;
	report_error(s, script->number);
	return false;
}

/* ---- all events of a vector ---------------------------------------------------- */

static tg_root void trace(const struct tg_script_cpu *s, struct tg_event *ev, u8 flags)
{
	const struct tg_record_what what = {
		.trap = s->trap, .kind = TG_REC_TRAP, .flags = flags, .verdict = TG_DELIVERED,
		.stage = s->stage,
	};

	ev->cpu[s->cpu->id].traced = tg_record(s->cpu, ev, &what);
}

/* The actions of one event that its filters let through. */
static tg_root void act(struct tg_script_cpu *s, struct tg_event *ev, u8 record_flags)
{
	struct tg_event_cpu *c = &ev->cpu[s->cpu->id];
	const struct tg_actions *actions = ev->actions;

	s->event = ev;
	s->wants_sc = ev->flags & TG_EV_SWALLOW;
	c->wrote = true;
	if (actions && actions->when && (!run_action(s, actions->when) || !s->run.value))
		return;
	c->matched = true;
	if (s->stage == TG_STAGE_PRE || ev->stage == TG_STAGE_POST)
		c->hits++;		/* of stage all: once */
	if (!actions)
		trace(s, ev, record_flags);
	for (u32 i = 0; actions && i < actions->nr; i++) {
		if (actions->action[i])
			run_action(s, actions->action[i]);
		else
			trace(s, ev, record_flags);
	}
	c->wants_sc = s->wants_sc;
}

/*
 * A script that moves RIP off a fault has dealt with it: that is no fault that
 * comes back for ever, which the limit is for.
 */
static tg_root bool dealt_with(struct tg_script_cpu *s, struct tg_event_cpu *c)
{
	if (s->trap->ev.type == TG_TYPE_INTERRUPT || !s->has_rip ||
	    tg_snapshot(s->cpu)->rip == s->rip)
		return false;
	c->run = 0;
	return true;
}

static tg_root enum tg_swallow ask(struct tg_cpu *cpu, struct tg_event *ev,
				   const struct tg_flight *f)
{
	struct tg_event_cpu *c = &ev->cpu[cpu->id];

	if (!c->matched || !c->wants_sc)
		return TG_SWALLOW_ASK_NEXT;
	if (dealt_with(cpu->script, c))
		return TG_SWALLOW_YES;
	return tg_try_swallow(cpu, ev, f);
}

/*
 * Says in all records what was decided, and only then lets the readers see them: events
 * may share a ring, and its readers see all that is in it at once.
 */
static tg_root void finish(struct tg_cpu *cpu, const struct tg_evset *set, u8 vector,
			   enum tg_verdict verdict)
{
	struct tg_event *ev;

	for_each_event(ev, set, vector) {
		struct tg_event_cpu *c = &ev->cpu[cpu->id];

		if (!c->wrote)
			continue;
		if (c->matched && verdict == TG_SWALLOWED)
			c->swallowed++;
		if (c->traced) {
			c->traced->verdict = verdict;
			if (verdict == TG_SWALLOWED)	/* as in dispatch_from() */
				c->traced->flags &= ~(TG_RECF_DROPPED | TG_RECF_DOUBLE);
		}
		c->traced = NULL;
		c->matched = false;
		c->wants_sc = false;
	}
	for_each_event(ev, set, vector) {
		struct tg_event_cpu *c = &ev->cpu[cpu->id];

		if (!c->wrote)
			continue;
		c->wrote = false;
		tg_ring_publish(ev->rings[cpu->id]);
	}
}

/* Records are held back until finish(). */
static tg_root void begin(struct tg_script_cpu *s, const struct tg_trap *trap, enum tg_stage stage)
{
	s->trap = trap;
	s->stage = stage;
	s->has_rip = false;
	s->moved = false;
	s->cpu->hold = true;
}

static tg_root void end(struct tg_script_cpu *s)
{
	s->cpu->hold = false;
	s->event = NULL;
	s->trap = NULL;
	s->run.program = NULL;
}

tg_root tg_noinline enum tg_verdict tg_action_dispatch(struct tg_cpu *cpu,
						       const struct tg_trap *trap,
						       u8 record_flags, u32 first)
{
	const struct tg_evset *set = cpu->evset;
	struct tg_script_cpu *s = cpu->script;
	u8 vector = trap->ev.vector;
	bool interrupt = trap->ev.type == TG_TYPE_INTERRUPT;
	u64 since = interrupt ? tg_hw_tsc() : 0;
	enum tg_verdict verdict;

	begin(s, trap, TG_STAGE_PRE);
	for (u32 i = first; i < set->start[vector + 1]; i++)
		if (set->list[i]->stage != TG_STAGE_POST && event_matches(set->list[i], cpu))
			act(s, set->list[i], record_flags);
	if (interrupt)
		cpu->script_tsc += tg_hw_tsc() - since;
	verdict = tg_decide(cpu, &trap->ev, ask);
	finish(cpu, set, vector, verdict);
	cpu->rip_moved = s->moved && verdict == TG_SWALLOWED && tg_has_length(trap->ev.type);
	end(s);
	return verdict;
}

tg_root tg_noinline void tg_action_post(struct tg_cpu *cpu, const struct tg_trap *trap)
{
	const struct tg_evset *set = cpu->evset;
	struct tg_script_cpu *s = cpu->script;
	u8 vector = trap->ev.vector;
	struct tg_event *ev;

	begin(s, trap, TG_STAGE_POST);
	for_each_event(ev, set, vector)
		if ((ev->stage & TG_STAGE_POST) && event_matches(ev, cpu))
			act(s, ev, 0);
	finish(cpu, set, vector, TG_DELIVERED);
	end(s);
}

tg_root void tg_action_eval(struct tg_cpu *cpu)
{
	struct tg_script_cpu *s = cpu->script;

	s->event = NULL;
	s->trap = NULL;
	s->has_rip = false;
	s->run.seg[TG_SEG_BUFFER].base = NULL;
	s->run.seg[TG_SEG_BUFFER].size = 0;
	run_script(s, s->eval->script, s->eval->globals);
	s->run.program = NULL;
}
