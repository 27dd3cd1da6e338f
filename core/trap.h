/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a backend tells the core about one exception, NMI or interrupt, and
 * what the core tells the backend to inject: the same words for both vendors.
 */
#ifndef TG_CORE_TRAP_H
#define TG_CORE_TRAP_H

#include <trapgate/abi.h>
#include <trapgate/vectors.h>
#include "types.h"

/*
 * An event on its way to the guest: being delivered, or to be injected. The
 * layout of .word is the hardware's for both vendors (SDM "VM-Entry
 * Interruption-Information Field", APM "Event Injection"), but for insn_len
 * and posts, which lie in bits that are reserved there.
 */
struct tg_flight {
	union {
		struct {
			u32 vector : 8;
			u32 type : 3;		/* enum tg_trap_type */
			bool has_error : 1;
			u32 insn_len : 4;	/* types 4, 5, 6: bytes to the return address */
			bool posts : 1;	/* an event waits for the end of its delivery */
			u32 : 14;
			bool valid : 1;
		};
		u32 word;
	};
	u32 error;
	u64 address;		/* #PF: for CR2; #DB: for DR6, pending-#DB layout */
};

#define TG_FLIGHT_VECTOR	0xffu
#define TG_FLIGHT_TYPE		(7u << 8)
#define TG_FLIGHT_ERROR		(1u << 11)
#define TG_FLIGHT_VALID		(1u << 31)
/* vector, type, error and valid: what injection takes from the word */
#define TG_FLIGHT_EVENT		(TG_FLIGHT_VECTOR | TG_FLIGHT_TYPE | TG_FLIGHT_ERROR | \
				 TG_FLIGHT_VALID)
/* The word of an event without error code and length. */
#define TG_FLIGHT_WORD(type, vector) (TG_FLIGHT_VALID | (u32)(type) << 8 | (vector))

/* Whether events of the type have an instruction's length: INT n, INT1, INT3, INTO. */
static tg_always_inline bool tg_has_length(u8 type)
{
	return type >= TG_TYPE_INT_N && type <= TG_TYPE_INT3_INTO;
}

/* What the hardware said at an exit. */
struct tg_trap {
	struct tg_flight ev;	/* the event that was intercepted */
	struct tg_flight first;	/* what was being delivered when it was raised, if .valid */
};

/* The interrupted guest, as far as records and filters need it. */
struct tg_snapshot {
	u64 rip, rsp, rflags, cr3;
	u8 cpl;
};

#define TG_RFLAGS_TF	(1ull << 8)
#define TG_RFLAGS_IF	(1ull << 9)
#define TG_RFLAGS_RF	(1ull << 16)

/* Of a page fault's error code. */
#define TG_PF_USER		(1u << 2)
#define TG_PF_RSVD		(1u << 3)
#define TG_PF_SHADOW_STACK	(1u << 6)

/*
 * DR6 (SDM "Debug Status Register (DR6)"). Pending debug exceptions and the causes that
 * VT-x tells of a #DB have them at the same places, all active high.
 */
#define TG_DR6_B	0xfull		/* B0-B3 */
#define TG_DR6_BUS_LOCK	(1ull << 11)
#define TG_DR6_BD	(1ull << 13)
#define TG_DR6_BS	(1ull << 14)
#define TG_DR6_BT	(1ull << 15)
#define TG_DR6_RTM	(1ull << 16)
#define TG_DR6_INVERTED	(TG_DR6_BUS_LOCK | TG_DR6_RTM)	/* in DR6 0 means it happened */

/* Interruptibility, VT-x layout (SDM "Guest Non-Register State"). */
#define TG_BLOCK_STI	(1u << 0)
#define TG_BLOCK_MOVSS	(1u << 1)
#define TG_BLOCK_NMI	(1u << 3)

#endif
