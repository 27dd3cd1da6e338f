// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in root mode: which go on and where, what is left to the guest; and scripts
 * that run into them, on AMD-V with the VMCB in memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "../../core/action.h"
#include "../../core/machine.h"
#include "../../core/script/jit.h"
#include "../../core/script/guest.h"
#include "../../core/script/verify.h"
#include "../../lib/script/script.h"
#include "fault_play.h"
#include "root.h"
#include "guest_regs.h"

#define FRAMES	16u
#define PAGE	4096u
#define DATA	0x400000ull		/* a page of the guest's: frame 8 */
#define OTHER	0x401000ull		/* frame 9 */
#define EIPV	2u
#define CODE	(16u * PAGE)

const u8 tg_vmx_commit[4], tg_vmx_commit_end[1], tg_vmx_late_nmi[1], tg_svm_halting[2];

static u8 *memory, *code;		/* the guest's RAM; for translations */
static void *stack;
static const struct tg_ram ram[] = { { 0, FRAMES * PAGE } };
static struct tg_platform platform;
static struct vmcb vmcb;
static struct tg_vcpu v;
static struct tg_script_cpu s;

static u32 vector;			/* as which a fault of a script comes */
static u32 nr_faults;
static u8 *vanishes;			/* a frame; it does when another is written */
static struct root_frame frame;
static const char *fatal;
static jmp_buf out;

void tg_root_fault_fatal(struct tg_vcpu *cpu, const char *what)
{
	(void)cpu;
	fatal = what;
	longjmp(out, 1);
}

/* The page goes behind its first read: for programs that do nothing else. */
static bool goes;

u32 __real_tg_guest_read(struct tg_run *run, u64 address, void *to, u32 size);
u32 __wrap_tg_guest_read(struct tg_run *run, u64 address, void *to, u32 size);
u32 __wrap_tg_guest_read(struct tg_run *run, u64 address, void *to, u32 size)
{
	u32 error = __real_tg_guest_read(run, address, to, size);

	if (goes && mprotect(vanishes, PAGE, PROT_NONE))
		abort();
	return error;
}

static bool broadcast;			/* a #MC when another frame is written */

void x86_invlpg(u64 address)
{
	struct root_frame f = { .vector = TG_VEC_MC, .rip = 0x1000 };

	if (broadcast && address / PAGE == (u64)memory / PAGE + 9)
		tg_root_fault(&f);
	if (goes)
		return;
	if (vanishes && address / PAGE != (u64)vanishes / PAGE &&
	    mprotect(vanishes, PAGE, PROT_NONE))
		abort();
}

static int on_fault(struct fault_regs *reg)
{
	frame.vector = vector;
	frame.rip = *reg->rip;
	frame.rax = reg->rax;
	frame.rcx = reg->rcx;
	nr_faults++;
	tg_root_fault(&frame);
	*reg->rip = frame.rip;
	return 1;
}

static u64 *page(u32 n)
{
	return (u64 *)(memory + n * PAGE);
}

