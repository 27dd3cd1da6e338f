/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules of injection, as pure functions of what is in flight and what
 * blocks the guest.
 */
#ifndef TG_CORE_INJECT_H
#define TG_CORE_INJECT_H

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

/*
 * Whether delivery pushes RF=1: faults, so that an instruction breakpoint does
 * not hit twice; #DB says by itself (INJ-RF).
 */
bool tg_pushes_rf(const struct tg_flight *f);

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
};

/* One event an entry; #MC and exceptions, then NMI, then interrupts. */
struct tg_plan tg_arbitrate(const struct tg_gate *g);

#endif
