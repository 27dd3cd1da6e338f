/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A test of the delivery table: one piece of code, run bare, loaded with nothing
 * armed, with its vectors hooked, with everything hooked, and swallowed. What the
 * gates saw must be the same in the first four, and what the manual demands.
 *
 * The text of a run: each gate entered, then the end. "0e(2) insn,rf,cr2=nowhere" is
 * vector, error code, where the frame's RIP points, and what differs from
 * this: flags all 0 in the frame and TF, IF, NT 0 in the gate, CPL 0 (",u" is CPL 3),
 * RSP as at the start, frame on the same stack (",ist3") at its exact place, CR2, DR6,
 * DR7 and registers as they were. "end" is the piece's end, "stop" the last gate,
 * "fatal" tg_os_fatal().
 *
 * The text of records: vector, first letter of the type (e exception, s software
 * exception, p INT1, i INT n, n NMI, x external), error code, RIP, RSP's difference,
 * ",in 0e.e" being delivered, ",df", ",dropped", ",swallowed", address.
 */
#ifndef DELIVERY_TEST_H
#define DELIVERY_TEST_H

#include "../host.h"
#include "../world.h"

/* SCRIPT: everything hooked, with a script that writes registers as they are. */
enum mode { MODE_BARE, MODE_LOADED, MODE_HOOKED, MODE_ALL, MODE_SCRIPT, MODE_SWALLOWED, NR_MODES };

#define NO_BARE		(1u << 0)	/* would reset the machine */
#define ONLY_AMD	(1u << 1)
#define ONLY_INTEL	(1u << 2)
#define ANY_RECORDS	(1u << 3)	/* too many for a text: .check looks */

#define NO_LOADED	(1u << 5)	/* would kill an emulator */
#define MAY_DIFFER	(1u << 4)	/* the modes, within the alternatives */

struct test {
	const char *name;		/* lab_ID_CASE, ID in small letters */
	const struct piece *piece;
	void (*setup)(u64 arg);
	u64 arg;
	const char *right;		/* text of a run; alternatives split by '|' */
	const char *hooks;		/* vectors, "0e 0b"; NULL: no mode hooked */
	const char *records;		/* with .hooks */
	const char *swallowed;		/* text with .hooks short-circuited; NULL: not run */
	const char *swallow_records;
	/*
	 * Emulator bugs (lab/probe/expected) in the way. "name": what is right cannot
	 * be had, but all modes must agree; "~name": nor that; "!name": hangs or kills,
	 * not run.
	 */
	const char *bugs;
	u32 flags;
	const char *(*check)(enum mode mode);	/* NULL, or what is wrong, after each run */
};

bool machine_bug(const char *name);
bool machine_is_late(void);	/* NMIs come at the end of a translation block */

void test_run(const struct test *t);

/* One that does everything itself: NULL, or what is wrong; "-why" to skip. */
void test_own(const char *name, const char *(*run)(void));

/* A table of tests; each file of the suite has one function. */
#define RUN_TABLE(table) run_table(table, TG_ARRAY_SIZE(table))
void run_table(const struct test *table, u32 n);

void tests_fault(void);
void tests_nest(void);
void tests_debug(void);
void tests_exit(void);
void tests_interrupt(void);
void tests_nmi(void);

#endif
