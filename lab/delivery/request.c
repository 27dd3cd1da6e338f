// SPDX-License-Identifier: GPL-2.0
/*
 * Injections that the user asks for: what is refused and why, where the others arrive.
 * A program spins at CPL 3 under a timer whose handler asks.
 */
#include "test.h"
#include "text.h"

#define APIC_LVT_TIMER	0x32
#define APIC_COUNT	0x38
#define APIC_DIVIDE	0x3e
#define PERIODIC	(1u << 17)
#define TICKS		30
#define FORCE		TG_INJECT_F_FORCE
#define ERROR		TG_INJECT_F_ERROR
#define ADDRESS		TG_INJECT_F_ADDRESS

PIECE(spin, "", "1: jmp 1b", "nop");

static struct tg_inject_spec wanted;
static enum tg_inject_error answer;
static u32 ticks;

static void tick(struct lab_frame *f)
{
	world.nr_seen--;
	if (!ticks++)
		answer = host_inject(&wanted);
	if (ticks > TICKS)
		f->rip = world_at(spin.end);
}

/* The text of a run of the program. */
static const char *run(const struct tg_inject_spec *spec, void (*more)(void))
{
	static struct line seen;

	world_begin(&spin);
	world_user();
	world.flags |= FL_IF;
	wanted = *spec;
	ticks = 0;
	world.on_gate[0x51] = tick;
	world.after[0x51] = AFTER_RETURN;
	if (more)
		more();
	host_arm(NULL, 0);
	host_vcpu()->gdt_rw = (u64)world_gdt;
	world_enter = host_enter;
	world_leave = host_leave;
	lab_apic_write(APIC_DIVIDE, 0xb);
	lab_apic_write(APIC_LVT_TIMER, 0x51 | PERIODIC);
	lab_apic_write(APIC_COUNT, 100000);
	world_run();
	lab_apic_write(APIC_COUNT, 0);
	world_clean();
	text_run(&seen);
	return seen.text;
}

static const char *sees(const struct tg_inject_spec *spec, void (*more)(void), const char *right)
{
	static char why[400];
	const char *got = run(spec, more);

	if (world.problem)
		return world.problem;
	if (answer)
		return "refused";
	if (text_is(got, right))
		return NULL;
	lab_format(why, sizeof(why), "'%s' instead of '%s'", got, right);
	return why;
}

static const char *exception(void)
{
	static const struct tg_inject_spec ud = { .type = TG_TYPE_EXCEPTION, .vector = 6 };

	return sees(&ud, NULL, "06 insn,rf,if,u stop|06 insn,rf,if,u stop,left 51");
}

static const char *error_code(void)
{
	static const struct tg_inject_spec gp = {
		.type = TG_TYPE_EXCEPTION, .vector = 13, .flags = ERROR, .error = 0xabc8 };

	return sees(&gp, NULL, "0d(abc8) insn,rf,if,u stop|0d(abc8) insn,rf,if,u stop,left 51");
}

static const char *error_code_default(void)
{
	static const struct tg_inject_spec np = { .type = TG_TYPE_EXCEPTION, .vector = 11 };

	return sees(&np, NULL, "0b(0) insn,rf,if,u stop|0b(0) insn,rf,if,u stop,left 51");
}

static const char *page_fault(void)
{
	static const struct tg_inject_spec pf = {
		.type = TG_TYPE_EXCEPTION, .vector = 14, .flags = ERROR | ADDRESS, .error = 6,
		.address = NOWHERE };

	return sees(&pf, NULL, "0e(6) insn,rf,if,u,cr2=nowhere stop|"
			       "0e(6) insn,rf,if,u,cr2=nowhere stop,left 51");
}

static void dpl3(void)
{
	world_gate_type(0x80, 0xee);
}

static const struct tg_inject_spec int80 = {
	.type = TG_TYPE_INT_N, .vector = 0x80, .length = 2 };

static const char *software(void)
{
	return sees(&int80, dpl3, "80 next,if,u stop|80 next,if,u stop,left 51");
}

