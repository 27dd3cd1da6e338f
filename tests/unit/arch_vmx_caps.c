// SPDX-License-Identifier: GPL-2.0
/*
 * CTL-ENABLE: the rules by which VT-x controls are chosen, on Skylake with one thing changed
 * at a time. What is chosen on each captured processor: arch_processors.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "processors.h"

static struct vmx_caps skylake(void)
{
	for (unsigned int i = 0; i < TG_ARRAY_SIZE(vmx_processors); i++)
		if (!strcmp(vmx_processors[i].name, "Skylake, Core i7-6700K"))
			return vmx_processors[i].caps;
	fail_msg("no Skylake");
	return (struct vmx_caps){ 0 };
}

static struct vmx_ctls choose_ok(const struct vmx_caps *caps)
{
	const char *why = "";
	struct vmx_ctls c;

	if (vmx_choose_ctls(caps, false, &c, &why))
		fail_msg("refused: %s", why);
	return c;
}

static void refused(const struct vmx_caps *caps, const char *expected)
{
	const char *why = "nothing";
	struct vmx_ctls c;

	assert_int_equal(vmx_choose_ctls(caps, false, &c, &why), -1);
	assert_string_equal(why, expected);
}

#define NO_VNMI	"the processor has no NMI exiting with virtual NMIs"
#define NO_EXTINT "the processor cannot switch external-interrupt exiting on and off"
#define NO_BITMAP "the processor has no MSR bitmaps"
#define CR3	"the processor forces exits on CR3 accesses (no TRUE controls)"
#define HALT	"the processor cannot switch exits on HLT and MWAIT on and off"
#define NO_NMI_WINDOW "the processor cannot exit at an NMI window"
#define NO_INT_WINDOW "the processor cannot exit at an interrupt window"
#define NO_EXIT	"the processor cannot exit to 64-bit mode"
#define NO_ENTRY "the processor cannot enter a 64-bit guest"
#define FORCED(what) "the processor forces " what " that is not understood"
#define UNCACHED "the processor wants its VMCS in uncached memory"

static void test_TLB_vpid_only_with_invvpid_all(void **state)
{
	struct vmx_caps m = skylake();
	struct vmx_ctls c;

	(void)state;
	m.ept_vpid &= ~(1ull << 42);
	c = choose_ok(&m);
	assert_false(c.vpid);
	assert_int_equal(c.proc2, 0x181008);
	m = skylake();
	m.ept_vpid &= ~(1ull << 32);
	assert_false(choose_ok(&m).vpid);
	m.ept_vpid = 0;
	assert_false(choose_ok(&m).vpid);
	m = skylake();
	m.proc2 &= ~(1ull << (32 + 5));
	c = choose_ok(&m);
	assert_false(c.vpid);
	assert_int_equal(c.proc2, 0x181008);
	/* single-address and single-context ones are not needed */
	m = skylake();
	m.ept_vpid = 1ull << 32 | 1ull << 42;
	assert_true(choose_ok(&m).vpid);
}

/* Under a hypervisor, and nothing else is changed by it. */
static void test_TLB_no_vpid_nested(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < TG_ARRAY_SIZE(vmx_processors); i++) {
		const struct vmx_caps *m = &vmx_processors[i].caps;
		struct vmx_ctls native, nested;
		const char *why;
		int err = vmx_choose_ctls(m, false, &native, &why);

		assert_int_equal(vmx_choose_ctls(m, true, &nested, &why), err);
		if (err)
			continue;
		assert_false(nested.vpid);
		assert_int_equal(nested.proc2, native.proc2 & ~VMX_PROC2_VPID);
		nested.vpid = native.vpid;
		nested.proc2 = native.proc2;
		assert_memory_equal(&nested, &native, sizeof(native));
	}
}

static void test_cet_only_as_a_pair(void **state)
{
	struct vmx_caps m = skylake();
	struct vmx_ctls c;

	(void)state;
	m.exit |= 1ull << (32 + 28);
	c = choose_ok(&m);
	assert_false(c.cet);
	assert_int_equal(c.exit, 0x1036fff);
	assert_int_equal(c.entry, 0x213ff);
	m.entry |= 1ull << (32 + 20);
	c = choose_ok(&m);
	assert_true(c.cet);
	assert_int_equal(c.exit, 0x11036fff);
	assert_int_equal(c.entry, 0x1213ff);
	m.exit &= ~(1ull << (32 + 28));
	c = choose_ok(&m);
	assert_false(c.cet);
	assert_int_equal(c.entry, 0x213ff);
}

