// SPDX-License-Identifier: GPL-2.0
/*
 * Events with scripts: what runs in which order, what is recorded, who swallows, what
 * errors do. Scripts are compiled here and run by the engine of root mode.
 */
#include "core_world.h"

#include "action.h"
#include "script/script.h"
#include "script/verify.h"

#define MADE	16u

struct test {
	struct world w;
	struct tg_script_cpu *script;
	struct tg_globals names;
	u64 globals[TG_SCRIPT_GLOBALS_MAX / 8];
	struct tg_image *image[MADE];
	struct tg_script made[MADE];
	struct tg_actions actions[MADE];
	u32 nr_made, nr_actions;
};

static struct tg_verify_work work;

static int setup(void **state)
{
	struct test *t = calloc(1, sizeof(*t));

	world_init(&t->w);
	t->w.config.fuel = 1000;
	t->w.config.script_time = 10;
	t->w.config.script_errors = 3;
	t->script = calloc(1, sizeof(*t->script));
	tg_action_init(&t->w.cpu, t->script);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct test *t = *state;

	world_free(&t->w);
	for (u32 i = 0; i < t->nr_made; i++)
		free(t->image[i]);
	tg_globals_free(&t->names);
	free(t->script);
	free(t);
	return 0;
}

static struct tg_script *compile(struct test *t, const char *text, bool expression)
{
	struct tg_script *s = &t->made[t->nr_made];
	struct tg_script_options o = {
		.name = "test", .text = text, .size = strlen(text), .expression = expression,
		.globals = &t->names,
	};
	struct tg_diags diags;
	u32 insn;

	assert_int_equal(tg_script_compile(&o, &t->image[t->nr_made], &diags), 0);
	tg_diags_free(&diags);
	assert_int_equal(tg_script_verify(t->image[t->nr_made], t->image[t->nr_made]->size,
					  &s->program, &work, &insn), TG_REJECT_NONE);
	s->flags = strchr(text, '@') ? TG_SCRIPT_WRITES : 0;
	t->nr_made++;
	return s;
}

/* when: NULL none; NULL among the actions: the trace record. */
static struct tg_event *event(struct test *t, u32 vector, u32 flags, const char *when, u32 nr,
			      const char *const *action)
{
	u32 type = vector < 32 ? TG_EVENT_EXCEPTION : TG_EVENT_INTERRUPT;
	struct tg_event *ev = world_event(&t->w, type, vector, flags);
	struct tg_actions *a = &t->actions[t->nr_actions++];

	a->globals = (u8 *)t->globals;
	if (when)
		a->when = compile(t, when, true);
	for (a->nr = 0; a->nr < nr; a->nr++) {
		if (!action[a->nr])
			continue;
		a->action[a->nr] = compile(t, action[a->nr], false);
		a->action[a->nr]->number = a->nr + 1;
	}
	ev->actions = a;
	return ev;
}

static struct tg_event *one(struct test *t, u32 vector, const char *text)
{
	return event(t, vector, 0, NULL, 1, &text);
}

static enum tg_verdict raise(struct test *t, u8 vector, u32 error, u64 address)
{
	struct tg_trap trap = trap_exception(vector, error, address);

	if (vector >= 32)
		trap.ev.word = TG_FLIGHT_WORD(TG_TYPE_INTERRUPT, vector);
	t->w.cpu.has_snapshot = false;
	return tg_dispatch(&t->w.cpu, &trap, 0);
}

static u64 global(struct test *t, const char *name)
{
	int at = tg_globals_place(&t->names, name, strlen(name), 8);

	assert_true(at >= 0);
	return t->globals[at / 8];
}

/* The text of the records from `from` on, as a reader joins it. */
static void assert_text(struct test *t, u64 from, const char *want)
{
	char text[4096] = "";
	size_t used = 0;

	for (; from < world_records(&t->w); from++) {
		const struct tg_text_record *r = (const void *)world_record(&t->w, from);

		if (r->kind != TG_REC_TEXT)
			continue;
		memcpy(text + used, r->text, r->length);
		used += r->length;
	}
	text[used] = 0;
	assert_string_equal(text, want);
}