/* As the instruction would: checked against the gate's DPL. */
static const char *software_dpl(void)
{
	if (machine_bug("exc-gp-int"))
		return "-emulator bug exc-gp-int";
	return sees(&int80, NULL, "0d(402) insn,rf,if,u stop|0d(402) insn,rf,if,u stop,left 51");
}

static const char *int1_(void)
{
	static const struct tg_inject_spec int1 = {
		.type = TG_TYPE_INT1, .vector = 1, .length = 2 };

	return sees(&int1, NULL, "01 next,if,u,dr6=ffff0ff0 stop|"
				 "01 next,if,u,dr6=ffff0ff0 stop,left 51");
}

static const char *pid(void)
{
	static const struct tg_inject_spec ours = {
		.type = TG_TYPE_EXCEPTION, .vector = 6, .flags = TG_INJECT_F_PID, .pid = HOST_PID };

	return sees(&ours, NULL, "06 insn,rf,if,u stop|06 insn,rf,if,u stop,left 51");
}

static const char *other_pid(void)
{
	static const struct tg_inject_spec other = {
		.type = TG_TYPE_EXCEPTION, .vector = 6, .flags = TG_INJECT_F_PID,
		.pid = HOST_PID + 1 };

	return sees(&other, NULL, "end,if,u|end,if,u,left 51");
}

/* Its delivery faults: as the processor's own would, the second one arrives. */
static void no_gate(void)
{
	world_gate_type(6, 0x0e);
}

static const char *nested(void)
{
	static const struct tg_inject_spec ud = { .type = TG_TYPE_EXCEPTION, .vector = 6 };

	if (machine_bug("exc-gp-int"))
		return "-emulator bug exc-gp-int";
	return sees(&ud, no_gate, "0b(33) insn,rf,if,u stop|0b(33) insn,rf,if,u stop,left 51");
}

/* ---- in the kernel, that is here ---- */

static u64 at_ud, order;

static void note_ud(struct lab_frame *f)
{
	at_ud = f->rip;
	order = lab_count[0x41];
}

static const char *with_guest(const char *(*what)(void))
{
	const char *why;

	host_arm(NULL, 0);
	host_vcpu()->gdt_rw = (u64)lab_gdt;
	why = host_enter();
	if (why)
		return why;
	why = what();
	host_leave();
	return why;
}

/* Forced: at the next interrupt's exit, and before that interrupt. */
static const char *forced_here(void)
{
	const struct tg_inject_spec ud = {
		.type = TG_TYPE_EXCEPTION, .vector = 6, .flags = FORCE };
	u64 before = lab_count[6], interrupts = lab_count[0x41];

	lab_handlers[6] = note_ud;
	if (host_inject(&ud))
		return "refused";
	if (lab_count[6] != before)
		return "came in the call";
	lab_apic_send_self(0x41);
	asm volatile("sti; nop; nop; cli" : : : "memory");
	lab_handlers[6] = NULL;
	if (lab_count[6] != before + 1)
		return "did not come once";
	return order == interrupts && lab_count[0x41] == interrupts + 1 ? NULL :
	       "not before the interrupt";
}

static const char *forced(void)
{
	return with_guest(forced_here);
}

static const char *not_forced_here(void)
{
	const struct tg_inject_spec ud = { .type = TG_TYPE_EXCEPTION, .vector = 6 };
	u64 before = lab_count[6], interrupts = lab_count[0x41];
	u32 i;

	for (i = 0; i < 8; i++)
		if (host_inject(&ud))
			return "refused";
	if (host_inject(&ud) != TG_INJECT_ERR_FULL)
		return "the ninth is not refused";
	lab_apic_send_self(0x41);
	asm volatile("sti; nop; nop; cli" : : : "memory");
	if (lab_count[0x41] != interrupts + 1)
		return "the interrupt did not come";
	return lab_count[6] == before ? NULL : "came into the kernel without force";
}

