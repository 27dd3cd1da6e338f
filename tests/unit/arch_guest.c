// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's memory and registers as scripts get them, on AMD-V with the VMCB in
 * memory: what is refused, what is marked, what must be loaded again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../core/action.h"
#include "../../core/machine.h"
#include "../../core/script/guest.h"
#include "guest_regs.h"
#include "machine_fake.h"
#include "svm/backend.h"

#define FRAMES	32u
#define P	1ull
#define W	2ull
#define U	4ull
#define A	0x20ull
#define D	0x40ull
#define PROGRAM	0x400000ull		/* writable, then read-only, of a program */
#define DEVICE	0x402000ull		/* mapped, not RAM */
#define KERNEL	0xffffffff80000000ull	/* read-only */

static u8 memory[FRAMES * 4096] __attribute__((aligned(4096)));
static const struct tg_ram ram[] = { { 0x1000, 0x10000 }, { 0x14000, FRAMES * 4096 } };
static struct tg_platform platform;
static struct vmcb vmcb;
static struct tg_vcpu v;
static struct tg_script_cpu s;

static u64 forgotten;
static u64 *moves, moves_to;		/* an entry that changes just before the access */

void x86_invlpg(u64 address)
{
	forgotten = address;
	if (moves)
		*moves = moves_to;
}

static u64 *frame(u32 n)
{
	return (u64 *)(memory + n * 4096);
}

static int setup(void **state)
{
	(void)state;
	machine_fake.gif = machine_fake.amd = false;
	moves = NULL;
	memset(memory, 0, sizeof(memory));
	memset(&vmcb, 0, sizeof(vmcb));
	memset(&v, 0, sizeof(v));
	memset(&s, 0, sizeof(s));
	fixup_fake_hole = fixup_fake_read_only = 0;
	platform = (struct tg_platform){
		.direct_map = (u64)memory, .direct_map_size = sizeof(memory), .ram = ram,
		.nr_ram = 2,
		.pte_mask = 0x000ffffffffff000ull,
	};
	vmcb.cr3 = 1 << 12;
	vmcb.cr0 = 0x80050033;
	vmcb.cs.attr = 1u << 9;
	vmcb.rip = PROGRAM;
	vmcb.rflags = 0x246;
	vmcb.rax = 0x1234;
	vmcb.dr7 = 0x400;
	v.amd = true;
	v.platform = &platform;
	v.svm.vmcb = &vmcb;
	v.core.config = &platform.core;
	tg_action_init(&v.core, &s);
	frame(1)[0] = 2 << 12 | P | W | U;
	frame(2)[0] = 3 << 12 | P | W | U;
	frame(3)[2] = 4 << 12 | P | W | U;
	frame(4)[0] = 8 << 12 | P | W | U;
	frame(4)[1] = 9 << 12 | P | U;
	frame(4)[2] = 0x11ull << 12 | P | W | U;
	frame(1)[0x1ff] = 5 << 12 | P | W;
	frame(5)[0x1fe] = 6 << 12 | P | W;
	frame(6)[0] = 7 << 12 | P | W;
	frame(7)[0] = 10 << 12 | P;
	return 0;
}

static void test_read(void **state)
{
	u8 buf[8] = { 0 };

	(void)state;
	memcpy((u8 *)frame(8) + 0xffd, "abc", 3);
	memcpy(frame(9), "defg", 5);
	assert_int_equal(tg_guest_read(&s.run, PROGRAM + 0xffd, buf, 8), TG_ERR_NONE);
	assert_string_equal((char *)buf, "abcdefg");
	assert_int_equal(tg_guest_read(&s.run, KERNEL, buf, 8), TG_ERR_NONE);
	assert_int_equal(frame(4)[0], 8 << 12 | P | W | U);	/* no mark of it */
}