static void values(void **state)
{
	struct test *t = *state;

	one(t, 14, "printf(\"%llx %llx %llx %s %llx %s %d %llx %llx %llx|\", "
		   "$pid, $tid, $core, $pname, "
		   "$vector, $name, $cpl, $error, $address, $event_id);"
		   "printf(\"%llx %llx %llx\\n\", $context, $event_tag - $event_id, "
		   "$event_stage);");
	world_arm_all(&t->w);
	assert_int_equal(raise(t, 14, 6, 0xdead000), TG_DELIVERED);
	assert_text(t, 0, "490 491 1 prog e #PF 3 6 dead000 64|e 1000000 0\n");
	assert_int_equal(t->w.event[0]->cpu[1].hits, 1);
}

static void values_of_interrupt(void **state)
{
	struct test *t = *state;

	one(t, 0xec, "printf(\"%s %llx %llx\\n\", $name, $error, $address);");
	world_arm_all(&t->w);
	raise(t, 0xec, 0, 0);
	assert_text(t, 0, "ec 0 0\n");
}

static void clock_texts(void **state)
{
	struct test *t = *state;

	/* 2024-02-29 23:59:58 UTC, and 3 s of 1 GHz later */
	t->w.config.clock_ns = 1709251198ull * 1000000000 - 1000000;	/* 1 ms ago the TSC was 0 */
	one(t, 6, "printf(\"%s %s\\n\", $date, $time);");
	world_arm_all(&t->w);
	raise(t, 6, 0, 0);
	machine_fake.tsc += 3000000000ull;
	raise(t, 6, 0, 0);
	assert_text(t, 0, "2024-02-29 23:59:58\n2024-03-01 00:00:01\n");
}

static void no_such_value(void **state)
{
	struct test *t = *state;

	one(t, 6, "printf(\"%llx\\n\", $peb);");
	world_arm_all(&t->w);
	raise(t, 6, 0, 0);
	assert_int_equal(world_record(&t->w, 0)->kind, TG_REC_SCRIPT_ERROR);
	assert_int_equal(world_record(&t->w, 0)->error, TG_ERR_NO_REGISTER);
}

/* Long text: pieces of one run, all but the last with MORE, in a row. */
static void pieces(void **state)
{
	struct test *t = *state;
	const struct tg_text_record *r;

	one(t, 6, "for (i = 0; i < 0n20; i++) { printf(\"%020d\", i); } printf(\"\\n\");");
	world_arm_all(&t->w);
	raise(t, 6, 0, 0);
	assert_int_equal(world_records(&t->w), (20 * 20 + 1 + TG_TEXT_LEN - 1) / TG_TEXT_LEN);
	for (u64 i = 0; i < world_records(&t->w); i++) {
		r = (const void *)world_record(&t->w, i);
		assert_int_equal(r->kind, TG_REC_TEXT);
		assert_int_equal(r->size, 128);
		assert_int_equal(r->seq, i);
		assert_int_equal(r->event, 100);
		assert_int_equal(r->pid, 1168);
		assert_int_equal(r->flags, i + 1 < world_records(&t->w) ? TG_TEXTF_MORE : 0);
	}
	assert_int_equal(((const struct tg_text_record *)world_record(&t->w, 4))->length,
			 401 - 4 * 92);
}

/* Between two events the guest may change its tables. */
static void page_forgotten(void **state)
{
	struct test *t = *state;

	one(t, 6, ".x = 1;");
	world_arm_all(&t->w);
	tg_run_page(&t->script->run, 0x1000, (const u8 *)t->globals);
	assert_non_null(tg_run_in_page(&t->script->run, 0x1008));
	raise(t, 6, 0, 0);
	assert_null(tg_run_in_page(&t->script->run, 0x1008));
}

