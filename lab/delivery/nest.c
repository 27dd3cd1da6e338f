// SPDX-License-Identifier: GPL-2.0
/*
 * INJ-NEST: events whose delivery faults. Every first one with every second one,
 * hooked both, only the first, only the second, and the second swallowed. The rule
 * is spelled out here once more, by itself.
 */
#include "test.h"
#include "text.h"

#define TSS_WITHOUT_IST7 83			/* limit */

PIECE(f_de, "xor %ecx, %ecx", "div %ecx", "nop");
PIECE(f_db, "", "nop", "nop");
PIECE(f_nmi, "mov %r9d, 0x10(%rdi)\nmovl $0x4400, (%rdi)", "jmp 1f\n1:", "nop\nnop");
PIECE(f_int3, "nop", "int3", "nop");
PIECE(f_ud, "nop", "ud2", "nop");
PIECE(f_np, "mov $0x58, %eax", "mov %eax, %ds", "nop");
PIECE(f_ss, "mov $0x60, %eax", "mov %eax, %ss", "nop");
PIECE(f_gp, "mov $0x1230, %eax", "mov %eax, %ds", "nop");
PIECE(f_pf, "nop", "mov (%rsi), %eax", "nop");
PIECE(f_intr, "movl $0x44041, (%rdi)\nsti", "nop", "nop\nnop");
PIECE(f_int80, "nop", "int $0x80", "nop");
PIECE(f_ts, "nop", "int $0x80", "nop");
PIECE(f_int0e, "nop", "int $0x0e", "nop");
PIECE(f_int1, "nop", ".byte 0xf1", "nop");

enum class { BENIGN, CONTRIBUTORY, PAGE };

static const struct first {
	const char *name;
	const struct piece *piece;
	u8 vector;
	char type;			/* as in the text of records */
	enum class class;
	bool software;			/* EXT is 0 */
	const char *error;		/* of the first one, in parentheses; NULL: none */
	const char *where;		/* of the second one's frame; NULL: see where_of() */
	struct bug bugs[2];
	const char *native_bug;		/* where nobody has injected it */
	const char *in;			/* what it came in itself */
} firsts[] = {
	{ .name = "ud", .piece = &f_ud, .vector = 0x06, .type = 'e', .where = "insn" },
	{ .name = "int3", .piece = &f_int3, .vector = 0x03, .type = 's', .software = true,
	  .where = "insn", .bugs = { { "exc-bp", WRONG_ANYHOW } }, .native_bug = "nest-np-int3" },
	{ .name = "int1", .piece = &f_int1, .vector = 0x01, .type = 'p', .where = "insn",
	  .bugs = { { "icebp-gate", HANGS } }, .native_bug = "nest-np-icebp" },
	{ .name = "int_80", .piece = &f_int80, .vector = 0x80, .type = 'i', .software = true,
	  .where = "insn", .native_bug = "nest-np-int-n" },
	{ .name = "int_0e", .piece = &f_int0e, .vector = 0x0e, .type = 'i', .software = true,
	  .where = "insn", .native_bug = "nest-np-int-n" },
	{ .name = "intr", .piece = &f_intr, .vector = 0x41, .type = 'x', .where = "next",
	  .native_bug = "nest-np-intr" },
	{ .name = "nmi", .piece = &f_nmi, .vector = 0x02, .type = 'n',
	  .native_bug = "nest-np-nmi" },
	{ .name = "db", .piece = &f_db, .vector = 0x01, .type = 'e', .where = "next",
	  .bugs = { { "exc-db-tf", WRONG_ANYHOW } } },
	{ .name = "de", .piece = &f_de, .vector = 0x00, .type = 'e', .class = CONTRIBUTORY,
	  .where = "insn" },
	{ .name = "np", .piece = &f_np, .vector = 0x0b, .type = 'e', .class = CONTRIBUTORY,
	  .error = "(58)", .where = "insn" },
	{ .name = "ss", .piece = &f_ss, .vector = 0x0c, .type = 'e', .class = CONTRIBUTORY,
	  .error = "(60)", .where = "insn" },
	{ .name = "gp", .piece = &f_gp, .vector = 0x0d, .type = 'e', .class = CONTRIBUTORY,
	  .error = "(1230)", .where = "insn" },
	/* A stack beyond the TSS, for the gate of INT 80. */
	{ .name = "ts", .piece = &f_ts, .vector = 0x0a, .type = 'e', .class = CONTRIBUTORY,
	  .error = "(40)", .where = "insn", .in = ",in 80i",
	  .bugs = { { "inj-no-first", WRONG_ANYHOW }, { "nest-np-int-n", SPOILS } } },
	{ .name = "pf", .piece = &f_pf, .vector = 0x0e, .type = 'e', .class = PAGE,
	  .error = "(0)", .where = "insn" },
};

