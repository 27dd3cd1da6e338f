// SPDX-License-Identifier: GPL-2.0
/* See guest.h. The program's memory is mapped for all privilege levels where the host has it. */
#include "guest.h"

extern u8 guest_stubs[256][16];
const char *probe_take(void);

static u64 pml4[512] __attribute__((aligned(4096)));
static u64 tables[2][512] __attribute__((aligned(4096)));
static u64 directory[4][512] __attribute__((aligned(4096)));
static u8 call_byte;

struct guest_regs regs;
struct lab_gate guest_idt[256];
u64 guest_gdt[16];
struct lab_tss guest_tss;
u8 guest_stack[4096] __attribute__((aligned(4096)));
u8 guest_user_stack[4096] __attribute__((aligned(4096)));
u8 guest_other_stack[4096] __attribute__((aligned(4096)));

static const struct guest_code *code;
static char seen[400];
static size_t seen_length;

void guest_init(u8 call)
{
	u64 i;

	call_byte = call;
	for (i = 0; i < 256; i++)
		guest_stubs[i][2] = call;
	for (i = 0; i < 2048; i++)
		directory[i >> 9][i & 511] = i << 21 | 0x87;
	for (i = 0; i < 4; i++)
		tables[0][i] = lab_physical(directory[i]) | 7;
	for (i = 0; i < 2; i++)
		tables[1][510 + i] = lab_physical(directory[i]) | 7;
	pml4[0] = lab_physical(tables[0]) | 7;
	pml4[511] = lab_physical(tables[1]) | 7;
}

u64 guest_cr3(void)
{
	return lab_physical(pml4);
}

static void tables_init(void)
{
	int v;

	for (v = 0; v < 256; v++)
		lab_gate_set(&guest_idt[v], (u64)guest_stubs[v], LAB_CS, 0x8e, 0);
	for (v = 0; v < 10; v++)
		guest_gdt[v] = lab_gdt[v];
	guest_tss = (struct lab_tss) { .io_map = sizeof(guest_tss) };
	guest_tss.rsp[0] = STACK_TOP(guest_stack);
	guest_tss.ist[0] = STACK_TOP(guest_other_stack);
	lab_tss_descriptor(&guest_gdt[LAB_TSS >> 3], &guest_tss);
	guest_gdt[GUEST_NP_DS >> 3] = 0x00cf13000000ffff;
	guest_gdt[GUEST_LOW_CS >> 3] = 0x00cf9b000000ffff;
}

void guest_begin(const struct guest_code *c)
{
	code = c;
	*(u8 *)(c->end + 2) = call_byte;
	regs = (struct guest_regs) { 0 };
	tables_init();
}

/* Ends the blocking of NMIs that one taken by the guest has left behind. */
void host_iret(void)
{
	asm volatile("mov %%rsp, %%rax\n\tpush %0\n\tpush %%rax\n\tpushf\n\tpush %1\n\t"
		     "push $1f\n\tiretq\n1:"
		     : : "i"(LAB_DS), "i"(LAB_CS) : "rax", "memory");
}

u64 guest_word(u64 at, unsigned int word)
{
	if (at - (u64)guest_stack > sizeof(guest_stack) - 64 &&
	    at - (u64)guest_other_stack > sizeof(guest_other_stack) - 64 &&
	    at - (u64)guest_user_stack > sizeof(guest_user_stack) - 64)
		return 0xbadbadbad;
	return ((u64 *)at)[word];
}

bool guest_is_gate(u64 rip)
{
	return rip - (u64)guest_stubs < sizeof(guest_stubs);
}

bool guest_is_end(u64 rip)
{
	return rip == (u64)code->end || rip == (u64)code->end - LAB_HIGH;
}

/* ---- what was seen ---- */

void saw(const char *format, ...)
{
	__builtin_va_list list;

	if (seen_length && seen_length + 2 < sizeof(seen) && format[0] != '+')
		seen[seen_length++] = ' ';
	__builtin_va_start(list, format);
	seen_length += lab_vformat(seen + seen_length, sizeof(seen) - seen_length,
				   format + (format[0] == '+'), list);
	__builtin_va_end(list);
	if (seen_length >= sizeof(seen))
		seen_length = sizeof(seen) - 1;
}

static const char *in_code(u64 rip, u64 shift)
{
	static char text[32];

	if (rip == (u64)code->insn - shift)
		return "insn";
	if (rip == (u64)code->next - shift)
		return "next";
	if (rip == (u64)code->end - shift)
		return "end";
	if (rip < (u64)code->start - shift || rip > (u64)code->end - shift + 3)
		return NULL;
	if (rip > (u64)code->insn - shift)
		lab_format(text, sizeof(text), "insn+%lu", rip + shift - (u64)code->insn);
	else
		lab_format(text, sizeof(text), "start+%lu", rip + shift - (u64)code->start);
	return text;
}

const char *where(u64 rip)
{
	static char text[32];
	const char *found = in_code(rip, 0);

	if (!found)
		found = in_code(rip, LAB_HIGH);
	if (found)
		return found;
	if (guest_is_gate(rip))
		lab_format(text, sizeof(text), "gate-%02lx%s", (rip - (u64)guest_stubs) >> 4,
			   (rip - (u64)guest_stubs) & 15 ? "+" : "");
	else
		lab_format(text, sizeof(text), "%lx", rip);
	return text;
}

void saw_flags(const char *name, u64 flags)
{
	if (!(flags & (FL_RF | FL_TF | FL_IF)))
		saw("%s=-", name);
	else
		saw("%s=%s%s%s", name, flags & FL_RF ? "RF" : "", flags & FL_TF ? "TF" : "",
		    flags & FL_IF ? "IF" : "");
}

void saw_gate(u64 rip, u64 rsp)
{
	unsigned int vector = (rip - (u64)guest_stubs) >> 4;
	bool error = vector < 32 && (0x60227d00u >> vector & 1);

	saw("gate %02x", vector);
	if (error)
		saw("error %lx", guest_word(rsp, 0));
	saw("from %s", where(guest_word(rsp, error)));
	saw_flags("flags", guest_word(rsp, error + 2));
}

const char *exception_name(unsigned int vector)
{
	static const char *const names[32] = {
	"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "#09", "#TS", "#NP",
	"#SS", "#GP", "#PF", "#0f", "#MF", "#AC", "#MC", "#XM", "#14", "#CP", "#16", "#17",
	"#18", "#19", "#1a", "#1b", "#HV", "#VC", "#SX", "#1f" };

	return names[vector & 31];
}

const char *probe_take(void)
{
	seen[seen_length] = 0;
	seen_length = 0;
	return seen;
}
