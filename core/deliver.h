/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules of delivery, as pure functions of what is in flight and what
 * blocks the guest.
 */
#ifndef TG_CORE_DELIVER_H
#define TG_CORE_DELIVER_H

#include "trap.h"

enum tg_nesting {
	TG_NEST_SECOND,		/* only the second event is delivered */
	TG_NEST_DOUBLE,		/* #DF instead of both */
	TG_NEST_TRIPLE,		/* shutdown */
};

/* SDM "Interrupt 8—Double Fault Exception", conditions table (INJ-NEST). */
enum tg_nesting tg_nest(const struct tg_flight *first, const struct tg_flight *second);

/* Whether a hardware exception of this vector pushes an error code (INJ-ERR). */
bool tg_has_error_code(u8 vector);

/* Whether that error code is always 0: #DF, #AC. */
bool tg_error_is_zero(u8 vector);

/*
 * Whether delivery pushes RF=1: faults, so that an instruction breakpoint does
 * not hit twice; #DB says by itself (INJ-RF).
 */
static tg_always_inline bool tg_pushes_rf(const struct tg_flight *f)
{
	const u32 without = 1u << TG_VEC_DB | 1u << TG_VEC_DF | 1u << TG_VEC_MC;

	/* The vectors of hardware exceptions are below TG_FIRST_INTERRUPT, 32. */
	return f->type == TG_TYPE_EXCEPTION && !(without >> (f->vector & 31) & 1);
}

/* A #DF, a #GP(0), a #UD: hardware exceptions made by us. */
struct tg_flight tg_exception(u8 vector, u32 error);

/*
 * DR6 as delivery of a #DB leaves it (INJ-DR6): causes is in the layout of the
 * VT-x exit qualification (bits 3:0 B0-B3, 11 bus lock, 13 BD, 14 BS, 16 RTM).
 */
u64 tg_dr6_after_db(u64 dr6, u64 causes);

/*
 * Bit BS of the pending debug exceptions as the entry checks demand it while
 * STI or MOV SS blocks or the guest is halted (INJ-PENDDBG).
 */
u64 tg_pending_debug(u64 pending, u64 rflags, u64 debugctl);

/* What stops the guest from taking events now. */
struct tg_gate {
	u64 rflags;
	u32 blocking;		/* TG_BLOCK_* */
	bool busy;		/* an exception is already going to be injected */
	bool nmi;		/* an NMI is pending */
	bool interrupt;		/* one waits at the local APIC */
};

struct tg_plan {
	bool inject_nmi;
	bool inject_interrupt;
	bool int_window;
	bool nmi_window;
	bool step;		/* the NMI waits for one instruction only */
};

/* One event an entry; #MC and exceptions, then NMI, then interrupts. */
static tg_always_inline struct tg_plan tg_arbitrate(const struct tg_gate *g)
{
	struct tg_plan p = { 0 };
	bool nmi = g->nmi;

	if (!g->busy && nmi && !(g->blocking & (TG_BLOCK_NMI | TG_BLOCK_MOVSS | TG_BLOCK_STI))) {
		p.inject_nmi = true;
		nmi = false;
	} else if (!g->busy && g->interrupt && (g->rflags & TG_RFLAGS_IF) &&
		   !(g->blocking & (TG_BLOCK_STI | TG_BLOCK_MOVSS))) {
		p.inject_interrupt = true;
	}
	/*
	 * An NMI under STI blocking waits for the interrupt window: the NMI
	 * window may open there already, on a state the entry refuses (NMI-VIRT).
	 * With IF=0 again behind the instruction that is late: better a single step.
	 */
	if (nmi && (g->blocking & TG_BLOCK_STI) && !(g->blocking & TG_BLOCK_NMI) && !g->busy)
		p.int_window = p.step = true;
	else if (nmi)
		p.nmi_window = true;
	if (g->interrupt && !p.inject_interrupt)
		p.int_window = true;
	return p;
}

#endif
