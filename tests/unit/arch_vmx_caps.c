// SPDX-License-Identifier: GPL-2.0
/*
 * CTL-ENABLE: the controls chosen on real processors, from their capability
 * MSRs, and the refusals. Where the numbers are from:
 *
 * "VBox": VirtualBox's CPU database, src/VBox/VMM/VMMR3/cpus/ in its sources,
 *	which VBoxCpuReport took from the processor named.
 * "VmxCaps": github.com/honorarybot/VmxCaps, a table of capabilities.
 * "XMHF": a debug log of the XMHF hypervisor project (notes on its bug 081).
 * "Bochs": derived from the features that bochs/cpu/cpudb/intel/ of Bochs gives
 *	the model, since no dump was found; the fixed bits are as on all others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vmx/vmcs.h"
#include "vmx/caps.h"

#define TRUE_PIN	0x00000016
#define TRUE_PROC	0x04006172
#define TRUE_EXIT	0x00036dfb
#define TRUE_ENTRY	0x000011fb
#define MAY(high, low)	((u64)(high) << 32 | (low))

#define EPT_VPID	0xf0106114141	/* INVVPID, all four types */

struct processor {
	const char *name;
	struct vmx_caps caps;
	u32 proc, proc2, exit, entry;	/* expected; pin is 0x3e on all */
	u64 proc3;
	bool vpid, timer, cet;
	u8 timer_shift;
};

#define COMMON	.proc = 0x94006172, .exit = 0x00036fff, .entry = 0x000013ff, .vpid = true, \
		.timer = true

