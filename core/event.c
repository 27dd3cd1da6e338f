// SPDX-License-Identifier: GPL-2.0
/*
 * Building the set of enabled events (process context) and deriving from it
 * what the hardware must intercept (root mode).
 */
#include "event.h"

const struct tg_evset tg_no_events;

tg_root bool tg_event_covers(const struct tg_event *ev, unsigned int vector)
{
	return tg_event_type_has(ev->type, vector) &&
	       (ev->vector == TG_ALL || ev->vector == vector);
}

tg_root u32 tg_evset_list_size(struct tg_event *const *events, u32 nr)
{
	u32 i, n = 0;

	for (i = 0; i < nr; i++)
		n += events[i]->vector == TG_ALL ? tg_event_type_vectors(events[i]->type) : 1;
	return n;
}

tg_root void tg_evset_fill(struct tg_evset *set, struct tg_event *const *events, u32 nr)
{
	u32 i, v, n = 0;

	set->nr = nr;
	for (i = 0; i < nr; i++)
		set->event[i] = events[i];
	for (v = 0; v < TG_NR_VECTORS; v++) {
		set->start[v] = n;
		set->swallows[v] = false;
		set->posts[v] = false;
		set->scripts[v] = false;
		for (i = 0; i < nr; i++) {
			if (!tg_event_covers(events[i], v))
				continue;
			set->list[n++] = events[i];
			if (tg_event_may_swallow(events[i]))
				set->swallows[v] = true;
			if (events[i]->stage & TG_STAGE_POST)
				set->posts[v] = true;
			if (events[i]->actions)
				set->scripts[v] = true;
		}
	}
	set->start[TG_NR_VECTORS] = n;
	set->nr_list = n;
}

tg_root struct tg_arm tg_evset_arm(const struct tg_evset *set, u32 cpu)
{
	struct tg_arm arm = { 0 };
	u32 i;

	for (i = 0; i < set->nr; i++) {
		const struct tg_event *ev = set->event[i];
		u32 off = tg_read(ev->off);

		/* What a script has turned off another CPU's may turn on again: change_event() */
		if ((ev->core != TG_ALL && ev->core != cpu) || (off && off != TG_OFF_SCRIPT))
			continue;
		switch (tg_event_type_arms(ev->type)) {
		case TG_ARMS_INTERRUPTS:
			arm.interrupts = true;
			if (tg_event_may_swallow(ev))
				arm.swallows_interrupts = true;
			break;
		case TG_ARMS_EXCEPTIONS:
			arm.exceptions |= ev->vector == TG_ALL ? 0xffffffff : 1u << ev->vector;
			break;
		case TG_ARMS_NOTHING:
			break;
		}
	}
	/* NMI exiting is on from load to unload; the bitmap has no say in it. */
	arm.exceptions &= ~(1u << TG_VEC_NMI);
	return arm;
}
