// SPDX-License-Identifier: GPL-2.0
/*
 * The delivery table as a suite. Arguments: the machine's name as in
 * lab/probe/expected, then nothing, "only NAME", or "after NAME" (for the boot that
 * follows one that died). "begin NAME" comes before each test.
 */
#include "backend.h"
#include "test.h"
#include "text.h"

#define APIC_SVR	0x0f
#define APIC_ENABLED	(1u << 8)
#define SPURIOUS	0x1f		/* Bochs' APIC ends none that has this vector */

static const char *const mode_names[NR_MODES] = { "bare", "loaded", "hooked", "all",
						    "script", "swallowed" };

static char machine[32], wanted[80];
static enum { RUN_ALL, RUN_ONLY, RUN_AFTER } choice;
static bool verbose;
static int failures;
static struct line runs[NR_MODES], records;

bool machine_bug(const char *name)
{
	return host_emulator_bug(machine, name);
}

bool machine_is_late(void)
{
	return machine[0] == 'q';
}

/* The first of the test's bugs with that meaning that this machine has. */
static const char *bug_of(const struct test *t, enum bug_means means)
{
	u32 i;

	for (i = 0; i < TEST_BUGS && t->bugs[i].name; i++)
		if (t->bugs[i].means == means && machine_bug(t->bugs[i].name))
			return t->bugs[i].name;
	return NULL;
}

static u32 hex(const char **p)
{
	u32 v = 0;

	for (; (**p >= '0' && **p <= '9') || (**p >= 'a' && **p <= 'f'); (*p)++)
		v = v * 16 + (**p <= '9' ? **p - '0' : **p - 'a' + 10);
	return v;
}

/* What follows a vector. */
static u32 stage_of(const char **p)
{
	u32 stage = **p == '+' ? TG_STAGE_ALL : **p == '>' ? TG_STAGE_POST : TG_STAGE_PRE;

	while (**p && (**p < '0' || **p > '9') && (**p < 'a' || **p > 'f'))
		(*p)++;
	return stage;
}

static bool has_post(const char *hooks)
{
	for (; hooks && *hooks; hooks++)
		if (*hooks == '+' || *hooks == '>')
			return true;
	return false;
}

/* VT-x without a timer, so that the monitor trap flag has to do. */
static const char *enter_without_timer(void)
{
	const char *why = host_enter();

	host_vcpu()->vmx.ctls.timer = false;
	return why;
}

static void arm(const struct test *t, enum mode mode)
{
	struct host_event events[HOST_EVENTS];
	const char *p = t->hooks;
	u32 n = 0;

	if (everything(mode)) {
		u32 stage = has_post(t->hooks) ? TG_STAGE_ALL : TG_STAGE_PRE;
		bool script = mode == MODE_SCRIPT;

		events[n++] = (struct host_event) { TG_EVENT_EXCEPTION, TG_ALL, 0, stage, script };
		events[n++] = (struct host_event) { TG_EVENT_INTERRUPT, TG_ALL, 0, stage, script };
	}
	while ((mode == MODE_HOOKED || mode == MODE_SWALLOWED) && *p && n < HOST_EVENTS) {
		u32 v = hex(&p), stage = stage_of(&p);

		if (v > 255) {
			events[n++] = (struct host_event) {
				TG_EVENT_INTERRUPT, TG_ALL,
				mode == MODE_SWALLOWED ? TG_EV_SWALLOW : 0,
			};
			continue;
		}
		events[n++] = (struct host_event) {
			v < 32 ? TG_EVENT_EXCEPTION : TG_EVENT_INTERRUPT, v,
			mode == MODE_SWALLOWED && stage == TG_STAGE_PRE ? TG_EV_SWALLOW : 0,
			stage, false,
		};
	}
	host_arm(events, n);
}

void test_on_fatal(struct tg_vcpu *v)
{
	void world_home(void) __attribute__((noreturn));

	world.ending = END_FATAL;
	if (!v->departure.triple)
		host_dump();
	world_home();
}

/* QEMU's comes at the end of a translation block. */
#define A_LITTLE	asm volatile("jmp 1f; 1: nop; jmp 2f; 2: nop" : : : "memory")

