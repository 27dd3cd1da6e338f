/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a backend tells the core about one exception, NMI or interrupt, and
 * what the core tells the backend to inject: the same words for both vendors.
 */
#ifndef TG_CORE_TRAP_H
#define TG_CORE_TRAP_H

#include <trapgate/abi.h>
#include "types.h"

/* An event on its way to the guest: being delivered, or to be injected. */
struct tg_flight {
	u8 vector;
	u8 type;		/* enum tg_trap_type */
	bool valid;
	bool has_error;
	u8 insn_len;		/* types 4, 5, 6: bytes to the return address */
	u32 error;
	u64 address;		/* #PF: for CR2; #DB: for DR6, pending-#DB layout */
};

/* What the hardware said at an exit. */
struct tg_trap {
	struct tg_flight ev;	/* the event that was intercepted */
	struct tg_flight first;	/* what was being delivered when it was raised */
};

/* The interrupted guest, as far as records and filters need it. */
struct tg_snapshot {
	u64 rip, rsp, rflags, cr3;
	u8 cpl;
};

struct tg_task {
	u32 pid, tid;
	u64 comm[2];		/* 16 bytes, zero-padded */
};

#define TG_RFLAGS_TF	(1ull << 8)
#define TG_RFLAGS_IF	(1ull << 9)
#define TG_RFLAGS_RF	(1ull << 16)

/* Interruptibility, VT-x layout (SDM "Guest Non-Register State"). */
#define TG_BLOCK_STI	(1u << 0)
#define TG_BLOCK_MOVSS	(1u << 1)
#define TG_BLOCK_NMI	(1u << 3)

#define TG_VEC_DB	1
#define TG_VEC_NMI	2
#define TG_VEC_BP	3
#define TG_VEC_OF	4
#define TG_VEC_DF	8
#define TG_VEC_GP	13
#define TG_VEC_PF	14
#define TG_VEC_MC	18
#define TG_VEC_UD	6

#endif
