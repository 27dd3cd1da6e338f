// SPDX-License-Identifier: GPL-2.0
/*
 * Which VMX controls we set on this processor. Pure functions, any context.
 * SDM volume 3, appendix "VMX Capability Reporting Facility".
 */
#include "vmcs.h"
#include "caps.h"

/*
 * default1 bits that stay 1 also with the TRUE MSRs and mean nothing to us:
 * reserved, or exits we handle anyway.
 */
#define PIN_DEFAULT1	((1u << 1) | (1u << 2) | (1u << 4))
#define PROC_DEFAULT1	((1u << 1) | (7u << 4) | (1u << 8) | (3u << 13) | (1u << 26))
#define EXIT_DEFAULT1	0x00036dfbu
#define ENTRY_DEFAULT1	0x000011fbu

/* What is said of a control that cannot be as we need it; the last one has all bits. */
struct control_word {
	u32 bits;
	const char *why;
};

struct control_rule {
	const char *lacks;	/* said where one of must is missing */
	const struct control_word *words;	/* of one that is stuck, or 1 and unknown */
	u32 must;		/* we cannot work without these */
	u32 can;		/* must be switchable: the processor must allow both */
	u32 want;		/* set where there */
	u32 tolerate;		/* may be forced to 1 by the processor */
};

static const struct control_word pin_words[] = {
	{ VMX_PIN_EXTINT, "the processor cannot switch external-interrupt exiting on and off" },
	{ ~0u, "the processor forces a pin-based control that is not understood" },
};

static const struct control_rule pin_rule = {
	.lacks = "the processor has no NMI exiting with virtual NMIs",
	.words = pin_words,
	.must = VMX_PIN_NMI | VMX_PIN_VNMI,
	.can = VMX_PIN_EXTINT,
	.tolerate = PIN_DEFAULT1,
};

static const struct control_word proc_words[] = {
	{ VMX_PROC_CR3_LOAD | VMX_PROC_CR3_STORE,
	  "the processor forces exits on CR3 accesses (no TRUE controls)" },
	{ VMX_PROC_HLT | VMX_PROC_MWAIT,
	  "the processor cannot switch exits on HLT and MWAIT on and off" },
	{ VMX_PROC_NMI_WINDOW, "the processor cannot exit at an NMI window" },
	{ VMX_PROC_INT_WINDOW, "the processor cannot exit at an interrupt window" },
	{ ~0u, "the processor forces an exit that is not understood" },
};

static const struct control_rule proc_rule = {
	.lacks = "the processor has no MSR bitmaps",
	.words = proc_words,
	.must = VMX_PROC_MSR_BITMAP,
	.can = VMX_PROC_INT_WINDOW | VMX_PROC_NMI_WINDOW | VMX_PROC_MWAIT,
	.want = VMX_PROC_SECONDARY | VMX_PROC_TERTIARY,
	.tolerate = PROC_DEFAULT1,
};

static const struct control_word proc2_words[] = {
	{ ~0u, "the processor forces a secondary control that is not understood" },
};

/* Without the "enable" bits the instructions raise #UD in the guest. */
static const struct control_rule proc2_rule = {
	.words = proc2_words,
	.want = VMX_PROC2_RDTSCP | VMX_PROC2_VPID | VMX_PROC2_INVPCID | VMX_PROC2_XSAVES |
		VMX_PROC2_USER_WAIT | VMX_PROC2_PCONFIG | VMX_PROC2_CONCEAL,
};

static const struct control_word exit_words[] = {
	{ ~0u, "the processor forces a VM-exit control that is not understood" },
};

static const struct control_rule exit_rule = {
	.lacks = "the processor cannot exit to 64-bit mode",
	.words = exit_words,
	.must = VMX_EXIT_DEBUG | VMX_EXIT_HOST64,
	.want = VMX_EXIT_CET | VMX_EXIT_CONCEAL | VMX_EXIT_LBR,
	.tolerate = EXIT_DEFAULT1,
};

static const struct control_word entry_words[] = {
	{ ~0u, "the processor forces a VM-entry control that is not understood" },
};

static const struct control_rule entry_rule = {
	.lacks = "the processor cannot enter a 64-bit guest",
	.words = entry_words,
	.must = VMX_ENTRY_DEBUG | VMX_ENTRY_GUEST64,
	.want = VMX_ENTRY_CET | VMX_ENTRY_CONCEAL | VMX_ENTRY_LBR,
	.tolerate = ENTRY_DEFAULT1,
};

static int choose(const struct control_rule *r, u64 cap, u32 *out, const char **why)
{
	u32 must = cap, may = cap >> 32;
	u32 known = r->must | r->want | r->tolerate;
	u32 wrong = (r->can & (~may | must)) | (must & ~known);
	const struct control_word *w = r->words;

	if (r->must & ~may) {
		*why = r->lacks;
		return -1;
	}
	if (wrong) {
		while (!(w->bits & wrong))
			w++;
		*why = w->why;
		return -1;
	}
	*out = must | r->must | (r->want & may);
	return 0;
}

