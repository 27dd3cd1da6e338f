/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the core keeps for each virtualised CPU. Only root mode of that CPU
 * writes here, except where a member says otherwise.
 */
#ifndef TG_CORE_CPU_H
#define TG_CORE_CPU_H

#include "event.h"
#include "inject.h"
#include "vecset.h"
#include "trap.h"

/* Facts for all CPUs; constant while loaded, but for settings and no_swallow. */
struct tg_config {
	u64 tsc_khz;
	u32 no_swallow;		/* while the control side needs interrupts to arrive */
	struct tg_vecset answer;	/* IPIs whose sender waits for an answer */
	u32 task_pid, task_tgid, task_comm;	/* offsets in the task structure */
	u32 task_leader;	/* of the pointer to the process' first task */
	/* Of the guest kernel's interrupts: its own from here on; the one it never ends. */
	u32 first_system_vector, spurious_vector, syscall_vector;
	u64 clock_ns;		/* since 1970, when the TSC was 0; in one word, as it is renewed */
	/* settings, see trapgate/settings.h; the control side changes them */
#define TG_CONFIG_MEMBER(number, NAME, name, ...) u64 name;
	TG_SETTINGS(TG_NO_ROW, TG_CONFIG_MEMBER, TG_NO_ROW)
};

/* Every setting at its default. */
static inline void tg_config_defaults(struct tg_config *config)
{
#define TG_CONFIG_DEFAULT(number, NAME, name, ...) config->name = TG_DEFAULT_##NAME;
	TG_SETTINGS(TG_NO_ROW, TG_CONFIG_DEFAULT, TG_NO_ROW)
}

struct tg_cpu {
	u32 id;
	const struct tg_config *config;
	const struct tg_evset *evset;	/* in force on this CPU */
	const struct tg_evset *wanted;	/* control side publishes, root mode takes it over */
	void *const *current_task;	/* this CPU's variable in the per-CPU area */

	struct tg_vecset swallowed;	/* swallowed and not seen by the guest since */
	union {
		struct {
			/*
			 * An interrupt exited and waits, unacknowledged, at the
			 * local APIC until the guest can take it.
			 */
			bool irq_waiting;
			bool nmi_pending;
			bool unsettled;		/* a window is open, or #MC waits */
			bool watch_stall;	/* interrupt-swallowing events are armed here */
			bool post;		/* .posting or what goes to the guest has one */
			bool inject;		/* .requests has one that waits */
		};
		u64 attention;		/* any of them: look before the entry */
	};
	bool hold;			/* records are published together: action.c */
	bool rip_moved;			/* swallowed, and a script said where to go on */
	bool has_snapshot;
	bool has_rflags;		/* snap.rflags alone */
	struct tg_snapshot snap;	/* of this exit, once has_snapshot */

	struct tg_script_cpu *script;	/* action.h */

	u64 first_swallow_tsc;		/* no interrupt since then, and one is missing; 0 none is */
	u64 first_answer_tsc;		/* first swallowed IPI that somebody waits for */

	struct tg_flight next;		/* what the coming entry injects */
	/*
	 * What the last entry injected, and whose post stage is due (.valid); .posts alone:
	 * its delivery was interrupted by this exit.
	 */
	struct tg_flight posting;
	bool nmi_posts;			/* the pending NMI has a post stage */
	struct tg_requests requests;	/* injections asked for by the user */
	struct tg_flight chain[4];	/* the last injections, less the address, for reports */
	u32 chain_at;

	/* statistics, see TG_STATS in trapgate/abi.h */
#define TG_CPU_COUNTER(member, column) u64 member;
	TG_STATS(TG_CPU_COUNTER, TG_NO_ROW)
	u64 swallowed_events;

	u64 script_tsc;		/* spent in scripts of interrupts */
	/* of .swallowed, the number of the event that did it last */
	u32 swallower[TG_NR_VECTORS];
};

/* A ninth flag would lie behind .attention, where nobody looks. */
_Static_assert(offsetof(struct tg_cpu, hold) == offsetof(struct tg_cpu, attention) + sizeof(u64),
	       "all flags lie under .attention");

/* Marks a locked operation of root mode, so that the counting variant counts it. */
#ifdef TG_COUNT
#define TG_ATOMIC(cpu, operation) ((cpu)->atomics++, (operation))
#else
#define TG_ATOMIC(cpu, operation) (operation)
#endif

#endif
