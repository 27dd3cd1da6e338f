// SPDX-License-Identifier: GPL-2.0
/*
 * EXIT-FATAL: a VMCS that is right, and each rule of the entry broken alone, told in its own
 * words and no others. What an emulator takes is shown here only.
 */
#include "vmx_fake.h"

#include "vmx/dump.h"

static u64 *field(u32 which)
{
	for (u32 i = 0; i < VMX_DUMP_FIELDS; i++)
		if (tg_vmx_dump_names[i].field == which)
			return &tg_vmx_dumped.value[i];
	fail_msg("field %x is not in the dump", which);
	return NULL;
}

static int good(void **state)
{
	(void)state;
	memset(&tg_vmx_dumped, 0, sizeof(tg_vmx_dumped));
	tg_vmx_dumped.nr = VMX_DUMP_FIELDS;
	*field(VMCS_ENTRY) = VMX_ENTRY_DEBUG | VMX_ENTRY_GUEST64;
	*field(VMCS_GUEST_RFLAGS) = 0x202;
	*field(VMCS_GUEST_RIP) = 0xffffffff81000000;
	*field(VMCS_GUEST_CR0) = 0x80050033;
	*field(VMCS_GUEST_CR3) = 0x1234000;
	*field(VMCS_GUEST_CR4) = 0x26f0;
	*field(VMCS_GUEST_DR7) = 0x400;
	*field(VMCS_GUEST_CS) = 0x10;
	*field(VMCS_GUEST_CS_AR) = 0xa09b;
	*field(VMCS_GUEST_SS) = 0x18;
	*field(VMCS_GUEST_SS_AR) = 0xc093;
	*field(VMCS_GUEST_TR) = 0x40;
	*field(VMCS_GUEST_TR_AR) = 0x8b;
	*field(VMCS_GUEST_GDTR_LIMIT) = 0x7f;
	*field(VMCS_GUEST_IDTR_LIMIT) = 0xfff;
	*field(VMCS_LINK) = ~0ull;
	return 0;
}

struct change {
	u32 field;
	u64 value;
};

