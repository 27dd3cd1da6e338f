// SPDX-License-Identifier: GPL-2.0
/* See event_check.h. In the module and in the library: process context, no root mode. */
#include <linux/errno.h>
#include <trapgate/vectors.h>
#include "event_check.h"
#include "event_type.h"

const struct tg_event_refusal tg_event_refusals[TG_EVENT_ERR_NR] = {
#define REFUSAL(name, code, sentence) [TG_EVENT_ERR_##name] = { -code, sentence },
	TG_EVENT_REFUSALS(REFUSAL)
};

static bool terminated(const char *text, u32 size)
{
	u32 i;

	for (i = 0; i < size; i++)
		if (!text[i])
			return true;
	return false;
}

static enum tg_event_error check_where(const struct tg_event_spec *s, u32 flags)
{
	if (tg_event_type_arms(s->type) == TG_ARMS_NOTHING)
		return TG_EVENT_ERR_TYPE;
	if (s->vector != TG_ALL && s->vector >= TG_NR_VECTORS)
		return TG_EVENT_ERR_VECTOR;
	if (s->vector != TG_ALL && !tg_event_type_has(s->type, s->vector))
		return TG_EVENT_ERR_OTHER_TYPE;
	if (s->stage < TG_STAGE_PRE || s->stage > TG_STAGE_ALL)
		return TG_EVENT_ERR_STAGE;
	if (s->stage != TG_STAGE_PRE && (flags & TG_EV_SWALLOW))
		return s->stage == TG_STAGE_POST ? TG_EVENT_ERR_SWALLOW_POST :
						   TG_EVENT_ERR_SWALLOW_ALL;
	return TG_EVENT_ERR_NONE;
}

static enum tg_event_error check_members(const struct tg_event_spec *s, u32 flags)
{
	if (s->action != TG_ACTION_TRACE && s->action != TG_ACTION_SCRIPT)
		return TG_EVENT_ERR_ACTION;
	if ((flags & TG_EV_FOLLOW) && !(flags & TG_EV_PID))
		return TG_EVENT_ERR_FOLLOW;
	if (!terminated(s->comm, TG_COMM_LEN) || !terminated(s->command, TG_COMMAND_LEN))
		return TG_EVENT_ERR_STRING;
	if ((flags & TG_EV_COMM) && !s->comm[0])
		return TG_EVENT_ERR_COMM;
	if (!(flags & TG_EV_PID) && s->pid)
		return TG_EVENT_ERR_PID;
	return TG_EVENT_ERR_NONE;
}

/*
 * Interrupts without which the machine may stand still: also 0x20, with which some kernels
 * clean up after an interrupt that moved to another CPU.
 */
static bool is_vital(u32 vector, const struct tg_event_facts *facts)
{
	if (vector == TG_ALL || vector == TG_FIRST_INTERRUPT)
		return true;
	return facts && (vector >= facts->first_system_vector || vector == facts->timer_vector);
}

/* doc/swallowing.md, "What needs force"; force does not make up for the watch. */
static enum tg_event_error check_force(const struct tg_event_spec *s, u32 flags,
				       const struct tg_event_facts *facts)
{
	if (!(flags & TG_EV_SWALLOW) && !(facts && facts->script_swallows))
		return TG_EVENT_ERR_NONE;
	if (facts && facts->unwatched && tg_event_type_arms(s->type) == TG_ARMS_INTERRUPTS)
		return TG_EVENT_ERR_UNWATCHED;
	if (flags & TG_EV_FORCE)
		return TG_EVENT_ERR_NONE;
	switch (tg_event_type_arms(s->type)) {
	case TG_ARMS_EXCEPTIONS:
		return flags & (TG_EV_PID | TG_EV_COMM) ? TG_EVENT_ERR_NONE :
							  TG_EVENT_ERR_EVERYBODY;
	case TG_ARMS_INTERRUPTS:
		return is_vital(s->vector, facts) ? TG_EVENT_ERR_VITAL : TG_EVENT_ERR_NONE;
	case TG_ARMS_NOTHING:
		break;
	}
	return TG_EVENT_ERR_NONE;
}

enum tg_event_error tg_event_check(const struct tg_event_spec *spec, u32 flags,
				   const struct tg_event_facts *facts)
{
	enum tg_event_error err = TG_EVENT_ERR_FLAGS;

	if (!(flags & ~TG_EV_ALL_FLAGS))
		err = check_where(spec, flags);
	if (!err)
		err = check_members(spec, flags);
	if (!err)
		err = check_force(spec, flags, facts);
	return err;
}
