// SPDX-License-Identifier: GPL-2.0
/* Events that are refused for what their specification says: each refusal, exactly. */
#include <errno.h>

#include "core_world.h"
#include "event_check.h"

#define SYSTEM	0xecu		/* as Linux 6.1 has them */
#define TIMER	0x30u

static const struct tg_event_facts kernel = {
	.first_system_vector = SYSTEM, .timer_vector = TIMER,
};

static struct tg_event_spec good(u32 type, u32 vector)
{
	return (struct tg_event_spec) {
		.type = type, .vector = vector, .core = TG_ALL, .stage = TG_STAGE_PRE,
		.action = TG_ACTION_TRACE,
	};
}

static void expect(const struct tg_event_spec *s, u32 flags, enum tg_event_error expected)
{
	assert_int_equal(tg_event_check(s, flags, &kernel), expected);
}

struct row {
	const char *name;
	u32 type, vector, flags, stage, action, pid;
	enum tg_event_error expected;
	int error;
	const char *text;
};

#define PRE	TG_STAGE_PRE
#define TRACE	TG_ACTION_TRACE
#define NO_POST	" cannot be used together: "						\
		"an event that the guest does not get has no post stage"
#define OTHER	"this type of event does not have that vector; "			\
		"exception: 0x00 to 0x1f; interrupt: 0x20 to 0xff"
#define TIMERS	"this would swallow timers or inter-processor interrupts, and "	\
		"the machine might hang: add force if you mean it"

static const struct row rows[] = {
	{ "flag 7", 1, 6, 1u << 7, PRE, TRACE, 0, TG_EVENT_ERR_FLAGS, -EINVAL,
	  "unknown flags, or reserved members set" },
	{ "type 0", 0, 6, 0, PRE, TRACE, 0, TG_EVENT_ERR_TYPE, -EINVAL, "unknown event type" },
	{ "type 3", 3, 6, 0, PRE, TRACE, 0, TG_EVENT_ERR_TYPE, -EINVAL, "unknown event type" },
	{ "vector 100", 2, 0x100, 0, PRE, TRACE, 0, TG_EVENT_ERR_VECTOR, -EINVAL,
	  "a vector is a number from 0 to 0xff" },
	{ "vector max", 1, TG_ALL - 1, 0, PRE, TRACE, 0, TG_EVENT_ERR_VECTOR, -EINVAL,
	  "a vector is a number from 0 to 0xff" },
	{ "exception 20", 1, 0x20, 0, PRE, TRACE, 0, TG_EVENT_ERR_OTHER_TYPE, -EINVAL, OTHER },
	{ "interrupt 1f", 2, 0x1f, 0, PRE, TRACE, 0, TG_EVENT_ERR_OTHER_TYPE, -EINVAL, OTHER },
	{ "stage 0", 1, 6, 0, 0, TRACE, 0, TG_EVENT_ERR_STAGE, -EINVAL,
	  "a stage is pre, post or all" },
	{ "stage 4", 1, 6, 0, 4, TRACE, 0, TG_EVENT_ERR_STAGE, -EINVAL,
	  "a stage is pre, post or all" },
	{ "sc, post", 1, 6, TG_EV_SWALLOW | TG_EV_FORCE, TG_STAGE_POST, TRACE, 0,
	  TG_EVENT_ERR_SWALLOW_POST, -EINVAL, "sc on and stage post" NO_POST },
	{ "sc, all", 2, 0x41, TG_EV_SWALLOW, TG_STAGE_ALL, TRACE, 0,
	  TG_EVENT_ERR_SWALLOW_ALL, -EINVAL, "sc on and stage all" NO_POST },
	{ "action 0", 1, 6, 0, PRE, 0, 0, TG_EVENT_ERR_ACTION, -EINVAL, "unknown action" },
	{ "action 3", 1, 6, 0, PRE, 3, 0, TG_EVENT_ERR_ACTION, -EINVAL, "unknown action" },
	{ "follow", 1, 6, TG_EV_FOLLOW, PRE, TRACE, 0, TG_EVENT_ERR_FOLLOW, -EINVAL,
	  "to follow children, an event needs a pid" },
	{ "no name", 1, 6, TG_EV_COMM, PRE, TRACE, 0, TG_EVENT_ERR_COMM, -EINVAL,
	  "the command name is empty" },
	{ "pid", 1, 6, 0, PRE, TRACE, 5, TG_EVENT_ERR_PID, -EINVAL,
	  "a pid is given without its flag" },
	{ "everybody", 1, TG_ALL, TG_EV_SWALLOW, PRE, TRACE, 0, TG_EVENT_ERR_EVERYBODY, -EPERM,
	  "this would swallow everybody's exceptions, even the kernel's: "
	  "name a process (pid), or add force" },
	{ "all irqs", 2, TG_ALL, TG_EV_SWALLOW, PRE, TRACE, 0, TG_EVENT_ERR_VITAL, -EPERM, TIMERS },
	{ "irq 20", 2, 0x20, TG_EV_SWALLOW, PRE, TRACE, 0, TG_EVENT_ERR_VITAL, -EPERM, TIMERS },
	{ "timer", 2, TIMER, TG_EV_SWALLOW, PRE, TRACE, 0, TG_EVENT_ERR_VITAL, -EPERM, TIMERS },
	{ "system", 2, SYSTEM, TG_EV_SWALLOW, PRE, TRACE, 0, TG_EVENT_ERR_VITAL, -EPERM, TIMERS },
	{ "a pid does not help", 2, 0xff, TG_EV_SWALLOW | TG_EV_PID, PRE, TRACE, 5,
	  TG_EVENT_ERR_VITAL, -EPERM, TIMERS },
};

