// SPDX-License-Identifier: GPL-2.0
/*
 * INJ-POST, the core's part: who asks for the post stage, when its events run, and what
 * becomes of it when the delivery is interrupted.
 */
#include "core_world.h"

static struct world w;

static int setup(void **state)
{
	(void)state;
	world_init(&w);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_free(&w);
	return 0;
}

static struct tg_event *staged(u32 vector, u32 stage, u32 flags)
{
	struct tg_event *ev = world_event(&w, vector < 32 ? TG_EVENT_EXCEPTION : TG_EVENT_INTERRUPT,
					  vector, flags);

	ev->stage = stage;
	return ev;
}

/* What a backend does: the entry injects core.next, the exit behind it has seen it arrive. */
static void arrives(void)
{
	assert_true(w.cpu.next.posts);
	tg_post_begin(&w.cpu, &w.cpu.next);
	w.cpu.next.valid = false;
	tg_post_settle(&w.cpu);
	assert_true(w.cpu.attention);
	machine_fake.snap.rip = 0xffffffff81000000;
	machine_fake.snap.rsp = 0xfffffe0000001fd8;
	machine_fake.snap.cpl = 0;
	w.cpu.has_snapshot = false;
	tg_post_end(&w.cpu, true);
	tg_post_settle(&w.cpu);
	assert_false(w.cpu.attention);
}

static void test_inj_post_all_is_a_pair(void **state)
{
	struct tg_event *ev = staged(14, TG_STAGE_ALL, 0);
	struct tg_trap trap = trap_exception(14, 6, 0xdead000);
	const struct tg_record *r;

	(void)state;
	world_arm_all(&w);
	assert_true(w.set->posts[14]);
	assert_false(w.set->posts[13]);
	assert_int_equal(tg_handle_exception(&w.cpu, &trap), TG_OUT_INJECT);
	assert_int_equal(world_records(&w), 1);
	assert_int_equal(world_record(&w, 0)->stage, TG_STAGE_PRE);
	assert_int_equal(world_record(&w, 0)->rip, 0x401136);
	arrives();
	assert_int_equal(world_records(&w), 2);
	r = world_record(&w, 1);
	assert_int_equal(r->stage, TG_STAGE_POST);
	assert_int_equal(r->kind, TG_REC_TRAP);
	assert_int_equal(r->vector, 14);
	assert_int_equal(r->type, TG_TYPE_EXCEPTION);
	assert_int_equal(r->error, 6);
	assert_int_equal(r->address, 0xdead000);
	assert_int_equal(r->flags, TG_RECF_ERROR | TG_RECF_ADDRESS);
	assert_int_equal(r->verdict, TG_DELIVERED);
	assert_int_equal(r->rip, 0xffffffff81000000);
	assert_int_equal(r->rsp, 0xfffffe0000001fd8);
	assert_int_equal(r->cpl, 0);
	assert_int_equal(r->seq, 1);
	assert_int_equal(ev->cpu[1].hits, 1);	/* one event, two records */
}

static void test_inj_post_post_only(void **state)
{
	struct tg_event *ev = staged(6, TG_STAGE_POST, 0), *pre = staged(6, TG_STAGE_PRE, 0);
	struct tg_trap trap = trap_exception(6, 0, 0);

	(void)state;
	world_arm_all(&w);
	tg_handle_exception(&w.cpu, &trap);
	assert_int_equal(world_records(&w), 1);
	assert_int_equal(world_record(&w, 0)->event, pre->number);
	assert_int_equal(ev->cpu[1].hits, 0);
	arrives();
	assert_int_equal(world_records(&w), 2);
	assert_int_equal(world_record(&w, 1)->event, ev->number);
	assert_int_equal(world_record(&w, 1)->stage, TG_STAGE_POST);
	assert_int_equal(ev->cpu[1].hits, 1);
	assert_int_equal(pre->cpu[1].hits, 1);
}

