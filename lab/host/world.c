// SPDX-License-Identifier: GPL-2.0
/* See world.h. */
#include "world.h"

#define PRESENT		1ull
#define USER_RW		7ull
#define SLOT		(AT_BASE >> 39 & 511)
#define APIC_ISR	0x10
#define APIC_IRR	0x20
#define APIC_TPR	0x08
#define APIC_LVT_TIMER	0x32
#define LVT_MASKED	(1u << 16)

struct world_entry {
	u64 cr3;
	const struct lab_descriptor_table *gdtr, *idtr;
	u64 cr2, dr6, dr[4], dr7;
	u64 rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, rax;
	u64 rip, cs, flags, rsp, ss;
};

void world_switch(const struct world_entry *entry);
void world_home(void) __attribute__((noreturn));
void world_home_tables(void);
void world_arrived(void);
void world_departs(void);
u64 world_gate_entered(struct lab_frame *f, u64 flags, u64 dr7);
extern const u8 world_stubs[256][16];

extern u64 lab_pml4[512];
/* The kernel's and the user's, as with PTI. */
static u64 halves[2][512] __attribute__((aligned(8192)));
#define pml4 halves[0]
static u64 directories[2][512] __attribute__((aligned(4096)));
static u64 table[512] __attribute__((aligned(4096)));
u8 world_memory[WORLD_PAGES][4096] __attribute__((aligned(4096)));

struct world world;
const char *(*world_enter)(void);
void (*world_leave)(void);
u64 world_gdt[16] __attribute__((aligned(16)));
struct lab_tss world_tss;

void world_init(void)
{
	pml4[0] = lab_pml4[0];
	pml4[511] = lab_pml4[511];
	pml4[SLOT] = lab_physical(directories[0]) | USER_RW;
	lab_pml4[SLOT] = pml4[SLOT];	/* stacks, for an NMI on the way here or there */
	directories[0][0] = lab_physical(directories[1]) | USER_RW;
	directories[1][0] = lab_physical(table) | USER_RW;
	halves[1][SLOT] = pml4[SLOT];
	halves[1][511] = pml4[511];
}

u64 world_cr3(void)
{
	return lab_physical(pml4);
}

void world_open_high(bool open)
{
	const u64 user = USER_RW & ~(PRESENT | 2);
	u64 *slot = &pml4[511], *high, *pages;
	u32 i;

	*slot = open ? *slot | user : *slot & ~user;
	high = (u64 *)((*slot & 0x000ffffffffff000) + LAB_HIGH);
	for (i = 510; i < 512; i++)
		high[i] = open ? high[i] | user : high[i] & ~user;
	pages = (u64 *)((high[510] & 0x000ffffffffff000) + LAB_HIGH);
	for (i = 0; i < 512; i++)
		pages[i] = open ? pages[i] | user : pages[i] & ~user;
	lab_write_cr3(lab_read_cr3());
}

static u64 page_of(u64 address)
{
	return (address - AT_BASE) >> 12;
}

void *world_pointer(u64 address)
{
	return &world_memory[page_of(address)][address & 4095];
}

