/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events and the set of the enabled ones that root mode looks at. Events are
 * made and freed by the control side; a set is immutable once published, and
 * both are freed only after every CPU has switched to another set.
 */
#ifndef TG_CORE_EVENT_H
#define TG_CORE_EVENT_H

#include <trapgate/abi.h>
#include <trapgate/vectors.h>
#include "event_type.h"
#include "pidset.h"
#include "ring.h"
#include "trap.h"

#define TG_MAX_EVENTS	1024u

/* Per CPU: only root mode of that CPU writes. */
struct tg_event_cpu {
	u64 hits;
	u64 swallowed;
	u64 lost;
	u64 run_rip;		/* swallowed faults in a row: at this RIP, */
	u64 run_vector;		/* of this vector, */
	u64 run;		/* so many; interrupts: since run_tsc, less that of scripts */
	u64 run_tsc;
	u64 still;		/* level-triggered interrupts in a row at run_rip */
	struct tg_record *traced;	/* action.c: of the dispatch that is under way, */
	bool matched, wants_sc, wrote;
} __attribute__((aligned(64)));

struct tg_event {
	u32 number;
	u32 type;		/* enum tg_event_type */
	u32 flags;		/* TG_EV_* */
	u32 vector;		/* or TG_ALL */
	u32 core;		/* or TG_ALL */
	u32 pid;
	u32 stage;		/* enum tg_stage; 0 is PRE */
	u32 off;		/* enum tg_off_reason; root mode sets it too */
	u64 comm[2];
	struct tg_pidset *follow;	/* TG_EV_FOLLOW, else NULL */
	struct tg_ring **rings;		/* by CPU number; of the owner */
	struct tg_event_cpu *cpu;	/* by CPU number */
	struct tg_actions *actions;	/* NULL: trace */
	u32 script_errors;		/* of all CPUs; atomic */
	u32 request;			/* enum tg_event_op: root mode asks the control side */
};

struct tg_evset {
	u32 nr;				/* events, oldest first */
	u32 nr_list;
	bool swallows[TG_NR_VECTORS];	/* an event of this vector may swallow */
	bool posts[TG_NR_VECTORS];	/* an event of this vector has a post stage */
	bool scripts[TG_NR_VECTORS];	/* an event of this vector has actions */
	u32 nr_all;
	struct tg_event **all;		/* the disabled ones, too, for scripts; or NULL */
	u32 start[TG_NR_VECTORS + 1];	/* list[start[v] .. start[v + 1]) are v's */
	struct tg_event **list;
	struct tg_event *event[];
};

/* Without events, and in memory that stays. */
extern const struct tg_evset tg_no_events;

/* In tg_event.flags, besides TG_EV_*: a script of it calls event_sc(). */
#define TG_EVI_SC	(1u << 31)

static tg_always_inline bool tg_event_may_swallow(const struct tg_event *ev)
{
	return ev->flags & (TG_EV_SWALLOW | TG_EVI_SC);
}

/* What the hardware must intercept on one CPU. */
struct tg_arm {
	u32 exceptions;		/* bit per vector 0-31, NMI's excluded */
	bool interrupts;
	bool swallows_interrupts;
};

bool tg_event_covers(const struct tg_event *ev, unsigned int vector);

/* Entries that list[] needs for these events. */
u32 tg_evset_list_size(struct tg_event *const *events, u32 nr);

/*
 * Fills a set from events sorted oldest first; set->list must have room for
 * tg_evset_list_size() entries and event[] for nr. Any context.
 */
void tg_evset_fill(struct tg_evset *set, struct tg_event *const *events, u32 nr);

/* The interception that the set needs on that CPU. Root mode. */
struct tg_arm tg_evset_arm(const struct tg_evset *set, u32 cpu);

#endif
