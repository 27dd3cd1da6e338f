// SPDX-License-Identifier: GPL-2.0
/*
 * Events as users see them: added, enabled, disabled, cleared, listed. Every
 * change makes a new immutable set and publishes it to all CPUs; what stays
 * armed is in the old and in the new one. Process context, under tg_lock.
 */
#include <linux/kernel.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <asm/irq_vectors.h>
#include "../core/event_check.h"
#include "tg.h"

LIST_HEAD(tg_events);
static u32 next_number;
static u32 nr_events;
static struct tg_evset *current_set;

static void watch_tick(struct work_struct *work);
static DECLARE_DELAYED_WORK(watch_work, watch_tick);
#define WATCH_INTERVAL msecs_to_jiffies(200)
#define REQUEST_INTERVAL msecs_to_jiffies(20)

/* ---- the set in force ---------------------------------------------------- */

static void set_free(struct tg_evset *set)
{
	if (!set)
		return;
	kfree(set->list);
	kfree(set->all);
	kfree(set);
}

static struct tg_evset *set_make(struct tg_event **events, u32 nr)
{
	struct tg_evset *set = kzalloc(struct_size(set, event, nr), GFP_KERNEL);
	u32 n = tg_evset_list_size(events, nr);

	if (!set)
		return NULL;
	set->list = kcalloc(n ?: 1, sizeof(*set->list), GFP_KERNEL);
	if (!set->list) {
		kfree(set);
		return NULL;
	}
	tg_evset_fill(set, events, nr);
	return set;
}

/* Not mod_delayed_work: no name of the queue that it wants does for all kernels. */
static void watch_in(unsigned long interval)
{
	cancel_delayed_work(&watch_work);
	schedule_delayed_work(&watch_work, interval);
}

/* Root mode may turn an event off by itself, or ask for something. */
static void watch(void)
{
	unsigned long interval = 0;
	struct tg_control_event *c;

	list_for_each_entry(c, &tg_events, node) {
		if (READ_ONCE(c->ev.request))
			interval = REQUEST_INTERVAL;	/* also of one that is off */
		if (READ_ONCE(c->ev.off))
			continue;
		if (tg_script_flags(c->ev.actions) & TG_SCRIPT_EVENTS)
			interval = REQUEST_INTERVAL;
		else if (!interval && (c->ev.actions || tg_event_may_swallow(&c->ev)))
			interval = WATCH_INTERVAL;
	}
	if (interval)
		watch_in(interval);
}

/* There was no memory for what is to be in force. */
static bool retry;

/*
 * Makes the enabled events the set in force. Fails (-ENOMEM) only before
 * anything has changed. The order is the point:
 *
 *   1. the new set is whole before any CPU can see it
 *   2. tg_vmm_publish() returns when no CPU uses the old one any more
 *   3. only then the old one is freed, and the caller may free events that were in it
 *
 * What stays armed is in both sets, so that nothing is missed in between.
 */
static int publish(void)
{
	struct tg_event **events = kcalloc(nr_events + 1, sizeof(*events), GFP_KERNEL);
	struct tg_event **all = kcalloc(nr_events + 1, sizeof(*all), GFP_KERNEL);
	struct tg_control_event *c;
	struct tg_evset *set = NULL, *old = current_set;
	u32 nr = 0, nr_all = 0;

	if (!events || !all)
		goto out;
	list_for_each_entry(c, &tg_events, node) {
		all[nr_all++] = &c->ev;
		if (!READ_ONCE(c->ev.off))
			events[nr++] = &c->ev;
	}
	set = set_make(events, nr);
	if (!set)
		goto out;
	set->all = all;
	set->nr_all = nr_all;
	all = NULL;
	tg_vmm_publish(set);
	current_set = set;
	set_free(old);
	retry = false;
	watch();
out:
	kfree(events);
	kfree(all);
	return set ? 0 : -ENOMEM;
}

static void set_enabled(struct tg_control_event *c, bool on);
static long clear_where(const struct tg_session *owner, u32 number, bool all);

/* What scripts asked for with event_enable() and event_clear(). True: publish. */
static bool take_requests(void)
{
	struct tg_control_event *c, *tmp;
	bool enabled = false;

	list_for_each_entry_safe(c, tmp, &tg_events, node) {
		switch (xchg(&c->ev.request, 0)) {
		case TG_OP_ENABLE:
			set_enabled(c, true);
			enabled = true;
			break;
		case TG_OP_CLEAR:
			clear_where(NULL, c->ev.number, false);
			break;
		}
	}
	return enabled;
}

static void look_again(void)
{
	retry = true;
	watch_in(WATCH_INTERVAL);
}

/* Root mode turned an event off by itself: take its interception away, too. */
void tg_control_look(void)
{
	bool stale = take_requests() || retry;
	u32 i;

	for (i = 0; current_set && i < current_set->nr; i++)
		stale |= READ_ONCE(current_set->event[i]->off) != TG_OFF_NONE;
	if (!stale)
		watch();
	else if (publish())
		look_again();
}