static const struct processor processors[] = {
	{
		.name = "Nehalem",	/* Bochs: Core i5-750 (Lynnfield) */
		.caps = {
			.basic = 0xd810000000000b, .pin = MAY(0x7f, TRUE_PIN),
			.proc = MAY(0xfff9fffe, TRUE_PROC), .exit = MAY(0x7fffff, TRUE_EXIT),
			.entry = MAY(0xffff, TRUE_ENTRY), .proc2 = MAY(0x7f, 0),
			.misc = 0x401e0, .ept_vpid = EPT_VPID,
		},
		COMMON, .proc2 = 0x28, .timer_shift = 0,
	}, {
		.name = "Westmere",	/* XMHF: HP EliteBook 2540p (Core i5/i7, Arrandale) */
		.caps = {
			.basic = 0xda04000000000f, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x7fffff00036dfb,
			.entry = 0xffff000011fb, .proc2 = 0xff00000000,
			.misc = 0x401e7, .ept_vpid = 0xf0106114141,
		},
		COMMON, .proc2 = 0x28, .timer_shift = 7,
	}, {
		.name = "Sandy Bridge",	/* VBox: Intel_Core_i7_2635QM.h */
		.caps = {
			.basic = 0xda040000000010, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x7fffff00036dfb,
			.entry = 0xffff000011fb, .proc2 = 0xff00000000,
			.misc = 0x100401e5, .ept_vpid = 0xf0106114141,
		},
		COMMON, .proc2 = 0x28, .timer_shift = 5,
	}, {
		.name = "Sandy Bridge-E",	/* VBox: Intel_Core_i7_3960X.h */
		.caps = {
			.basic = 0xda040000000010, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x7fffff00036dfb,
			.entry = 0xffff000011fb, .proc2 = 0x4ff00000000,
			.misc = 0x100401e5, .ept_vpid = 0xf0106134141,
		},
		COMMON, .proc2 = 0x28, .timer_shift = 5,
	}, {
		.name = "Ivy Bridge",	/* VBox: Intel_Core_i5_3570.h */
		.caps = {
			.basic = 0xda040000000010, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x7fffff00036dfb,
			.entry = 0xffff000011fb, .proc2 = 0x8ff00000000,
			.misc = 0x100401e5, .ept_vpid = 0xf0106114141,
		},
		COMMON, .proc2 = 0x28, .timer_shift = 5,
	}, {
		/* VmxCaps: 4770 and 4600U (basic, pin, proc2; the others
		 * as in the generations around it). INVPCID.
		 */
		.name = "Haswell",
		.caps = {
			.basic = 0xda040000000012, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x7fffff00036dfb,
			.entry = 0xffff000011fb, .proc2 = 0x7cff00000000,
			.misc = 0x300481e5, .ept_vpid = 0xf0106334141,
		},
		COMMON, .proc2 = 0x1028, .timer_shift = 5,
	}, {
		.name = "Silvermont",	/* VBox: Intel_Pentium_N3530_2_16GHz.h */
		.caps = {
			.basic = 0xda040000000002, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x7fffff00036dfb,
			.entry = 0xffff000011fb, .proc2 = 0x28ef00000000,
			.misc = 0x481e6, .ept_vpid = 0xf0106114141,
		},
		COMMON, .proc2 = 0x28, .timer_shift = 6,
	}, {
		.name = "Broadwell",	/* VBox: Intel_Core_i7_5600U.h */
		.caps = {
			.basic = 0xda040000000012, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x7fffff00036dfb,
			.entry = 0xffff000011fb, .proc2 = 0x57cff00000000,
			.misc = 0x300481e5, .ept_vpid = 0xf0106334141,
		},
		COMMON, .proc2 = 0x1028, .timer_shift = 5,
	}, {
		.name = "Skylake",	/* VBox: Intel_Core_i7_6700K.h. XSAVES; Intel PT */
		.caps = {
			.basic = 0xda040000000004, .pin = 0x7f00000016,
			.proc = 0xfff9fffe04006172, .exit = 0x1ffffff00036dfb,
			.entry = 0x3ffff000011fb, .proc2 = 0x1ffcff00000000,
			.misc = 0x7004c1e7, .ept_vpid = 0xf0106334141,
		},
		.proc = 0x94006172, .exit = 0x01036fff, .entry = 0x000213ff, .vpid = true,
		.timer = true, .proc2 = 0x181028, .timer_shift = 7,
	}, {
		.name = "Ice Lake",	/* Bochs: Core i7-1065G7 */
		.caps = {
			.basic = 0xd8100000000004, .pin = MAY(0x7f, TRUE_PIN),
			.proc = MAY(0xfff9fffe, TRUE_PROC), .exit = MAY(0x7fffff, TRUE_EXIT),
			.entry = MAY(0xffff, TRUE_ENTRY), .proc2 = MAY(0x2d77fff, 0),
			.misc = 0x200401e0, .ept_vpid = EPT_VPID,
		},
		COMMON, .proc2 = 0x101028,
	}, {
		/* Bochs: Xeon w9-3475X. WAITPKG, CET; tertiary controls, but of them
		 * only the SPEC_CTRL virtualization, which we do not want.
		 */
		.name = "Sapphire Rapids",
		.caps = {
			.basic = 0xd8100000000004, .pin = MAY(0xff, TRUE_PIN),
			.proc = MAY(0xfffbfffe, TRUE_PROC), .exit = MAY(0x387fffff, TRUE_EXIT),
			.entry = MAY(0x58ffff, TRUE_ENTRY), .proc2 = MAY(0x6d77fff, 0),
			.proc3 = 0x80, .misc = 0x200401e0, .ept_vpid = EPT_VPID,
		},
		.proc = 0x94006172, .exit = 0x10036fff, .entry = 0x001013ff, .vpid = true,
		.timer = true, .cet = true, .proc2 = 0x4101028,
	},
};

#define SKYLAKE	8

static void check(const struct processor *p)
{
	struct vmx_ctls c;
	const char *why = "none";

	memset(&c, 0xa5, sizeof(c));
	if (vmx_choose_ctls(&p->caps, false, &c, &why))
		fail_msg("%s refused: %s", p->name, why);
	assert_string_equal(why, "none");
	assert_int_equal(c.pin, 0x3e);
	assert_int_equal(c.proc, p->proc);
	assert_int_equal(c.proc2, p->proc2);
	assert_int_equal(c.proc3, p->proc3);
	assert_int_equal(c.exit, p->exit);
	assert_int_equal(c.entry, p->entry);
	assert_int_equal(c.vpid, p->vpid);
	assert_int_equal(c.timer, p->timer);
	assert_int_equal(c.timer_shift, p->timer_shift);
	assert_int_equal(c.cet, p->cet);
}