/* What came before is for the reader to drop; text behind it is no part of text before. */
static void flush(void **state)
{
	struct test *t = *state;
	const char *const actions[] = { "printf(\"a\"); flush(); printf(\"b\");", NULL };
	const struct tg_text_record *before, *behind;

	event(t, 6, 0, NULL, 2, actions);
	world_arm_all(&t->w);
	raise(t, 6, 0, 0);
	assert_int_equal(world_records(&t->w), 4);
	before = (const void *)world_record(&t->w, 0);
	behind = (const void *)world_record(&t->w, 2);
	assert_int_equal(before->kind, TG_REC_TEXT);
	assert_int_equal(before->flags, 0);
	assert_int_equal(world_record(&t->w, 1)->kind, TG_REC_NOTE);
	assert_int_equal(world_record(&t->w, 1)->note, TG_NOTE_FLUSH);
	assert_int_equal(world_record(&t->w, 1)->event, 100);
	assert_int_equal(world_record(&t->w, 1)->vector, 6);
	assert_int_equal(behind->kind, TG_REC_TEXT);
	assert_int_equal(behind->length, 1);
	assert_int_equal(behind->text[0], 'b');
	assert_int_equal(world_record(&t->w, 3)->kind, TG_REC_TRAP);
	assert_true(t->w.ring[1]->head->flush_tsc >= world_record(&t->w, 0)->tsc);
	assert_true(t->w.ring[1]->head->flush_tsc <= world_record(&t->w, 1)->tsc);
	for (u32 i = 0; i < WORLD_RECORDS; i++)
		raise(t, 6, 0, 0);
	assert_int_equal(world_records(&t->w), WORLD_RECORDS);	/* no room for a note */
	assert_true(t->w.ring[1]->head->flush_tsc > world_record(&t->w, WORLD_RECORDS - 1)->tsc);
}

static void order_of_actions(void **state)
{
	struct test *t = *state;
	const char *const actions[] = { "printf(\"a\");", NULL, "printf(\"b\");" };

	event(t, 6, 0, NULL, 3, actions);
	world_arm_all(&t->w);
	raise(t, 6, 0, 0);
	assert_int_equal(world_records(&t->w), 3);
	assert_int_equal(world_record(&t->w, 0)->kind, TG_REC_TEXT);
	assert_int_equal(world_record(&t->w, 1)->kind, TG_REC_TRAP);
	assert_int_equal(world_record(&t->w, 1)->verdict, TG_DELIVERED);
	assert_int_equal(world_record(&t->w, 2)->kind, TG_REC_TEXT);
	assert_text(t, 0, "ab");
}

static void condition(void **state)
{
	struct test *t = *state;
	const char *const trace[] = { NULL };
	struct tg_event *ev = event(t, 14, 0, "$error & 4", 1, trace);

	world_arm_all(&t->w);
	for (u32 i = 0; i < 8; i++)
		raise(t, 14, i, 0);
	assert_int_equal(ev->cpu[1].hits, 4);
	assert_int_equal(world_records(&t->w), 4);
	assert_int_equal(world_record(&t->w, 0)->error, 4);
}

static void condition_fails(void **state)
{
	struct test *t = *state;
	const char *const trace[] = { NULL };
	struct tg_event *ev = event(t, 14, TG_EV_SWALLOW, "1 / $error", 1, trace);

	world_arm_all(&t->w);
	assert_int_equal(raise(t, 14, 0, 0), TG_DELIVERED);
	assert_int_equal(ev->cpu[1].hits, 0);
	assert_int_equal(ev->script_errors, 1);
	assert_int_equal(world_record(&t->w, 0)->kind, TG_REC_SCRIPT_ERROR);
	assert_int_equal(world_record(&t->w, 0)->note, 0);
	assert_int_equal(raise(t, 14, 1, 0), TG_SWALLOWED);
}

static void errors_disable(void **state)
{
	struct test *t = *state;
	struct tg_event *ev = one(t, 6, "x = 1;\ny = poi(8);\n");
	const struct tg_record *r;

	world_arm_all(&t->w);
	for (u32 i = 0; i < 10; i++)
		raise(t, 6, 0, 0);
	assert_int_equal(ev->script_errors, 3);
	assert_int_equal(ev->cpu[1].hits, 3);
	assert_int_equal(ev->off, TG_OFF_SCRIPT_ERRORS);
	assert_int_equal(world_records(&t->w), 4);
	r = world_record(&t->w, 0);
	assert_int_equal(r->kind, TG_REC_SCRIPT_ERROR);
	assert_int_equal(r->error, TG_ERR_READ);
	assert_int_equal(r->address, 8);
	assert_int_equal(r->rsp & 0xffffff, 2);
	assert_int_equal(r->note, 1);
	r = world_record(&t->w, 3);
	assert_int_equal(r->kind, TG_REC_NOTE);
	assert_int_equal(r->note, TG_NOTE_SCRIPT_ERRORS);
	assert_int_equal(r->error, 3);
}

