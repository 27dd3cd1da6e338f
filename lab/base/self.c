// SPDX-License-Identifier: GPL-2.0
/*
 * The lab's test of itself: does a program find what lab.h promises? Arguments
 * instead of the tests, for those of vm/bare: "exit N", "hang", "fault", "triple".
 */
#include "lab.h"

#define VECTOR		0x41
#define ERROR_CODES	0x60227d00u
#define PAGE_FAULT_AT	0x7fff12345678

static int failures;
static u64 zeroes[4096];
static u64 shared_word;
static struct lab_frame last;
static u64 last_at, skip;

static void check(bool good, const char *name, const char *why)
{
	if (good)
		lab_print("PASS: %s\n", name);
	else
		lab_print("FAIL: %s: %s\n", name, why);
	failures += !good;
}

static void remember(struct lab_frame *frame)
{
	last = *frame;
	last_at = (u64)frame;
	frame->rip += skip;
}

static void mode(void)
{
	u64 cr0 = lab_read_cr0(), cr4 = lab_read_cr4(), flags;
	u16 cs, ss, tr;

	asm volatile("pushf; pop %0" : "=r"(flags));
	asm volatile("mov %%cs, %0; mov %%ss, %1; str %2" : "=r"(cs), "=r"(ss), "=r"(tr));
	check((cr0 & 0x80000001) == 0x80000001 && cr4 & 0x20 &&
	      (lab_rdmsr(0xc0000080) & 0x500) == 0x500, "lab_mode", "not in long mode");
	check(cs == LAB_CS && ss == LAB_DS && tr == LAB_TSS, "lab_selectors", "not those of lab.h");
	check(!(flags & 0x200), "lab_if", "IF is 1");
}

static void memory(void)
{
	volatile u64 *low = (volatile u64 *)lab_physical(&shared_word);
	volatile u64 *high = &shared_word;
	bool zero = true;
	u64 i;

	for (i = 0; i < sizeof(zeroes) / sizeof(zeroes[0]); i++)
		zero &= !zeroes[i];
	check(zero, "lab_bss", "not cleared");
	*high = 0x1122334455667788;
	check(*low == 0x1122334455667788 && (u64)high >> 31 == 0x1ffffffff, "lab_maps",
	      "the two mappings differ");
}

/* INT n for each vector; those with an error code would not find one on the stack. */
static void vectors(void)
{
	static u8 code[3] = { 0xcd, 0, 0xc3 };
	lab_handler saved;
	int v, bad = -1;

	skip = 0;
	for (v = 0; v < 256; v++) {
		u64 before = lab_count[v];

		if (v < 32 && ERROR_CODES >> v & 1)
			continue;
		code[1] = v;
		saved = lab_handlers[v];
		lab_handlers[v] = remember;
		last.vector = ~0ull;
		asm volatile("call *%0" : : "r"(code) : "memory");
		lab_handlers[v] = saved;
		if (last.vector != (u64)v || lab_count[v] != before + 1 || last.error ||
		    last.rip != (u64)code + 2 || last.cs != LAB_CS || last.ss != LAB_DS)
			bad = v;
	}
	check(bad < 0, "lab_vectors", "a gate leads elsewhere");
}

static void faults(void)
{
	lab_handlers[13] = lab_handlers[14] = remember;
	skip = 2;
	asm volatile("mov %0, %%ds" : : "r"(0x100) : "memory");
	check(last.vector == 13 && last.error == 0x100, "lab_fault_gp", "wrong vector or code");
	/* mov %eax, (%rax) */
	asm volatile(".byte 0x89, 0x00" : : "a"(PAGE_FAULT_AT) : "memory");
	check(last.vector == 14 && last.error == 2 && lab_read_cr2() == PAGE_FAULT_AT,
	      "lab_fault_pf", "wrong vector, code or address");
	lab_handlers[13] = lab_handlers[14] = NULL;
}

static void interrupts(void)
{
	u64 before = lab_count[VECTOR], nmis = lab_count[2];
	int i;

	lab_apic_send_self(VECTOR);
	check(lab_count[VECTOR] == before, "lab_apic_held", "taken with IF=0");
	asm volatile("sti; nop; nop; cli" : : : "memory");
	check(lab_count[VECTOR] == before + 1, "lab_apic_taken", "not taken once");
	for (i = 0; i < 3; i++) {
		lab_apic_send_self(VECTOR);
		asm volatile("sti; nop; nop; cli" : : : "memory");
	}
	check(lab_count[VECTOR] == before + 4, "lab_apic_eoi", "later ones do not come");
	lab_handlers[2] = remember;
	skip = 0;
	lab_apic_send_self_nmi();
	asm volatile("nop; nop" : : : "memory");
	lab_handlers[2] = NULL;
	check(lab_count[2] == nmis + 1 && last.vector == 2, "lab_nmi", "not taken once");
	check(last_at == lab_tss.ist[0] - sizeof(struct lab_frame), "lab_ist",
	      "the NMI is not on IST stack 1");
}

static void format(void)
{
	char text[64], small[6];

	lab_format(text, sizeof(text), "%c|%5d|%05d|%3s|%-3s|%05u|%x|%04lx|%s|%.2s|%%", 'c', -42,
		   -42, "x", "y", 7u, 0xabcu, 0x1ful, "word", "cut");
	check(!lab_strcmp(text, "c|  -42|-0042|  x|y  |00007|abc|001f|word|cu|%"),
	      "lab_format", text);
	check(lab_format(small, sizeof(small), "12345678") == 8 && !lab_strcmp(small, "12345"),
	      "lab_format_cut", small);
	lab_format(text, sizeof(text), "%ld %lu %p", -9223372036854775807l - 1,
		   18446744073709551615ul, (void *)0x12);
	check(!lab_strcmp(text, "-9223372036854775808 18446744073709551615 0000000000000012"),
	      "lab_format_limits", text);
}

static int instead(const char *arguments)
{
	static const struct lab_descriptor_table none;

	if (!lab_strcmp(arguments, "hang"))
		for (;;)
			asm volatile("pause");
	if (!lab_strcmp(arguments, "fault"))
		asm volatile("ud2");
	if (!lab_strcmp(arguments, "triple"))
		asm volatile("lidt %0; ud2" : : "m"(none));
	if (!lab_strcmp(arguments, "exit 7"))
		return 7;
	lab_print("unknown arguments: %s\n", arguments);
	return LAB_BAD_ARGUMENT;
}

int lab_main(const char *arguments)
{
	if (*arguments)
		return instead(arguments);
	mode();
	memory();
	vectors();
	faults();
	interrupts();
	format();
	lab_print("DONE\n");
	return failures ? 1 : 0;
}