static void test_CTL_ENABLE_real_processors(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < TG_ARRAY_SIZE(processors); i++)
		check(&processors[i]);
}

static bool fits(u32 ctl, u64 cap)
{
	return !((u32)cap & ~ctl) && !(ctl & ~(u32)(cap >> 32));
}

/* Whatever is chosen, the entry takes it, and what has to be on or off is. */
static void test_CTL_ENABLE_properties(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < TG_ARRAY_SIZE(processors); i++) {
		const struct vmx_caps *m = &processors[i].caps;
		struct vmx_ctls c;
		const char *why;
		u32 enable = 1u << 3 | 1u << 12 | 1u << 20 | 1u << 26 | 1u << 27;

		assert_int_equal(vmx_choose_ctls(m, false, &c, &why), 0);
		assert_true(fits(c.pin, m->pin) && fits(c.proc, m->proc) &&
			    fits(c.proc2, m->proc2) && fits(c.exit, m->exit) &&
			    fits(c.entry, m->entry));
		assert_int_equal(c.proc3 & ~m->proc3, 0);
		/* CR3 exits off; NMI exiting and virtual NMIs on, interrupts not yet */
		assert_int_equal(c.proc & (VMX_PROC_CR3_LOAD | VMX_PROC_CR3_STORE), 0);
		assert_int_equal(c.pin & (VMX_PIN_NMI | VMX_PIN_VNMI),
				 VMX_PIN_NMI | VMX_PIN_VNMI);
		assert_int_equal(c.pin & (VMX_PIN_EXTINT | VMX_PIN_TIMER), 0);
		assert_int_equal(c.proc & (VMX_PROC_INT_WINDOW | VMX_PROC_NMI_WINDOW), 0);
		/* every instruction that can be enabled is; no EPT */
		assert_int_equal(c.proc2 & enable, m->proc2 >> 32 & enable);
		assert_int_equal(c.proc2 & 2, 0);
	}
}

