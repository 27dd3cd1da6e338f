// SPDX-License-Identifier: GPL-2.0
/*
 * Following children: the scheduler's tracepoints tell of forks and exits, and
 * the sets that root mode looks at follow. The probes run in the context of the
 * task concerned, preemption off.
 */
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/tracepoint.h>
#include "tg.h"

struct follower {
	struct list_head node;
	struct tg_event *ev;
};

static LIST_HEAD(followers);
static DEFINE_SPINLOCK(followers_lock);

static struct tracepoint *tp_fork, *tp_exit;
static bool registered;

static void on_fork(void *data, struct task_struct *parent, struct task_struct *child)
{
	struct follower *f;
	unsigned long flags;

	if (child->tgid == parent->tgid)
		return;
	spin_lock_irqsave(&followers_lock, flags);
	list_for_each_entry(f, &followers, node) {
		struct tg_event *ev = f->ev;

		if (parent->tgid != ev->pid && !tg_pidset_has(ev->follow, parent->tgid))
			continue;
		if (tg_pidset_add(ev->follow, child->tgid))
			pr_warn_ratelimited("trapgate: event %u follows too many processes: "
					    "it does not follow %d\n",
					    ev->number, child->tgid);
	}
	spin_unlock_irqrestore(&followers_lock, flags);
}

static void on_exit(void *data, struct task_struct *task)
{
	struct follower *f;
	unsigned long flags;

	if (atomic_read(&task->signal->live))
		return;
	spin_lock_irqsave(&followers_lock, flags);
	list_for_each_entry(f, &followers, node)
		tg_pidset_del(f->ev->follow, task->tgid);
	spin_unlock_irqrestore(&followers_lock, flags);
}

static int register_probes(void)
{
	int err;

	if (registered)
		return 0;
	if (!tp_fork || !tp_exit)
		return -EOPNOTSUPP;
	err = tracepoint_probe_register(tp_fork, on_fork, NULL);
	if (err)
		return err;
	err = tracepoint_probe_register(tp_exit, on_exit, NULL);
	if (err) {
		tracepoint_probe_unregister(tp_fork, on_fork, NULL);
		return err;
	}
	registered = true;
	return 0;
}

int tg_follow_start(struct tg_event *ev)
{
	struct follower *f = kzalloc(sizeof(*f), GFP_KERNEL);
	int err;

	ev->follow = kzalloc(sizeof(*ev->follow), GFP_KERNEL);
	if (!f || !ev->follow) {
		err = -ENOMEM;
		goto err_free;
	}
	err = register_probes();
	if (err)
		goto err_free;
	f->ev = ev;
	spin_lock_irq(&followers_lock);
	list_add(&f->node, &followers);
	spin_unlock_irq(&followers_lock);
	return 0;

err_free:
	kfree(f);
	kfree(ev->follow);
	ev->follow = NULL;
	return err;
}

/* The event must not be in force any more: root mode reads the set. */
void tg_follow_stop(struct tg_event *ev)
{
	struct follower *f, *found = NULL;

	if (!ev->follow)
		return;
	spin_lock_irq(&followers_lock);
	list_for_each_entry(f, &followers, node) {
		if (f->ev != ev)
			continue;
		list_del(&f->node);
		found = f;
		break;
	}
	spin_unlock_irq(&followers_lock);
	kfree(found);
	kfree(ev->follow);
	ev->follow = NULL;
	if (!list_empty(&followers) || !registered)
		return;
	tracepoint_probe_unregister(tp_fork, on_fork, NULL);
	tracepoint_probe_unregister(tp_exit, on_exit, NULL);
	tracepoint_synchronize_unregister();
	registered = false;
}

static void find_tracepoint(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "sched_process_fork"))
		tp_fork = tp;
	else if (!strcmp(tp->name, "sched_process_exit"))
		tp_exit = tp;
}

int tg_follow_init(void)
{
	for_each_kernel_tracepoint(find_tracepoint, NULL);
	return 0;
}
