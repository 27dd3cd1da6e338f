// SPDX-License-Identifier: GPL-2.0
/*
 * What root mode owes that no single event shows: exits counted exactly (INT-ONE, NMI-OWN),
 * whose VMCALL is taken, the two halves of PTI, the APIC shared with the guest, stale
 * translations, and what is done at an exit from CPL 3 and an entry to it (SPEC).
 */
#include "backend.h"
#include "test.h"

#define SEND(vector)	"movl $0x440" #vector ", (%rdi)\njmp 1f\n1: nop\n"
#define NMIS		20
#define APIC_ICR	0x30
#define APIC_ICR2	0x31
#define SOMEBODY	0x55000000u
#define MSR_APIC_BASE	0x1b
#define MSR_X2APIC	0x800
#define IPI_SELF	0x44000u

PIECE(three, "sti\nnop", "nop", SEND(41) SEND(51) SEND(91) "cli");
PIECE(nmis, "mov %r9d, 0x10(%rdi)\nmov $20, %ecx", "nop",
      "1: movl $0x4400, (%rdi)\njmp 2f\n2: nop\ndec %ecx\njnz 1b");
PIECE(ud, "nop", "ud2", "nop");
PIECE(rdtsc_, "", "rdtsc", "nop");
PIECE(vmcall_, "nop", "vmcall", "nop");
PIECE(vmmcall_, "nop", "vmmcall", "nop");
PIECE(jump, "", "jmp *%r8", "nop");
PIECE(cpuid_ud, "", "cpuid", "ud2");

/* ---- counts ------------------------------------------------------------------ */

static void returns(u64 arg)
{
	int v;

	(void)arg;
	for (v = 0x20; v < 256; v++)
		world.after[v] = AFTER_RETURN;
	world.after[2] = AFTER_RETURN;
	world.r9 = *(volatile u32 *)0xfee00020;
}

/* The one that arms what is wanted, and the one that leaves. */
#define OWN_EXITS	2

static const char *three_exits(enum mode mode)
{
	const struct tg_cpu *core = &host_vcpu()->core;
	bool hooked = mode == MODE_HOOKED || everything(mode);

	if (mode == MODE_BARE)
		return NULL;
	if (core->exits_interrupt != (hooked ? 3 : 0))
		return hooked ? "not one exit for each interrupt, hooked or not"
			      : "an exit for an interrupt that nobody wants";
	if (core->exits_exception || core->exits_nmi)
		return "exits for exceptions";
	return core->exits == OWN_EXITS + core->exits_interrupt + core->exits_window ?
	       NULL : "other exits";
}

static const char *no_exits(enum mode mode)
{
	const struct tg_cpu *core = &host_vcpu()->core;

	if (mode == MODE_BARE || everything(mode))
		return NULL;
	return core->exits == OWN_EXITS ? NULL : "exits with an exception armed alone";
}

/* All are the guest's, and all come: we send none. */
static const char *all_nmis(enum mode mode)
{
	const struct tg_cpu *core = &host_vcpu()->core;

	if (mode == MODE_BARE)
		return NULL;
	if (core->exits_nmi + core->root_nmis != NMIS)
		return "not the guest's NMIs, and no others";
	return core->injected_nmis == NMIS ? NULL : "not all were injected";
}

/* ---- VMCALL -------------------------------------------------------------------- */

static void call_number(u64 number)
{
	world.rax = number;
}

static u64 site(void)
{
	return (u64)test_backend()->hypercall_site;
}

/* Our own instruction, run by a program. */
static void from_user(u64 number)
{
	world_open_high(true);
	world_user();
	world.rax = number;
	world.r8 = site();
}

static const char *at_site(enum mode mode)
{
	(void)mode;
	world_open_high(false);
	if (world.nr_seen != 1 || world.seen[0].vector != 6 || world.seen[0].rip != site())
		return "no #UD at the call";
	return (world.seen[0].cs & 3) == 3 ? NULL : "not from CPL 3";
}