static struct vmx_caps skylake(void)
{
	return processors[SKYLAKE].caps;
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
#define NO_PROC	"the processor has no MSR bitmaps, or forces exits on CR3 accesses " \
		"(no TRUE controls)"
#define NO_EXIT	"the processor cannot exit to 64-bit mode"
#define NO_ENTRY "the processor cannot enter a 64-bit guest"
#define FORCED	"the processor forces a secondary control that is not understood"
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
	for (unsigned int i = 0; i < TG_ARRAY_SIZE(processors); i++) {
		struct vmx_ctls native, nested;
		const char *why;

		assert_int_equal(vmx_choose_ctls(&processors[i].caps, false, &native, &why), 0);
		assert_int_equal(vmx_choose_ctls(&processors[i].caps, true, &nested, &why), 0);
		assert_true(native.vpid && !nested.vpid);
		assert_int_equal(nested.proc2, native.proc2 & ~VMX_PROC2_VPID);
		nested.vpid = true;
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
	for (unsigned int i = 0; i < TG_ARRAY_SIZE(processors); i++)
		assert_true(choose_ok(&processors[i].caps).hlt);
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

/* A guest of VMware, which has no preemption timer: pin and proc2 as printed in
 * github.com/jasonliu96/linux, cmpe283/MODULE_OUTPUT.md.
 */
static void test_no_preemption_timer(void **state)
{
	struct vmx_caps m = skylake();
	struct vmx_ctls c;

	(void)state;
	m.pin = 0x3f00000016;
	m.proc2 = 0x553cfe00000000;
	c = choose_ok(&m);
	assert_false(c.timer);
	assert_false(c.int_n);
	assert_int_equal(c.pin, 0x3e);
	assert_int_equal(c.proc2, 0x101028);
	m.misc |= 0x1f;
	assert_int_equal(choose_ok(&m).timer_shift, 31);
}

/* VBox: Intel_Core2_X6800_2_93GHz.h and Intel_Xeon_X5482_3_20GHz.h */
static void test_refusal_of_real_processors(void **state)
{
	static const struct vmx_caps merom = {
		.basic = 0x1a040000000007, .pin = 0x1f00000016, .proc = 0x77b9fffe0401e172,
		.exit = 0x36fff00036dff, .entry = 0x1fff000011ff, .misc = 0x403c0,
	};
	static const struct vmx_caps penryn = {
		.basic = 0x5a08000000000d, .pin = 0x3f00000016, .proc = 0xf7f9fffe0401e172,
		.exit = 0x3ffff00036dff, .entry = 0x3fff000011ff, .proc2 = 0x4100000000,
		.misc = 0x403c0,
	};

	(void)state;
	refused(&merom, NO_VNMI);
	refused(&penryn, NO_PROC);
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
	refused(&m, NO_VNMI);
	m = skylake();
	m.pin |= 1;			/* nor off */
	refused(&m, NO_VNMI);
	m = skylake();
	m.proc &= ~(1ull << (32 + 28));
	refused(&m, NO_PROC);
	m = skylake();
	m.proc = 0xfff9fffe0401e172;	/* the MSR that is not TRUE */
	refused(&m, NO_PROC);
	m = skylake();
	m.proc &= ~(1ull << (32 + 22));
	refused(&m, NO_PROC);
	m = skylake();
	m.proc &= ~(1ull << (32 + 2));
	refused(&m, NO_PROC);
	for (int memtype = 0; memtype < 16; memtype++) {
		m = skylake();
		m.basic = (m.basic & ~(0xfull << 50)) | (u64)memtype << 50;
		if (memtype == 6)
			choose_ok(&m);
		else
			refused(&m, UNCACHED);
	}
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
			refused(&m, NO_VNMI);
		m = skylake();
		m.proc |= on;
		known = (TRUE_PROC | VMX_PROC_MSR_BITMAP | VMX_PROC_SECONDARY |
			 VMX_PROC_TERTIARY) >> bit & 1;
		if (!known)
			refused(&m, NO_PROC);
		m = skylake();
		m.exit |= on;
		known = (TRUE_EXIT | VMX_EXIT_DEBUG | VMX_EXIT_HOST64 |
			 VMX_EXIT_CET | VMX_EXIT_CONCEAL | VMX_EXIT_LBR) >> bit & 1;
		if (!known)
			refused(&m, NO_EXIT);
		m = skylake();
		m.entry |= on;
		known = (TRUE_ENTRY | VMX_ENTRY_DEBUG | VMX_ENTRY_GUEST64 |
			 VMX_ENTRY_CET | VMX_ENTRY_CONCEAL | VMX_ENTRY_LBR) >> bit & 1;
		if (!known)
			refused(&m, NO_ENTRY);
		m = skylake();
		m.proc2 |= on;
		known = (VMX_PROC2_RDTSCP | VMX_PROC2_VPID | VMX_PROC2_INVPCID | VMX_PROC2_XSAVES |
			 VMX_PROC2_USER_WAIT | VMX_PROC2_PCONFIG | VMX_PROC2_CONCEAL) >>
			bit & 1;
		if (!known)
			refused(&m, FORCED);
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
		cmocka_unit_test(test_CTL_ENABLE_real_processors),
		cmocka_unit_test(test_CTL_ENABLE_properties),
		cmocka_unit_test(test_TLB_vpid_only_with_invvpid_all),
		cmocka_unit_test(test_TLB_no_vpid_nested),
		cmocka_unit_test(test_cet_only_as_a_pair),
		cmocka_unit_test(test_lbr_only_as_a_pair),
		cmocka_unit_test(test_conceal_only_together),
		cmocka_unit_test(test_activity_halted),
		cmocka_unit_test(test_no_secondary_controls),
		cmocka_unit_test(test_tertiary_and_newer_enables),
		cmocka_unit_test(test_no_preemption_timer),
		cmocka_unit_test(test_INJ_TYPE_int_n_can_be_seen),
		cmocka_unit_test(test_refusal_of_real_processors),
		cmocka_unit_test(test_refusal_sentences),
		cmocka_unit_test(test_refusal_of_forced_bits),
		cmocka_unit_test(test_refusal_of_missing_bits),
		cmocka_unit_test(test_check_cr),
	};

	return cmocka_run_group_tests_name("arch_vmx_caps", tests, NULL, NULL);
}
