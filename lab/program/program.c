// SPDX-License-Identifier: GPL-2.0
/*
 * A user's program in a vCPU with a world of its own (trapgate lab): every exception
 * and interrupt hooked, a default gate behind all 256 vectors. Afterwards what
 * happened, in order, and how it ended.
 *
 * An NMI every 10 ms, by the 8254, looks whether the program has halted. An
 * argument: "no-int-n".
 */
#include "halted.h"
#include "../host/host.h"
#include "../host/world.h"

#define IOAPIC		0xfec00000ull
#define PIT_RTE		0x14			/* of pin 2 */
#define RTE_NMI		(4u << 8)
#define TICKS		11932			/* 10 ms */
#define LIMIT		500			/* of them */
#define LIMIT_OF_RECORDS "the limit of 1024 exceptions and interrupts"
_Static_assert(HOST_RECORDS == 1024, "the words");
#define COM1_FIFO	0x3fa
#define COM1_LINE	0x3fb
#define COM1_8_BITS	3
#define COM1_STATUS	0x3fd
#define COM1_IDLE	0x40
#define HLT		0xf4
#define PROGRAM_SIZE	0x200000ull
#define NMI		2

#define NAME(id, v, m, n, e, c) [v] = { m, n },
static const struct {
	const char *mnemonic, *name;
} names[32] = { TG_VECTORS(NAME) };

#define WORD(name, number, word) [number] = word,
static const char *const types[8] = { TG_TRAP_TYPES(WORD) };

extern u64 lab_pml4[512];

static u64 last_rip, hlt_rip, last_interrupts;
static u32 ticks, still;
static const char *ended;

/* ---- while it runs ---- */

static void next_tick(void)
{
	lab_out8(0x43, 0x30);
	lab_out8(0x40, TICKS & 0xff);
	lab_out8(0x40, TICKS >> 8);
}

static void start_ticks(void)
{
	volatile u32 *select = (volatile u32 *)IOAPIC, *value = select + 4;

	*select = PIT_RTE + 1;
	*value = lab_apic_read(2);
	*select = PIT_RTE;
	*value = RTE_NMI;
	next_tick();
}

static bool left_alone;			/* the program has ended VMX or SVM operation */

/*
 * Out of operation, or having been, with the GDT and TSS we came with: world_home loads SS from
 * it.
 */
static void leave(void)
{
	const struct lab_descriptor_table gdt = { sizeof(world_gdt) - 1, (u64)world_gdt };

	left_alone = world.ending != END_FATAL && !host_loaded();
	lab_tss_descriptor(&world_gdt[LAB_TSS >> 3], &world_tss);
	asm volatile("lgdt %0" : : "m"(gdt) : "memory");
	host_leave();
}

static const char *begin(void)
{
	const char *why = host_enter();

	if (!why)
		start_ticks();
	return why;
}

/* A guess, where no exit says so any more. */
static bool behind_hlt(u64 rip)
{
	return rip - 1 - LAB_PROGRAM < PROGRAM_SIZE && *(const u8 *)(rip - 1) == HLT;
}

static void tick(struct lab_frame *f)
{
	bool halted = host_loaded() ? f->rip == halted_at : behind_hlt(f->rip);
	u64 interrupts = host_vcpu()->core.exits_interrupt;

	world.nr_seen--;			/* not the program's */
	still = f->rip == last_rip && interrupts == last_interrupts ? still + 1 : 0;
	last_interrupts = interrupts;
	last_rip = f->rip;
	hlt_rip = host_loaded() ? halted_rip : f->rip - 1;
	world.after[NMI] = AFTER_RETURN;
	if (halted && still > (f->flags & FL_IF ? 20 : 1))
		ended = f->flags & FL_IF ? "HLT, and no interrupt comes" : "HLT";
	else if (host_lost())
		ended = LIMIT_OF_RECORDS;
	else if (++ticks > LIMIT)
		ended = "the limit of 5 s";
	if (ended) {
		world.after[NMI] = AFTER_END;
		return;
	}
	if (halted)
		f->rip = hlt_rip;		/* the NMI has woken it: halt again */
	next_tick();
}

/* Faults end the run, as nobody would have cured them; others return. */
static void defaults(void)
{
	int v;

	for (v = 0; v < 256; v++)
		world.after[v] = v >= 32 || v == 1 || v == 3 || v == 4 ? AFTER_RETURN : AFTER_END;
	world.on_gate[NMI] = tick;
	world_ist(NMI, 5);
}

/* ---- afterwards ---- */

static void print_vector(unsigned int vector, const char *type)
{
	if (vector < 32 && names[vector].name)
		lab_print("%02x %s %s, %s", vector, names[vector].mnemonic, names[vector].name,
			  type);
	else
		lab_print("%02x %s", vector, type);
}

/* The gate as it stood at the end. */
static void print_gate(unsigned int vector)
{
	const struct lab_gate *g = (const struct lab_gate *)world.end_idtr.base + vector;
	extern const u8 world_stubs[256][16];
	u64 target;

	if (world.end_idtr.limit < vector * 16 + 15) {
		lab_print(", no gate\n");
		return;
	}
	target = g->offset_low | (u64)g->offset_middle << 16 | (u64)g->offset_high << 32;
	if (!(g->type & 0x80))
		lab_print(", gate not present\n");
	else if (target == (u64)world_stubs[vector])
		lab_print(", default gate\n");
	else
		lab_print(", gate to %lx%s\n", target, (g->type & 15) == 15 ? " (trap)" : "");
}