static const char *unknown_call(void)
{
	const char *why;
	long got;

	host_arm(NULL, 0);
	why = host_enter();
	if (why)
		return why;
	got = host_hypercall(99);
	why = got != -22 ? "an unknown call is not -EINVAL" :
	      !host_loaded() ? "an unknown call takes the CPU out" : NULL;
	host_leave();
	return why;
}

static u64 undefined;

static void skip_vmmcall(struct lab_frame *f)
{
	undefined++;
	f->rip += 3;
}

/* For a hypervisor below, and there is none: VMMCALL of root mode is #UD, and the guest's. */
static const char *nested_call(void)
{
	const char *why;
	u64 rax = 5;

	if (test_backend()->letter != 'A')
		return "-VMCALL of VMX root operation fails without a fault";
	undefined = 0;
	host_arm(NULL, 0);
	host_nested(true);
	why = host_enter();
	if (!why) {
		lab_handlers[6] = skip_vmmcall;
		asm volatile("vmmcall" : "+a"(rax) : : "memory");
		lab_handlers[6] = NULL;
		host_leave();
		why = undefined != 1 ? "not #UD, once" : rax != 5 ? "RAX has changed" : NULL;
	}
	host_nested(false);
	return why;
}

/* ---- KPTI ---------------------------------------------------------------------- */

/* As the kernel's entry code. */
static void to_kernel_half(struct lab_frame *f)
{
	(void)f;
	lab_write_cr3(world_cr3());
}

static void user_half(u64 arg)
{
	(void)arg;
	world_user();
	world.user_half = true;
	world.on_gate[6] = to_kernel_half;
}

static const char *cr3_of_record(enum mode mode)
{
	if ((mode == MODE_HOOKED || everything(mode)) &&
	    host_record(0)->cr3 != (world_cr3() | 0x1000))
		return "the record has another CR3";
	return NULL;
}

static u64 cr3_at_the_end;

static void on_fatal(struct tg_vcpu *v)
{
	void world_home(void) __attribute__((noreturn));

	(void)v;
	cr3_at_the_end = lab_read_cr3();
	lab_write_cr3(world_cr3());
	world.ending = END_FATAL;
	world_home();
}

/* RDTSC exits from now on, and nobody has asked for that. */
static void ask_for_rdtsc(struct tg_vcpu *v, bool leaves)
{
	(void)leaves;
	test_on_exit = NULL;
	test_backend()->ask_for_rdtsc(v);
}

/* The end comes at CPL 3, and the kernel's last words want its own half. */
static const char *fatal_from_user(void)
{
	world_begin(&rdtsc_);
	user_half(0);
	host_arm(NULL, 0);
	host_vcpu()->gdt_rw = (u64)world_gdt;
	host_pti(true);
	host_on_fatal = on_fatal;
	test_on_exit = ask_for_rdtsc;
	world_enter = host_enter;
	world_leave = host_leave;
	cr3_at_the_end = 0;
	world_run();
	test_on_exit = NULL;
	host_on_fatal = test_on_fatal;
	host_pti(false);
	if (world.problem)
		return world.problem;
	if (world.ending != END_FATAL)
		return "the exit was resumed from";
	return cr3_at_the_end == world_cr3() ? NULL : "not on the kernel's half";
}

#define PAGE_A		AT_PAGE(0x20)
#define PAGE_B		AT_PAGE(0x21)

/* ---- another kernel ------------------------------------------------------------ */

/*
 * As a crash kernel's start does it: on page tables that do not map root mode, here without
 * the upper half, VMXE goes. Of the events none is that kernel's.
 */
PIECE(other_kernel, "push %rbx\npush %rcx\nmov %cr3, %rbx\nmov %rax, %cr3\nmov %cr4, %rcx\n"
      "btr $13, %rcx\nmov %rcx, %cr4\nmov %rbx, %cr3\npop %rcx\npop %rbx", "ud2", "nop");

static void lower_half(u64 arg)
{
	u64 *top = world_pointer(PAGE_A), *from = (u64 *)(world_cr3() + LAB_HIGH);
	u32 i;

	(void)arg;
	for (i = 0; i < 512; i++)
		top[i] = i < 256 ? from[i] : 0;
	world.rax = lab_physical(top);
}