/* By one more NMI, which an IRET lets in, whatever the piece has done to its gate. */
static void see_nmi_blocking(void)
{
	extern const u8 world_stubs[256][16];
	u64 before = lab_count[2], ss, rsp;

	world_idt_page(0, true);
	world_idt_page(1, true);
	lab_gate_set(world_gate(2), (u64)world_stubs[2], LAB_CS, 0x8e, 0);
	lab_apic_send_self_nmi();
	A_LITTLE;
	world.nmi_blocked = lab_count[2] == before;
	asm volatile("mov %%ss, %0; mov %%rsp, %1; push %0; push %1; pushfq; mov %%cs, %0; push %0;"
		     "lea 1f(%%rip), %0; push %0; iretq; 1:" : "=&r"(ss), "=&r"(rsp) : : "memory");
	A_LITTLE;
	if (lab_count[2] != before + 1)
		world.problem = "the NMI at the end did not come once";
}

static bool see_nmi, stayed;
static u64 script_errors;

static void stay(void)
{
	if (see_nmi)
		see_nmi_blocking();
}

static void leave(void)
{
	stayed = host_loaded();
	text_records(&records);
	script_errors = host_event(0)->script_errors + host_event(1)->script_errors;
	if (see_nmi && stayed) {
		host_arm(NULL, 0);
		see_nmi_blocking();
	}
	host_leave();
}

/* NULL, or what is wrong. */
static const char *run_mode(const struct test *t, enum mode mode)
{
	const char *why = NULL;

	world_begin(t->piece);
	if (t->setup)
		t->setup(t->arg);
	host_arm(NULL, 0);
	host_vcpu()->gdt_rw = (u64)world_gdt;
	host_see_int_n(t->flags & SEE_INT_N);
	world_enter = mode == MODE_BARE ? NULL :
		      t->flags & BY_MTF ? enter_without_timer : host_enter;
	world_leave = mode == MODE_BARE ? stay : leave;
	if (mode != MODE_BARE)
		arm(t, mode);
	see_nmi = t->flags & SEE_NMI;
	records.text[0] = 0;
	world_run();
	test_on_exit = NULL;
	why = world.problem;
	if (!why && mode != MODE_BARE && !stayed && world.ending != END_FATAL)
		why = "left operation on its own";
	if (mode != MODE_BARE && !why && (t->flags & SEE_INT_N) && !host_vcpu()->int_n_seen)
		why = "INT n cannot be seen";
	if (mode == MODE_SCRIPT && !why && script_errors)
		why = "a script failed";
	if (t->check && !why)
		why = t->check(mode);
	text_run(&runs[mode]);
	world_clean();
	return why;
}