static void fuel_ends_it(void **state)
{
	struct test *t = *state;

	one(t, 6, "while (1) { .turns++; }");
	world_arm_all(&t->w);
	raise(t, 6, 0, 0);
	assert_int_equal(world_record(&t->w, 0)->error, TG_ERR_FUEL);
	assert_true(global(t, "turns") > 100 && global(t, "turns") < 1001);
}

/* What was done stays done, and the other actions run. */
static void after_an_error(void **state)
{
	struct test *t = *state;
	const char *const actions[] = { ".a++; printf(\"x\"); .b = 1 / .zero; .c++;", ".d++;" };

	event(t, 6, 0, NULL, 2, actions);
	world_arm_all(&t->w);
	raise(t, 6, 0, 0);
	assert_int_equal(global(t, "a"), 1);
	assert_int_equal(global(t, "c"), 0);
	assert_int_equal(global(t, "d"), 1);
	assert_int_equal(world_record(&t->w, 0)->kind, TG_REC_TEXT);
	assert_int_equal(world_record(&t->w, 1)->kind, TG_REC_SCRIPT_ERROR);
}

static void swallowed_by_script(void **state)
{
	struct test *t = *state;
	const char *const actions[] = { NULL, "event_sc(.yes);" };
	struct tg_event *ev = event(t, 6, TG_EVI_SC, NULL, 2, actions), *other;

	other = world_event(&t->w, TG_EVENT_EXCEPTION, 6, 0);
	world_arm_all(&t->w);
	assert_int_equal(raise(t, 6, 0, 0), TG_DELIVERED);
	t->globals[tg_globals_place(&t->names, "yes", 3, 8) / 8] = 1;
	assert_int_equal(raise(t, 6, 0, 0), TG_SWALLOWED);
	assert_int_equal(ev->cpu[1].swallowed, 1);
	assert_int_equal(other->cpu[1].swallowed, 1);
	for (u32 i = 0; i < 4; i++)
		assert_int_equal(world_record(&t->w, i)->verdict,
				 i < 2 ? TG_DELIVERED : TG_SWALLOWED);
}

/* The first of a pair goes again when a script swallows the second. */
/* What a reader finds when a ring is published, of which another CPU may be reading. */
static u32 published[TG_SWALLOWED + 1], publications;
static bool early;			/* one that says what is not so */

void __real_tg_ring_publish(struct tg_ring *r);
void __wrap_tg_ring_publish(struct tg_ring *r);
void __wrap_tg_ring_publish(struct tg_ring *r)
{
	__real_tg_ring_publish(r);
	publications++;
	memset(published, 0, sizeof(published));
	for (u64 i = 0; i < r->head->producer; i++) {
		const struct tg_record *rec =
			&r->page[i / TG_RING_PER_PAGE][i % TG_RING_PER_PAGE];

		if (rec->kind == TG_REC_TRAP)
			published[rec->verdict]++;
	}
	early |= published[TG_DELIVERED];
}

/* Events of one file share a ring: nobody may see the second's record without its verdict. */
static void published_with_the_verdict(void **state)
{
	struct test *t = *state;
	const char *const first[] = { NULL }, *const second[] = { NULL, "event_sc(1);" };

	event(t, 6, 0, NULL, 1, first);
	event(t, 6, TG_EVI_SC, NULL, 2, second);
	world_arm_all(&t->w);
	publications = 0;
	early = false;
	assert_int_equal(raise(t, 6, 0, 0), TG_SWALLOWED);
	assert_false(early);
	assert_int_equal(publications, 2);
	assert_int_equal(published[TG_SWALLOWED], 2);
}

static void second_swallowed_by_script(void **state)
{
	static const u8 firsts[] = { 13, 0xec };
	struct test *t = *state;
	const char *const actions[] = { NULL, "event_sc(.yes);" };

	event(t, 11, TG_EVI_SC, NULL, 2, actions);
	world_arm_all(&t->w);
	for (u32 i = 0; i < 4; i++) {
		struct tg_trap trap = trap_exception(11, 0x10, 0);
		bool yes = i / 2;
		u8 how = i % 2 ? TG_RECF_DROPPED : TG_RECF_DOUBLE;

		trap.first = tg_exception(firsts[i % 2], 0);
		if (i % 2) {
			trap.first.type = TG_TYPE_INTERRUPT;
			trap.first.has_error = false;
		}
		t->globals[tg_globals_place(&t->names, "yes", 3, 8) / 8] = yes;
		t->w.cpu.has_snapshot = false;
		assert_int_equal(tg_handle_exception(&t->w.cpu, &trap) == TG_OUT_REDELIVER, yes);
		assert_int_equal(world_record(&t->w, i)->flags,
				 TG_RECF_ERROR | TG_RECF_NESTED | (yes ? 0 : how));
		t->w.cpu.next.valid = false;
	}
}