static const char *not_forced(void)
{
	return with_guest(not_forced_here);
}

static const char *interrupt_here(void)
{
	const struct tg_inject_spec spec = { .type = TG_TYPE_INTERRUPT, .vector = 0x77 };
	u64 before = lab_count[0x77];

	if (host_inject(&spec))
		return "refused";
	if (lab_count[0x77] != before)
		return "came with IF=0";
	asm volatile("sti; nop; nop; cli" : : : "memory");
	return lab_count[0x77] == before + 1 ? NULL : "did not come once";
}

static const char *interrupt(void)
{
	return with_guest(interrupt_here);
}

static const char *nmi_here(void)
{
	const struct tg_inject_spec spec = { .type = TG_TYPE_NMI, .vector = 2 };
	u64 before = lab_count[2];

	if (host_inject(&spec))
		return "refused";
	asm volatile("jmp 1f; 1: nop; nop" : : : "memory");
	return lab_count[2] == before + 1 ? NULL : "did not come once";
}

static const char *nmi(void)
{
	return with_guest(nmi_here);
}

/* ---- refusals ---- */

#define EXC	TG_TYPE_EXCEPTION
static const struct {
	struct tg_inject_spec spec;
	enum tg_inject_error error;
} refusals[] = {
	{ { EXC, 6, 1u << 4 }, TG_INJECT_ERR_FLAGS },
	{ { EXC, 13, 0, 1 }, TG_INJECT_ERR_FLAGS },
	{ { EXC, 6, 0, 0, 0, 7 }, TG_INJECT_ERR_FLAGS },
	{ { EXC, 14, 0, 0, 0, 0, 7 }, TG_INJECT_ERR_FLAGS },
	{ { EXC, 6, .reserved = 1 }, TG_INJECT_ERR_FLAGS },
	{ { 1, 6 }, TG_INJECT_ERR_TYPE },
	{ { 7, 6 }, TG_INJECT_ERR_TYPE },
	{ { 0xffffffff, 6 }, TG_INJECT_ERR_TYPE },
	{ { EXC, 0x100 }, TG_INJECT_ERR_VECTOR },
	{ { TG_TYPE_INTERRUPT, TG_ALL }, TG_INJECT_ERR_VECTOR },
	{ { EXC, 0x20 }, TG_INJECT_ERR_EXCEPTION_VECTOR },
	{ { EXC, 0xff }, TG_INJECT_ERR_EXCEPTION_VECTOR },
	{ { EXC, 2 }, TG_INJECT_ERR_NOT_AN_EXCEPTION },
	{ { EXC, 9 }, TG_INJECT_ERR_RESERVED },
	{ { EXC, 15 }, TG_INJECT_ERR_RESERVED },
	{ { EXC, 20 }, TG_INJECT_ERR_RESERVED },
	{ { EXC, 21 }, TG_INJECT_ERR_RESERVED },
	{ { EXC, 22 }, TG_INJECT_ERR_RESERVED },
	{ { EXC, 29 }, TG_INJECT_ERR_RESERVED },
	{ { EXC, 31 }, TG_INJECT_ERR_RESERVED },
	{ { EXC, 3 }, TG_INJECT_ERR_BY_INSTRUCTION },
	{ { EXC, 4 }, TG_INJECT_ERR_BY_INSTRUCTION },
	{ { EXC, 5 }, TG_INJECT_ERR_NOT_IN_64_BIT },
	{ { TG_TYPE_INTERRUPT, 0x1f }, TG_INJECT_ERR_INTERRUPT_VECTOR },
	{ { TG_TYPE_NMI, 3 }, TG_INJECT_ERR_NMI_VECTOR },
	{ { TG_TYPE_INT3_INTO, 5, .length = 1 }, TG_INJECT_ERR_INT3_INTO_VECTOR },
	{ { TG_TYPE_INT1, 3, .length = 1 }, TG_INJECT_ERR_INT1_VECTOR },
	{ { EXC, 6, ERROR }, TG_INJECT_ERR_NO_ERROR_CODE },
	{ { TG_TYPE_NMI, 2, ERROR }, TG_INJECT_ERR_NO_ERROR_CODE },
	{ { TG_TYPE_INTERRUPT, 0x41, ERROR, 1 }, TG_INJECT_ERR_NO_ERROR_CODE },
	{ { TG_TYPE_INT_N, 13, ERROR, .length = 2 }, TG_INJECT_ERR_NO_ERROR_CODE },
	{ { EXC, 8, ERROR | FORCE, 1 }, TG_INJECT_ERR_ERROR_IS_ZERO },
	{ { EXC, 17, ERROR, 4 }, TG_INJECT_ERR_ERROR_IS_ZERO },
	{ { EXC, 13, ERROR, 0x10000 }, TG_INJECT_ERR_ERROR_BITS },
	{ { EXC, 13, ERROR, 0xffffffff }, TG_INJECT_ERR_ERROR_BITS },
	{ { TG_TYPE_INT_N, 0x80 }, TG_INJECT_ERR_LENGTH },
	{ { TG_TYPE_INT_N, 0x80, .length = 16 }, TG_INJECT_ERR_LENGTH },
	{ { TG_TYPE_INT3_INTO, 3 }, TG_INJECT_ERR_LENGTH },
	{ { TG_TYPE_INT1, 1, .length = 0xffffffff }, TG_INJECT_ERR_LENGTH },
	{ { EXC, 6, .length = 1 }, TG_INJECT_ERR_NO_LENGTH },
	{ { TG_TYPE_NMI, 2, .length = 1 }, TG_INJECT_ERR_NO_LENGTH },
	{ { EXC, 14 }, TG_INJECT_ERR_ADDRESS },
	{ { EXC, 6, ADDRESS }, TG_INJECT_ERR_NO_ADDRESS },
	{ { TG_TYPE_INT_N, 14, ADDRESS, .length = 2 }, TG_INJECT_ERR_NO_ADDRESS },
	{ { TG_TYPE_NMI, 2, TG_INJECT_F_PID, .pid = 1 }, TG_INJECT_ERR_NOT_QUEUED },
	{ { TG_TYPE_INTERRUPT, 0x41, TG_INJECT_F_PID }, TG_INJECT_ERR_NOT_QUEUED },
	{ { EXC, 8 }, TG_INJECT_ERR_FORCE },
	{ { EXC, 18 }, TG_INJECT_ERR_FORCE },
};

