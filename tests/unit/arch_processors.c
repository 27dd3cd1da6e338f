// SPDX-License-Identifier: GPL-2.0
/*
 * CTL-ENABLE: what the product makes of each captured processor (processors.h): the VT-x
 * controls and AMD-V features it uses, what it does without, and what it refuses, in words.
 * With "print FILE": that header, with the expectations as the product is now.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core_world.h"
#include "processors.h"

#include "../../arch/x86/hv.h"
#include "../../linux/fit.h"
#include "x86.h"

/* ---- the processor played for AMD-V -------------------------------------- */

static const struct svm_processor *cpu;

static u64 fake_rdmsr(u32 msr)
{
	assert_int_equal(msr, 0xc0010114);	/* VM_CR: not switched off */
	return 8;
}

int tg_host_rdmsr(u32 msr, u64 *value)
{
	*value = fake_rdmsr(msr);
	return 0;
}

static void fake_cpuid(u32 *a, u32 *b, u32 *c, u32 *d)
{
	u32 leaf = *a;

	*a = *b = *c = *d = 0;
	if (leaf == 0x80000000)
		*a = cpu->max;
	else if (leaf == 0x80000001)
		*c = cpu->ecx;
	else if (leaf == 0x80000008)
		*b = cpu->ebx8;
	else if (leaf == 0x8000000a)
		*b = cpu->asids, *d = cpu->features;
	else if (leaf == 0x80000021)
		*a = cpu->eax21;
	else
		fail_msg("CPUID %x", leaf);
}

#define x86_rdmsr	fake_rdmsr
#define x86_cpuid	fake_cpuid
#include "../../arch/x86/svm/setup.c"

struct x86_dtr tg_root_idtr(void)
{
	return (struct x86_dtr){ 0 };
}

long tg_svm_launch(struct tg_vcpu *v)
{
	(void)v;
	return 0;
}

/* ---- what the product makes of it ------------------------------------------ */

/* 0 or -1, as vmx_choose_ctls(). */
static int choose(const struct vmx_processor *p, struct vmx_ctls *c, const char **why)
{
	return vmx_choose_ctls(&p->caps, p->guest, c, why);
}

/* post: as tg_vmx_ops.no_post() has it. */
static const char *words_of_vmx(const struct vmx_ctls *c)
{
	static char words[64];
	char timer[16] = "";

	if (c->timer)
		snprintf(timer, sizeof(timer), " timer/%d", c->timer_shift);
	snprintf(words, sizeof(words), "%s%s%s%s%s%s%s%s%s", c->vpid ? " vpid" : "", timer,
		 c->mtf ? " mtf" : "", c->cet ? " cet" : "", c->lbr ? " lbr" : "",
		 c->proc2 & VMX_PROC2_CONCEAL ? " conceal" : "", c->hlt ? " hlt" : "",
		 c->int_n ? " int_n" : "", c->timer || c->mtf ? " post" : "");
	return words + (words[0] == ' ');
}

static const char *words_of_svm(const struct svm_processor *p)
{
	static u8 pages[TG_PAGES_PER_CPU * TG_PAGE] __attribute__((aligned(4096)));
	static char words[96];
	/* a kernel with its mitigations on, but of the processor's kind it knows nothing */
	struct tg_platform platform = {
		.mitigations = TG_MITIGATION_ANY | TG_MITIGATION_BP_CFG | TG_MITIGATION_BARRIER,
	};
	struct tg_vcpu v = { .platform = &platform };
	struct vmcb *c;
	u32 f;

	cpu = p;
	memset(pages, 0, sizeof(pages));
	tg_svm_ops.cpu_prepare(&v, pages, 0x7000);
	c = v.svm.vmcb;
	fill_controls(&v, c);
	f = v.svm.features;
	/* SKINIT does not exit on its own: its intercept is always on. */
	snprintf(words, sizeof(words), "%s%s%s%s%s%s%s%s", f & SVM_FEATURE_NRIPS ? " nrips" : "",
		 c->int_ctl & SVM_INT_V_NMI_ENABLE ? " vnmi" : "",
		 f & SVM_FEATURE_SPEC_CTRL ? " spec_ctrl" : "", f & SVM_FEATURE_SSS ? " sss" : "",
		 c->nested_ctl & SVM_NESTED_TLBI ? " tlbi" : "", v.svm.has_skinit ? " skinit" : "",
		 v.svm.reduces ? " reduces" : "", v.slow & SLOW_IBPB_ALL ? " barriers" : "");
	return words + (words[0] == ' ');
}

static const char *refusal_of_svm(const struct svm_processor *p)
{
	const char *why = NULL;

	cpu = p;
	return tg_svm_ops.probe(&why) ? why : NULL;
}

/* ---- printing ---------------------------------------------------------------- */

#define ROOM 68		/* columns for a string in processors.h */