static void watch_tick(struct work_struct *work)
{
	mutex_lock(&tg_lock);
	tg_control_look();
	mutex_unlock(&tg_lock);
}

/* ---- adding -------------------------------------------------------------- */

static long no_core(char *reason, u32 core)
{
	snprintf(reason, TG_REASON_LEN, "there is no core 0x%x (%u); the last is 0x%x", core, core,
		 nr_cpu_ids - 1);
	return -ENXIO;
}

/* All that the specification says by itself: core/event_check.h. */
static long check_spec(const struct tg_event_add *a, u32 script_flags, char *reason)
{
	const struct tg_event_facts facts = {
		.script_swallows = script_flags & TG_SCRIPT_SC, .unwatched = !tg_vmm_can_watch(),
		.first_system_vector = FIRST_SYSTEM_VECTOR, .timer_vector = ISA_IRQ_VECTOR(0),
	};
	enum tg_event_error refusal = a->reserved ? TG_EVENT_ERR_FLAGS :
				      tg_event_check(&a->spec, a->flags, &facts);

	if (!refusal)
		return 0;
	return tg_refuse(reason, tg_event_refusals[refusal].error, "%s",
			 tg_event_refusals[refusal].text);
}

bool tg_pid_exists(u32 nr)
{
	struct task_struct *task;

	rcu_read_lock();
	task = nr <= INT_MAX ? pid_task(find_pid_ns(nr, &init_pid_ns), PIDTYPE_TGID) : NULL;
	rcu_read_unlock();
	return task;
}

static void event_free(struct tg_control_event *c)
{
	tg_follow_stop(&c->ev);
	tg_script_free(c->ev.actions);
	kfree(c->ev.cpu);
	kfree(c);
}

static struct tg_control_event *event_make(struct tg_session *s, const struct tg_event_add *a,
					   struct tg_actions *actions)
{
	struct tg_control_event *c = kzalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return NULL;
	c->spec = a->spec;
	c->owner = s;
	c->ev.number = next_number;
	c->ev.type = a->spec.type;
	c->ev.flags = a->flags;
	c->ev.vector = a->spec.vector;
	c->ev.core = a->spec.core;
	c->ev.pid = a->spec.pid;
	c->ev.stage = a->spec.stage;
	c->ev.rings = s->rings;
	if (tg_script_flags(actions) & TG_SCRIPT_SC)
		c->ev.flags |= TG_EVI_SC;
	c->ev.off = a->flags & TG_EV_DISABLED ? TG_OFF_USER : TG_OFF_NONE;
	strscpy_pad((char *)c->ev.comm, a->spec.comm, sizeof(c->ev.comm));
	c->ev.cpu = kcalloc(nr_cpu_ids, sizeof(*c->ev.cpu), GFP_KERNEL);
	if (!c->ev.cpu) {
		kfree(c);
		return NULL;
	}
	return c;
}

static long add_checked(struct tg_session *s, struct tg_event_add *a, struct tg_actions *actions)
{
	struct tg_control_event *c;
	int err;

	if (!s->rings) {
		err = tg_session_rings(s, tg_ring_default(num_possible_cpus()));
		if (err)
			return err;
	}
	c = event_make(s, a, actions);
	if (!c)
		return -ENOMEM;
	c->ev.actions = actions;
	if (a->flags & TG_EV_FOLLOW) {
		err = tg_follow_start(&c->ev);
		if (err)
			goto err_free;
	}
	list_add_tail(&c->node, &tg_events);
	nr_events++;
	err = publish();
	if (err)
		goto err_unlink;
	if (a->flags & TG_EV_IMMEDIATE)
		WRITE_ONCE(s->immediate, true);
	a->number = next_number++;
	return 0;

err_unlink:
	list_del(&c->node);
	nr_events--;
err_free:
	c->ev.actions = NULL;		/* the caller's */
	event_free(c);
	return err;
}

long tg_control_add(struct tg_session *s, struct tg_event_add *a, struct tg_actions *actions)
{
	long err = check_spec(a, tg_script_flags(actions), a->reason);

	if (err)
		return err;
	if (a->spec.core != TG_ALL && (a->spec.core >= nr_cpu_ids || !cpu_possible(a->spec.core)))
		return no_core(a->reason, a->spec.core);
	if ((a->flags & TG_EV_PID) && !tg_pid_exists(a->spec.pid))
		return tg_refuse(a->reason, -ESRCH, "there is no such process");
	if (!tg_vmm_loaded())
		return tg_refuse(a->reason, -ENODEV, TG_NOT_LOADED);
	if (a->spec.stage != TG_STAGE_PRE && tg_vmm_no_post())
		return tg_refuse(a->reason, -EOPNOTSUPP, "%s", tg_vmm_no_post());
	if (nr_events >= TG_MAX_EVENTS)
		return tg_refuse(a->reason, -ENOSPC, "there are already 1024 events: clear some");
	return add_checked(s, a, actions);
}

