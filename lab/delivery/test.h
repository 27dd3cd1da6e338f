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
 * "fatal" tg_host_fatal().
 *
 * The text of records: vector, a letter for the type (e exception, s INT3 and
 * INTO, p INT1, i INT n, n NMI, x interrupt), error code, RIP, RSP's difference,
 * ",in 0e.e" being delivered, ",df", ",dropped", ",swallowed", address, ",post".
 */
#ifndef DELIVERY_TEST_H
#define DELIVERY_TEST_H

#include "../host/host.h"
#include "../host/world.h"

/* SCRIPT: everything hooked, with a script that writes registers as they are. */
enum mode { MODE_BARE, MODE_LOADED, MODE_HOOKED, MODE_ALL, MODE_SCRIPT, MODE_SWALLOWED, NR_MODES };

/* Whether all vectors are hooked, with a script or without. */
static inline bool everything(enum mode mode)
{
	return mode == MODE_ALL || mode == MODE_SCRIPT;
}

#define NO_BARE		(1u << 0)	/* would reset the machine */
#define ONLY_AMD	(1u << 1)
#define ONLY_INTEL	(1u << 2)
#define ANY_RECORDS	(1u << 3)	/* too many for a text: .check looks */

#define NO_LOADED	(1u << 5)	/* would kill an emulator */
#define MAY_DIFFER	(1u << 4)	/* the modes, within the alternatives */
#define BY_MTF		(1u << 6)	/* VT-x: the post stage without the preemption timer */
#define SEE_INT_N	(1u << 7)	/* INT n can be hooked */
#define TWICE		(1u << 8)	/* swallowed up to the limit of 2, then as .right: see .swallowed */
#define SEE_NMI		(1u << 9)	/* at the end an NMI is sent: ",nmi-blocked" if it waits for IRET */

struct test {
	const char *name;		/* lab_ID_CASE, ID in small letters */
	const struct piece *piece;
	void (*setup)(u64 arg);
	u64 arg;
	/*
	 * Text of a run; NULL: any. Alternatives are split by "|"; "A:" before one is AMD-V only, "I:"
	 * VT-x. With as many alternatives of the records, these belong to those, in this order.
	 */
	const char *right;
	/*
	 * Vectors, "0e 0b", "100" all interrupts; NULL: no mode hooked. "0e+" is stage all, "0e>"
	 * post, and with any of them all that "everything hooked" has is stage all.
	 */
	const char *hooks;
	const char *records;		/* with .hooks */
	/*
	 * Text with .hooks short-circuited; NULL: not run. TWICE makes both: text as .right, and the
	 * one record twice, then the note.
	 */
	const char *swallowed;
	const char *swallow_records;
	/*
	 * Emulator bugs (lab/probe/expected) in the way. "name": what is right cannot
	 * be had, but all modes must agree; "=name": the records are wrong where the text is
	 * right; "~name": neither, nor do the modes agree; "#name": nor an end other than
	 * "fatal", unspoiled registers, or what .check finds in a run that is not bare; "!name":
	 * hangs or kills, not run.
	 */
	const char *bugs;
	u32 flags;
	const char *(*check)(enum mode mode);	/* NULL, or what is wrong, after each run */
	const char *only;		/* with ONLY_AMD, ONLY_INTEL: why not with the other */
};

bool machine_bug(const char *name);
bool machine_is_late(void);	/* NMIs come at the end of a translation block */

void test_run(const struct test *t);

void test_on_fatal(struct tg_vcpu *v);	/* host_on_fatal of the table's tests */

/* One that does everything itself: NULL, or what is wrong; "-why" to skip. */
void test_own(const char *name, const char *(*run)(void));

/*
 * Called in root mode behind the C part of each exit; whether the CPU leaves operation. NULL:
 * nothing is.
 */
extern void (*test_on_exit)(struct tg_vcpu *v, bool leaves);

/* A table of tests; each file of the suite has one function. */
#define RUN_TABLE(table) run_table(table, TG_ARRAY_SIZE(table))
void run_table(const struct test *table, u32 n);

void tests_fault(void);
void tests_nest(void);
void tests_debug(void);
void tests_soft(void);
void tests_exit(void);
void tests_interrupt(void);
void tests_nmi(void);
void tests_post(void);
void tests_request(void);
void tests_broken(void);
void tests_root(void);

#endif