static void print_string(const char *s)
{
	size_t len = strlen(s), cut = len;

	if (len > ROOM)
		for (cut = ROOM; s[cut - 1] != ' ';)
			cut--;
	printf("\"%.*s\"", (int)cut, s);
	if (cut < len)
		printf("\n\t\t\t\"%s\"", s + cut);
}

static void print_vmx(const struct vmx_processor *p)
{
	const char *why = "";
	struct vmx_ctls c;

	if (choose(p, &c, &why)) {
		printf("\t\tREFUSED(");
		print_string(why);
		printf("),\n");
		return;
	}
	printf("\t\tEXPECT(%#x, %#x, %#x, %#llx, %#x, %#x,\n", c.pin, c.proc, c.proc2,
	       (unsigned long long)c.proc3, c.exit, c.entry);
	printf("\t\t       \"%s\"),\n", words_of_vmx(&c));
}

static void print_svm(const struct svm_processor *p)
{
	const char *why = refusal_of_svm(p);

	printf(why ? "\t\tREFUSED(" : "\t\tEXPECT_SVM(");
	print_string(why ?: words_of_svm(p));
	printf("),\n");
}

static bool starts(const char *line, const char *with)
{
	return !strncmp(line, with, strlen(with));
}

/* The header again, each row's expectation as it is now. */
static int print_header(const char *path)
{
	unsigned int n = 0;
	char line[256];
	FILE *f = fopen(path, "r");

	if (!f) {
		perror(path);
		return 1;
	}
	while (fgets(line, sizeof(line), f)) {
		if (!starts(line, "\t\tEXPECT") && !starts(line, "\t\tREFUSED(")) {
			fputs(line, stdout);
			continue;
		}
		while (!strstr(line, "),\n") && fgets(line, sizeof(line), f))
			;
		if (n < TG_ARRAY_SIZE(vmx_processors))
			print_vmx(&vmx_processors[n]);
		else if (n - TG_ARRAY_SIZE(vmx_processors) < TG_ARRAY_SIZE(svm_processors))
			print_svm(&svm_processors[n - TG_ARRAY_SIZE(vmx_processors)]);
		n++;
	}
	fclose(f);
	return n != TG_ARRAY_SIZE(vmx_processors) + TG_ARRAY_SIZE(svm_processors);
}

/* ---- tests ---------------------------------------------------------------------- */

static void check_vmx(const struct vmx_processor *p)
{
	const char *why = NULL;
	struct vmx_ctls c;
	int err;

	memset(&c, 0xa5, sizeof(c));
	err = choose(p, &c, &why);
	print_message("%s: %s\n", p->name, err ? why : words_of_vmx(&c));
	assert_int_equal(err, p->expect.refused ? -1 : 0);
	if (p->expect.refused) {
		assert_string_equal(why, p->expect.refused);
		return;
	}
	assert_null(why);
	assert_int_equal(c.pin, p->expect.pin);
	assert_int_equal(c.proc, p->expect.proc);
	assert_int_equal(c.proc2, p->expect.proc2);
	assert_int_equal(c.proc3, p->expect.proc3);
	assert_int_equal(c.exit, p->expect.exit);
	assert_int_equal(c.entry, p->expect.entry);
	assert_string_equal(words_of_vmx(&c), p->expect.words);
}

static void test_CTL_ENABLE_real_processors(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < TG_ARRAY_SIZE(vmx_processors); i++)
		check_vmx(&vmx_processors[i]);
}

static bool fits(u32 ctl, u64 cap)
{
	return !((u32)cap & ~ctl) && !(ctl & ~(u32)(cap >> 32));
}

static void check_properties(const struct vmx_caps *m, const struct vmx_ctls *c)
{
	u32 enable = 1u << 3 | 1u << 12 | 1u << 20 | 1u << 26 | 1u << 27;

	assert_true(fits(c->pin, m->pin) && fits(c->proc, m->proc) && fits(c->proc2, m->proc2) &&
		    fits(c->exit, m->exit) && fits(c->entry, m->entry));
	assert_int_equal(c->proc3 & ~m->proc3, 0);
	/* CR3 exits off; NMI exiting and virtual NMIs on, interrupts not yet */
	assert_int_equal(c->proc & (VMX_PROC_CR3_LOAD | VMX_PROC_CR3_STORE), 0);
	assert_int_equal(c->pin & (VMX_PIN_NMI | VMX_PIN_VNMI), VMX_PIN_NMI | VMX_PIN_VNMI);
	assert_int_equal(c->pin & (VMX_PIN_EXTINT | VMX_PIN_TIMER), 0);
	assert_int_equal(c->proc & (VMX_PROC_INT_WINDOW | VMX_PROC_NMI_WINDOW), 0);
	/* HLT, which the guest keeps, and MWAIT: no exit with nothing armed */
	assert_int_equal(c->proc & (1u << 7 | VMX_PROC_MWAIT), 0);
	/* every instruction that can be enabled is; no EPT */
	assert_int_equal(c->proc2 & enable, m->proc2 >> 32 & enable);
	assert_int_equal(c->proc2 & 2, 0);
}