/* ---- changing ------------------------------------------------------------ */

static void set_enabled(struct tg_control_event *c, bool on)
{
	unsigned int cpu;

	if (on && READ_ONCE(c->ev.off))
		WRITE_ONCE(c->ev.script_errors, 0);
	if (on && READ_ONCE(c->ev.off))
		for (cpu = 0; cpu < nr_cpu_ids; cpu++)
			c->ev.cpu[cpu].run = 0;
	/* Why root mode turned it off is worth more than that the user did, too. */
	if (on || !READ_ONCE(c->ev.off))
		WRITE_ONCE(c->ev.off, on ? TG_OFF_NONE : TG_OFF_USER);
}

/* Unlinks those that match, waits until no CPU sees them, frees them. */
static long clear_where(const struct tg_session *owner, u32 number, bool all)
{
	struct tg_control_event *c, *tmp;
	LIST_HEAD(gone);
	int err;

	list_for_each_entry_safe(c, tmp, &tg_events, node) {
		if (owner ? c->owner != owner : !all && c->ev.number != number)
			continue;
		list_move_tail(&c->node, &gone);
		nr_events--;
	}
	if (list_empty(&gone))
		return 0;
	err = publish();
	if (err) {
		/* No memory for a set: the empty one needs none. The others stay
		 * listed and are armed again as soon as there is.
		 */
		tg_vmm_publish(NULL);
		set_free(current_set);
		current_set = NULL;
		look_again();
		pr_err("trapgate: out of memory: no event is armed until memory is free\n");
	}
	list_for_each_entry_safe(c, tmp, &gone, node)
		event_free(c);
	return 0;
}

long tg_control_modify(struct tg_event_modify *m)
{
	bool all = m->number == TG_ALL, found = all;
	struct tg_control_event *c;
	int err;

	if (m->flags || m->op < TG_OP_ENABLE || m->op > TG_OP_CLEAR)
		return tg_refuse(m->reason, -EINVAL, "unknown operation or flags");
	list_for_each_entry(c, &tg_events, node)
		found |= c->ev.number == m->number;
	if (!found)
		return tg_refuse(m->reason, -ENOENT, "there is no such event");
	if (m->op == TG_OP_CLEAR)
		return clear_where(NULL, m->number, all);
	list_for_each_entry(c, &tg_events, node) {
		c->off_before = READ_ONCE(c->ev.off);
		if (!all && c->ev.number != m->number)
			continue;
		WRITE_ONCE(c->ev.request, 0);	/* what a script asked for before */
		set_enabled(c, m->op == TG_OP_ENABLE);
	}
	err = publish();
	if (err)
		list_for_each_entry(c, &tg_events, node)
			WRITE_ONCE(c->ev.off, c->off_before);
	return err;
}

int tg_control_clear_owner(struct tg_session *s)
{
	return clear_where(s, 0, false);
}

/* ---- listing ------------------------------------------------------------- */

static void fill_query(struct tg_session *s, struct tg_event_query *q,
		       const struct tg_control_event *c)
{
	unsigned int cpu;

	q->number = c->ev.number;
	q->flags = c->ev.flags & TG_EV_ALL_FLAGS & ~TG_EV_DISABLED;
	if (READ_ONCE(c->ev.off))
		q->flags |= TG_EV_DISABLED;
	q->spec = c->spec;
	q->owner_pid = c->owner->owner;
	q->mine = c->owner == s;
	q->off_reason = READ_ONCE(c->ev.off);
	q->script_errors = READ_ONCE(c->ev.script_errors);
	q->hits = q->swallowed = q->lost = 0;
	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		q->hits += READ_ONCE(c->ev.cpu[cpu].hits);
		q->swallowed += READ_ONCE(c->ev.cpu[cpu].swallowed);
		q->lost += READ_ONCE(c->ev.cpu[cpu].lost);
	}
}

long tg_control_query(struct tg_session *s, struct tg_event_query *q)
{
	struct tg_control_event *c;

	if (q->in_flags || q->script_errors)
		return -EINVAL;
	list_for_each_entry(c, &tg_events, node) {
		if (c->ev.number < q->number)
			continue;
		fill_query(s, q, c);
		return 0;
	}
	return -ENOENT;
}

/* Events, all or those of other files than the one given. */
unsigned int tg_control_count(const struct tg_session *except)
{
	struct tg_control_event *c;
	unsigned int n = 0;

	list_for_each_entry(c, &tg_events, node)
		n += c->owner != except;
	return n;
}

void tg_control_forget(void)
{
	if (list_empty(&tg_events))
		next_number = 0;
}

void tg_control_exit(void)
{
	cancel_delayed_work_sync(&watch_work);
	set_free(current_set);
	current_set = NULL;
}