static void reads_not(u64 address, u32 size, u64 at)
{
	u64 word;

	s.run.error_value = 0;
	assert_int_equal(tg_guest_read(&s.run, address, &word, size), TG_ERR_READ);
	assert_int_equal(s.run.error_value, at);
}

static void test_not_there(void **state)
{
	(void)state;
	reads_not(0, 8, 0);
	reads_not(PROGRAM + 0x3000, 8, PROGRAM + 0x3000);
	reads_not(PROGRAM + 0x1ffc, 8, DEVICE);
	reads_not(DEVICE, 1, DEVICE);
	reads_not(PROGRAM | 1ull << 47, 8, PROGRAM | 1ull << 47);
	reads_not(PROGRAM | 1ull << 63, 8, PROGRAM | 1ull << 63);
}

/* The page last read is kept, until a register is set. */
static void test_kept_page(void **state)
{
	struct tg_event ev = { 0 };
	u64 word;

	(void)state;
	s.event = &ev;
	assert_int_equal(tg_guest_read(&s.run, PROGRAM, &word, 8), TG_ERR_NONE);
	assert_int_equal(forgotten & ~0xfffull, (u64)frame(8));	/* root mode's own translation */
	forgotten = 0;
	frame(4)[0] = 0;
	assert_int_equal(tg_guest_read(&s.run, PROGRAM + 8, &word, 8), TG_ERR_NONE);
	assert_int_equal(forgotten, 0);
	assert_int_equal(tg_run_set(&s.run, TG_REG_CR3, 1 << 12), TG_ERR_NONE);
	reads_not(PROGRAM, 8, PROGRAM);
	assert_int_equal(vmcb.tlb_control, SVM_TLB_FLUSH_ALL);
}

static void test_pti(void **state)
{
	u64 word;

	(void)state;
	platform.pti = true;
	vmcb.cr3 = 0x1000;		/* bit 12: the user half of root 0, which lies below */
	memcpy(frame(0), frame(1), 4096);
	memset(frame(1), 0, 4096);
	assert_int_equal(tg_guest_read(&s.run, PROGRAM, &word, 8), TG_ERR_NONE);
}

static void test_write(void **state)
{
	u64 word = 0x1122334455667788ull;

	(void)state;
	for (u32 size = 1; size <= 8; size *= 2) {
		memset(frame(8), 0, 16);
		assert_int_equal(tg_guest_write(&s.run, PROGRAM, &word, size), TG_ERR_NONE);
		assert_memory_equal(frame(8), &word, size);
		assert_int_equal(((u8 *)frame(8))[size], 0);
	}
	assert_int_equal(frame(4)[0], 8 << 12 | P | W | U | A | D);
}

static void test_write_refused(void **state)
{
	u64 word = 1;

	(void)state;
	/* over the end of a page: all or nothing */
	memset((u8 *)frame(8) + 0xff0, 0x5a, 16);
	assert_int_equal(tg_guest_write(&s.run, PROGRAM + 0xffc, &word, 8), TG_ERR_READ_ONLY);
	assert_int_equal(s.run.error_value, PROGRAM + 0x1000);
	assert_int_equal(((u8 *)frame(8))[0xffc], 0x5a);
	assert_int_equal(frame(4)[0], 8 << 12 | P | W | U);
	frame(4)[1] = 0;
	assert_int_equal(tg_guest_write(&s.run, PROGRAM + 0xffc, &word, 8), TG_ERR_WRITE);
	assert_int_equal(((u8 *)frame(8))[0xffc], 0x5a);
	frame(4)[0] = 0;		/* both: the first is told */
	assert_int_equal(tg_guest_write(&s.run, PROGRAM + 0xffc, &word, 8), TG_ERR_WRITE);
	assert_int_equal(s.run.error_value, PROGRAM + 0xffc);
	frame(4)[0] = 8 << 12 | P | W | U;
	frame(4)[1] = 9 << 12 | P | U;
	assert_int_equal(tg_guest_write(&s.run, PROGRAM + 0x1000, &word, 8), TG_ERR_READ_ONLY);
	assert_int_equal(tg_guest_write(&s.run, KERNEL, &word, 8), TG_ERR_READ_ONLY);
	assert_int_equal(tg_guest_write(&s.run, DEVICE, &word, 8), TG_ERR_WRITE);
	assert_int_equal(tg_guest_write(&s.run, 0, &word, 8), TG_ERR_WRITE);
	platform.core.allow_write_protect = 1;
	assert_int_equal(tg_guest_write(&s.run, PROGRAM + 0x1000, &word, 8), TG_ERR_READ_ONLY);
	assert_int_equal(frame(4)[1], 9 << 12 | P | U);
}