/* Whatever is chosen, the entry takes it, and what has to be on or off is. */
static void test_CTL_ENABLE_properties(void **state)
{
	unsigned int taken = 0;

	(void)state;
	for (unsigned int i = 0; i < TG_ARRAY_SIZE(vmx_processors); i++) {
		const struct vmx_processor *p = &vmx_processors[i];
		struct vmx_ctls c;
		const char *why;

		if (choose(p, &c, &why))
			continue;
		check_properties(&p->caps, &c);
		taken++;
	}
	assert_true(taken > 20);
}

/* CR0 and CR4 as Linux has them on any of these. */
static void test_cr_fixed(void **state)
{
	unsigned int known = 0;

	(void)state;
	for (unsigned int i = 0; i < TG_ARRAY_SIZE(vmx_processors); i++) {
		const struct vmx_processor *p = &vmx_processors[i];
		const char *why = NULL;

		if (!p->caps.cr0_fixed0)
			continue;
		known++;
		assert_int_equal(vmx_check_cr(&p->caps, 0x80050033, 0x26e0, &why), 0);
		assert_int_equal(vmx_check_cr(&p->caps, 0x80050013, 0x26e0, &why), -1);
		assert_int_equal(vmx_check_cr(&p->caps, 0x80050033, 0x6e0, &why), -1);
	}
	assert_true(known > 10);
}

/*
 * The activity state HLT, which an entry uses after an interrupt that found the CPU halted:
 * on every processor and hypervisor whose IA32_VMX_MISC is known.
 */
static void test_activity_hlt(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < TG_ARRAY_SIZE(vmx_processors); i++)
		if (vmx_processors[i].caps.misc)
			assert_true(vmx_processors[i].caps.misc >> 6 & 1);
}

static void test_amd_processors(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < TG_ARRAY_SIZE(svm_processors); i++) {
		const struct svm_processor *p = &svm_processors[i];
		const char *why = refusal_of_svm(p);

		print_message("%s: %s\n", p->name, why ?: words_of_svm(p));
		if (p->expect.refused) {
			assert_non_null(why);
			assert_string_equal(why, p->expect.refused);
			continue;
		}
		assert_null(why);
		assert_string_equal(words_of_svm(p), p->expect.words);
	}
}

/* On a kernel that uses INVLPGB (8000_0008 EBX bit 3) and FRED wherever they are there. */
static const char *refusal_of_newest_kernel(bool invlpgb, bool fred)
{
	struct tg_facts f = { .invlpgb = invlpgb, .fred = fred };
	const char *why = NULL;

	return tg_fit(&f, &why) ? why : NULL;
}

static bool named(const char *name, const char *const *list, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (!strcmp(list[i], name))
			return true;
	return false;
}

static void test_newest_kernel(void **state)
{
	static const char *const invlpgb[] = {
		"Zen 3, EPYC (Milan)", "Zen 4, EPYC 9124 (Genoa)", "Zen 5, EPYC 9655 (Turin)",
	};
	static const char *const fred[] = { "Wildcat Lake" };
	const char *why;

	(void)state;
	for (unsigned int i = 0; i < TG_ARRAY_SIZE(svm_processors); i++) {
		const struct svm_processor *p = &svm_processors[i];

		why = refusal_of_newest_kernel(p->ebx8 >> 3 & 1, false);
		assert_int_equal(!!why, named(p->name, invlpgb, TG_ARRAY_SIZE(invlpgb)));
		if (why)
			assert_non_null(strstr(why, "boot with clearcpuid=invlpgb"));
	}
	for (unsigned int i = 0; i < TG_ARRAY_SIZE(vmx_processors); i++) {
		const struct vmx_processor *p = &vmx_processors[i];

		why = refusal_of_newest_kernel(false, p->cpuid_7_1_eax >> 17 & 1);
		assert_int_equal(!!why, named(p->name, fred, TG_ARRAY_SIZE(fred)));
		if (why)
			assert_non_null(strstr(why, "boot with fred=off"));
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_CTL_ENABLE_real_processors),
		cmocka_unit_test(test_CTL_ENABLE_properties),
		cmocka_unit_test(test_cr_fixed),
		cmocka_unit_test(test_activity_hlt),
		cmocka_unit_test(test_amd_processors),
		cmocka_unit_test(test_newest_kernel),
	};

	if (argc == 3 && !strcmp(argv[1], "print"))
		return print_header(argv[2]);
	return cmocka_run_group_tests_name("arch_processors", tests, NULL, NULL);
}
