/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest of the tests: GDT, TSS, IDT, page tables and stacks of its own, in
 * which a piece of code runs from its first instruction to its end, bare or under
 * the hypervisor, and what its gates saw on the way.
 */
#ifndef LAB_WORLD_H
#define LAB_WORLD_H

#include "../base/lab.h"

#define FL_TF		(1u << 8)
#define FL_IF		(1u << 9)
#define FL_IOPL3	(3u << 12)
#define FL_NT		(1u << 14)
#define FL_RF		(1u << 16)
#define FL_AC		(1u << 18)

/* The guest's memory: 4 KiB pages of their own at these addresses, for all levels. */
#define AT_BASE		0x10000000000ull
#define AT_PAGE(n)	(AT_BASE + (n) * 0x1000ull)
#define AT_CODE		AT_PAGE(0x10)
#define AT_DATA		AT_PAGE(0x20)	/* two pages */
#define AT_IDT		AT_PAGE(0x28)	/* two pages */
#define AT_STACK	AT_PAGE(0x32)	/* tops of stacks: two pages below are there */
#define AT_USER_STACK	AT_PAGE(0x36)
#define AT_RSP0		AT_PAGE(0x3a)
#define AT_IST(n)	AT_PAGE(0x3e + 4 * ((n) - 1))	/* n from 1 to 7 */
#define WORLD_PAGES	0x60

#define NOWHERE		0x20000000123ull	/* canonical, never mapped */
#define NOWHERE_PAGE	0x20000000000ull
#define NON_CANONICAL	0x8000000000000000ull
#define NP_DS		0x58		/* a data segment that is not present */
#define NP_SS		0x60		/* a stack segment that is not present */

#define END_VECTOR	0xf0		/* INT of it ends the run, from any level */
#define END_IST		6

/*
 * A piece of code: PRE, the instruction of interest, POST; its RIPs are named
 * after the labels: "insn", "next" (behind it), "end".
 */
struct piece {
	const u8 *start, *insn, *next, *end, *stop;
};

#define PIECE(name, pre, insn_, post)						\
	extern const u8 name##_start[], name##_insn[], name##_next[],		\
		name##_end[], name##_stop[];					\
	asm(".pushsection .rodata\n.balign 16\n"				\
	    #name "_start:\n" pre "\n" #name "_insn:\n" insn_ "\n"		\
	    #name "_next:\n" post "\n"						\
	    #name "_end: int $0xf0\n" #name "_stop:\n.popsection\n");		\
	static const struct piece name __attribute__((unused)) = {		\
		name##_start, name##_insn, name##_next, name##_end, name##_stop }

/* What a gate saw, or the end of the run. */
struct seen {
	u64 vector, error, rip, cs, flags, rsp, ss;
	u64 frame;		/* address of the lowest word pushed */
	u64 inside;		/* RFLAGS in the gate */
	u64 cr2, dr6, dr7;
	u64 tsc;
	bool spoiled;		/* a register that no piece uses has changed */
};

#define SEEN_MAX	300		/* then the run ends */

enum ending {
	END_NONE,		/* has not run */
	END_CODE,		/* at the piece's end */
	END_GATE,		/* in the last gate seen */
	END_FATAL,		/* tg_host_fatal() */
};

/* What a gate does after it was noted down. */
enum after {
	AFTER_END = 0,		/* end the run */
	AFTER_RETURN,		/* IRET */
	AFTER_NEXT,		/* IRET to "next" */
	AFTER_END_CODE,		/* IRET to "end" */
	AFTER_CLEAR_TF,		/* IRET without TF */
};

struct world {
	/* the start; world_begin() fills all, a test changes some */
	u64 rip, cs, flags, rsp, ss;
	u64 rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9;
	u64 cr2, dr6, dr7, dr[4];
	enum after after[256];
	void (*on_gate[256])(struct lab_frame *f);	/* before what after[] says */
	struct lab_descriptor_table idtr;
	const struct piece *piece;
	bool user_half;		/* CR3 with bit 12: only what a gate needs is mapped */

	/* what happened */
	const char *problem;	/* of world_enter */
	enum ending ending;
	struct seen end;	/* with END_CODE: vector is END_VECTOR */
	u32 nr_seen;
	struct seen seen[SEEN_MAX];
	struct lab_descriptor_table end_idtr;
	u64 left[8];		/* vectors pending or in service at the end */
	bool nmi_blocked;	/* at the end: who wants to know sets it */
};

extern struct world world;
extern u64 world_gdt[16];
extern struct lab_tss world_tss;
extern u8 world_memory[WORLD_PAGES][4096];

void world_init(void);				/* once */
void world_begin(const struct piece *piece);	/* fresh tables and registers */
void world_run(void);

/*
 * Called in the world, before the piece and behind it, on the way out of operation for
 * one: a CPU under AMD-V leaves at LIDT. world_enter returns what is wrong, or NULL.
 */
extern const char *(*world_enter)(void);
extern void (*world_leave)(void);
/* Ends what is left at the APIC; takes its interrupts. */
void world_clean(void);
u64 world_at(const u8 *label);			/* where a label of the piece lies */

/*
 * Instead of a piece: the program that vm/bare has loaded at LAB_PROGRAM. Its 2 MiB are for all
 * levels, its stack is at their end. No vector ends the run by itself.
 */
void world_begin_program(void);

/* world.c: to be used between world_begin() and world_run(), and by on_gate. */
struct lab_gate *world_gate(unsigned int vector);
void world_ist(unsigned int vector, unsigned int ist);
void world_gate_type(unsigned int vector, u8 type);	/* 0x8e, 0x8f, 0xee, 0x0e not present */
void world_user(void);				/* starts at CPL 3 */
void world_page(u64 address, bool present);
/* CPL 3 may execute where the lab is linked, or no more. */
void world_open_high(bool open);
u64 world_cr3(void);			/* of the kernel's half */
/* Gates below vector on the first page of the IDT, the others on the second. */
void world_split_idt(unsigned int vector);
void world_idt_page(unsigned int page, bool present);
void *world_pointer(u64 address);		/* host's view of the guest's memory */
#endif