static void test_lbr_only_as_a_pair(void **state)
{
	struct vmx_caps m = skylake();
	struct vmx_ctls c;

	(void)state;
	m.exit |= 1ull << (32 + 26);
	c = choose_ok(&m);
	assert_false(c.lbr);
	assert_int_equal(c.exit, 0x1036fff);
	m.entry |= 1ull << (32 + 21);
	c = choose_ok(&m);
	assert_true(c.lbr);
	assert_int_equal(c.exit, 0x5036fff);
	assert_int_equal(c.entry, 0x2213ff);
	m.exit &= ~(1ull << (32 + 26));
	c = choose_ok(&m);
	assert_false(c.lbr);
	assert_int_equal(c.entry, 0x213ff);
}

/* Intel PT: all three, or its packets contradict each other. */
static void test_conceal_only_together(void **state)
{
	for (int missing = 0; missing < 3; missing++) {
		struct vmx_caps m = skylake();
		struct vmx_ctls c;

		(void)state;
		if (missing == 0)
			m.proc2 &= ~(1ull << (32 + 19));
		else if (missing == 1)
			m.exit &= ~(1ull << (32 + 24));
		else
			m.entry &= ~(1ull << (32 + 17));
		c = choose_ok(&m);
		assert_int_equal(c.proc2, 0x101028);
		assert_int_equal(c.exit, 0x36fff);
		assert_int_equal(c.entry, 0x13ff);
	}
}

/* IA32_VMX_MISC bit 6: all real processors have it. */
static void test_activity_halted(void **state)
{
	struct vmx_caps m = skylake();

	(void)state;
	assert_true(choose_ok(&m).hlt);
	m.misc &= ~(1ull << 6);
	assert_false(choose_ok(&m).hlt);
}

static void test_no_secondary_controls(void **state)
{
	struct vmx_caps m = skylake();
	struct vmx_ctls c;

	(void)state;
	m.proc &= ~(1ull << 63);
	c = choose_ok(&m);
	assert_int_equal(c.proc, 0x14006172);
	assert_int_equal(c.proc2, 0);
	assert_false(c.vpid);
}

static void test_tertiary_and_newer_enables(void **state)
{
	struct vmx_caps m = skylake();
	struct vmx_ctls c;

	(void)state;
	m.proc |= 1ull << (32 + 17);
	assert_int_equal(choose_ok(&m).proc, 0x94006172);
	m.proc3 = ~0ull;
	c = choose_ok(&m);
	assert_int_equal(c.proc, 0x94026172);
	assert_int_equal(c.proc3, 1u << 6);	/* MSR lists; nothing else */
	m.proc &= ~(1ull << (32 + 17));
	assert_int_equal(choose_ok(&m).proc3, 0);
	m.proc2 = MAY(0xffffffff, 0);
	assert_int_equal(choose_ok(&m).proc2, 0xc181028);
}

/* What CPUID shows and no control enables would be #UD for the kernel. */
static void test_CTL_ENABLE_or_refuse(void **state)
{
	static const struct {
		u32 bit;
		const char *why;
	} t[] = {
		{ 3, "RDTSCP is there, but VT-x cannot enable it" },
		{ 12, "INVPCID is there, but VT-x cannot enable it" },
		{ 20, "XSAVES is there, but VT-x cannot enable it" },
		{ 26, "TPAUSE and UMWAIT are there, but VT-x cannot enable them" },
	};
	struct vmx_caps m;

	(void)state;
	for (unsigned int i = 0; i < TG_ARRAY_SIZE(t); i++) {
		m = skylake();
		m.proc2 |= 1ull << (32 + 26);
		m.instructions = 1u << 3 | 1u << 12 | 1u << 20 | 1u << 26;
		choose_ok(&m);
		m.proc2 &= ~(1ull << (32 + t[i].bit));
		refused(&m, t[i].why);
		m.instructions &= ~(1u << t[i].bit);	/* without the instruction no harm */
		choose_ok(&m);
	}
	m = skylake();
	m.instructions = 1u << 3;
	m.proc &= ~(1ull << 63);			/* no secondary controls at all */
	refused(&m, t[0].why);
}

