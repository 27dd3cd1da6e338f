/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The events of a vector, and the filters of an event. Root mode.
 */
#ifndef TG_CORE_MATCH_H
#define TG_CORE_MATCH_H

#include "cpu.h"

/* The events hooked on a vector, oldest first. */
#define for_each_event(ev, set, vector)						\
	for (u32 i_ = (set)->start[vector];					\
	     i_ < (set)->start[(vector) + 1] && ((ev) = (set)->list[i_]); i_++)

/* The task that runs in the guest: its members, read where one is needed. */
static tg_always_inline const char *task_of(const struct tg_cpu *cpu)
{
	return tg_read(*cpu->current_task);
}

static tg_always_inline u32 task_u32(const char *task, u32 offset)
{
	return tg_read(*(const u32 *)(task + offset));
}

static tg_always_inline u64 task_comm(const struct tg_cpu *cpu, const char *task, u32 half)
{
	return tg_read(*(const u64 *)(task + cpu->config->task_comm + 8 * half));
}

/*
 * The filters that say no at once, without a call: for most events a hooked
 * vector is somebody else's.
 */
static tg_always_inline bool event_excludes(const struct tg_event *ev, const struct tg_cpu *cpu)
{
	if (tg_read(ev->off))
		return true;
	if (ev->core != TG_ALL && ev->core != cpu->id)
		return true;
	return (ev->flags & TG_EV_PID) && !ev->follow &&
	       task_u32(task_of(cpu), cpu->config->task_tgid) != ev->pid;
}

/* The other filters: those that look up or compare. */
static tg_always_inline bool event_takes(const struct tg_event *ev, const struct tg_cpu *cpu)
{
	const char *task;
	u32 tgid;

	if (!(ev->flags & TG_EV_COMM) && !ev->follow)
		return true;
	task = task_of(cpu);
	tgid = task_u32(task, cpu->config->task_tgid);
	if ((ev->flags & TG_EV_PID) && tgid != ev->pid &&
	    !(ev->follow && tg_pidset_has(ev->follow, tgid)))
		return false;
	return !(ev->flags & TG_EV_COMM) || (task_comm(cpu, task, 0) == ev->comm[0] &&
					     task_comm(cpu, task, 1) == ev->comm[1]);
}

static tg_always_inline bool event_matches(const struct tg_event *ev, const struct tg_cpu *cpu)
{
	return !event_excludes(ev, cpu) && event_takes(ev, cpu);
}

#endif
