// SPDX-License-Identifier: GPL-2.0
/*
 * Swallowing: what an event may keep from the guest, for how long, and who raises it
 * again (doc/swallowing.md). Root mode.
 *
 * The limits. Each turns the event off and says so in the trace:
 *
 *   what is swallowed		is too much when
 *   a fault			it comes more than the limit in a row at one RIP
 *   an interrupt		it comes more than the limit in a row, less than TG_STORM_US
 *				apart on average
 *   a level-triggered one	also: more than the limit in a row at one RIP. The line fires
 *				on, and where an exit is slow (nested virtualization) the
 *				guest may not get on while time does
 *   interrupts of a CPU	it gets none for TG_STALL_MS: tg_check_stall()
 *
 * What was swallowed is kept in cpu->swallowed. tg_raise_swallowed() raises it once more as
 * soon as the event that swallowed it is off or gone: at a storm, at each look for a stall,
 * when a new set is taken over, and (all of it) when a CPU leaves.
 */
#include "machine.h"
#include "match.h"
#include "record.h"
#include "swallow.h"

#define TG_STORM_US	20u

/* Others that may swallow the vector need not: of another process, say. */
static tg_root bool swallower_is_on(const struct tg_cpu *cpu, u8 vector)
{
	const struct tg_event *ev;

	for_each_event(ev, cpu->evset, vector)
		if (ev->number == cpu->swallower[vector])
			return !tg_read(ev->off);
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
			tg_hw_apic_self_ipi(v);
	}
	cpu->swallowed = left;
	if (tg_vecset_empty(&left)) {
		cpu->first_swallow_tsc = 0;
		cpu->first_answer_tsc = 0;
	}
}

tg_root void tg_raise_swallowed(struct tg_cpu *cpu)
{
	raise_where(cpu, false);
}

tg_root void tg_raise_all_swallowed(struct tg_cpu *cpu)
{
	raise_where(cpu, true);
}

static tg_root bool start_run(struct tg_event_cpu *c, u8 vector, u64 now)
{
	c->run_vector = vector;
	c->run_tsc = now;
	c->run = 1;
	return true;
}

/* Whether ev may swallow this fault, too: the first row of the table above. */
static tg_root bool may_swallow_fault(struct tg_cpu *cpu, struct tg_event *ev, u8 vector)
{
	struct tg_event_cpu *c = &ev->cpu[cpu->id];
	u64 rip = tg_snapshot(cpu)->rip;
	bool moved = c->run_vector != vector || c->run_rip != rip;

	c->still = 0;
	c->run_rip = rip;
	if (moved || !c->run)
		return start_run(c, vector, 0);
	if (++c->run <= tg_read(cpu->config->swallow_limit))
		return true;
	tg_event_off(cpu, ev, vector, TG_OFF_SWALLOW_FAULT, TG_NOTE_SWALLOW_FAULT, 0);
	return false;
}

/* The second and third row. The time of scripts is left out. */
static tg_root bool may_swallow_interrupt(struct tg_cpu *cpu, struct tg_event *ev, u8 vector)
{
	u64 limit = tg_read(cpu->config->swallow_limit);
	struct tg_event_cpu *c = &ev->cpu[cpu->id];
	u64 now = tg_hw_tsc() - cpu->script_tsc;
	bool level = tg_hw_apic_level(vector);
	u64 rip = level ? tg_snapshot(cpu)->rip : 0;
	bool moved = c->run_vector != vector || c->run_rip != rip;

	c->still = level && !moved ? c->still + 1 : 0;
	c->run_rip = rip;
	if (c->run_vector != vector || !c->run)
		return start_run(c, vector, now);
	if (++c->run <= limit)
		return true;
	if (now - c->run_tsc < limit * TG_STORM_US * cpu->config->tsc_khz / 1000 ||
	    c->still >= limit) {
		tg_event_off(cpu, ev, vector, TG_OFF_SWALLOW_STORM, TG_NOTE_SWALLOW_STORM, 0);
		/* Not this one, which is in service: to the guest, or for the next event. */
		tg_vecset_del(&cpu->swallowed, vector);
		tg_raise_swallowed(cpu);
		return false;
	}
	c->run = 0;
	return true;
}

tg_root enum tg_swallow tg_try_swallow(struct tg_cpu *cpu, struct tg_event *ev,
				       const struct tg_flight *f)
{
	bool interrupt = f->type == TG_TYPE_INTERRUPT;	/* and no INT n */

	/* An interrupt that the APIC does not have in service cannot be
	 * ended there (spurious, 8259): the guest must see it (INJ-SC).
	 */
	if (interrupt && !tg_hw_apic_in_service(f->vector)) {
		tg_record_note(cpu, ev, f->vector, TG_NOTE_NOT_SWALLOWED, 0);
		return TG_SWALLOW_NO;
	}
	if (interrupt ? !may_swallow_interrupt(cpu, ev, f->vector)
		      : !may_swallow_fault(cpu, ev, f->vector))
		return TG_SWALLOW_ASK_NEXT;
	if (interrupt)
		cpu->swallower[f->vector] = ev->number;
	return TG_SWALLOW_YES;
}

tg_root void tg_swallow_interrupt(struct tg_cpu *cpu, u8 vector)
{
	/* It is the highest in service: it was acknowledged just now. */
	tg_hw_apic_eoi();
	tg_vecset_add(&cpu->swallowed, vector);
	if (!cpu->first_swallow_tsc)
		cpu->first_swallow_tsc = tg_hw_tsc() ?: 1;
	if (!cpu->first_answer_tsc && tg_vecset_has(&cpu->config->answer, vector))
		cpu->first_answer_tsc = tg_hw_tsc() ?: 1;
}

tg_root bool tg_check_stall(struct tg_cpu *cpu)
{
	const struct tg_evset *set = cpu->evset;
	u64 now, limit = TG_STALL_MS * cpu->config->tsc_khz;
	u32 i;

	if (!cpu->first_swallow_tsc && !cpu->first_answer_tsc)
		return false;
	tg_raise_swallowed(cpu);	/* another CPU or a script may have turned events off */
	now = tg_hw_tsc();
	if (!(cpu->first_swallow_tsc && now - cpu->first_swallow_tsc >= limit) &&
	    !(cpu->first_answer_tsc && now - cpu->first_answer_tsc >= limit))
		return false;
	for (i = 0; i < set->nr; i++) {
		struct tg_event *ev = set->event[i];

		if (tg_event_type_arms(ev->type) == TG_ARMS_INTERRUPTS &&
		    tg_event_may_swallow(ev) &&
		    (ev->core == TG_ALL || ev->core == cpu->id))
			tg_event_off(cpu, ev, ev->vector == TG_ALL ? 0 : ev->vector,
				     TG_OFF_SWALLOW_STALL, TG_NOTE_SWALLOW_STALL, 0);
	}
	tg_raise_swallowed(cpu);
	return true;
}