/* The shadow IDT: LIDT and SIDT must exit, and the timer bring the shadow back. */
static void test_INJ_TYPE_int_n_can_be_seen(void **state)
{
	struct vmx_caps m = skylake();

	(void)state;
	assert_true(choose_ok(&m).int_n);
	assert_int_equal(choose_ok(&m).proc2 & VMX_PROC2_DESC_TABLE, 0);
	m.proc2 &= ~((u64)VMX_PROC2_DESC_TABLE << 32);
	assert_false(choose_ok(&m).int_n);
	m = skylake();
	m.proc &= ~((u64)VMX_PROC_SECONDARY << 32);
	assert_false(choose_ok(&m).int_n);
	m = skylake();
	m.pin &= ~((u64)VMX_PIN_TIMER << 32);
	assert_false(choose_ok(&m).int_n);
}

static void test_no_preemption_timer(void **state)
{
	struct vmx_caps m = skylake();
	struct vmx_ctls c;

	(void)state;
	m.pin = 0x3f00000016;
	c = choose_ok(&m);
	assert_false(c.timer);
	assert_false(c.int_n);
	assert_int_equal(c.pin, 0x3e);
	m = skylake();
	m.misc |= 0x1f;
	assert_int_equal(choose_ok(&m).timer_shift, 31);
}

static void test_refusal_sentences(void **state)
{
	struct vmx_caps m = skylake();

	(void)state;
	m.pin &= ~(1ull << (32 + 5));
	refused(&m, NO_VNMI);
	m = skylake();
	m.pin &= ~(1ull << (32 + 3));
	refused(&m, NO_VNMI);
	m = skylake();
	m.pin &= ~(1ull << 32);		/* interrupt exiting cannot be on */
	refused(&m, NO_EXTINT);
	m = skylake();
	m.pin |= 1;			/* nor off */
	refused(&m, NO_EXTINT);
	m = skylake();
	m.proc &= ~(1ull << (32 + 28));
	refused(&m, NO_BITMAP);
	m = skylake();
	m.proc = 0xfff9fffe0401e172;	/* the MSR that is not TRUE */
	refused(&m, CR3);
	m = skylake();
	m.proc &= ~(1ull << (32 + 22));
	refused(&m, NO_NMI_WINDOW);
	m = skylake();
	m.proc &= ~(1ull << (32 + 2));
	refused(&m, NO_INT_WINDOW);
	m = skylake();
	m.proc &= ~(1ull << (32 + 10));
	refused(&m, HALT);
	for (int memtype = 0; memtype < 16; memtype++) {
		m = skylake();
		m.basic = (m.basic & ~(0xfull << 50)) | (u64)memtype << 50;
		if (memtype == 6)
			choose_ok(&m);
		else
			refused(&m, UNCACHED);
	}
}

/* What is said of a primary control that must be 1, or NULL. */
static const char *said_of_proc(int bit)
{
	switch (bit) {
	case 2:
		return NO_INT_WINDOW;
	case 7:
	case 10:
		return HALT;
	case 15:
	case 16:
		return CR3;
	case 22:
		return NO_NMI_WINDOW;
	}
	return (TRUE_PROC | VMX_PROC_MSR_BITMAP | VMX_PROC_SECONDARY | VMX_PROC_TERTIARY) >> bit & 1
		       ? NULL : FORCED("an exit");
}

static void refused_or_not(const struct vmx_caps *caps, const char *expected)
{
	if (expected)
		refused(caps, expected);
}