/* ---- the APIC ------------------------------------------------------------------ */

static u64 came;

static void count_it(struct lab_frame *f)
{
	(void)f;
	came++;
	if (lab_rdmsr(MSR_APIC_BASE) & TGX_APIC_X2APIC)
		lab_wrmsr(MSR_X2APIC + TGX_APIC_EOI, 0);
}

static void send_self(u8 vector)
{
	if (lab_rdmsr(MSR_APIC_BASE) & TGX_APIC_X2APIC)
		lab_wrmsr(MSR_X2APIC + TGX_APIC_ICR, IPI_SELF | vector);
	else
		lab_apic_send_self(vector);
	asm volatile("sti; nop; nop; cli" : : : "memory");
}

/* Swallowed, and raised by root mode when the event goes; ICR2 in the middle of a guest's IPI. */
static const char *raised_by_root(bool xapic)
{
	const struct host_event swallow = { TG_EVENT_INTERRUPT, 0x41, TG_EV_SWALLOW };
	const char *why;
	u64 swallowed;
	u32 icr2 = SOMEBODY;

	came = 0;
	lab_handlers[0x41] = count_it;
	host_arm(&swallow, 1);
	why = host_enter();
	if (why)
		return why;
	send_self(0x41);
	swallowed = !came;
	if (xapic)
		lab_apic_write(APIC_ICR2, SOMEBODY);
	host_arm(NULL, 0);
	if (xapic)
		icr2 = lab_apic_read(APIC_ICR2);
	asm volatile("sti; nop; nop; cli" : : : "memory");
	host_leave();
	if (xapic)
		lab_apic_write(APIC_ICR2, 0);
	lab_handlers[0x41] = NULL;
	if (!swallowed)
		return "was not swallowed";
	if (came != 1)
		return "did not come again once";
	return icr2 == SOMEBODY ? NULL : "ICR2 has changed under the guest";
}

static const char *xapic(void)
{
	return raised_by_root(true);
}

/* For good: the emulators cannot turn an APIC off and on. */
static const char *x2apic(void)
{
	u32 a = 1, b, c = 0, d;

	x86_cpuid(&a, &b, &c, &d);
	if (!(c >> 21 & 1))
		return "-the processor has no x2APIC";
	lab_wrmsr(MSR_APIC_BASE, lab_rdmsr(MSR_APIC_BASE) | TGX_APIC_X2APIC);
	return raised_by_root(false);
}

/* ---- TLB ----------------------------------------------------------------------- */

static u64 *entry_of(u64 address)
{
	u64 *table = (u64 *)(world_cr3() + LAB_HIGH);
	u32 shift;

	for (shift = 39; shift > 12; shift -= 9)
		table = (u64 *)((table[address >> shift & 511] & 0x000ffffffffff000) + LAB_HIGH);
	return &table[address >> 12 & 511];
}

/* PAGE_A's entry takes the other frame, and nobody says so to the processor. */
static void turn_over(void)
{
	u64 *a = entry_of(PAGE_A), *b = entry_of(PAGE_B), old = *a;

	*a = *b;
	*b = old;
}

static u64 look(void)
{
	return *(volatile u64 *)PAGE_A;
}

/* Entering and leaving flush everything: what is there now is seen (TLB). */
static const char *stale(void)
{
	const char *why;
	u64 before, in, after;

	world_begin(&ud);
	*(u64 *)world_pointer(PAGE_A) = 0xa;
	*(u64 *)world_pointer(PAGE_B) = 0xb;
	host_arm(NULL, 0);
	before = look();
	turn_over();
	why = host_enter();
	if (why)
		return why;
	in = look();
	turn_over();
	host_leave();
	after = look();
	if (before != 0xa)
		return "the page is not there";
	if (in != 0xb)
		return "a translation from before entering is used";
	return after == 0xa ? NULL : "a translation of the guest's is used after leaving";
}