enum fault { BY_NP, BY_GP, BY_SS, BY_TS, BY_PF_PUSH, BY_PF_IDT };

static const struct second {
	const char *name;
	u8 vector;
	enum class class;
} seconds[] = {
	[BY_NP] = { "np", 0x0b, CONTRIBUTORY },
	[BY_GP] = { "gp", 0x0d, CONTRIBUTORY },
	[BY_SS] = { "ss", 0x0c, CONTRIBUTORY },
	[BY_TS] = { "ts", 0x0a, CONTRIBUTORY },
	[BY_PF_PUSH] = { "pf_push", 0x0e, PAGE },
	[BY_PF_IDT] = { "pf_idt", 0x0e, PAGE },
};

#define ARG(first, fault)	((first) << 8 | (fault))

static void short_tss(u32 vector)
{
	world_ist(vector, 7);
	world_gdt[LAB_TSS >> 3] = (world_gdt[LAB_TSS >> 3] & ~0xffffull) | TSS_WITHOUT_IST7;
}

static const struct first *mended;

/* The first one's gate is what faults. */
static void break_gate(u64 arg)
{
	const struct first *f = &firsts[arg >> 8];
	u32 v = f->vector;

	if ((arg & 0xff) == BY_PF_IDT) {
		/* the gate alone on its side of the page boundary */
		world_split_idt(v < 0x0e ? v + 1 : v);
		world_idt_page(v < 0x0e ? 0 : 1, false);
	}
	switch ((enum fault)(arg & 0xff)) {
	case BY_NP:
		world_gate_type(v, 0x0e);
		break;
	case BY_GP:
		world_gate(v)->selector = 0x1230;
		break;
	case BY_SS:
		world_ist(v, 2);
		world_tss.ist[1] = NON_CANONICAL;
		break;
	case BY_TS:
		short_tss(v);
		break;
	case BY_PF_PUSH:
		world_ist(v, 2);
		world_tss.ist[1] = AT_STACK - 0x4000;	/* nothing there */
		break;
	case BY_PF_IDT:
		break;
	}
	if (f->piece == &f_db)
		world.flags |= FL_TF;
	if (f->piece == &f_ts)
		short_tss(0x80);
	world.r9 = *(volatile u32 *)0xfee00020;	/* the APIC's own number, for an NMI */
}

/* In root mode: the second is swallowed, and when the first goes again its gate is whole. */
static void mend(struct tg_vcpu *v, bool leaves)
{
	const struct first *f = mended;

	(void)v;
	(void)leaves;
	if (!host_records() || host_record(0)->verdict != TG_SWALLOWED)
		return;
	test_on_exit = NULL;
	world_gate_type(f->vector, 0x8e);
	world_gate(f->vector)->selector = LAB_CS;
	world_ist(f->vector, 0);
	world_idt_page(0, true);
	world_idt_page(1, true);
}

static void break_and_mend(u64 arg)
{
	break_gate(arg);
	mended = &firsts[arg >> 8];
	test_on_exit = mend;
}

/* An emulator that computes them wrongly is expected to do so in all modes. */
static u32 error_of(const struct first *f, enum fault fault)
{
	bool wrong = machine_bug("exc-gp-int");
	u32 ext = !f->software && !wrong;

	switch (fault) {
	case BY_NP:
		return f->vector * (wrong ? 16 : 8) + 2 + ext;
	case BY_GP:
		return 0x1230 + ext;
	case BY_SS:
		return ext + (machine_bug("bare-ss-ist") ? LAB_DS : 0);
	case BY_TS:
		return LAB_TSS + ext;
	case BY_PF_PUSH:
		return 2;
	case BY_PF_IDT:
		return 0;
	}
	return 0;
}

/* An NMI may be taken a little later. */
static const char *where_of(const struct first *f)
{
	return f->where ? f->where : machine_is_late() ? "next" : "insn";
}