/* Bits that must be 1 and are neither ours nor of the default1 class. */
static void test_refusal_of_forced_bits(void **state)
{
	(void)state;
	for (int bit = 0; bit < 32; bit++) {
		struct vmx_caps m = skylake();
		u64 on = 1ull << bit | 1ull << (32 + bit);
		bool known;

		m.pin |= on;
		if ((TRUE_PIN | VMX_PIN_NMI | VMX_PIN_VNMI) >> bit & 1)
			choose_ok(&m);
		else
			refused(&m, bit ? FORCED("a pin-based control") : NO_EXTINT);
		m = skylake();
		m.proc |= on;
		refused_or_not(&m, said_of_proc(bit));
		m = skylake();
		m.exit |= on;
		known = (TRUE_EXIT | VMX_EXIT_DEBUG | VMX_EXIT_HOST64 |
			 VMX_EXIT_CET | VMX_EXIT_CONCEAL | VMX_EXIT_LBR) >> bit & 1;
		refused_or_not(&m, known ? NULL : FORCED("a VM-exit control"));
		m = skylake();
		m.entry |= on;
		known = (TRUE_ENTRY | VMX_ENTRY_DEBUG | VMX_ENTRY_GUEST64 |
			 VMX_ENTRY_CET | VMX_ENTRY_CONCEAL | VMX_ENTRY_LBR) >> bit & 1;
		refused_or_not(&m, known ? NULL : FORCED("a VM-entry control"));
		m = skylake();
		m.proc2 |= on;
		known = (VMX_PROC2_RDTSCP | VMX_PROC2_VPID | VMX_PROC2_INVPCID | VMX_PROC2_XSAVES |
			 VMX_PROC2_USER_WAIT | VMX_PROC2_PCONFIG | VMX_PROC2_CONCEAL) >>
			bit & 1;
		refused_or_not(&m, known ? NULL : FORCED("a secondary control"));
	}
}

static void test_refusal_of_missing_bits(void **state)
{
	static const u8 exit_bits[] = { 2, 9 }, entry_bits[] = { 2, 9 };

	(void)state;
	for (unsigned int i = 0; i < sizeof(exit_bits); i++) {
		struct vmx_caps m = skylake();

		m.exit &= ~(1ull << (32 + exit_bits[i]));
		refused(&m, NO_EXIT);
	}
	for (unsigned int i = 0; i < sizeof(entry_bits); i++) {
		struct vmx_caps m = skylake();

		m.entry &= ~(1ull << (32 + entry_bits[i]));
		refused(&m, NO_ENTRY);
	}
}

static void test_check_cr(void **state)
{
	struct vmx_caps m = {		/* VBox: Intel_Core_i7_6700K.h */
		.cr0_fixed0 = 0x80000021, .cr0_fixed1 = 0xffffffff,
		.cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x3727ff,
	};
	const char *why = "nothing";

	(void)state;
	assert_int_equal(vmx_check_cr(&m, 0x80050033, 0x3726e0, &why), 0);
	assert_string_equal(why, "nothing");
	assert_int_equal(vmx_check_cr(&m, 0x80050013, 0x3726e0, &why), -1);	/* NE */
	assert_string_equal(why, "CR0 of the running kernel does not fit VMX operation");
	assert_int_equal(vmx_check_cr(&m, 0x180050033, 0x3726e0, &why), -1);
	assert_int_equal(vmx_check_cr(&m, 0x80050033, 0x3706e0, &why), -1);	/* VMXE */
	assert_string_equal(why, "CR4 of the running kernel does not fit VMX operation");
	assert_int_equal(vmx_check_cr(&m, 0x80050033, 0xb726e0, &why), -1);	/* CET */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_TLB_vpid_only_with_invvpid_all),
		cmocka_unit_test(test_TLB_no_vpid_nested),
		cmocka_unit_test(test_cet_only_as_a_pair),
		cmocka_unit_test(test_lbr_only_as_a_pair),
		cmocka_unit_test(test_conceal_only_together),
		cmocka_unit_test(test_activity_halted),
		cmocka_unit_test(test_no_secondary_controls),
		cmocka_unit_test(test_CTL_ENABLE_or_refuse),
		cmocka_unit_test(test_tertiary_and_newer_enables),
		cmocka_unit_test(test_no_preemption_timer),
		cmocka_unit_test(test_INJ_TYPE_int_n_can_be_seen),
		cmocka_unit_test(test_refusal_sentences),
		cmocka_unit_test(test_refusal_of_forced_bits),
		cmocka_unit_test(test_refusal_of_missing_bits),
		cmocka_unit_test(test_check_cr),
	};

	return cmocka_run_group_tests_name("arch_vmx_caps", tests, NULL, NULL);
}