static void say(const char *verdict, const struct test *t, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void say(const char *verdict, const struct test *t, const char *format, ...)
{
	static char text[2 * TEXT_SIZE + 200];
	__builtin_va_list list;
	char *p;

	__builtin_va_start(list, format);
	lab_vformat(text, sizeof(text), format, list);
	__builtin_va_end(list);
	lab_print("%s: %s%s", verdict, t->name, *text ? ": " : "\n");
	for (p = text; *p; p += lab_strlen(p) < 400 ? lab_strlen(p) : 400)
		lab_print("%.400s", p);
	if (*text)
		lab_print("\n");
	failures += verdict[0] == 'F';
}

static bool contains(const char *text, const char *word)
{
	size_t length = lab_strlen(word);

	for (; lab_strlen(text) >= length; text++)
		if (!__builtin_memcmp(text, word, length))
			return true;
	return false;
}

/* What excuses any text of the guest's; its end or its registers only where the row says so. */
static const char *excuse(const struct test *t, const char *text, const char *right)
{
	const char *bug = bug_of(t, SPOILS);

	if (bug)
		return bug;
	if ((contains(text, "fatal") && !(right && contains(right, "fatal"))) ||
	    contains(text, "spoiled"))
		return NULL;
	return bug_of(t, WRONG_ANYHOW);
}

static u32 count_alternatives(const char *right)
{
	u32 n = 1;

	for (; right && *right; right++)
		n += *right == '|';
	return n;
}

/* Of as many alternatives of both, the records are those of the text. */
static bool records_fit(const char *text, const char *right, const char *want)
{
	u32 which = text_alternatives(records.text, want), of_text;

	if (!right || !want || count_alternatives(right) != count_alternatives(want))
		return which;
	of_text = text_alternatives(text, right);
	return of_text ? which & of_text : which;
}

static const char *right_of(const struct test *t, enum mode mode)
{
	return mode == MODE_SWALLOWED ? t->swallowed : t->right;
}

/* The mode that the others must agree with. */
static enum mode first_mode(const struct test *t)
{
	return !(t->flags & NO_BARE) ? MODE_BARE : !(t->flags & NO_LOADED) ? MODE_LOADED :
	       MODE_HOOKED;
}

/* The three judges of a mode: false when the test is over, and they have said why. */

/* The run itself: it came to an end, and .check finds nothing. */
static bool run_went_well(const struct test *t, enum mode mode)
{
	const char *why = run_mode(t, mode), *bug;

	if (verbose)
		lab_print("  %s: '%.400s'\n", mode_names[mode], runs[mode].text);
	if (verbose)
		lab_print("    records '%.400s'\n", records.text);
	if (!why)
		return true;
	bug = bug_of(t, SPOILS);
	if (!bug && mode == MODE_BARE)
		bug = bug_of(t, WRONG_ANYHOW);
	if (bug)
		say("SKIP", t, "emulator bug %s (%s: %s)", bug, mode_names[mode], why);
	else
		say("FAIL", t, "%s: %s", mode_names[mode], why);
	return false;
}

/* What the gates saw: right, and of alternatives the same in all modes. ALIKE: see below. */
static bool text_went_well(const struct test *t, enum mode mode, const char **alike)
{
	const char *text = runs[mode].text, *right = right_of(t, mode), *bug;
	bool as_first = !lab_strcmp(text, runs[first_mode(t)].text);

	if (text_is(text, right) &&
	    (as_first || mode == MODE_SWALLOWED || (t->flags & MAY_DIFFER)))
		return true;
	bug = excuse(t, text, right);
	if (bug) {
		say("SKIP", t, "emulator bug %s (%s: '%s')", bug, mode_names[mode], text);
		return false;
	}
	*alike = bug_of(t, WRONG_ALIKE);
	/* also where the swallowed run should be like the others */
	if (*alike && as_first && !lab_strcmp(t->right, right))
		return true;
	say("FAIL", t, "%s: '%s' instead of '%s'", mode_names[mode], text, right);
	return false;
}

/* What was recorded, where that is known. ALIKE: the text is wrong by this bug, and so may it. */
static bool records_went_well(const struct test *t, enum mode mode, const char **alike)
{
	const char *text = runs[mode].text, *right = right_of(t, mode), *bug;
	const char *want = mode == MODE_SWALLOWED ? t->swallow_records : t->records;

	if ((mode != MODE_HOOKED && mode != MODE_SWALLOWED) || (t->flags & ANY_RECORDS) ||
	    records_fit(text, right, want))
		return true;
	bug = bug_of(t, WRONG_RECORDS);
	if (bug)
		*alike = bug;
	if (*alike)
		return true;
	bug = excuse(t, text, right);
	if (bug)
		say("SKIP", t, "emulator bug %s (%s: records '%s')", bug, mode_names[mode],
		    records.text);
	else
		say("FAIL", t, "%s: records '%s' instead of '%s'", mode_names[mode], records.text,
		    want);
	return false;
}

static bool chosen(const char *name)
{
	if (choice == RUN_ONLY && lab_strcmp(name, wanted))
		return false;
	if (choice == RUN_AFTER) {
		if (!lab_strcmp(name, wanted))
			choice = RUN_ALL;
		return false;
	}
	lab_print("begin %s\n", name);
	return true;
}

void test_own(const char *name, const char *(*run)(void))
{
	const struct test t = { .name = name };
	const char *why;

	if (!chosen(name))
		return;
	why = run ? run() : "-the emulator takes such a state";
	if (!why)
		say("PASS", &t, "%s", "");
	else
		say(why[0] == '-' ? "SKIP" : "FAIL", &t, "%s", why + (why[0] == '-'));
}

/*
 * A fault whose event is swallowed stays where it is: it comes again, up to the limit, and then
 * arrives. One record, with alternatives: what ",swallowed" stands behind, see text.c.
 */
static void swallow_twice(struct test *t)
{
	static struct line twice;
	const char *p = t->records, *end, *more;
	u32 i;

	twice.length = 0;
	for (;; p = end + 1) {
		for (more = p; *more && *more != '|' &&
		     !(more[0] == ',' && (more[1] == 'a' || more[1] == 'l')); more++)
			;
		for (end = more; *end && *end != '|'; end++)
			;
		for (i = 0; i < 2; i++)
			text_add(&twice, "%.*s,swallowed%.*s ", (int)(more - p), p,
				 (int)(end - more), more);
		text_add(&twice, "note1 %.2s%s", p, *end ? "|" : "");
		if (!*end)
			break;
	}
	t->swallowed = t->right;
	t->swallow_records = twice.text;
}

/* Why it is not run here, in words of a SKIP; NULL: it is. */
static const char *not_here(const struct test *t)
{
	static char why[80];
	const char *bug = bug_of(t, HANGS);

	if (t->flags & test_backend()->others)
		return t->only;
	if ((t->flags & BY_MTF) && !test_backend()->has_mtf())
		return "the processor has no monitor trap flag";
	if ((t->flags & BY_TIMER) && !test_backend()->has_timer())
		return "the processor has no preemption timer";
	if (has_post(t->hooks) && !test_backend()->has_post())
		return "the processor has neither a preemption timer nor a monitor trap flag";
	if ((t->flags & SEE_INT_N) && !test_backend()->has_int_n())
		return "the processor has no preemption timer or no descriptor-table exiting";
	lab_format(why, sizeof(why), "emulator bug %s (not run)", bug ? bug : "");
	return bug ? why : NULL;
}

static bool has_mode(const struct test *t, enum mode mode)
{
	return !((mode == MODE_BARE && (t->flags & NO_BARE)) ||
		 (mode == MODE_LOADED && (t->flags & NO_LOADED)) ||
		 (mode == MODE_HOOKED && !t->hooks) || (mode == MODE_SWALLOWED && !t->swallowed));
}

void test_run(const struct test *test)
{
	const char *why, *alike, *last = NULL;
	struct test copy = *test, *t = &copy;
	enum mode mode;

	if (!chosen(t->name))
		return;
	if (t->flags & TWICE)
		swallow_twice(t);
	why = not_here(t);
	if (why) {
		say("SKIP", t, "%s", why);
		return;
	}
	for (mode = 0; mode < NR_MODES; mode++) {
		if (!has_mode(t, mode))
			continue;
		alike = NULL;
		if (!run_went_well(t, mode) || !text_went_well(t, mode, &alike) ||
		    !records_went_well(t, mode, &alike))
			return;
		if (alike)
			last = alike;
	}
	if (last)
		say("SKIP", t, "emulator bug %s (the same with and without us)", last);
	else
		say("PASS", t, "%s", "");
}

void run_table(const struct test *table, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		test_run(&table[i]);
}

static const char *word(const char *p, char *to, size_t size)
{
	size_t n = 0;

	for (; *p && *p != ' '; p++)
		if (n + 1 < size)
			to[n++] = *p;
	to[n] = 0;
	return *p ? p + 1 : p;
}

static bool arguments(const char *text)
{
	char how[12];

	text = word(text, machine, sizeof(machine));
	text = word(text, how, sizeof(how));
	word(text, wanted, sizeof(wanted));
	if (!lab_strcmp(how, "only"))
		choice = RUN_ONLY, verbose = true;
	else if (!lab_strcmp(how, "after"))
		choice = RUN_AFTER;
	else if (*how)
		return false;
	return *machine && (choice == RUN_ALL || *wanted);
}

int lab_main(const char *text)
{
	struct host_options options;
	const char *why;

	if (!arguments(text)) {
		lab_print("arguments: MACHINE [only NAME | after NAME]\n");
		return LAB_BAD_ARGUMENT;
	}
	options.see_int_n = false;
	options.swallow_limit = 2;
	text_without_rf = machine_bug("rf-in-frame");
	why = host_init(&options);
	if (why) {
		lab_print("SKIP: lab_delivery: %s\nDONE\n", why);
		return 0;
	}
	host_on_fatal = test_on_fatal;
	world_init();
	lab_apic_write(APIC_SVR, APIC_ENABLED | SPURIOUS);
	tests_fault();
	tests_nest();
	tests_debug();
	tests_int_n();
	tests_exit();
	tests_interrupt();
	tests_nmi();
	tests_post();
	tests_request();
	tests_broken();
	tests_root();
	lab_print("DONE\n");
	return failures ? 1 : 0;
}