static bool is_double(const struct first *f, const struct second *s)
{
	if (f->class == PAGE)
		return true;
	return f->class == CONTRIBUTORY && s->class == CONTRIBUTORY;
}

/* ",name=" of the address, for CR2 and for records. */
static void add_address(struct line *l, const char *name, const struct first *f, enum fault fault)
{
	if (fault == BY_PF_PUSH)
		text_add(l, ",%s=stack-%x", name, 0x4008);
	else if (fault == BY_PF_IDT)
		text_add(l, ",%s=idt-%02x", name, f->vector);
	else if (f->class == PAGE && !lab_strcmp(name, "cr2"))
		text_add(l, ",cr2=nowhere");
}

static const char *flags_of(const struct first *f)
{
	return f->piece == &f_intr ? ",if" : f->piece == &f_db ? ",tf" : "";
}

/* After a benign one, the second alone. */
static void right_text(struct line *l, const struct first *f, enum fault fault)
{
	const struct second *s = &seconds[fault];
	bool df = is_double(f, s);
	/* It was acknowledged, and its handler never runs. */
	const char *left = f->type == 'x' ? ",left 41" : f->type == 'n' ? ",nmi-blocked" : "";

	l->length = 0;
	if (df)
		text_add(l, "08(0) %s,rf", where_of(f));
	else
		text_add(l, "%02x(%x) %s,rf%s", s->vector, error_of(f, fault), where_of(f),
			 flags_of(f));
	add_address(l, "cr2", f, fault);
	/* The cause is in DR6 whatever becomes of the #DB. */
	if (f->piece == &f_db)
		text_add(l, ",dr6=ffff4ff0");
	text_add(l, " stop%s", left);
	/* Without RF in the frame of #DF: alternatives are not split by words. */
	if (df) {
		text_add(l, "|08(0) %s", where_of(f));
		add_address(l, "cr2", f, fault);
		text_add(l, " stop%s", left);
	}
}

static const char *error_text(const struct first *f)
{
	return f->error ? f->error : "";
}

static void add_first(struct line *l, const struct first *f)
{
	text_add(l, "%02x%c%s %s%s", f->vector, f->type, error_text(f), where_of(f),
		 f->in ? f->in : "");
	if (f->piece == &f_int3 || f->piece == &f_int1)
		text_add(l, ",len1");
	if (f->type == 'i')
		text_add(l, ",len2");
	if (f->piece == &f_int1)
		text_add(l, ",a=0");
	if (f->piece == &f_db)
		text_add(l, ",a=4000");
	if (f->class == PAGE)
		text_add(l, ",a=nowhere");
}

/* The first one alone, delivered after all. */
static void first_text(struct line *l, const struct first *f)
{
	bool trap = f->software || f->type == 'p' || f->piece == &f_db;

	l->length = 0;
	text_add(l, "%02x%s %s%s%s", f->vector, error_text(f), trap ? "next" : where_of(f),
		 f->type == 'e' && f->piece != &f_db ? ",rf" : "", flags_of(f));
	if (f->class == PAGE)
		text_add(l, ",cr2=nowhere");
	if (f->piece == &f_db)
		text_add(l, ",dr6=ffff4ff0");
	if (f->type == 'p')
		text_add(l, ",dr6=ffff0ff0");
	text_add(l, " stop%s", f->type == 'n' ? ",nmi-blocked" : "");
}

static void add_second(struct line *l, const struct first *f, enum fault fault, const char *more)
{
	const struct second *s = &seconds[fault];

	text_add(l, "%02xe(%x) %s,in %02x%c%s%s%s", s->vector, error_of(f, fault), where_of(f),
		 f->vector, f->type, is_double(f, s) && !*more ? ",df" : "",
		 !*more && (f->type == 'x' || f->type == 'n') ? ",dropped" : "", more);
	if (s->class == PAGE)
		add_address(l, "a", f, fault);
}

enum variant { BOTH, FIRST, SECOND, MENDED, NR_VARIANTS };

/* Each up to its limit: the second, and the double fault that it then makes. */
static void swallowed_twice(struct line *l, const struct first *f, enum fault fault, bool df)
{
	const struct second *s = &seconds[fault];
	u32 i;

	for (i = 0; i < 2; i++) {
		add_second(l, f, fault, ",swallowed");
		text_add(l, " ");
	}
	text_add(l, "note1 %02x", s->vector);
	for (i = 0; df && i < 2; i++)
		text_add(l, " 08e(0) %s,in %02xe,swallowed", where_of(f), s->vector);
	if (df)
		text_add(l, " note1 08");
}

