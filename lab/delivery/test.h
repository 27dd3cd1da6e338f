/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A test of the delivery table: one piece of code in six runs. Bare, loaded with nothing
 * armed, with its vectors hooked, with everything hooked, the same with a script, and
 * swallowed. What the gates saw must be the same in the first five, and what the manual demands.
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
#define MAY_DIFFER	(1u << 4)	/* the modes, within the alternatives */
#define NO_LOADED	(1u << 5)	/* would kill an emulator */
#define BY_MTF		(1u << 6)	/* VT-x: the post stage without the preemption timer */
#define SEE_INT_N	(1u << 7)	/* INT n can be hooked */
#define TWICE		(1u << 8)	/* swallowed to the limit of 2, then as .right */
#define BY_TIMER	(1u << 10)	/* VT-x: the preemption timer at 0 or 1 itself */
#define SEE_NMI		(1u << 9)	/* an NMI at the end: ",nmi-blocked" if it waits for IRET */

/* What a bug of the emulator (lab/probe/expected, emulators) means for a test in its way. */
enum bug_means {
	WRONG_ALIKE,		/* what is right cannot be had, but all modes must agree */
	WRONG_RECORDS,		/* the records are wrong where the text is right */
	/* Neither is right, nor do the modes agree; bare, what .check finds is excused, too. */
	WRONG_ANYHOW,
	/* As that, and in all modes; any end and spoiled registers are excused, too. */
	SPOILS,
	HANGS,			/* hangs or kills: not run */
};

struct bug {
	const char *name;	/* as in those files */
	enum bug_means means;
};

#define TEST_BUGS	4	/* of one test, at most */

/*
 * The little languages of a row. [x] is x or nothing, {x} any number of them; VV is a vector
 * in two hex digits, HEX a hex number without 0x, N a decimal one.
 *
 * .right, .swallowed: the text of a run (text_run()), each gate entered, then the end.
 *
 *   run    = {gate " "} end [",nmi-blocked"] {",left " VV}
 *					06 insn,rf end,left 41	06 came, 41 still waits
 *   gate   = VV ["(" HEX ")"] " " where {"," state}
 *					0e(2) insn,rf,cr2=nowhere	error code 2
 *   where  = of the frame's RIP:	insn	the instruction of the piece
 *					next	the one behind it
 *					next+3	bytes behind "next"; so start+3
 *					end	the end of the piece
 *					gate-06	first instruction of that handler; gate-06+ in it
 *					iret	of a handler
 *					handler	any other code of the suite
 *					HEX	anywhere else
 *   state  = what differs from this: flags all 0 in the frame, and TF, IF, NT 0 in the gate;
 *            CPL 0; RSP as at the start; frame on the same stack at its exact place; CR2 (but
 *            always told of a #PF), DR6 (but of a #DB), DR7 and registers as they were. In
 *            this order:		rf	of the frame; so tf, if, nt, ac
 *					gate-if	of the gate; so gate-rf, gate-tf, gate-nt
 *					u	CPL 3; another CS is cs=HEX
 *					ss=HEX
 *					rsp-40	bytes from the start; so rsp+8, rsp=noncanonical
 *					ist3	on that stack
 *					frame=HEX
 *					cr2=HEX	or =nowhere, =idt-VV, =idt-VV+8, =stack-HEX
 *					dr6=HEX
 *					dr7=HEX
 *					spoiled	a register
 *   end    = "end" {"," state} | "stop" | "fatal"
 *					the piece's end, the last gate, tg_host_fatal()
 *
 * .records, .swallow_records: the text of records (text_records()), "" for none.
 *
 *   records = [record {" " record}] [" " words " chain" {" " VV}]
 *					0de(0) insn ... chain 0d 0b	a fatal end, in words
 *   record = VV type ["(" HEX ")"] " " where {"," more} | "note" N " " VV
 *					0ee(2) insn,a=nowhere note1 0e
 *   type   =				e	exception
 *					s	software exception
 *					p	INT1
 *					i	INT n
 *					n	NMI
 *					x	external interrupt
 *   more   = in this order:		cpl3
 *					rsp-40	as above
 *					in 0ee	while that one was delivered
 *					df	it makes a double fault
 *					dropped	that one is
 *					swallowed
 *					len2	of the instruction
 *					a=HEX	address as of CR2 above; causes of a #DB
 *					post	stage
 *					task?	PID, TID, CPU or stage is wrong
 *
 * Alternatives of either are split by "|"; "A:" before one is AMD-V only, "I:" VT-x:
 *
 *	.right = "02 insn end|02 next end", .records = "02n insn|02n next"
 *
 * With as many of the records as of the text, these belong to those, in this order.
 *
 * .hooks: what is hooked, and in the swallowed run swallowed (arm() of main.c).
 *
 *   hooks  = hook {" " hook}		0e 0b	two vectors, stage pre
 *   hook   = VV ["+" | ">"] | "100"	0e+	stage all; never swallowed
 *					0e>	stage post; never swallowed
 *					100	all interrupts
 *
 * With "+" or ">" in it, all that "everything hooked" has is stage all.
 */
struct test {
	const char *name;		/* lab_ID_CASE, ID in small letters */
	const struct piece *piece;
	void (*setup)(u64 arg);
	u64 arg;
	const char *right;		/* text of a run; NULL: any */
	const char *hooks;		/* NULL: no mode hooked */
	const char *records;		/* with .hooks */
	/*
	 * Texts with .hooks short-circuited; NULL: not run. TWICE makes both: the text as .right,
	 * and the one record twice, then the note.
	 */
	const char *swallowed;
	const char *swallow_records;
	/* Emulator bugs in the way. A row with one writes .bug and .bug_means: bugs[0]. */
	union {
		struct {
			const char *bug;
			enum bug_means bug_means;
		};
		struct bug bugs[TEST_BUGS];
	};
	u32 flags;
	const char *(*check)(enum mode mode);	/* NULL, or what is wrong, after each run */
	const char *only;		/* with ONLY_AMD, ONLY_INTEL: why not with the other */
};

_Static_assert(offsetof(struct test, bug_means) == offsetof(struct test, bugs[0].means),
	       ".bug and .bug_means are bugs[0]");

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
void tests_int_n(void);
void tests_exit(void);
void tests_interrupt(void);
void tests_nmi(void);
void tests_post(void);
void tests_request(void);
void tests_broken(void);
void tests_root(void);

#endif