/* Another CPU takes the page away without asking this one: the script is told. */
static void test_write_moved(void **state)
{
	static const u64 entries[] = { 0, 9 << 12 | P | W | U, 8 << 12 | P | U };
	u64 word = 1;

	(void)state;
	for (u32 i = 0; i < TG_ARRAY_SIZE(entries); i++) {
		frame(4)[0] = 8 << 12 | P | W | U;
		moves = &frame(4)[0];
		moves_to = entries[i];
		s.run.error_value = 0;
		assert_int_equal(tg_guest_write(&s.run, PROGRAM, &word, 8), TG_ERR_WRITE);
		assert_int_equal(s.run.error_value, PROGRAM);
	}
	/* The processor's marks are no move. */
	frame(4)[0] = 8 << 12 | P | W | U;
	moves_to = 8 << 12 | P | W | U;
	assert_int_equal(tg_guest_write(&s.run, PROGRAM, &word, 8), TG_ERR_NONE);
}

static void test_physical(void **state)
{
	u64 word = 0x55;

	(void)state;
	assert_int_equal(tg_guest_write_phys(&s.run, 0xfff8, &word, 8), TG_ERR_NONE);
	word = 0;
	assert_int_equal(tg_guest_read_phys(&s.run, 0xfff8, &word, 8), TG_ERR_NONE);
	assert_int_equal(word, 0x55);
	assert_int_equal(tg_guest_read_phys(&s.run, 0xfff9, &word, 8), TG_ERR_PHYSICAL);
	assert_int_equal(tg_guest_read_phys(&s.run, 0xff8, &word, 8), TG_ERR_PHYSICAL);
	assert_int_equal(tg_guest_read_phys(&s.run, 0x13fff, &word, 1), TG_ERR_PHYSICAL);
	assert_int_equal(tg_guest_read_phys(&s.run, 0x14000, &word, 1), TG_ERR_NONE);
	assert_int_equal(tg_guest_write_phys(&s.run, FRAMES * 4096, &word, 1), TG_ERR_PHYSICAL);
	assert_int_equal(tg_guest_read_phys(&s.run, ~0ull, &word, 8), TG_ERR_PHYSICAL);
	assert_int_equal(tg_guest_to_phys(&s.run, PROGRAM + 5, &word), TG_ERR_NONE);
	assert_int_equal(word, 0x8005);
	assert_int_equal(tg_guest_to_virt(&s.run, 0x8005, &word), TG_ERR_NONE);
	assert_int_equal(word, (u64)memory + 0x8005);
	assert_int_equal(tg_guest_to_virt(&s.run, 0x11000, &word), TG_ERR_PHYSICAL);
}

/* RAM that Linux took out of its direct map, or has there read-only. */
static void test_physical_unmapped(void **state)
{
	u64 word = 0x55;

	(void)state;
	fixup_fake_hole = (u64)memory + 0x8000;
	assert_int_equal(tg_guest_read_phys(&s.run, 0x8010, &word, 8), TG_ERR_UNMAPPED);
	assert_int_equal(s.run.error_value, 0x8010);
	assert_int_equal(tg_guest_write_phys(&s.run, 0x8014, &word, 4), TG_ERR_UNMAPPED);
	assert_int_equal(s.run.error_value, 0x8014);
	assert_int_equal(tg_guest_read_phys(&s.run, 0x9000, &word, 8), TG_ERR_NONE);
	fixup_fake_hole = 0;
	fixup_fake_read_only = (u64)memory + 0x8000;
	assert_int_equal(tg_guest_write_phys(&s.run, 0x8014, &word, 4), TG_ERR_READ_ONLY);
	assert_int_equal(tg_guest_read_phys(&s.run, 0x8010, &word, 8), TG_ERR_NONE);
	assert_int_equal(word, 0);
}