void world_page(u64 address, bool present)
{
	u64 n = page_of(address);

	table[n] = lab_physical(world_memory[n]) | (USER_RW & ~PRESENT) | present;
	asm volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static void map_stack(u64 top)
{
	world_page(top - 0x1000, true);
	world_page(top - 0x2000, true);
}

struct lab_gate *world_gate(unsigned int vector)
{
	return (struct lab_gate *)world_pointer(world.idtr.base) + vector;
}

void world_ist(unsigned int vector, unsigned int ist)
{
	world_gate(vector)->ist = ist;
}

void world_gate_type(unsigned int vector, u8 type)
{
	world_gate(vector)->type = type;
}

static void fill_idt(void)
{
	unsigned int v;

	for (v = 0; v < 256; v++)
		lab_gate_set(world_gate(v), (u64)world_stubs[v], LAB_CS, 0x8e, 0);
	world_gate(END_VECTOR)->ist = END_IST;
	world_gate(END_VECTOR)->type = 0xee;
}

void world_split_idt(unsigned int vector)
{
	world.idtr.base = AT_IDT + 0x1000 - vector * sizeof(struct lab_gate);
	fill_idt();
}

void world_idt_page(unsigned int page, bool present)
{
	world_page(AT_IDT + page * 0x1000, present);
}

void world_user(void)
{
	world.cs = LAB_USER_CS;
	world.ss = LAB_USER_DS;
	world.rsp = AT_USER_STACK - 0x100;
}

u64 world_at(const u8 *label)
{
	return AT_CODE + (u64)(label - world.piece->start);
}

static void fill_tables(void)
{
	int i;

	for (i = 0; i < 512; i++)
		table[i] = 0;
	world_page(AT_CODE, true);
	world_page(AT_DATA, true);
	world_page(AT_DATA + 0x1000, true);
	world_page(AT_IDT, true);
	world_page(AT_IDT + 0x1000, true);
	map_stack(AT_STACK);
	map_stack(AT_USER_STACK);
	map_stack(AT_RSP0);
	for (i = 1; i <= 7; i++)
		map_stack(AT_IST(i));
	for (i = 0; i < 10; i++)
		world_gdt[i] = lab_gdt[i];
	world_gdt[NP_DS >> 3] = 0x00cf13000000ffff;
	world_gdt[NP_SS >> 3] = 0x00cf13000000ffff;
	world_tss = (struct lab_tss) { .io_map = sizeof(world_tss) };
	world_tss.rsp[0] = AT_RSP0;
	for (i = 1; i <= 7; i++)
		world_tss.ist[i - 1] = AT_IST(i);
	lab_tss_descriptor(&world_gdt[LAB_TSS >> 3], &world_tss);
}

void world_begin(const struct piece *piece)
{
	static const struct world fresh;
	u8 *code = world_memory[page_of(AT_CODE)];
	const u8 *p;

	world = fresh;
	world.piece = piece;
	for (p = piece->start; p < piece->stop; p++)
		*code++ = *p;
	fill_tables();
	world.idtr = (struct lab_descriptor_table) { 4095, AT_IDT };
	fill_idt();
	world.rip = AT_CODE;
	world.cs = LAB_CS;
	world.ss = LAB_DS;
	world.rsp = AT_STACK - 0x100;
	world.flags = 2;
	world.cr2 = 0xdead000;
	world.dr6 = 0xffff0ff0;
	world.dr7 = 0x400;
	world.rdi = 0xfee00300;		/* the APIC's ICR, for pieces that send */
	world.rsi = NOWHERE;
	world.rbx = AT_DATA;
	world.rax = 0xa0a0;
	world.rcx = 0xc0c0;
	world.rdx = 0xd0d0;
	world.rbp = 0xb0b0;
	world.r8 = 0x8080;
	world.r9 = 0x9090;
}

#define ADDRESS		0x000ffffffffff000

static u64 *table_at(u64 entry)
{
	return (u64 *)((entry & ADDRESS) + LAB_HIGH);
}

void world_begin_program(void)
{
	static const struct piece none;
	static u64 low[2][512] __attribute__((aligned(4096)));
	const u64 *theirs = table_at(lab_pml4[0]), *pages = table_at(theirs[0]);
	int i;

	world_begin(&none);
	for (i = 0; i < 512; i++) {
		low[0][i] = theirs[i];
		low[1][i] = pages[i];
	}
	low[0][0] = lab_physical(low[1]) | USER_RW;
	low[1][LAB_PROGRAM >> 21] |= USER_RW;
	pml4[0] = lab_physical(low[0]) | USER_RW;
	world.piece = NULL;
	world_gate(END_VECTOR)->ist = 0;
	world_gate(END_VECTOR)->type = 0x8e;
	world.rip = LAB_PROGRAM;
	world.rsp = LAB_PROGRAM + 0x200000 - 64;
	world.rdi = AT_IDT;
	world.rsi = (u64)&world_tss;
}

/* ---- on the way ---- */

static bool spoiled(const struct lab_frame *f)
{
	return f->r10 != 0x1010101010101010 || f->r12 != 0x1212121212121212 ||
	       f->r13 != 0x1313131313131313 || f->r14 != 0x1414141414141414 ||
	       f->r15 != 0x1515151515151515;
}

static void note(struct seen *s, const struct lab_frame *f, u64 flags, u64 dr7)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	*s = (struct seen) {
		.tsc = (u64)high << 32 | low,
		.vector = f->vector, .error = f->error, .rip = f->rip, .cs = f->cs,
		.flags = f->flags, .rsp = f->rsp, .ss = f->ss, .inside = flags, .dr7 = dr7,
		.spoiled = f->rip < LAB_HIGH && spoiled(f),
	};
	s->frame = (u64)&f->rip - (f->vector < 32 && (0x60227d00u >> f->vector & 1) ? 8 : 0);
	s->cr2 = lab_read_cr2();
	asm volatile("mov %%dr6, %0" : "=r"(s->dr6));
}