static int setup(void **state)
{
	(void)state;
	memory = mmap(NULL, FRAMES * PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	code = mmap(NULL, CODE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack = aligned_alloc(ROOT_STACK_SIZE, ROOT_STACK_SIZE);
	*(struct tg_vcpu **)stack = &v;
	memset(&vmcb, 0, sizeof(vmcb));
	memset(&v, 0, sizeof(v));
	memset(&s, 0, sizeof(s));
	platform = (struct tg_platform){
		.direct_map = (u64)memory, .direct_map_size = FRAMES * PAGE, .ram = ram,
		.nr_ram = 1,
		.pte_mask = 0x000ffffffffff000ull,
		.core = { .fuel = 1000, .script_time = 10, .tsc_khz = 1000 },
	};
	vmcb.cr3 = 1 << 12;
	vmcb.cr2 = 0x1234;
	v.amd = true;
	v.platform = &platform;
	v.svm.vmcb = &vmcb;
	v.core.config = &platform.core;
	tg_action_init(&v.core, &s);
	page(1)[0] = 2 << 12 | 7;
	page(2)[0] = 3 << 12 | 7;
	page(3)[2] = 4 << 12 | 7;
	page(4)[0] = 8 << 12 | 7;
	page(4)[1] = 9 << 12 | 7;
	memset(&frame, 0, sizeof(frame));
	play_msr = play_cr2 = nr_faults = 0;
	vanishes = NULL;
	fatal = NULL;
	play_faults(on_fault);
	return memory == MAP_FAILED || code == MAP_FAILED;
}

static int teardown(void **state)
{
	(void)state;
	munmap(memory, FRAMES * PAGE);
	munmap(code, CODE);
	free(stack);
	return 0;
}

static void handle(void)
{
	if (!setjmp(out))
		tg_root_fault(&frame);
}

/* What the gates do with a fault at 0x1000. */
static void fault(u32 as)
{
	frame.vector = as;
	frame.rip = 0x1000;
	play_on_stack(stack, ROOT_STACK_SIZE, handle);
}

static void test_fixup(void **state)
{
	static const u32 expected[] = { TG_VEC_GP, TG_VEC_UD, TG_VEC_PF };

	(void)state;
	for (u32 i = 0; i < TG_ARRAY_SIZE(expected); i++) {
		v.fixup = 0x2000;
		play_cr2 = 0x5678;
		fault(expected[i]);
		assert_int_equal(frame.rip, 0x2000);
		assert_int_equal(v.fixup, 0);
		/* INJ-CR2: the fault was none of the guest's */
		assert_int_equal(play_cr2, expected[i] == TG_VEC_PF ? 0x1234 : 0x5678);
		assert_false(v.mce_pending);
	}
	assert_null(fatal);
}

static void test_unexpected(void **state)
{
	(void)state;
	fault(TG_VEC_GP);
	assert_non_null(fatal);
	assert_int_equal(v.departure.reason, TG_VEC_GP);
	assert_int_equal(v.departure.qualification, 0x1000);
	fatal = NULL;
	v.fixup = 0x2000;
	fault(TG_VEC_DF);
	assert_non_null(fatal);
}

/* MCE-ROOT: what reads poison does not read it again; where it is not to blame it goes on. */
static void test_mce_root_fixup(void **state)
{
	(void)state;
	v.fixup = 0x2000;
	fault(TG_VEC_MC);
	assert_int_equal(frame.rip, 0x1000);
	assert_int_equal(v.fixup, 0x2000);
	assert_true(v.mce_pending);
	assert_int_equal(v.nmi_root, NMI_ROOT_MC);
	play_msr = EIPV;
	fault(TG_VEC_MC);
	assert_int_equal(frame.rip, 0x2000);
	assert_int_equal(v.fixup, 0);
	fault(TG_VEC_MC);
	assert_int_equal(frame.rip, 0x1000);	/* nothing that may fault */
	assert_null(fatal);
	/* Just before root mode's HLT: the guest must get it. */
	frame.vector = TG_VEC_MC;
	frame.rip = (u64)tg_svm_halting;
	play_on_stack(stack, ROOT_STACK_SIZE, handle);
	assert_ptr_equal(frame.rip, tg_svm_halting + 1);
}

/* ---- scripts ---------------------------------------------------------------------- */

static void run_script(void)
{
	tg_script_run(&s.run);
}

static void run(const char *text)
{
	static struct tg_verify_work verify_work;
	static struct tg_jit_work work;
	static struct tg_program program;
	static u64 globals[TG_SCRIPT_GLOBALS_MAX / 8];
	struct tg_globals names = { 0 };
	struct tg_script_options o = { .name = "test", .text = text, .size = strlen(text),
				       .globals = &names };
	struct tg_image *image;
	struct tg_diags diags;
	u32 insn, size;

	memset(&program, 0, sizeof(program));
	memset(globals, 0, sizeof(globals));
	assert_int_equal(tg_script_compile(&o, &image, &diags), 0);
	assert_int_equal(tg_script_verify(image, image->size, &program, &verify_work, &insn),
			 TG_REJECT_NONE);
	size = tg_jit_translate(&program, code, (u64)code, CODE, &work);
	assert_int_not_equal(size, 0);
	assert_int_equal(mprotect(code, CODE, PROT_READ | PROT_EXEC), 0);
	tg_jit_use(&program, (u64)code, size, &work);
	s.run.program = &program;
	s.run.gpr = v.reg;
	s.run.fuel_limit = 1000;
	s.run.tsc_limit = ~0ull >> 1;
	s.run.seg[TG_SEG_GLOBALS].base = (u8 *)globals;
	s.run.seg[TG_SEG_GLOBALS].size = TG_SCRIPT_GLOBALS_MAX;
	s.run.error_value = 0;
	tg_run_forget_page(&s.run);
	play_on_stack(stack, ROOT_STACK_SIZE, run_script);
	insn = tg_script_line(&program, s.run.error_insn);
	s.run.error_insn = insn & 0xffffff;
	v.reg[REG_RBX] = globals[0];
	s.run.program = NULL;
	mprotect(code, CODE, PROT_READ | PROT_WRITE);
	free(image);
	tg_globals_free(&names);
}

/* The second read of a page is inline, and faults: the page has gone. */
static void second_read_faults(const char *text, u64 at)
{
	page(8)[0] = 7;
	page(8)[1] = 9;
	vanishes = (u8 *)page(8);
	run(text);
	assert_int_equal(nr_faults, 1);
	assert_int_equal(s.run.error, TG_ERR_READ);
	assert_int_equal(s.run.error_value, at);
	assert_int_equal(s.run.error_insn, 3);
	assert_int_equal(v.reg[REG_RBX], 7);	/* what was done stays */
	assert_int_equal(page(9)[0], 5);
	mprotect(page(8), PAGE, PROT_READ | PROT_WRITE);
	vanishes = NULL;
}

#define SECOND_READ ".x = poi(400000);\neq(401000, 5);\n.x = poi(400008) + .x;\n.x = 3;"

static void test_script_faults(void **state)
{
	static const u32 vectors[] = { TG_VEC_PF, TG_VEC_GP };

	(void)state;
	for (u32 i = 0; i < TG_ARRAY_SIZE(vectors); i++) {
		vector = vectors[i];
		nr_faults = 0;
		play_cr2 = 0;
		second_read_faults(SECOND_READ, DATA + 8);
		assert_int_equal(play_cr2, vector == TG_VEC_PF ? 0x1234 : 0);
		assert_false(v.mce_pending);
	}
	run(SECOND_READ);
	assert_int_equal(s.run.error, TG_ERR_NONE);
	assert_int_equal(v.reg[REG_RBX], 3);
}

/* In a function, in a loop, with everything in registers: the run ends all the same. */
static void test_script_faults_deep(void **state)
{
	(void)state;
	vector = TG_VEC_PF;
	second_read_faults("long look(long at, long n) { x = poi(at); if (n == 1) { .x = x; "
			   "eq(401000, 5); } y = 0; for (i = 0; i < 3; i++) { y = y + \n\n"
			   "poi(at + n * i); } return y + x; }\nlook(400000, 1);", DATA);
}

/* Programs that call nothing keep the run and their values elsewhere. */
static void test_script_faults_simple(void **state)
{
	static const char *const texts[] = {
		".x = poi(400000) + poi(400008);",
		".y = 1; .x = poi(400000) * 2 + .y + (poi(400008) - poi(400000)) * 3;",
		"a1x = poi(400000); b1x = a1x + 1; c1x = b1x * 2; d1x = c1x + a1x; "
		"e1x = d1x * b1x;\n"
		".x = a1x + b1x * c1x + d1x * e1x + poi(400008) + (a1x ^ b1x ^ c1x ^ d1x ^ e1x);",
	};

	(void)state;
	vector = TG_VEC_PF;
	goes = true;
	for (u32 i = 0; i < TG_ARRAY_SIZE(texts); i++) {
		page(8)[0] = 7;
		vanishes = (u8 *)page(8);
		nr_faults = 0;
		run(texts[i]);
		assert_int_equal(nr_faults, 1);
		assert_int_equal(s.run.error, TG_ERR_READ);
		assert_int_equal(s.run.error_value, DATA + 8);
		assert_int_equal(s.run.error_insn, i < 2 ? 1 : 2);
		mprotect(page(8), PAGE, PROT_READ | PROT_WRITE);
	}
	goes = false;
}

/* No #MC of the instruction at RIP: it goes on, but reads nothing any more. */
static void test_mce_root_broadcast(void **state)
{
	(void)state;
	broadcast = true;
	run(SECOND_READ);
	broadcast = false;
	assert_true(v.mce_pending);
	assert_int_equal(nr_faults, 0);
	assert_int_equal(s.run.error, TG_ERR_READ);
	assert_int_equal(s.run.error_value, DATA + 8);
	assert_int_equal(s.run.error_insn, 3);
}

/* The events of the #MC itself run before the guest has dealt with it. */
static void test_mce_root_event(void **state)
{
	const struct tg_trap trap = {
		.ev = { .vector = TG_VEC_MC, .type = TG_TYPE_EXCEPTION },
	}, nested = {			/* of a fault in its delivery, too */
		.ev = { .vector = TG_VEC_PF, .type = TG_TYPE_EXCEPTION },
		.first = { .vector = TG_VEC_MC, .type = TG_TYPE_EXCEPTION, .valid = true },
	}, soft = {			/* INT 18 is none */
		.ev = { .vector = TG_VEC_MC, .type = TG_TYPE_INT_N },
	};
	u64 word;

	(void)state;
	s.trap = &nested;
	assert_int_equal(tg_guest_read(&s.run, DATA, &word, 8), TG_ERR_READ);
	s.trap = &soft;
	assert_int_equal(tg_guest_read(&s.run, DATA, &word, 8), TG_ERR_NONE);
	tg_run_forget_page(&s.run);
	s.trap = &trap;
	assert_int_equal(tg_guest_read(&s.run, DATA, &word, 8), TG_ERR_READ);
	assert_int_equal(tg_guest_to_phys(&s.run, DATA, &word), TG_ERR_READ);
	assert_int_equal(tg_guest_read_phys(&s.run, 8 * PAGE, &word, 8), TG_ERR_PHYSICAL);
	s.trap = NULL;
	assert_int_equal(tg_guest_read(&s.run, DATA, &word, 8), TG_ERR_NONE);
}

/* Only what reads the page is a read of it. */
static void test_script_other_fault(void **state)
{
	static struct tg_program program;
	const u8 at[16] = { 0 };

	(void)state;
	tg_jit_use(&program, 0x1000, 0x100, &(struct tg_jit_work){ .fault = 0x80 });
	s.run.program = &program;
	tg_run_page(&s.run, DATA, at);
	assert_int_equal(tg_run_fault(&s.run, 0x1010, DATA + 8, (u64)at + 8), 0x1080);
	assert_int_equal(tg_run_fault(&s.run, 0x1010, 0, 0), 0);
	assert_int_equal(tg_run_fault(&s.run, 0x1010, DATA + 8, (u64)at), 0);
	assert_int_equal(tg_run_fault(&s.run, 0x1010, DATA + PAGE, (u64)at + PAGE), 0);
	assert_int_equal(tg_run_fault(&s.run, 0x0fff, DATA + 8, (u64)at + 8), 0);
	assert_int_equal(tg_run_fault(&s.run, 0x1100, DATA + 8, (u64)at + 8), 0);
	s.run.page_room = 0;
	assert_int_equal(tg_run_fault(&s.run, 0x1010, DATA, (u64)at), 0);
}

static void test_mce_root_script(void **state)
{
	u64 word = 1;

	(void)state;
	vector = TG_VEC_MC;
	play_msr = EIPV;
	second_read_faults(SECOND_READ, DATA + 8);
	assert_true(v.mce_pending);
	/* Until the guest has it, nothing else is read: the next one would be the end. */
	run(SECOND_READ);
	assert_int_equal(s.run.error, TG_ERR_READ);
	assert_int_equal(s.run.error_value, DATA);
	assert_int_equal(tg_guest_read_phys(&s.run, 8 * PAGE, &word, 8), TG_ERR_PHYSICAL);
	assert_int_equal(tg_guest_write_phys(&s.run, 8 * PAGE, &word, 8), TG_ERR_PHYSICAL);
	assert_int_equal(tg_guest_write(&s.run, DATA, &word, 8), TG_ERR_WRITE);
	assert_int_equal(nr_faults, 1);
	v.mce_pending = false;
	run(SECOND_READ);
	assert_int_equal(s.run.error, TG_ERR_NONE);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_fixup), T(test_unexpected), T(test_mce_root_fixup), T(test_script_faults),
		T(test_script_faults_deep), T(test_mce_root_script),
		T(test_script_faults_simple), T(test_script_other_fault),
		T(test_mce_root_broadcast),
		T(test_mce_root_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