/* ---- registers ------------------------------------------------------------------------ */

static int set(u32 reg, u64 value)
{
	return tg_guest_register_set(&v.core, NULL, reg, value);
}

static u64 get(u32 reg)
{
	u64 value = 0;

	assert_int_equal(tg_guest_register_get(&v.core, reg, &value), 0);
	return value;
}

static void test_rip(void **state)
{
	(void)state;
	vmcb.int_state = SVM_SHADOW;
	assert_int_equal(set(TG_REG_RIP, 0x7fffffffffff), 0);
	assert_int_equal(get(TG_REG_RIP), 0x7fffffffffff);
	assert_int_equal(vmcb.int_state, 0);
	assert_int_equal(set(TG_REG_RIP, 0x800000000000), -1);
	assert_int_equal(set(TG_REG_RIP, 0xffff800000000000), 0);
	vmcb.cr4 = 1 << 12;			/* LA57 */
	assert_int_equal(set(TG_REG_RIP, 0x800000000000), 0);
	assert_int_equal(set(TG_REG_RIP, 1ull << 56), -1);
	vmcb.cs.attr = 0;			/* a 32-bit program */
	assert_int_equal(set(TG_REG_RIP, 0xffffffff), 0);
	assert_int_equal(set(TG_REG_RIP, 1ull << 32), -1);
}

static void test_rflags(void **state)
{
	const struct tg_trap interrupt =
		{ .ev = { .word = TG_FLIGHT_WORD(TG_TYPE_INTERRUPT, 0xec) } };
	const struct tg_trap during = {
		.ev = { .word = TG_FLIGHT_WORD(TG_TYPE_EXCEPTION, 14) }, .first = interrupt.ev,
	};

	(void)state;
	assert_int_equal(set(TG_REG_RFLAGS, 0x10ad7 & ~0x8028ull), 0);
	for (u32 bit = 0; bit < 64; bit++) {
		u64 fixed0 = ~0ull << 22 | 0x8028 | 1 << 17;

		assert_int_equal(set(TG_REG_RFLAGS, 0x202 ^ 1ull << bit),
				 bit == 1 || fixed0 >> bit & 1 ? -1 : 0);
	}
	assert_int_equal(tg_guest_register_set(&v.core, &interrupt, TG_REG_RFLAGS, 0x2), -1);
	assert_int_equal(tg_guest_register_set(&v.core, &interrupt, TG_REG_RFLAGS, 0x202), 0);
	/* It was being delivered when the exception came, and goes again if that is swallowed. */
	assert_int_equal(tg_guest_register_set(&v.core, &during, TG_REG_RFLAGS, 0x2), -1);
	assert_int_equal(tg_guest_register_set(&v.core, NULL, TG_REG_RFLAGS, 0x2), 0);
	/* It was chosen before an NMI came in root mode, whose script this is. */
	v.core.next = interrupt.ev;
	assert_int_equal(tg_guest_register_set(&v.core, NULL, TG_REG_RFLAGS, 0x2), -1);
	assert_int_equal(tg_guest_register_set(&v.core, NULL, TG_REG_RFLAGS, 0x202), 0);
}

