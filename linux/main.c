// SPDX-License-Identifier: GPL-2.0
/*
 * The module and its device: who may open it, what each ioctl takes, and that
 * everything ends with the file it came through. Process context.
 */
#include <linux/capability.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <asm/tsc.h>
#include "tg.h"

DEFINE_MUTEX(tg_lock);
static LIST_HEAD(sessions);

long tg_refuse(char *reason, long err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(reason, TG_REASON_LEN, format, ap);
	va_end(ap);
	return err;
}

static int tg_open(struct inode *inode, struct file *file)
{
	struct tg_session *s;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	s->owner = task_tgid_nr(current);
	tg_session_init(s);
	mutex_lock(&tg_lock);
	list_add_tail(&s->node, &sessions);
	mutex_unlock(&tg_lock);
	file->private_data = s;
	return nonseekable_open(inode, file);
}

static int tg_release(struct inode *inode, struct file *file)
{
	struct tg_session *s = file->private_data;

	tg_session_stop(s);
	mutex_lock(&tg_lock);
	tg_control_clear_owner(s);
	list_del(&s->node);
	if (list_empty(&sessions)) {
		tg_vmm_unload();
		tg_control_forget();
	}
	mutex_unlock(&tg_lock);
	tg_session_free_rings(s);
	free_page(s->globals);
	kfree(s);
	return 0;
}

static unsigned int count_sessions(void)
{
	struct tg_session *s;
	unsigned int n = 0;

	list_for_each_entry(s, &sessions, node)
		n++;
	return n;
}

/* ---- ioctls: on a copy of the structure, under tg_lock, but for those of scripts -- */

static long do_info(struct tg_session *s, void *arg)
{
	struct tg_info *i = arg;
	const struct tg_hv_ops *ops = NULL;

	if (i->flags)
		return -EINVAL;
	memset(i, 0, sizeof(*i));
	i->size = sizeof(*i);
	i->abi_version = TG_ABI_VERSION;
	i->state = tg_vmm_loaded() ? TG_STATE_LOADED : TG_STATE_UNLOADED;
	i->nr_cpus = nr_cpu_ids;
	i->online_cpus = num_online_cpus();
	i->virtualised_cpus = tg_vmm_virtualised();
	i->nr_events = tg_control_count(NULL);
	i->nr_users = count_sessions();
	i->tsc_khz = tsc_khz;
	i->tsc = rdtsc();
	i->monotonic_ns = ktime_get_ns();
	i->realtime_ns = ktime_get_real_ns();
	i->swallow_limit = tg_vmm_config()->swallow_limit;
	i->root_bytes_per_cpu = tg_vmm_bytes_per_cpu();
	strscpy(i->module_version, TG_VERSION, sizeof(i->module_version));
	if (tg_vmm_loaded())
		strscpy(i->backend, tg_vmm_backend(), sizeof(i->backend));
	else if (!tg_platform_check(&ops, i->reason))
		strscpy(i->backend, ops->name, sizeof(i->backend));
	return 0;
}

static long do_load(struct tg_session *s, void *arg)
{
	struct tg_load *l = arg;

	l->reason[0] = 0;
	return l->flags ? -EINVAL : tg_vmm_load(l->reason);
}

static long do_unload(struct tg_session *s, void *arg)
{
	struct tg_load *l = arg;
	long err;

	l->reason[0] = 0;
	if (l->flags)
		return -EINVAL;
	if (!tg_vmm_loaded())
		return tg_refuse(l->reason, -ENODEV, "the hypervisor is not loaded");
	if (tg_control_count(s))
		return tg_refuse(l->reason, -EBUSY, "other users have events: 'events' lists them");
	tg_control_clear_owner(s);
	err = tg_vmm_unload();
	tg_control_forget();
	return err;
}

static long do_add(struct tg_session *s, void *arg)
{
	struct tg_event_add *a = arg;

	a->reason[0] = 0;
	if (a->spec.action == TG_ACTION_SCRIPT)
		return tg_refuse(a->reason, -EINVAL, "an event with scripts needs EVENT_SCRIPT");
	return tg_control_add(s, a, NULL);
}

static long do_add_script(struct tg_session *s, void *arg)
{
	struct tg_event_script *e = arg;

	e->add.reason[0] = 0;
	return tg_script_add(s, e);
}

static long do_eval(struct tg_session *s, void *arg)
{
	struct tg_eval *e = arg;

	e->reason[0] = 0;
	return tg_script_eval(s, e);
}

static long do_modify(struct tg_session *s, void *arg)
{
	struct tg_event_modify *m = arg;

	m->reason[0] = 0;
	return tg_control_modify(m);
}

static long do_query(struct tg_session *s, void *arg)
{
	return tg_control_query(s, arg);
}