static void end_of_interrupt(u64 vector)
{
	if (vector >= 32 && lab_apic_read(APIC_ISR + vector / 32) >> (vector % 32) & 1)
		lab_apic_eoi();
}

/* Returns the DR7 to go on with. */
u64 world_gate_entered(struct lab_frame *f, u64 flags, u64 dr7)
{
	u32 at;

	if (world.ending != END_NONE) {
		lab_count[f->vector]++;		/* on the way home: not the piece's */
		end_of_interrupt(f->vector);
		return dr7;
	}
	if (world.piece && f->vector == END_VECTOR && f->rip == world_at(world.piece->stop)) {
		note(&world.end, f, flags, dr7);
		world.ending = END_CODE;
		world_home();
	}
	/* An NMI may come in here, too. */
	at = __atomic_fetch_add(&world.nr_seen, 1, __ATOMIC_RELAXED);
	if (at < SEEN_MAX)
		note(&world.seen[at], f, flags, dr7);
	if (world.on_gate[f->vector])
		world.on_gate[f->vector](f);
	end_of_interrupt(f->vector);
	switch (world.nr_seen < SEEN_MAX ? world.after[f->vector] : AFTER_END) {
	case AFTER_END:
		break;
	case AFTER_RETURN:
		return dr7;
	case AFTER_NEXT:
		f->rip = world_at(world.piece->next);
		return dr7;
	case AFTER_END_CODE:
		f->rip = world_at(world.piece->end);
		return dr7;
	case AFTER_CLEAR_TF:
		f->flags &= ~(u64)FL_TF;
		return dr7;
	}
	world.ending = END_GATE;
	world_home();
}

static void note_left(void);

void world_arrived(void)
{
	if (world_enter)
		world.problem = world_enter();
	if (world.problem)
		world_home();
}

void world_departs(void)
{
	note_left();
	if (world_leave)
		world_leave();
}

void world_home_tables(void)
{
	struct lab_descriptor_table gdt = { 10 * 8 - 1, (u64)lab_gdt };

	asm volatile("sidt %0" : "=m"(world.end_idtr));
	lab_idt_init();
	lab_gdt[LAB_TSS >> 3] &= ~(2ull << 40);
	asm volatile("lgdt %0; ltr %w1" : : "m"(gdt), "r"(LAB_TSS) : "memory");
}

/* What is pending or in service. */
static void note_left(void)
{
	int i;

	for (i = 0; i < 8; i++)
		world.left[i] = lab_apic_read(APIC_ISR + i) | lab_apic_read(APIC_IRR + i);
}

void world_clean(void)
{
	int i, n;

	lab_apic_write(APIC_LVT_TIMER, LVT_MASKED);
	for (i = 0; i < 8; i++)
		for (n = 0; n < 32 && lab_apic_read(APIC_ISR + i); n++)
			lab_apic_eoi();
	for (n = 0; n < 300; n++)
		asm volatile("sti; nop; nop; cli" : : : "memory");
}

void world_run(void)
{
	struct lab_descriptor_table gdtr = { sizeof(world_gdt) - 1, (u64)world_gdt };
	const struct world_entry entry = {
		.cr3 = world_cr3() | (world.user_half ? 0x1000 : 0), .gdtr = &gdtr,
		.idtr = &world.idtr,
		.cr2 = world.cr2, .dr6 = world.dr6, .dr7 = world.dr7,
		.dr = { world.dr[0], world.dr[1], world.dr[2], world.dr[3] },
		.rbx = world.rbx, .rcx = world.rcx, .rdx = world.rdx, .rsi = world.rsi,
		.rdi = world.rdi, .rbp = world.rbp, .r8 = world.r8, .r9 = world.r9,
		.rax = world.rax,
		.rip = world.rip, .cs = world.cs, .flags = world.flags,
		.rsp = world.rsp, .ss = world.ss,
	};

	world_switch(&entry);
	lab_apic_write(APIC_TPR, 0);
}