static void test_refusals(void **state)
{
	bool seen[TG_EVENT_ERR_NR] = { [TG_EVENT_ERR_NONE] = true, [TG_EVENT_ERR_STRING] = true };

	(void)state;
	for (size_t i = 0; i < TG_ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		struct tg_event_spec s = good(r->type, r->vector);

		s.stage = r->stage;
		s.action = r->action;
		s.pid = r->pid;
		if (tg_event_check(&s, r->flags, &kernel) != r->expected)
			fail_msg("%s: %d, not %d", r->name, tg_event_check(&s, r->flags, &kernel),
				 r->expected);
		assert_int_equal(tg_event_refusals[r->expected].error, r->error);
		assert_string_equal(tg_event_refusals[r->expected].text, r->text);
		seen[r->expected] = true;
	}
	seen[TG_EVENT_ERR_UNWATCHED] = true;	/* test_unwatched() */
	for (u32 i = 0; i < TG_EVENT_ERR_NR; i++)
		assert_true(seen[i]);
}

static void test_strings(void **state)
{
	struct tg_event_spec s = good(1, 6);

	(void)state;
	memset(s.comm, 'x', sizeof(s.comm) - 1);
	memset(s.command, 'x', sizeof(s.command) - 1);
	expect(&s, TG_EV_COMM, TG_EVENT_ERR_NONE);
	s.comm[sizeof(s.comm) - 1] = 'x';
	expect(&s, TG_EV_COMM, TG_EVENT_ERR_STRING);
	expect(&s, 0, TG_EVENT_ERR_STRING);
	s.comm[0] = '\0';
	expect(&s, 0, TG_EVENT_ERR_NONE);
	s.command[sizeof(s.command) - 1] = 'x';
	expect(&s, 0, TG_EVENT_ERR_STRING);
	assert_int_equal(tg_event_refusals[TG_EVENT_ERR_STRING].error, -EINVAL);
	assert_string_equal(tg_event_refusals[TG_EVENT_ERR_STRING].text,
			    "a string is not terminated");
}