/* 0x2a and the like, in a list of vectors. */
static void hooks_and_records(struct test *t, const struct first *f, enum fault fault,
			      enum variant variant, struct line *hooks, struct line *records,
			      struct line *swallowed)
{
	const struct second *s = &seconds[fault];
	bool df = is_double(f, s);

	hooks->length = records->length = swallowed->length = 0;
	if (variant < SECOND) {
		text_add(hooks, "%02x ", f->vector);
		add_first(records, f);
	}
	if (variant != FIRST) {
		if (s->vector != f->vector || variant >= SECOND)
			text_add(hooks, "%02x ", s->vector);
		text_add(records, variant == BOTH ? " " : "");
		add_second(records, f, fault, "");
		if (df && variant != MENDED) {
			text_add(hooks, "08");
			text_add(records, " 08e(0) %s,in %02xe", where_of(f), s->vector);
		}
	}
	t->hooks = hooks->text;
	t->records = records->text;
	if (variant == MENDED) {
		add_second(swallowed, f, fault, ",swallowed");
		t->swallow_records = swallowed->text;
	}
	if (variant != SECOND)
		return;
	swallowed_twice(swallowed, f, fault, df);
	t->swallowed = t->right;
	t->swallow_records = swallowed->text;
}

static void add_bug(struct test *t, const char *name, enum bug_means means)
{
	struct bug *b = t->bugs;

	while (b->name)
		b++;
	*b = (struct bug) { name, means };
}

static void add_bugs(struct test *t, const struct first *f, enum fault fault, enum variant variant)
{
	u32 i;

	for (i = 0; i < TG_ARRAY_SIZE(f->bugs) && f->bugs[i].name; i++)
		add_bug(t, f->bugs[i].name, f->bugs[i].means);
	/* #GP is always intercepted on AMD-V: what was in EXITINTINFO before may make it fatal. */
	if (f->native_bug && (variant >= SECOND || fault == BY_GP))
		add_bug(t, f->native_bug, fault == BY_GP ? SPOILS : WRONG_ANYHOW);
	/* The first is injected, the pair is the processor's. */
	if (is_double(f, &seconds[fault]) && (variant == FIRST || f->vector == 0x0d))
		add_bug(t, "inj-no-first", WRONG_ANYHOW);
}

static void pair(u32 first, enum fault fault, enum variant variant)
{
	static const char *const words[] = { "both", "first", "second", "mended" };
	static struct line name, right, hooks, records, swallowed, mend_text;
	const struct first *f = &firsts[first];
	const struct second *s = &seconds[fault];
	struct test t = { .piece = f->piece, .setup = break_gate, .arg = ARG(first, fault) };

	/* The gate that is broken would be the second one's, too. */
	if (!is_double(f, s) && f->vector == s->vector)
		return;
	/* Hooked is hooked. */
	if (f->vector == s->vector && variant != BOTH)
		return;
	/* All other gates must be there: #PF and #DF on the other side. */
	if (fault == BY_PF_IDT && f->vector < 0x0e && f->vector >= 0x08)
		return;
	name.length = 0;
	text_add(&name, "lab_inj_nest_%s_in_%s_%s", s->name, f->name, words[variant]);
	add_bugs(&t, f, fault, variant);
	right_text(&right, f, fault);
	if (variant < SECOND && f->type == 'i')
		t.flags = SEE_INT_N;
	if (f->type == 'n')
		t.flags |= SEE_NMI;
	if (variant == MENDED) {
		/* its error code is none, and the gate would take one off */
		if (f->piece == &f_int0e)
			return;
		first_text(&mend_text, f);
		t.setup = break_and_mend;
		t.swallowed = mend_text.text;
	}
	t.name = name.text;
	t.right = right.text;
	hooks_and_records(&t, f, fault, variant, &hooks, &records, &swallowed);
	test_run(&t);
}

void tests_nest(void)
{
	u32 first, fault, variant;

	for (first = 0; first < TG_ARRAY_SIZE(firsts); first++)
		for (fault = 0; fault < TG_ARRAY_SIZE(seconds); fault++)
			for (variant = 0; variant < NR_VARIANTS; variant++)
				pair(first, fault, variant);
}