static const char *refused_here(void)
{
	static char why[100];
	struct tg_cpu *core = &host_vcpu()->core;
	u32 i;

	for (i = 0; i < TG_ARRAY_SIZE(refusals); i++) {
		enum tg_inject_error got = host_inject(&refusals[i].spec);

		if (got != refusals[i].error || core->requests.count || core->nmi_pending) {
			lab_format(why, sizeof(why), "case %u: error %u instead of %u", i, got,
				   refusals[i].error);
			return why;
		}
	}
	return NULL;
}

static const char *refused(void)
{
	return with_guest(refused_here);
}

void tests_request(void)
{
	test_own("lab_inj_type_user_exception", exception);
	test_own("lab_inj_err_user_given", error_code);
	test_own("lab_inj_err_user_default", error_code_default);
	test_own("lab_inj_cr2_user", page_fault);
	test_own("lab_inj_type_user_software", software);
	test_own("lab_inj_dpl_user_software", software_dpl);
	test_own("lab_inj_type_user_int1", int1_);
	test_own("lab_inj_nest_user", nested);
	test_own("lab_inj_type_user_pid", pid);
	test_own("lab_inj_type_user_other_pid", other_pid);
	test_own("lab_inj_type_user_forced", forced);
	test_own("lab_inj_type_user_not_forced", not_forced);
	test_own("lab_inj_type_user_interrupt", interrupt);
	test_own("lab_inj_type_user_nmi", nmi);
	test_own("lab_inj_type_user_refused", refused);
}