static void script_against_sc_on(void **state)
{
	struct test *t = *state;
	const char *const actions[] = { "event_sc(0);" };

	event(t, 6, TG_EV_SWALLOW, NULL, 1, actions);
	world_arm_all(&t->w);
	assert_int_equal(raise(t, 6, 0, 0), TG_DELIVERED);
}

/* The limit counts what comes back for ever, not what a script has dealt with. */
static void limit_and_rip(void **state)
{
	struct test *t = *state;
	const char *const stuck[] = { "event_sc(1);" };
	const char *const moves[] = { "@rip = @rip + 2; event_sc(1);" };
	struct tg_event *ev = event(t, 6, TG_EVI_SC, NULL, 1, stuck);

	t->w.config.swallow_limit = 5;
	world_arm_all(&t->w);
	for (u32 i = 0; i < 5; i++)
		assert_int_equal(raise(t, 6, 0, 0), TG_SWALLOWED);
	assert_int_equal(raise(t, 6, 0, 0), TG_DELIVERED);
	assert_int_equal(ev->off, TG_OFF_SWALLOW_FAULT);
	ev = event(t, 13, TG_EVI_SC, NULL, 1, moves);
	world_arm_all(&t->w);
	for (u32 i = 0; i < 100; i++) {
		machine_fake.snap.rip = 0x401136;
		assert_int_equal(raise(t, 13, 0, 0), TG_SWALLOWED);
		assert_int_equal(machine_fake.snap.rip, 0x401138);
	}
	assert_int_equal(ev->off, TG_OFF_NONE);
	assert_true(machine_fake.changed);
}

/* A level-triggered line comes back at once: how long the script takes must not hide the storm. */
static void storm_of_a_slow_script(void **state)
{
	struct test *t = *state;
	const char *const slow[] = { "microsleep(50); event_sc(1);" };
	struct tg_event *ev = event(t, 0x33, TG_EVI_SC, NULL, 1, slow);

	t->w.config.swallow_limit = 100;
	machine_fake.tsc_step = 100;
	machine_fake.in_service[0x33] = true;
	world_arm_all(&t->w);
	for (u32 i = 0; i < 100; i++)
		assert_int_equal(raise(t, 0x33, 0, 0), TG_SWALLOWED);
	assert_int_equal(ev->off, TG_OFF_NONE);
	assert_int_equal(raise(t, 0x33, 0, 0), TG_DELIVERED);
	assert_int_equal(ev->off, TG_OFF_SWALLOW_STORM);
}

/* INJ-SC: what is not in service is delivered, also if a script would swallow it. */
static void interrupt_by_script(void **state)
{
	struct test *t = *state;
	const char *const actions[] = { "event_sc(1);" };

	event(t, 0xec, TG_EVI_SC, NULL, 1, actions);
	world_arm_all(&t->w);
	assert_true(tg_evset_arm(t->w.set, 1).swallows_interrupts);
	assert_int_equal(raise(t, 0xec, 0, 0), TG_DELIVERED);
	assert_int_equal(world_record(&t->w, 0)->note, TG_NOTE_NOT_SWALLOWED);
	machine_fake.in_service[0xec] = true;
	assert_int_equal(raise(t, 0xec, 0, 0), TG_SWALLOWED);
	t->w.config.no_swallow = 1;
	assert_int_equal(raise(t, 0xec, 0, 0), TG_DELIVERED);
}