static const char *flushes(void)
{
	const char *why;
	bool flushed;

	host_arm(NULL, 0);
	why = host_enter();
	if (why)
		return why;
	flushed = test_backend()->flushed(host_vcpu());
	host_leave();
	return flushed ? NULL : "not flushed once on entering";
}

/* ---- SPEC ---------------------------------------------------------------------- */

static u32 from_user_calls, exits_of[2], entries, verw_of[2], wrong;

void __wrap_tg_vmx_from_user(void);
void __wrap_tg_svm_barrier(struct tg_vcpu *v);

/* No emulator has IA32_SPEC_CTRL: that it is to be set is counted. */
void __wrap_tg_vmx_from_user(void)
{
	from_user_calls++;
}

void __wrap_tg_svm_barrier(struct tg_vcpu *v)
{
	(void)v;
	from_user_calls++;
}

/* What the entry code is told: VERW exactly where the entry stays at CPL 3. */
static void slow_seen(struct tg_vcpu *v, bool leaves)
{
	bool user = test_backend()->at_user(v);

	exits_of[user]++;
	if (leaves)
		return;
	entries++;
	if (test_backend()->injects(v))
		return;			/* the kernel does it itself then */
	verw_of[user] += v->verw;
	if (v->verw != user)
		wrong++;
}

/* flags of the event: swallowed, the #UD comes again until that is too much. */
static const char *slow_run_as(u32 slow, bool at_user, u32 flags)
{
	const struct host_event hook = { TG_EVENT_EXCEPTION, 6, flags };
	u32 old = host_vcpu()->slow;

	from_user_calls = exits_of[0] = exits_of[1] = entries = verw_of[0] = verw_of[1] = wrong = 0;
	world_begin(&cpuid_ud);
	if (at_user)
		world_user();
	host_arm(&hook, 1);
	host_vcpu()->gdt_rw = (u64)world_gdt;
	host_vcpu()->slow = slow;
	test_on_exit = slow_seen;
	world_enter = host_enter;
	world_leave = host_leave;
	world_run();
	test_on_exit = NULL;
	host_vcpu()->slow = old;
	host_vcpu()->verw = 0;
	if (world.problem)
		return world.problem;
	if (world.nr_seen != 1 || world.seen[0].vector != 6)
		return "the #UD did not come";
	return wrong && (slow & SLOW_VERW) ? "VERW is not asked for exactly at CPL 3" : NULL;
}

static const char *slow_run(u32 slow, bool at_user)
{
	return slow_run_as(slow, at_user, 0);
}

static const char *slow_verw(void)
{
	const char *why = slow_run(SLOW_VERW, true);
	u32 cpuid_exits = test_backend()->cpuid_exits;

	if (why)
		return why;
	if (exits_of[1] != cpuid_exits + 1)
		return "not the exits from CPL 3";
	if (verw_of[1] != cpuid_exits)
		return "no VERW before CPL 3 goes on";
	why = slow_run(SLOW_VERW, false);
	return why ? why : verw_of[0] || exits_of[1] ? "VERW at CPL 0" : NULL;
}

static const char *slow_ibrs(void)
{
	const char *why = slow_run(SLOW_IBRS, true);

	if (why)
		return why;
	if (from_user_calls != exits_of[1] || !exits_of[1])
		return "IBRS is not set at each exit from CPL 3";
	why = slow_run(SLOW_IBRS, false);
	if (!why && (from_user_calls || !exits_of[0]))
		return "IBRS is set at an exit from CPL 0";
	return why;
}

/* AMD-V: the division of the entry code faults on nothing and spoils no register. */
static const char *slow_divider(void)
{
	const char *why = test_backend()->others == ONLY_AMD ? "-VT-x has no such divider" : NULL;

	if (!why)
		why = slow_run_as(SLOW_VERW | SLOW_DIVIDER, true, TG_EV_SWALLOW);
	if (!why)
		why = slow_run_as(SLOW_DIVIDER, true, TG_EV_SWALLOW);
	return why || verw_of[1] ? why : "no division before CPL 3 goes on";
}