static long do_rings(struct tg_session *s, void *arg)
{
	struct tg_ring_setup *r = arg;
	int err;

	if (r->flags)
		return -EINVAL;
	err = tg_session_rings(s, r->bytes);
	if (err)
		return err;
	r->nr_rings = nr_cpu_ids;
	r->record_size = sizeof(struct tg_record);
	return 0;
}

static long do_set(struct tg_session *s, void *arg)
{
	struct tg_set *set = arg;

	set->reason[0] = 0;
	return tg_settings_set(set);
}

static long do_stats(struct tg_session *s, void *arg)
{
	return tg_settings_stats(arg);
}

static long do_inject(struct tg_session *s, void *arg)
{
	struct tg_inject *a = arg;

	a->reason[0] = 0;
	return tg_inject(a);
}

struct tg_ioctl {
	unsigned int cmd;
	long (*run)(struct tg_session *s, void *arg);
	bool answers_errors;		/* copied back also on failure: has a reason */
	bool locks;			/* takes tg_lock by itself */
};

static const struct tg_ioctl ioctls[] = {
	{ TG_IOC_INFO, do_info, false },
	{ TG_IOC_LOAD, do_load, true },
	{ TG_IOC_UNLOAD, do_unload, true },
	{ TG_IOC_EVENT_ADD, do_add, true },
	{ TG_IOC_EVENT_MODIFY, do_modify, true },
	{ TG_IOC_EVENT_QUERY, do_query, false },
	{ TG_IOC_RING_SETUP, do_rings, false },
	{ TG_IOC_SET, do_set, true },
	{ TG_IOC_STATS, do_stats, false },
	{ TG_IOC_INJECT, do_inject, true },
	{ TG_IOC_EVENT_SCRIPT, do_add_script, true, true },
	{ TG_IOC_EVAL, do_eval, true, true },
};

union tg_any {
	u32 size;
	struct tg_info info;
	struct tg_load load;
	struct tg_event_add add;
	struct tg_event_modify modify;
	struct tg_event_query query;
	struct tg_ring_setup rings;
	struct tg_set set;
	struct tg_stats stats;
	struct tg_inject inject;
	struct tg_event_script script;
	struct tg_eval eval;
};

static long run_locked(struct tg_session *s, const struct tg_ioctl *io, void *arg)
{
	long err = mutex_lock_interruptible(&tg_lock);

	if (err)
		return err;
	err = io->run(s, arg);
	mutex_unlock(&tg_lock);
	return err;
}

static long run_ioctl(struct tg_session *s, const struct tg_ioctl *io, void __user *user)
{
	unsigned int size = _IOC_SIZE(io->cmd);
	union tg_any *arg;
	long err;

	arg = memdup_user(user, size);
	if (IS_ERR(arg))
		return PTR_ERR(arg);
	/* An answer that cannot be given would hide a change: try first. */
	err = arg->size != size ? -EINVAL : copy_to_user(user, arg, size) ? -EFAULT : 0;
	if (!err) {
		err = io->locks ? io->run(s, arg) : run_locked(s, io, arg);
		if ((!err || io->answers_errors) && copy_to_user(user, arg, size))
			err = err ?: -EFAULT;
	}
	kfree(arg);
	return err;
}

static long tg_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(ioctls); i++)
		if (ioctls[i].cmd == cmd)
			return run_ioctl(file->private_data, &ioctls[i], (void __user *)arg);
	return -ENOTTY;
}

/* Under mmap_lock, so without tg_lock: rings that are there stay till the release. */
static int tg_mmap(struct file *file, struct vm_area_struct *vma)
{
	return tg_session_mmap(file->private_data, vma);
}

static __poll_t tg_poll(struct file *file, poll_table *wait)
{
	return tg_session_poll(file->private_data, file, wait);
}

static const struct file_operations tg_fops = {
	.owner = THIS_MODULE,
	.open = tg_open,
	.release = tg_release,
	.unlocked_ioctl = tg_ioctl,
	.mmap = tg_mmap,
	.poll = tg_poll,
};

static struct miscdevice tg_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "trapgate",
	.fops = &tg_fops,
	.mode = 0600,
};

static int __init tg_module_init(void)
{
	int err = tg_vmm_init();

	if (err)
		return err;
	tg_follow_init();
	err = misc_register(&tg_misc);
	if (err)
		tg_vmm_exit();
	return err;
}

static void __exit tg_module_exit(void)
{
	misc_deregister(&tg_misc);
	tg_control_exit();
	tg_vmm_exit();
}

module_init(tg_module_init);
module_exit(tg_module_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Trapgate: hooks exceptions and interrupts below the running kernel");
MODULE_VERSION(TG_VERSION);