/* A later event in the set sees what an earlier one's script did to it. */
static void events_of_events(void **state)
{
	struct test *t = *state;
	const char *const off[] = { "event_disable(0n101);" };
	const char *const on[] = { "event_enable(0n101);" };
	const char *const gone[] = { "event_clear(0n103); .after++;" };
	const char *const no[] = { "event_enable(77);" };
	struct tg_event *other, *self;

	event(t, 6, 0, NULL, 1, off);
	other = world_event(&t->w, TG_EVENT_EXCEPTION, 6, 0);
	event(t, 7, 0, NULL, 1, on);
	self = event(t, 8, 0, NULL, 1, gone);
	event(t, 9, 0, NULL, 1, no);
	world_arm_all(&t->w);
	t->w.set->all = t->w.event;
	t->w.set->nr_all = t->w.nr_events;
	raise(t, 6, 0, 0);
	assert_int_equal(other->off, TG_OFF_SCRIPT);
	assert_int_equal(other->cpu[1].hits, 0);
	raise(t, 7, 0, 0);
	assert_int_equal(other->off, TG_OFF_NONE);
	assert_int_equal(other->request, TG_OP_ENABLE);
	/* For a reason that the control side must forget first: not here. */
	other->off = TG_OFF_SCRIPT_ERRORS;
	other->request = 0;
	raise(t, 7, 0, 0);
	assert_int_equal(other->off, TG_OFF_SCRIPT_ERRORS);
	assert_int_equal(other->request, TG_OP_ENABLE);
	raise(t, 8, 0, 0);
	assert_int_equal(self->off, TG_OFF_SCRIPT);
	assert_int_equal(self->request, TG_OP_CLEAR);
	assert_int_equal(global(t, "after"), 1);
	raise(t, 9, 0, 0);
	assert_int_equal(world_record(&t->w, world_records(&t->w) - 1)->error, TG_ERR_EVENT);
}

static void full_ring(void **state)
{
	struct test *t = *state;
	struct tg_event *ev = one(t, 6, "printf(\"x\\n\");");

	world_arm_all(&t->w);
	for (u32 i = 0; i < WORLD_RECORDS + 7; i++)
		raise(t, 6, 0, 0);
	assert_int_equal(world_records(&t->w), WORLD_RECORDS);
	assert_int_equal(ev->cpu[1].lost, 7);
	assert_int_equal(ev->cpu[1].hits, WORLD_RECORDS + 7);
}

static void buffer(void **state)
{
	struct test *t = *state;
	u64 room[2] = { 0 };

	one(t, 6, "if ($buffer) { eq($buffer + 8, 1234); } eq($buffer + 0n16, 1);");
	world_arm_all(&t->w);
	raise(t, 6, 0, 0);
	assert_int_equal(room[1], 0);
	t->actions[0].buffer = (u8 *)room;
	t->actions[0].buffer_size = sizeof(room);
	raise(t, 6, 0, 0);
	assert_int_equal(room[1], 0x1234);
}

static void eval(void **state)
{
	struct test *t = *state;
	char text[4];
	struct tg_script_eval e = { .globals = (u8 *)t->globals, .text = text,
				    .size = sizeof(text) };

	e.script = compile(t, "printf(\"hello\"); .x = $pid;", false);
	t->script->eval = &e;
	tg_action_eval(&t->w.cpu);
	assert_int_equal(t->script->run.error, TG_ERR_NONE);
	assert_memory_equal(text, "hell", 4);
	assert_int_equal(e.lost, 1);
	assert_int_equal(global(t, "x"), 1168);
	e.script = compile(t, "$vector", true);
	tg_action_eval(&t->w.cpu);
	assert_int_equal(t->script->run.error, TG_ERR_NO_REGISTER);
	e.script = compile(t, "event_sc(1);", false);
	tg_action_eval(&t->w.cpu);
	assert_int_equal(t->script->run.error, TG_ERR_HERE);
	e.script = compile(t, "2 + 3", true);
	tg_action_eval(&t->w.cpu);
	assert_int_equal(t->script->run.value, 5);
}

static u32 error_at(struct test *t, u64 i)
{
	assert_int_equal(world_record(&t->w, i)->kind, TG_REC_SCRIPT_ERROR);
	return world_record(&t->w, i)->error;
}