/* AMD-V: where untrained returns of the kernel do not help, the barrier is at each exit. */
static const char *slow_barrier(void)
{
	const char *why = test_backend()->others == ONLY_AMD ? "-VT-x has no such returns" : NULL;

	if (!why)
		why = slow_run(SLOW_IBPB, true);
	if (why)
		return why;
	if (from_user_calls != exits_of[1] || !exits_of[1])
		return "not a barrier at each exit from CPL 3";
	why = slow_run(SLOW_IBPB_ALL, true);
	if (!why && from_user_calls != exits_of[0] + exits_of[1])
		return "not a barrier at each exit";
	if (!why)
		why = slow_run(SLOW_IBPB_ALL, false);
	if (!why && (from_user_calls != exits_of[0] || !exits_of[0]))
		return "not a barrier at each exit from CPL 0";
	return why;
}

static const char *slow_none(void)
{
	const char *why = slow_run(0, true);

	return why ? why : from_user_calls || verw_of[1] ? "something is done" : NULL;
}

static const struct test table[] = {
	{ .name = "lab_int_one_none_armed", .piece = &three, .setup = returns,
	  .right = "41 next+6,if 51 next+15,if 91 next+24,if end|"
		"41 next+8,if 51 next+17,if 91 next+26,if end",
	  .hooks = "41", .records = "41x next+6|41x next+8", .check = three_exits },
	{ .name = "lab_int_one_exception_armed", .piece = &three, .setup = returns,
	  .right = "41 next+6,if 51 next+15,if 91 next+24,if end|"
		"41 next+8,if 51 next+17,if 91 next+26,if end", .hooks = "06 0e", .records = "",
	  .check = no_exits },
	{ .name = "lab_nmi_own_all_delivered", .piece = &nmis, .setup = returns, .hooks = "02",
	  .check = all_nmis, .flags = ANY_RECORDS },
	{ .name = "lab_vmcall_rearm", .piece = &vmcall_, .setup = call_number, .arg = TG_CALL_REARM,
	  .right = "06 insn,rf stop", .hooks = "06", .records = "06e insn" },
	{ .name = "lab_vmcall_leave", .piece = &vmcall_, .setup = call_number, .arg = TG_CALL_LEAVE,
	  .right = "06 insn,rf stop", .hooks = "06", .records = "06e insn" },
	{ .name = "lab_vmcall_vmmcall_leave", .piece = &vmmcall_, .setup = call_number,
	  .arg = TG_CALL_LEAVE, .right = "06 insn,rf stop", .hooks = "06", .records = "06e insn" },
	{ .name = "lab_vmcall_user_at_site", .piece = &jump, .setup = from_user,
	  .arg = TG_CALL_LEAVE, .hooks = "06", .check = at_site, .flags = ANY_RECORDS },
	{ .name = "lab_leave_other_kernel", .piece = &other_kernel, .setup = lower_half,
	  .right = "06 insn,rf stop", .hooks = "06", .records = "",
	  .swallowed = "06 insn,rf stop", .swallow_records = "", .flags = ONLY_INTEL,
	  .only = "EFER.SVME is no bit of CR4" },
	{ .name = "lab_kpti_user_half", .piece = &ud, .setup = user_half,
	  .right = "06 insn,rf,u stop", .hooks = "06", .records = "06e insn,cpl3",
	  .check = cr3_of_record },
};

void tests_root(void)
{
	RUN_TABLE(table);
	test_own("lab_vmcall_unknown", unknown_call);
	test_own("lab_vmcall_nested", nested_call);
	test_own("lab_kpti_fatal", fatal_from_user);
	test_own("lab_tlb_stale", stale);
	test_own("lab_tlb_flushed_once", flushes);
	test_own("lab_spec_verw", slow_verw);
	test_own("lab_spec_ibrs", slow_ibrs);
	test_own("lab_spec_barrier", slow_barrier);
	test_own("lab_spec_divider", slow_divider);
	test_own("lab_spec_none", slow_none);
	test_own("lab_apic_root_xapic", xapic);
	test_own("lab_apic_root_x2apic", x2apic);
}