static void test_control(void **state)
{
	const u64 cr0 = 0x80050033;

	(void)state;
	assert_int_equal(set(TG_REG_CR0, cr0 & ~(1ull << 16)), 0);	/* WP */
	assert_int_equal(set(TG_REG_CR0, cr0 | 3ull << 29), 0);		/* CD NW */
	assert_int_equal(set(TG_REG_CR0, cr0 | 1ull << 29), -1);	/* NW alone */
	assert_int_equal(set(TG_REG_CR0, cr0 & ~1ull), -1);
	assert_int_equal(set(TG_REG_CR0, cr0 & ~(1ull << 31)), -1);
	assert_int_equal(set(TG_REG_CR0, cr0 & ~(1ull << 5)), -1);	/* NE */
	assert_int_equal(set(TG_REG_CR0, cr0 | 1ull << 32), -1);
	vmcb.cr4 = TGX_CR4_CET;
	assert_int_equal(set(TG_REG_CR0, cr0 & ~(1ull << 16)), -1);
	vmcb.cr4 = 0;
	assert_int_equal(set(TG_REG_CR3, 0x2000 | 0x18), 0);
	assert_int_equal(set(TG_REG_CR3, 0x2001), -1);
	assert_int_equal(set(TG_REG_CR3, 1ull << 63 | 0x2000), -1);
	assert_int_equal(set(TG_REG_CR3, 0x11000), -1);			/* no RAM */
	vmcb.cr4 = TGX_CR4_PCIDE;
	assert_int_equal(set(TG_REG_CR3, 0x2001), 0);
	assert_int_equal(set(TG_REG_CR8, 16), -1);
	assert_int_equal(set(TG_REG_CR2, ~0ull >> 1), 0);
	assert_int_equal(get(TG_REG_CR2), ~0ull >> 1);
	vmcb.int_ctl = SVM_INT_V_INTR_MASKING | 3;
	assert_int_equal(get(TG_REG_CR8), 3);
	assert_int_equal(set(TG_REG_CR8, 5), 0);
	assert_int_equal(vmcb.int_ctl, SVM_INT_V_INTR_MASKING | 5);
}

#define ENCRYPTED	(1ull << 51)

/* SME: what CR3 was is possible, and without the bit the tables would be ciphertext. */
static void test_control_encrypted(void **state)
{
	(void)state;
	platform.pte_mask &= ~ENCRYPTED;
	platform.root_cr3 = ENCRYPTED | 0x5000;
	vmcb.cr3 = ENCRYPTED | 0x1000;
	assert_int_equal(set(TG_REG_CR3, get(TG_REG_CR3)), 0);
	assert_int_equal(set(TG_REG_CR3, ENCRYPTED | 0x2018), 0);
	assert_int_equal(set(TG_REG_CR3, 0x2000), -1);
	assert_int_equal(set(TG_REG_CR3, ENCRYPTED | 0x11000), -1);
	assert_int_equal(set(TG_REG_CR3, ENCRYPTED | 1ull << 52 | 0x2000), -1);
	assert_int_equal(vmcb.cr3, ENCRYPTED | 0x2018);
}

static void test_others(void **state)
{
	(void)state;
	assert_int_equal(set(TG_REG_DR7, 0x401), 0);
	assert_int_equal(set(TG_REG_DR7, 1), -1);
	assert_int_equal(set(TG_REG_DR7, 0xc00), -1);
	assert_int_equal(set(TG_REG_DR7, 1ull << 32 | 0x400), -1);
	assert_int_equal(set(TG_REG_DR6, 0xffff0ff0), 0);
	assert_int_equal(set(TG_REG_DR6, 1ull << 32), -1);
	vmcb.ss.sel = 0x2b;
	assert_int_equal(set(TG_REG_SS, 0x2b), 0);
	assert_int_equal(set(TG_REG_SS, 0), -1);
	assert_int_equal(get(TG_REG_SS), 0x2b);
	assert_int_equal(set(TG_REG_GDTR, 0x1000), 0);
	assert_int_equal(vmcb.gdtr.base, 0x1000);
	assert_int_equal(set(TG_REG_IDTR, 1ull << 50), -1);
	vmcb.clean = SVM_CLEAN_ALL;
	assert_int_equal(set(TG_REG_RSP, 0x7000), 0);
	assert_int_equal(vmcb.rsp, 0x7000);
	assert_int_equal(vmcb.clean, 0);
}