/* What waits is for this process, and never for the kernel unasked. */
static void injections(void **state)
{
	struct test *t = *state;
	const struct tg_inject_spec *s = t->w.cpu.requests.spec;

	machine_fake.snap.cpl = 3;
	one(t, 6, "event_inject(3, 6); event_inject_error_code(3, 0d, 18); event_inject(6, 3); "
		  "event_inject(4, 80);");
	one(t, 6, "event_inject(2, 2); event_inject(0, 41);");
	one(t, 6, "event_inject(3, 40);");
	one(t, 6, "pause();");
	world_arm_all(&t->w);
	raise(t, 6, 0, 0);
	assert_int_equal(t->w.cpu.requests.count, 4);
	for (u32 i = 0; i < 4; i++) {
		assert_int_equal(s[i].flags,
				 i == 1 ? TG_INJECT_F_PID | TG_INJECT_F_ERROR : TG_INJECT_F_PID);
		assert_int_equal(s[i].pid, 1168);
	}
	assert_int_equal(s[0].type << 8 | s[0].vector, TG_TYPE_EXCEPTION << 8 | 6);
	assert_int_equal(s[1].type << 8 | s[1].vector, TG_TYPE_EXCEPTION << 8 | 0xd);
	assert_int_equal(s[1].error, 0x18);
	assert_int_equal(s[2].length, 1);
	assert_int_equal(s[3].length, 2);
	assert_true(t->w.cpu.nmi_pending);
	assert_int_equal(machine_fake.nr_ipi, 1);
	assert_int_equal(machine_fake.ipi[0], 0x41);
	assert_int_equal(world_records(&t->w), 2);
	assert_int_equal(error_at(t, 0), TG_ERR_INJECT);
	assert_int_equal(error_at(t, 1), TG_ERR_HERE);
}

static void injection_into_the_kernel(void **state)
{
	struct test *t = *state;
	const char *text = "event_inject(3, 6);";

	machine_fake.snap.cpl = 0;
	one(t, 6, text);
	event(t, 7, TG_EV_FORCE, NULL, 1, &text);
	world_arm_all(&t->w);
	raise(t, 6, 0, 0);
	assert_int_equal(t->w.cpu.requests.count, 0);
	assert_int_equal(error_at(t, 0), TG_ERR_KERNEL);
	raise(t, 7, 0, 0);
	assert_int_equal(t->w.cpu.requests.count, 1);
	assert_int_equal(t->w.cpu.requests.spec[0].flags, TG_INJECT_F_PID | TG_INJECT_F_FORCE);
}

static void injection_of_interrupts(void **state)
{
	struct test *t = *state;
	const char *system = "event_inject(0, eb); event_inject(0, .vector);";

	one(t, 6, system);
	event(t, 7, TG_EV_FORCE, NULL, 1, &system);
	world_arm_all(&t->w);
	for (u32 i = 0; i < 4; i++) {
		t->globals[tg_globals_place(&t->names, "vector", 6, 8) / 8] = i < 2 ? 0xec : 0xff;
		raise(t, 6 + i % 2, 0, 0);
		/* the guest has taken them */
		memset(machine_fake.pending, 0, sizeof(machine_fake.pending));
	}
	assert_int_equal(machine_fake.nr_ipi, 5);
	assert_int_equal(machine_fake.ipi[2], 0xec);
	assert_int_equal(world_records(&t->w), 3);
	assert_int_equal(error_at(t, 0), TG_ERR_SYSTEM);
	assert_int_equal(error_at(t, 1), TG_ERR_INJECT);
	assert_int_equal(error_at(t, 2), TG_ERR_INJECT);
	assert_int_equal(world_record(&t->w, 2)->address, 0xff);
}

/* The kernel would panic of the first, and Oops of the others; 0xd is a program's own. */
static void injection_of_what_is_fatal(void **state)
{
	static const char * const text[] = {
		"event_inject(0, 80);", "event_inject(3, 7);", "event_inject(3, 0e);",
		"event_inject_error_code(3, 0e, 12);", "event_inject_error_code(3, 0e, 0c);",
		"event_inject(3, 8);", "event_inject_error_code(3, 0e, 4);",
	};
	struct test *t = *state;

	machine_fake.snap.cpl = 3;
	for (u32 i = 0; i < TG_ARRAY_SIZE(text); i++)
		one(t, 6, text[i]);
	world_arm_all(&t->w);
	raise(t, 6, 0, 0);
	assert_int_equal(machine_fake.nr_ipi, 0);
	assert_int_equal(t->w.cpu.requests.count, 1);
	assert_int_equal(t->w.cpu.requests.spec[0].error, 4);
	assert_int_equal(world_records(&t->w), 6);
	assert_int_equal(error_at(t, 0), TG_ERR_SYSTEM);
	for (u32 i = 1; i < 6; i++)
		assert_int_equal(error_at(t, i), TG_ERR_FATAL);
}