/* Each type has its vectors and all of them at once, each stage and action. */
static void test_allowed(void **state)
{
	struct tg_event_spec s;
	u32 type, vector;

	(void)state;
	for (type = 1; type <= 2; type++) {
		for (vector = 0; vector < 256; vector++) {
			s = good(type, vector);
			expect(&s, 0, (vector < 32) == (type == 1) ? TG_EVENT_ERR_NONE :
			       TG_EVENT_ERR_OTHER_TYPE);
		}
		s = good(type, TG_ALL);
		s.action = TG_ACTION_SCRIPT;
		for (s.stage = TG_STAGE_PRE; s.stage <= TG_STAGE_ALL; s.stage++)
			expect(&s, TG_EV_DISABLED | TG_EV_IMMEDIATE, TG_EVENT_ERR_NONE);
		s.stage = TG_STAGE_PRE;
		s.pid = 5;
		expect(&s, TG_EV_PID | TG_EV_FOLLOW, TG_EVENT_ERR_NONE);
		expect(&s, TG_EV_PID | TG_EV_SWALLOW | TG_EV_FORCE, TG_EVENT_ERR_NONE);
	}
}

/* What is swallowed without force: some process's exceptions, an ordinary interrupt. */
static void test_force(void **state)
{
	struct tg_event_facts facts = kernel;
	struct tg_event_spec s = good(1, 14);

	(void)state;
	facts.script_swallows = true;
	assert_int_equal(tg_event_check(&s, 0, &facts), TG_EVENT_ERR_EVERYBODY);
	assert_int_equal(tg_event_check(&s, TG_EV_FORCE, &facts), TG_EVENT_ERR_NONE);
	s.stage = TG_STAGE_ALL;		/* the script may do that in the pre stage */
	assert_int_equal(tg_event_check(&s, TG_EV_FORCE, &facts), TG_EVENT_ERR_NONE);
	s = good(1, 14);
	s.comm[0] = 'a';
	expect(&s, TG_EV_SWALLOW | TG_EV_COMM, TG_EVENT_ERR_NONE);
	for (u32 v = 0x21; v < 256; v++) {
		s = good(2, v);
		expect(&s, TG_EV_SWALLOW, v == TIMER || v >= SYSTEM ? TG_EVENT_ERR_VITAL :
		       TG_EVENT_ERR_NONE);
		expect(&s, TG_EV_SWALLOW | TG_EV_FORCE, TG_EVENT_ERR_NONE);
		expect(&s, 0, TG_EVENT_ERR_NONE);
		/* Whose the vectors are is not known outside of the kernel. */
		assert_int_equal(tg_event_check(&s, TG_EV_SWALLOW, NULL), TG_EVENT_ERR_NONE);
	}
	s = good(2, TG_ALL);
	assert_int_equal(tg_event_check(&s, TG_EV_SWALLOW, NULL), TG_EVENT_ERR_VITAL);
}

/* A CPU that cannot look for a stall: no event may swallow interrupts, with force or not. */
static void test_unwatched(void **state)
{
	struct tg_event_facts facts = kernel;
	struct tg_event_spec s = good(2, 0x30);
	const struct tg_event_refusal *said = &tg_event_refusals[TG_EVENT_ERR_UNWATCHED];

	(void)state;
	facts.unwatched = true;
	assert_int_equal(tg_event_check(&s, TG_EV_SWALLOW, &facts), TG_EVENT_ERR_UNWATCHED);
	assert_int_equal(tg_event_check(&s, TG_EV_SWALLOW | TG_EV_FORCE, &facts),
			 TG_EVENT_ERR_UNWATCHED);
	assert_int_equal(said->error, -EOPNOTSUPP);
	assert_string_equal(said->text,
			    "the processor has no VMX-preemption timer: an idle CPU could not be "
			    "given back the interrupts that the event swallows");
	assert_int_equal(tg_event_check(&s, 0, &facts), TG_EVENT_ERR_NONE);
	facts.script_swallows = true;
	assert_int_equal(tg_event_check(&s, 0, &facts), TG_EVENT_ERR_UNWATCHED);
	s = good(1, 14);		/* exceptions need no watch */
	assert_int_equal(tg_event_check(&s, TG_EV_SWALLOW | TG_EV_FORCE, &facts),
			 TG_EVENT_ERR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals), cmocka_unit_test(test_strings),
		cmocka_unit_test(test_allowed), cmocka_unit_test(test_force),
		cmocka_unit_test(test_unwatched),
	};

	return cmocka_run_group_tests_name("core_event_check", tests, NULL, NULL);
}