/* RAX is in the VMCB; what was changed needs the way that loads all registers. */
static void test_begin_end(void **state)
{
	u64 *gpr = tg_guest_regs_begin(&v.core);

	(void)state;
	assert_int_equal(gpr[0], 0x1234);
	gpr[0] = 5;
	tg_guest_regs_end(&v.core, false);
	assert_int_equal(vmcb.rax, 0x1234);
	assert_int_equal(v.core.attention, 0);
	tg_guest_regs_end(&v.core, true);
	assert_int_equal(vmcb.rax, 5);
	assert_int_not_equal(v.core.attention, 0);
}

static void run_begins(const struct tg_trap *trap)
{
	s.trap = trap;
	tg_run_forget_page(&s.run);
	tg_guest_regs_begin(&v.core);
	assert_false(machine_fake.gif);
}

static void run_ends(bool gif)
{
	assert_int_equal(machine_fake.gif, gif);
	tg_guest_regs_end(&v.core, false);
	assert_false(machine_fake.gif);
}

/* MCE-ROOT: with GIF=0 poison would be a shutdown. NMIs that came are seen before the entry. */
static void test_mce_root_gif(void **state)
{
	struct tg_trap trap = { .ev = { .word = TG_FLIGHT_WORD(TG_TYPE_EXCEPTION, 14) } };
	u64 word = 1;

	(void)state;
	machine_fake.amd = true;		/* memory without GIF ends the test */
	run_begins(&trap);
	run_ends(false);			/* of no interest to it */
	run_begins(&trap);
	assert_int_equal(tg_guest_read(&s.run, PROGRAM, &word, 8), TG_ERR_NONE);
	run_ends(true);
	run_begins(&trap);
	assert_int_equal(tg_guest_write(&s.run, PROGRAM, &word, 8), TG_ERR_NONE);
	run_ends(true);
	run_begins(&trap);
	assert_int_equal(tg_guest_read_phys(&s.run, 0x8000, &word, 8), TG_ERR_NONE);
	run_ends(true);
	run_begins(&trap);
	assert_int_equal(tg_guest_write_phys(&s.run, 0x8000, &word, 8), TG_ERR_NONE);
	run_ends(true);
	assert_int_equal(v.core.attention, 0);
	run_begins(NULL);			/* eval */
	assert_int_equal(tg_guest_to_phys(&s.run, PROGRAM, &word), TG_ERR_NONE);
	v.nmi_root = 1;
	run_ends(true);
	assert_true(v.core.unsettled);
	/* One that takes long, too, for NMIs and SMIs. */
	run_begins(&trap);
	tg_guest_let_in(&s.run);
	run_ends(true);
	machine_fake.amd = false;
	/* An NMI's own scripts: the next one waits behind GIF. */
	trap.ev.word = TG_FLIGHT_WORD(TG_TYPE_NMI, 2);
	run_begins(&trap);
	assert_int_equal(tg_guest_read(&s.run, PROGRAM, &word, 8), TG_ERR_NONE);
	run_ends(false);
	/* VT-x has no GIF. */
	v.amd = false;
	run_begins(NULL);
	tg_guest_let_in(&s.run);
	run_ends(false);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(test_read), TEST(test_not_there), TEST(test_kept_page), TEST(test_pti),
		TEST(test_write), TEST(test_write_refused), TEST(test_write_moved),
		TEST(test_physical), TEST(test_physical_unmapped), TEST(test_rip),
		TEST(test_rflags), TEST(test_control), TEST(test_control_encrypted),
		TEST(test_others), TEST(test_begin_end),
		TEST(test_mce_root_gif),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
