/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A run of a verified script, and what interpreter, translator and helpers share.
 * One struct tg_run for each CPU; it is used by root mode of that CPU, or by the
 * command on the host.
 */
#ifndef TG_SCRIPT_RUN_H
#define TG_SCRIPT_RUN_H

#include <trapgate/bytecode.h>
#include "../types.h"

#define TG_RUN_LOCKS	8u
#define TG_RUN_SLICE	4096		/* fuel between two looks at the clock */
#define TG_RUN_TEXT	256u
#define TG_RUN_STRING	4096u		/* longest string looked at */
#define TG_RUN_PAGE	4096u
#define TG_RUN_RANGE	(1u << 24)	/* most bytes of memcpy, memcmp */

struct tg_run;

/* A verified image, taken apart. */
struct tg_program {
	const struct tg_insn *insns;
	const struct tg_func *funcs;
	const struct tg_global *globals;
	const struct tg_line *lines;
	const char *names;
	u8 *consts;
	const struct tg_image *image;
	void (*code)(struct tg_run *run);	/* translated: a whole run; or NULL */
	u64 code_size, code_fault;	/* see tg_run_fault() */
};

struct tg_run {
	/* Of the owner, constant during a run. */
	const struct tg_program *program;	/* NULL: none is running */
	u64 *gpr;			/* the guest's general registers; read and written */
	u64 *stack;			/* TG_SCRIPT_STACK registers */
	struct {
		u8 *base;
		u64 size;		/* FRAME: of the active functions, kept by CALL and RET */
	} seg[TG_NR_SEGS];
	u64 fuel_limit;			/* instructions */
	u64 tsc_limit;			/* of the time-stamp counter */
	u64 tsc_khz;
	void *owner;

	/* While it runs. */
	s64 slice;			/* fuel until the next look at the clock */
	u64 fuel;			/* behind that */
	u64 deadline;			/* 0: the clock was not read yet */
	u64 *locks[TG_RUN_LOCKS];
	u32 nr_locks;
	u32 text_used;
	u32 depth;			/* of calls that may still be nested */
	/*
	 * The page that the guest's memory was read from last: it is where it was while
	 * the run lasts. See tg_run_page(). Translated code reads there at once. Before each
	 * run the owner calls tg_run_forget_page(), unless nothing can have moved since.
	 */
	u64 page;			/* guest-virtual address */
	u64 page_room;			/* offsets below this have 8 bytes; 0: no page */
	const u8 *page_at;
	u64 scratch;			/* what translated code reads from memory */
	u64 native_sp;			/* where it leaves to */
	char text[TG_RUN_TEXT];		/* of printf, not yet given away */

	/* How it ended. */
	u32 error;			/* enum tg_run_error */
	u32 error_insn;			/* with an error */
	u64 error_value;
	u64 value;			/* of an expression */
};

/*
 * Runs run->program. Afterwards error is TG_ERR_NONE, or what ended it, with
 * error_insn and error_value; locks are free and what was printed is given away.
 */
void tg_script_run(struct tg_run *run);

/* The same, never translated code. */
void tg_script_interpret(struct tg_run *run);

/* The source line of an instruction: file number << 24 | line. 0: unknown. */
u32 tg_script_line(const struct tg_program *p, u32 insn);

/* ---- between the parts of core/script; root mode. Errors are enum tg_run_error -- */

/* Notes what ends the run and returns the error. */
static tg_always_inline u32 tg_run_fail(struct tg_run *run, u32 error, u64 value)
{
	run->error_value = value;
	return error;
}

/* Before and after the program's instructions; what translated code needs not it leaves out. */
void tg_run_begin(struct tg_run *run);
void tg_run_end(struct tg_run *run);

/*
 * For whoever is behind guest.h: the guest's page at this address is to be read at `at`.
 * Where that may fault nevertheless, the fault handler asks tg_run_fault().
 */
static tg_always_inline void tg_run_page(struct tg_run *run, u64 page, const u8 *at)
{
	run->page = page;
	run->page_at = at;
	run->page_room = TG_RUN_PAGE - 7;
}

static tg_always_inline void tg_run_forget_page(struct tg_run *run)
{
	run->page_room = 0;
}

/* Where in that page the address is; NULL when it is in another. */
static tg_always_inline const u8 *tg_run_in_page(const struct tg_run *run, u64 address)
{
	u64 offset = address - run->page;

	return run->page_room && offset < TG_RUN_PAGE ? run->page_at + offset : NULL;
}

/*
 * For fault handlers: where to go on, with all registers as they are, after a fault
 * at rip in the translated code of the program that runs, when it reads that page, as
 * its registers say (jit_call.c): the run ends with TG_ERR_READ. 0: it was not there.
 */
static tg_always_inline u64 tg_run_fault(const struct tg_run *run, u64 rip, u64 rax, u64 rcx)
{
	const struct tg_program *p = run->program;
	u64 offset = rax - run->page;

	if (!p || !p->code || rip - (u64)p->code >= p->code_size)
		return 0;
	return offset < run->page_room && rcx == (u64)run->page_at + offset ? p->code_fault : 0;
}

/* slice < 0: more of run->fuel into it, or TG_ERR_FUEL, TG_ERR_TIME. */
u32 tg_run_refill(struct tg_run *run);
/* The clock alone. */
u32 tg_run_clock(struct tg_run *run);
/* Pays for n instructions. */
static tg_always_inline u32 tg_run_charge(struct tg_run *run, u64 n)
{
	run->slice -= (s64)n;
	return run->slice < 0 ? tg_run_refill(run) : TG_ERR_NONE;
}

/* interp.c: a guest register or value; TG_REG_* */
u32 tg_run_get(struct tg_run *run, u32 reg, u64 *value);
u32 tg_run_set(struct tg_run *run, u32 reg, u64 value);

/* mem.c: an address of either kind. */
static tg_always_inline bool tg_mem_own(u64 address)
{
	return address >> 56 == TG_ADDR_TAG;
}

/* The script's storage behind a tagged address, NULL when there is none. */
u8 *tg_mem_storage(const struct tg_run *run, u64 address, u64 size, bool write);
u32 tg_mem_read(struct tg_run *run, u64 address, void *to, u32 size);
u32 tg_mem_write(struct tg_run *run, u64 address, const void *from, u32 size);
/* Little-endian, size 1, 2, 4 or 8. */
u32 tg_mem_load(struct tg_run *run, u64 address, u32 size, u64 *value);
u32 tg_mem_store(struct tg_run *run, u64 address, u32 size, u64 value);
void tg_mem_zero(u8 *at, u64 size);

/* helper.c: arg[0] takes the result. */
u32 tg_helper_call(struct tg_run *run, u32 helper, u64 *arg);
/* sync.c: spinlock_*, interlocked_*, microsleep */
u32 tg_sync_call(struct tg_run *run, u32 helper, u64 *arg);
void tg_sync_release(struct tg_run *run);

/* print.c */
u32 tg_print_format(struct tg_run *run, const char *format, const u64 *arg, u32 nr);
u32 tg_print_formats(struct tg_run *run, u64 value);
void tg_print_flush(struct tg_run *run);

#endif