/* Nobody's post stage: nothing is to be attended to. */
static void test_inj_post_not_asked_for(void **state)
{
	struct tg_event *ev = staged(6, TG_STAGE_ALL, TG_EV_PID);
	struct tg_trap trap = trap_exception(6, 0, 0), other = trap_exception(13, 0, 0);

	(void)state;
	ev->pid = 1;
	staged(13, TG_STAGE_PRE, 0);
	world_arm_all(&w);
	tg_handle_exception(&w.cpu, &trap);
	assert_false(w.cpu.next.posts);
	tg_handle_exception(&w.cpu, &other);
	assert_false(w.cpu.next.posts);
	assert_false(w.cpu.attention);
	assert_int_equal(world_records(&w), 1);
}

static void test_inj_post_swallowed_has_none(void **state)
{
	struct tg_event *ev = staged(6, TG_STAGE_POST, 0);
	struct tg_trap trap = trap_exception(6, 0, 0);

	(void)state;
	staged(6, TG_STAGE_PRE, TG_EV_SWALLOW);
	world_arm_all(&w);
	assert_int_equal(tg_handle_exception(&w.cpu, &trap), TG_OUT_SWALLOWED);
	assert_false(trap.ev.posts);
	assert_false(w.cpu.attention);
	assert_int_equal(world_records(&w), 1);
	assert_int_equal(ev->cpu[1].hits, 0);
}

/* Cleared or disabled while the event is on its way: it does not run. */
static void test_inj_post_ended_meanwhile(void **state)
{
	struct tg_event *ev = staged(6, TG_STAGE_ALL, 0);
	struct tg_trap trap = trap_exception(6, 0, 0);

	(void)state;
	world_arm_all(&w);
	tg_handle_exception(&w.cpu, &trap);
	ev->off = TG_OFF_USER;
	arrives();
	assert_int_equal(world_records(&w), 1);
	ev->off = TG_OFF_NONE;
	trap.ev.posts = false;
	tg_handle_exception(&w.cpu, &trap);
	world_arm(&w, NULL, 0);
	arrives();
	assert_int_equal(world_records(&w), 2);
}

/* The delivery faulted: benign first, so only the second arrives. */
static void test_inj_post_dropped_first(void **state)
{
	struct tg_trap ud = trap_exception(6, 0, 0), pf = trap_exception(14, 2, 0x1000);

	(void)state;
	staged(6, TG_STAGE_ALL, 0);
	world_arm_all(&w);
	tg_handle_exception(&w.cpu, &ud);
	tg_post_begin(&w.cpu, &w.cpu.next);
	tg_post_settle(&w.cpu);
	tg_post_end(&w.cpu, false);
	pf.first = ud.ev;
	pf.first.posts = false;			/* as the hardware says it */
	tg_post_again(&w.cpu, &pf.first);
	assert_true(pf.first.posts);
	assert_int_equal(tg_handle_exception(&w.cpu, &pf), TG_OUT_INJECT);
	assert_int_equal(w.cpu.next.vector, 14);
	assert_false(w.cpu.next.posts);
	tg_post_settle(&w.cpu);
	assert_false(w.cpu.attention);
	assert_int_equal(world_records(&w), 1);
}

/* Swallowed second: the first goes again, and has its post stage once. */
static void test_inj_post_redelivered(void **state)
{
	struct tg_trap pf = trap_exception(14, 2, 0x1000), second = trap_exception(14, 0, 0x2000);
	struct tg_event *sc;

	(void)state;
	staged(13, TG_STAGE_ALL, 0);
	sc = staged(14, TG_STAGE_PRE, TG_EV_SWALLOW);
	world_arm_all(&w);
	pf.ev = tg_exception(13, 0x18);
	tg_handle_exception(&w.cpu, &pf);
	tg_post_begin(&w.cpu, &w.cpu.next);
	tg_post_settle(&w.cpu);
	tg_post_end(&w.cpu, false);
	second.first = pf.ev;
	second.first.posts = false;
	tg_post_again(&w.cpu, &second.first);
	assert_int_equal(tg_handle_exception(&w.cpu, &second), TG_OUT_REDELIVER);
	assert_int_equal(w.cpu.next.vector, 13);
	assert_int_equal(sc->cpu[1].swallowed, 1);
	arrives();
	assert_int_equal(world_records(&w), 3);
	assert_int_equal(world_record(&w, 2)->vector, 13);
	assert_int_equal(world_record(&w, 2)->stage, TG_STAGE_POST);
	assert_int_equal(world_record(&w, 2)->error, 0x18);
}