static void print_record(const struct tg_record *r)
{
	print_vector(r->vector, types[r->type & 7] ?: "?");
	lab_print(" at %lx", (u64)r->rip);
	if (r->cpl)
		lab_print(", CPL %u", r->cpl);
	if (r->flags & TG_RECF_ERROR)
		lab_print(", error %x", r->error);
	if ((r->flags & TG_RECF_ADDRESS) && r->type != TG_TYPE_INT_N)
		lab_print(r->vector == 14 ? ", address %lx" : ", DR6 causes %lx", (u64)r->address);
	if (r->flags & TG_RECF_NESTED)
		lab_print(", during %02x", r->first_vector);
	if (r->flags & TG_RECF_DOUBLE)
		lab_print(", becomes a double fault");
	print_gate(r->vector);
}

/* Where INT n cannot be seen: by the default gate that it came to. */
static void print_int_n(const struct seen *s)
{
	print_vector(s->vector, types[TG_TYPE_INT_N]);
	lab_print(" before %lx%s, default gate\n", s->rip, s->cs & 3 ? ", CPL 3" : "");
}

static bool is_recorded(const struct seen *s, const struct tg_record *r)
{
	return r->kind == TG_REC_TRAP && r->vector == s->vector && r->tsc < s->tsc;
}

/* Both in the order of time; a gate entered is told with the record before it. */
static void print_all(void)
{
	u32 n = host_records() < HOST_RECORDS ? host_records() : HOST_RECORDS, at = 0, i;

	for (i = 0; i < world.nr_seen && i < SEEN_MAX; i++) {
		const struct tg_record *last = NULL;

		while (at < n && host_record(at)->tsc < world.seen[i].tsc) {
			const struct tg_record *r = host_record(at++);

			if (r->vector == NMI && r->type == TG_TYPE_NMI)
				continue;
			print_record(r);
			last = r;
		}
		if (!host_vcpu()->int_n_seen && (!last || !is_recorded(&world.seen[i], last)))
			print_int_n(&world.seen[i]);
	}
	for (; at < n; at++)
		if (host_record(at)->vector != NMI || host_record(at)->type != TG_TYPE_NMI)
			print_record(host_record(at));
	if (host_lost())
		lab_print("and %lu more, which are not told\n", host_lost());
}

static void print_end(void)
{
	const struct tg_cpu *core = &host_vcpu()->core;
	u32 i;

	if (world.ending != END_FATAL) {
		if (!ended && world.nr_seen >= SEEN_MAX)
			lab_print("ended: the limit of %u gates entered\n", SEEN_MAX);
		else if (ended)
			lab_print("ended: %s at %lx\n", ended, *ended == 'H' ? hlt_rip : last_rip);
		else
			lab_print("ended: %02lx has no handler of the program's\n",
				  world.seen[world.nr_seen - 1].vector);
		return;
	}
	lab_print("ended: %s; injected before:", host_vcpu()->departure.what);
	for (i = core->chain_at < 4 ? 0 : core->chain_at - 4; i < core->chain_at; i++)
		if (core->chain[i % 4].vector != NMI)
			lab_print(" %02x", core->chain[i % 4].vector);
	lab_print("\n");
}

static void on_fatal(struct tg_vcpu *v)
{
	void world_home(void) __attribute__((noreturn));

	/* what the program has in CR3 may be anything */
	lab_write_cr3(lab_physical(lab_pml4));
	world.ending = END_FATAL;
	if (!v->departure.triple)
		host_dump();
	world_home();
}

static void flush_console(void)
{
	int i;

	for (i = 0; i < 1000000 && !(lab_in8(COM1_STATUS) & COM1_IDLE); i++)
		;
	for (i = 0; i < 20000; i++)		/* Bochs says so too soon */
		lab_in8(COM1_STATUS);
}

static void say_what_is_unseen(bool asked)
{
	if (host_vcpu()->int_n_seen)
		return;
	lab_print("note: INT n in gates of the program's own is not seen, %s\n",
		  !asked ? "as was asked for" :
		  "as one of them could not be read, or for want of what it takes (VT-x: "
		  "descriptor-table exiting, the preemption timer)");
}

int lab_main(const char *arguments)
{
	bool see_int_n = lab_strcmp(arguments, "no-int-n");
	const struct host_event all[] = {
		{ TG_EVENT_EXCEPTION, TG_ALL, 0 }, { TG_EVENT_INTERRUPT, TG_ALL, 0 },
	};
	const struct host_options options = {
		.swallow_limit = 1000,
		.see_int_n = see_int_n,
	};
	const char *why = host_init(&options);

	host_on_fatal = on_fatal;
	if (!why) {
		world_init();
		world_begin_program();
		defaults();
		host_arm(all, 2);
		host_vcpu()->gdt_rw = (u64)world_gdt;
		lab_out8(COM1_LINE, COM1_8_BITS);
		lab_out8(COM1_FIFO, 1);		/* 16 characters without looking */
		world_enter = begin;
		world_leave = leave;
		world_run();
		why = world.problem;
	}
	if (why) {
		lab_print("trapgate: lab: %s\n", why);
		return 1;
	}
	flush_console();
	say_what_is_unseen(see_int_n);
	print_all();
	if (left_alone)
		lab_print("note: the program has ended VMX or SVM operation; what came after that "
			  "is not seen\n");
	print_end();
	return world.ending == END_FATAL || (ended && *ended == 'H') ? 0 : 1;
}