static void test_exit_fatal_vmx_rules(void **state)
{
	static const struct {
		const char *word;
		struct change change[3];
	} t[] = {
		{ "BS must be 1", { { VMCS_GUEST_BLOCKING, 1 }, { VMCS_GUEST_RFLAGS, 0x302 } } },
		{ "BS must be 1",
		  { { VMCS_GUEST_BLOCKING, 2 }, { VMCS_GUEST_PENDING_DB, 0x4000 } } },
		{ "RFLAGS.IF=0", { { VMCS_ENTRY_INFO, 0x80000041 }, { VMCS_GUEST_RFLAGS, 2 } } },
		{ "an external interrupt is injected under", { { VMCS_ENTRY_INFO, 0x80000041 },
							       { VMCS_GUEST_BLOCKING, 2 } } },
		{ "an NMI is injected under", { { VMCS_ENTRY_INFO, 0x80000202 },
						{ VMCS_GUEST_BLOCKING, 8 } } },
		{ "an NMI is injected under", { { VMCS_ENTRY_INFO, 0x80000202 },
						{ VMCS_GUEST_BLOCKING, 2 } } },
		{ "at once", { { VMCS_GUEST_BLOCKING, 3 } } },
		{ "blocking by STI with",
		  { { VMCS_GUEST_BLOCKING, 1 }, { VMCS_GUEST_RFLAGS, 2 } } },
		{ "reserved bits set in the VM-entry", { { VMCS_ENTRY_INFO, 0x80001306 } } },
		{ "upper half",
		  { { VMCS_ENTRY_INFO, 0x80000b0d }, { VMCS_ENTRY_ERROR, 0x10000 } } },
		{ "length not 1", { { VMCS_ENTRY_INFO, 0x80000480 }, { VMCS_ENTRY_LENGTH, 16 } } },
		{ "length not 1", { { VMCS_ENTRY_INFO, 0x80000603 } } },
		{ "of RFLAGS", { { VMCS_GUEST_RFLAGS, 0x200 } } },
		{ "of RFLAGS", { { VMCS_GUEST_RFLAGS, 1ull << 63 | 0x202 } } },
		{ "RIP not", { { VMCS_GUEST_RIP, 1ull << 63 } } },
		{ "halted with", { { VMCS_GUEST_ACTIVITY, 1 }, { VMCS_GUEST_BLOCKING, 1 } } },
		{ "link pointer", { { VMCS_LINK, 0x1000 } } },
		{ "no such activity", { { VMCS_GUEST_ACTIVITY, 4 } } },
		{ "reserved type", { { VMCS_ENTRY_INFO, 0x80000106 } } },
		{ "a vector other than 2", { { VMCS_ENTRY_INFO, 0x80000203 } } },
		{ "a vector other than 2", { { VMCS_ENTRY_INFO, 0x80000320 } } },
		{ "event that has none", { { VMCS_ENTRY_INFO, 0x80000b06 } } },
		{ "CR0:", { { VMCS_GUEST_CR0, 0x80050032 } } },
		{ "CR0:", { { VMCS_GUEST_CR0, 0x80050013 } } },
		{ "CR4.VMXE", { { VMCS_GUEST_CR4, 0x6f0 } } },
		{ "IA-32e", { { VMCS_GUEST_CR4, 0x26d0 } } },
		{ "CR3 has", { { VMCS_GUEST_CR3, 1ull << 60 } } },
		{ "DR7 bits", { { VMCS_GUEST_DR7, 1ull << 32 } } },
		{ "DEBUGCTL", { { VMCS_GUEST_DEBUGCTL, 1 << 20 } } },
		{ "base of GDTR", { { VMCS_GUEST_IDTR_BASE, 1ull << 63 } } },
		{ "limit of GDTR", { { VMCS_GUEST_GDTR_LIMIT, 0x10000 } } },
		{ "base of FS", { { VMCS_GUEST_GS_BASE, 1ull << 47 } } },
		{ "busy TSS", { { VMCS_GUEST_TR_AR, 0x89 } } },
		{ "busy TSS", { { VMCS_GUEST_TR, 0x44 } } },
		{ "CS must", { { VMCS_GUEST_CS_AR, 0xe09b } } },
		{ "SS:", { { VMCS_GUEST_SS_AR, 0xc0f3 } } },
		{ "MSR-load", { { VMCS_REASON, 0x80000022 } } },
	};

	for (u32 i = 0; i < TG_ARRAY_SIZE(t); i++) {
		const char *words;

		good(state);
		assert_null(tg_vmx_broken_rule(&vcpu, 0));
		for (u32 k = 0; k < 3 && t[i].change[k].field; k++)
			*field(t[i].change[k].field) = t[i].change[k].value;
		words = tg_vmx_broken_rule(&vcpu, 0);
		if (!words || !strstr(words, t[i].word))
			fail_msg("row %u: '%s' instead of '%s'", i, words ? words : "", t[i].word);
		words = tg_vmx_broken_rule(&vcpu, 1);
		if (words)
			fail_msg("row %u: '%s', too", i, words);
	}
}

/* 57-bit addresses. */
static void test_exit_fatal_vmx_la57(void **state)
{
	(void)state;
	*field(VMCS_GUEST_GS_BASE) = 1ull << 47;
	*field(VMCS_GUEST_CR4) |= 1 << 12;
	assert_null(tg_vmx_broken_rule(&vcpu, 0));
	*field(VMCS_GUEST_GS_BASE) = 1ull << 56;
	assert_non_null(tg_vmx_broken_rule(&vcpu, 0));
}

/* Linear address masking: bits 62:61 of CR3 are the process', where the processor has it. */
static void test_exit_fatal_vmx_lam(void **state)
{
	(void)state;
	*field(VMCS_GUEST_CR3) = 3ull << 61 | 0x1234000;
	assert_non_null(tg_vmx_broken_rule(&vcpu, 0));
	vmx_fake.cpuid_7_1_eax = 1u << 26;
	assert_null(tg_vmx_broken_rule(&vcpu, 0));
	*field(VMCS_GUEST_CR3) |= 1ull << 60;
	assert_non_null(tg_vmx_broken_rule(&vcpu, 0));
	vmx_fake.cpuid_7_1_eax = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_exit_fatal_vmx_rules, good),
		cmocka_unit_test_setup(test_exit_fatal_vmx_la57, good),
		cmocka_unit_test_setup(test_exit_fatal_vmx_lam, good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