/*
 * An instruction that the kernel and its programs found in CPUID would be #UD from now on.
 * Only a hypervisor shows such a processor.
 */
static const struct control_word instruction_words[] = {
	{ VMX_PROC2_RDTSCP, "RDTSCP is there, but VT-x cannot enable it" },
	{ VMX_PROC2_INVPCID, "INVPCID is there, but VT-x cannot enable it" },
	{ VMX_PROC2_XSAVES, "XSAVES is there, but VT-x cannot enable it" },
	{ VMX_PROC2_USER_WAIT, "TPAUSE and UMWAIT are there, but VT-x cannot enable them" },
	{ 0 },
};

static int check_instructions(u32 there, u32 enabled, const char **why)
{
	const struct control_word *w;

	for (w = instruction_words; w->bits; w++) {
		if (there & ~enabled & w->bits) {
			*why = w->why;
			return -1;
		}
	}
	return 0;
}

/*
 * What is right only together: on both ways, as CET and the architectural LBRs; and hiding
 * from Intel PT that the kernel is a guest, without which its traces look like a machine's of
 * KVM and have root mode in them (SDM "Intel Processor Trace and VMX").
 */
static const struct control_group {
	u32 proc2, exit, entry;
} cet = { 0, VMX_EXIT_CET, VMX_ENTRY_CET }, lbr = { 0, VMX_EXIT_LBR, VMX_ENTRY_LBR },
  conceal = { VMX_PROC2_CONCEAL, VMX_EXIT_CONCEAL, VMX_ENTRY_CONCEAL };

/* All of the group or none. */
static bool choose_group(struct vmx_ctls *c, const struct control_group *g)
{
	if ((c->proc2 & g->proc2) == g->proc2 && (c->exit & g->exit) && (c->entry & g->entry))
		return true;
	c->proc2 &= ~g->proc2;
	c->exit &= ~g->exit;
	c->entry &= ~g->entry;
	return false;
}

#define EPT_VPID_INVVPID	(1ull << 32)
#define EPT_VPID_INVVPID_ALL	(1ull << 42)
#define BASIC_MEMTYPE(b)	((b) >> 50 & 0xf)
#define MEMTYPE_WB		6
#define MISC_ACTIVITY_HLT	(1ull << 6)

int vmx_choose_ctls(const struct vmx_caps *caps, bool nested, struct vmx_ctls *ctls,
		    const char **why)
{
	u64 invvpid = EPT_VPID_INVVPID | EPT_VPID_INVVPID_ALL;

	*ctls = (struct vmx_ctls){ 0 };
	if (BASIC_MEMTYPE(caps->basic) != MEMTYPE_WB) {
		*why = "the processor wants its VMCS in uncached memory";
		return -1;
	}
	if (choose(&pin_rule, caps->pin, &ctls->pin, why) ||
	    choose(&proc_rule, caps->proc, &ctls->proc, why) ||
	    choose(&exit_rule, caps->exit, &ctls->exit, why) ||
	    choose(&entry_rule, caps->entry, &ctls->entry, why))
		return -1;
	if (ctls->proc & VMX_PROC_SECONDARY) {
		if (choose(&proc2_rule, caps->proc2, &ctls->proc2, why))
			return -1;
		if (nested || (caps->ept_vpid & invvpid) != invvpid)
			ctls->proc2 &= ~VMX_PROC2_VPID;
		ctls->vpid = ctls->proc2 & VMX_PROC2_VPID;
	}
	if (check_instructions(caps->instructions, ctls->proc2, why))
		return -1;
	if (ctls->proc & VMX_PROC_TERTIARY) {
		ctls->proc3 = caps->proc3 & VMX_PROC3_MSRLIST;
		if (!ctls->proc3)
			ctls->proc &= ~VMX_PROC_TERTIARY;
	}
	ctls->cet = choose_group(ctls, &cet);
	ctls->lbr = choose_group(ctls, &lbr);
	choose_group(ctls, &conceal);
	ctls->hlt = caps->misc & MISC_ACTIVITY_HLT;
	ctls->timer = caps->pin >> 32 & VMX_PIN_TIMER;
	ctls->timer_shift = caps->misc & 0x1f;
	ctls->mtf = caps->proc >> 32 & VMX_PROC_MTF;
	ctls->int_n = ctls->timer && (ctls->proc & VMX_PROC_SECONDARY) &&
		      (caps->proc2 >> 32 & VMX_PROC2_DESC_TABLE);
	return 0;
}

int vmx_check_cr(const struct vmx_caps *caps, u64 cr0, u64 cr4, const char **why)
{
	if ((caps->cr0_fixed0 & ~cr0) || (cr0 & ~caps->cr0_fixed1)) {
		*why = "CR0 of the running kernel does not fit VMX operation";
		return -1;
	}
	if ((caps->cr4_fixed0 & ~cr4) || (cr4 & ~caps->cr4_fixed1)) {
		*why = "CR4 of the running kernel does not fit VMX operation";
		return -1;
	}
	return 0;
}