static void injection_of_what_is_fatal_by_force(void **state)
{
	const char *text = "event_inject(0, 80); event_inject(3, 7); "
			   "event_inject_error_code(3, 0e, 12);";
	struct test *t = *state;

	machine_fake.snap.cpl = 3;
	event(t, 6, TG_EV_FORCE, NULL, 1, &text);
	world_arm_all(&t->w);
	raise(t, 6, 0, 0);
	assert_int_equal(machine_fake.nr_ipi, 1);
	assert_int_equal(machine_fake.ipi[0], 0x80);
	assert_int_equal(t->w.cpu.requests.count, 2);
	assert_int_equal(world_records(&t->w), 0);
}

/* As the backend does behind the delivery. */
static void deliver(struct test *t, u8 vector)
{
	struct tg_trap trap = trap_exception(vector, 0, 0);

	t->w.cpu.has_snapshot = false;
	assert_int_equal(tg_dispatch(&t->w.cpu, &trap, 0), TG_DELIVERED);
	assert_int_equal(trap.ev.posts, t->w.cpu.post);
	if (!trap.ev.posts)
		return;
	t->w.cpu.post = false;
	t->w.cpu.posting = trap.ev;
	t->w.cpu.has_snapshot = false;
	tg_dispatch_post(&t->w.cpu);
}

static void post_stage(void **state)
{
	struct test *t = *state;
	const char *text = ".stages = .stages * 10 + $event_stage + 1; .runs++;";
	struct tg_event *ev[3];

	ev[0] = one(t, 6, text);
	ev[1] = event(t, 7, 0, "$event_stage == 1", 1, &text);
	ev[2] = one(t, 0, text);
	ev[0]->stage = TG_STAGE_ALL;
	ev[1]->stage = TG_STAGE_POST;
	world_arm_all(&t->w);
	deliver(t, 6);
	assert_int_equal(global(t, "stages"), 0x12);
	assert_int_equal(ev[0]->cpu[1].hits, 1);
	deliver(t, 7);
	assert_int_equal(global(t, "stages"), 0x122);
	assert_int_equal(ev[1]->cpu[1].hits, 1);
	deliver(t, 0);
	assert_int_equal(global(t, "stages"), 0x1221);
	assert_int_equal(global(t, "runs"), 4);
}

/* What a script swallows has no post stage, and behind the delivery it is too late. */
static void post_and_swallowing(void **state)
{
	struct test *t = *state;
	const char *swallow = "event_sc($event_stage == 0); .runs++;";
	const char *late = "event_sc($event_stage); .late++;";
	struct tg_event *ev;

	ev = event(t, 6, 0, NULL, 1, &swallow);
	ev->flags |= TG_EVI_SC;
	ev->stage = TG_STAGE_ALL;
	one(t, 7, late)->stage = TG_STAGE_POST;
	world_arm_all(&t->w);
	assert_int_equal(raise(t, 6, 0, 0), TG_SWALLOWED);
	assert_false(t->w.cpu.post);
	assert_int_equal(global(t, "runs"), 1);
	deliver(t, 7);
	assert_int_equal(global(t, "late"), 0);
	assert_int_equal(error_at(t, 0), TG_ERR_HERE);
	assert_int_equal(world_record(&t->w, 0)->stage, TG_STAGE_POST);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(values), TEST(values_of_interrupt), TEST(clock_texts), TEST(no_such_value),
		TEST(pieces), TEST(page_forgotten), TEST(flush), TEST(order_of_actions),
		TEST(condition), TEST(condition_fails),
		TEST(errors_disable), TEST(fuel_ends_it), TEST(after_an_error),
		TEST(swallowed_by_script), TEST(published_with_the_verdict),
		TEST(second_swallowed_by_script),
		TEST(script_against_sc_on),
		TEST(limit_and_rip),
		TEST(storm_of_a_slow_script),
		TEST(interrupt_by_script), TEST(events_of_events), TEST(full_ring), TEST(buffer),
		TEST(eval), TEST(injections), TEST(injection_into_the_kernel),
		TEST(injection_of_interrupts), TEST(injection_of_what_is_fatal),
		TEST(injection_of_what_is_fatal_by_force),
		TEST(post_stage), TEST(post_and_swallowing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
