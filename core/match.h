/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The filters of an event, and what dispatch.c and action.c share. Root mode.
 */
#ifndef TG_CORE_MATCH_H
#define TG_CORE_MATCH_H

#include "cpu.h"

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

/* What a record says besides the guest's state. */
struct tg_record_what {
	const struct tg_trap *trap;
	u8 kind, flags, verdict, note, stage;
};

/* The guest's state at this exit, read once. */
const struct tg_snapshot *tg_snapshot(struct tg_cpu *cpu);

/* One record to the event's ring, NULL (and counted) when that is full. */
struct tg_record *tg_record(struct tg_cpu *cpu, struct tg_event *ev,
			    const struct tg_record_what *what);

/* A record that says what root mode did, with a number that belongs to it. */
void tg_record_note(struct tg_cpu *cpu, struct tg_event *ev, u8 vector, enum tg_note note, u32 number);

/* Turns an event off from root mode, once, and says so with a number. */
void tg_event_off(struct tg_cpu *cpu, struct tg_event *ev, u8 vector, enum tg_off_reason why,
		  enum tg_note note, u32 number);

/* What an event that wants to swallow leads to. */
enum tg_swallow { TG_SWALLOW_YES, TG_SWALLOW_NO, TG_SWALLOW_ASK_NEXT };

enum tg_swallow tg_try_swallow(struct tg_cpu *cpu, struct tg_event *ev, const struct tg_flight *f);

#endif
