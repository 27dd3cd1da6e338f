/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest of the probes, whatever the vendor: tables of its own, pieces of code,
 * gates that all end in an exit; and what a probe reports.
 */
#ifndef PROBE_GUEST_H
#define PROBE_GUEST_H

#include "../base/lab.h"

#define FL_TF		(1u << 8)
#define FL_IF		(1u << 9)
#define FL_IOPL3	(3u << 12)
#define FL_RF		(1u << 16)
#define FL_AC		(1u << 18)

/* The guest's general registers; RAX and RSP are elsewhere. */
struct guest_regs {
	u64 bx, cx, dx, si, di, bp, r8, r9;
	u64 ax;			/* VT-x only */
};

extern struct guest_regs regs;
extern struct lab_gate guest_idt[256];
extern u64 guest_gdt[16];
extern struct lab_tss guest_tss;
extern u8 guest_stack[4096], guest_user_stack[4096], guest_other_stack[4096];
#define STACK_TOP(stack)	((u64)(stack) + sizeof(stack) - 64)

#define GUEST_NP_DS	0x58		/* a data segment that is not present */
#define GUEST_LOW_CS	0x60		/* 32-bit code, DPL 0 */
#define NOWHERE		0x100000000000	/* canonical, not mapped */
#define NON_CANONICAL	0x8000000000000000

/*
 * A piece of guest code: PRE, the instruction of interest, POST, VMMCALL. The
 * probes name RIPs after its labels: "insn", "next" (after it), "end".
 */
struct guest_code {
	const u8 *start, *insn, *next, *end;
};

#define GUEST(name, pre, insn_, post)						\
	extern const u8 name##_start[], name##_insn[], name##_next[], name##_end[]; \
	asm(".pushsection .text\n.balign 16\n"					\
	    #name "_start:\n" pre "\n" #name "_insn:\n" insn_ "\n" #name "_next:\n" post "\n" \
	    #name "_end: vmmcall\n.popsection\n");				\
	static const struct guest_code name = {					\
		name##_start, name##_insn, name##_next, name##_end }

/*
 * The instruction at the end of every piece of code and in every gate: VMMCALL or
 * VMCALL, by its third byte. Also builds the page tables, once.
 */
void guest_init(u8 call);
#define GUEST_VMMCALL	0xd9
#define GUEST_VMCALL	0xc1
u64 guest_cr3(void);

/* Fresh tables and registers for this code. */
void guest_begin(const struct guest_code *code);
u64 guest_word(u64 rsp, unsigned int word);	/* the words at the guest's stack */
bool guest_is_gate(u64 rip);
bool guest_is_end(u64 rip);

void host_iret(void);		/* ends blocking by NMI */

/* What a probe has seen: a line of text, compared with what is right. */
void saw(const char *format, ...) __attribute__((format(printf, 1, 2)));
void saw_gate(u64 rip, u64 rsp);	/* the gate that has been reached, and its frame */
const char *exception_name(unsigned int vector);
void saw_flags(const char *name, u64 flags);
const char *where(u64 rip);

/*
 * right: what the manual demands, alternatives separated by '|'; one may end in
 * '*' for any rest.
 */
struct probe {
	const char *name;
	void (*run)(void);
	const char *right;
	const char *rule;
};


#endif