/* What was interrupted is not taken for another event of its kind at a later exit. */
static void test_inj_post_again_is_of_one_exit(void **state)
{
	struct tg_flight f = tg_exception(6, 0), other = tg_exception(13, 0);

	(void)state;
	w.cpu.next = tg_exception(6, 0);
	w.cpu.next.posts = true;
	tg_post_begin(&w.cpu, &w.cpu.next);
	tg_post_settle(&w.cpu);
	tg_post_again(&w.cpu, &other);
	assert_false(other.posts);
	tg_post_end(&w.cpu, false);
	tg_post_settle(&w.cpu);
	tg_post_again(&w.cpu, &f);
	assert_false(f.posts);
}

static void test_inj_post_nmi_waits_with_its_stage(void **state)
{
	(void)state;
	staged(TG_VEC_NMI, TG_STAGE_ALL, 0);
	world_arm_all(&w);
	tg_handle_nmi(&w.cpu, NULL);
	assert_true(w.cpu.nmi_pending);
	assert_true(w.cpu.nmi_posts);
	tg_post_settle(&w.cpu);			/* it cannot go yet */
	assert_true(w.cpu.nmi_posts);
	tg_next_nmi(&w.cpu);
	assert_false(w.cpu.nmi_pending);
	assert_false(w.cpu.nmi_posts);
	assert_int_equal(w.cpu.next.type, TG_TYPE_NMI);
	arrives();
	assert_int_equal(world_records(&w), 2);
	assert_int_equal(world_record(&w, 1)->type, TG_TYPE_NMI);
	tg_handle_nmi(&w.cpu, NULL);
	tg_next_nmi(&w.cpu);
	assert_true(w.cpu.next.posts);
}

static void test_inj_post_interrupt(void **state)
{
	(void)state;
	staged(0x41, TG_STAGE_ALL, 0);
	world_arm_all(&w);
	tg_handle_interrupt(&w.cpu, 0x41);
	arrives();
	assert_int_equal(world_records(&w), 2);
	assert_int_equal(world_record(&w, 1)->vector, 0x41);
	tg_handle_interrupt(&w.cpu, 0x42);
	assert_false(w.cpu.next.posts);
}

static void test_inj_post_unseen(void **state)
{
	struct tg_event *ev = staged(6, TG_STAGE_ALL, 0);
	struct tg_flight f = tg_exception(6, 0);

	(void)state;
	staged(6, TG_STAGE_PRE, 0);
	world_arm_all(&w);
	tg_post_unseen(&w.cpu, &f);
	assert_int_equal(world_records(&w), 1);
	assert_int_equal(world_record(&w, 0)->kind, TG_REC_NOTE);
	assert_int_equal(world_record(&w, 0)->note, TG_NOTE_POST_UNSEEN);
	assert_int_equal(world_record(&w, 0)->event, ev->number);
	assert_int_equal(world_record(&w, 0)->vector, 6);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_inj_post_all_is_a_pair), T(test_inj_post_post_only),
		T(test_inj_post_not_asked_for),
		T(test_inj_post_swallowed_has_none), T(test_inj_post_ended_meanwhile),
		T(test_inj_post_dropped_first),
		T(test_inj_post_redelivered), T(test_inj_post_again_is_of_one_exit),
		T(test_inj_post_nmi_waits_with_its_stage), T(test_inj_post_interrupt),
		T(test_inj_post_unseen),
	};

	return cmocka_run_group_tests_name("core_post", tests, NULL, NULL);
}
