// SPDX-License-Identifier: GPL-2.0
/* The ioctls of /dev/trapgate, with a sentence for each way to fail. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <x86intrin.h>

#include <trapgate/bytecode.h>
#include "../core/event_check.h"
#include "dev.h"

static int real_open(void *ctx, const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	(void)ctx;
	return fd < 0 ? -errno : fd;
}

static int real_close(void *ctx, int fd)
{
	(void)ctx;
	return close(fd) ? -errno : 0;
}

static int real_ioctl(void *ctx, int fd, unsigned long request, void *arg)
{
	int rc = ioctl(fd, request, arg);

	(void)ctx;
	return rc < 0 ? -errno : rc;
}

static int real_mmap(void *ctx, int fd, size_t length, bool writable, __u64 offset, void **out)
{
	int prot = PROT_READ | (writable ? PROT_WRITE : 0);
	void *start = mmap(NULL, length, prot, MAP_SHARED, fd, (off_t)offset);

	(void)ctx;
	if (start == MAP_FAILED)
		return -errno;
	*out = start;
	return 0;
}

static int real_munmap(void *ctx, void *start, size_t length)
{
	(void)ctx;
	return munmap(start, length) ? -errno : 0;
}

static __u64 real_tsc(void *ctx)
{
	(void)ctx;
	return __rdtsc();
}

const struct tg_sys tg_sys_real = {
	.open = real_open, .close = real_close, .ioctl = real_ioctl,
	.mmap = real_mmap, .munmap = real_munmap, .tsc = real_tsc,
};

static int dev_ioctl(struct tg_device *dev, unsigned long request, void *arg)
{
	int rc;

	do {
		rc = dev->sys->ioctl(dev->sys->ctx, dev->fd, request, arg);
	} while (rc == -EINTR);
	return rc;
}

/* What the kernel gave as reason, else what the code means here. */
static int dev_fail(struct tg_error *err, int code, const char *what, char *reason,
		    const char *meaning)
{
	if (reason)
		reason[TG_REASON_LEN - 1] = '\0';
	if (reason && *reason)
		return tg_error_set(err, code, "cannot %s: %s", what, reason);
	return tg_error_set(err, code, "cannot %s: %s", what, meaning ? meaning : strerror(-code));
}

struct meaning {
	int code;
	const char *text;
};

static const char *dev_meaning(const struct meaning *table, int code)
{
	for (; table->code; table++)
		if (table->code == code)
			return table->text;
	return NULL;
}

#define NOT_LOADED "the hypervisor is not loaded: use 'load vmm' first"

static const struct meaning open_meanings[] = {
	{ -ENOENT, "there is no such device: load the module first with 'modprobe trapgate'" },
	{ -ENXIO, "the module is not loaded: load it with 'modprobe trapgate'" },
	{ -ENODEV, "the module is not loaded: load it with 'modprobe trapgate'" },
	{ -EACCES, "this needs root (CAP_SYS_ADMIN): try sudo" },
	{ -EPERM, "this needs root (CAP_SYS_ADMIN in the initial user namespace): try sudo" },
	{ }
};

int tg_dev_open(const struct tg_sys *sys, struct tg_device **out, struct tg_error *err)
{
	struct tg_device *dev = calloc(1, sizeof(*dev));
	struct tg_info info;
	int rc;

	if (!dev)
		return tg_error_set(err, -ENOMEM, "out of memory");
	dev->sys = sys;
	dev->fd = sys->open(sys->ctx, TG_DEVICE);
	if (dev->fd < 0) {
		rc = dev_fail(err, dev->fd, "open " TG_DEVICE, NULL,
			      dev_meaning(open_meanings, dev->fd));
		free(dev);
		return rc;
	}
	rc = tg_dev_info(dev, &info, err);
	if (!rc && info.abi_version != TG_ABI_VERSION)
		rc = tg_error_set(err, -EPROTO,
			"the module has version %u of the interface and this command has version "
			"%u: install a module and a command that match",
			info.abi_version, TG_ABI_VERSION);
	if (rc) {
		tg_dev_close(dev);
		return rc;
	}
	dev->margin = info.tsc_khz ? info.tsc_khz : 1;	/* 1 ms */
	*out = dev;
	return 0;
}

void tg_dev_close(struct tg_device *dev)
{
	if (!dev)
		return;
	tg_ring_close(dev);
	dev->sys->close(dev->sys->ctx, dev->fd);
	free(dev);
}

int tg_dev_fd(const struct tg_device *dev)
{
	return dev->fd;
}

int tg_dev_info(struct tg_device *dev, struct tg_info *info, struct tg_error *err)
{
	int rc;

	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	rc = dev_ioctl(dev, TG_IOC_INFO, info);
	if (rc < 0)
		return dev_fail(err, rc, "ask the module for its state", NULL, rc == -ENOTTY ?
				TG_DEVICE " is not the device of trapgate" : NULL);
	info->backend[sizeof(info->backend) - 1] = '\0';
	info->module_version[sizeof(info->module_version) - 1] = '\0';
	info->reason[sizeof(info->reason) - 1] = '\0';
	return 0;
}

int tg_dev_load(struct tg_device *dev, struct tg_error *err)
{
	static const struct meaning meanings[] = {
		{ -EALREADY, "it is loaded already" },
		{ -EBUSY, "the processor's virtualization is in use, perhaps by KVM" },
		{ -EPERM, "the kernel is locked down, or this needs CAP_SYS_ADMIN" },
		{ -ENODEV, "this processor offers neither VT-x nor AMD-V" },
		{ }
	};
	struct tg_load load = { .size = sizeof(load) };
	int rc = dev_ioctl(dev, TG_IOC_LOAD, &load);

	if (rc < 0)
		return dev_fail(err, rc, "load the hypervisor", load.reason,
				dev_meaning(meanings, rc));
	return 0;
}

int tg_dev_unload(struct tg_device *dev, struct tg_error *err)
{
	static const struct meaning meanings[] = {
		{ -ENODEV, "it is not loaded" },
		{ -EBUSY, "other users have events: 'events' lists them" },
		{ }
	};
	struct tg_load load = { .size = sizeof(load) };
	int rc = dev_ioctl(dev, TG_IOC_UNLOAD, &load);

	if (rc < 0)
		return dev_fail(err, rc, "unload the hypervisor", load.reason,
				dev_meaning(meanings, rc));
	return 0;
}

#define ADD_EVENT "add the event"

static const struct meaning add_meanings[] = {
	{ -ESRCH, "there is no such process" },
	{ -ENXIO, "there is no such core" },
	{ -EPERM, "the machine may not survive swallowing this: add 'force' if you mean it" },
	{ -ENODEV, NOT_LOADED },
	{ -ENOSPC, "there are too many events: clear one with 'events c N'" },
	{ -ENOMEM, "the kernel is out of memory: clear events or make rings smaller with --ring" },
	{ -ENOTTY, "the module is too old for scripts" },
	{ }
};

/* What the module would refuse in any case is not sent. */
static int event_check(const struct tg_event_add *add, struct tg_error *err)
{
	enum tg_event_error refusal = tg_event_check(&add->spec, add->flags, NULL);

	if (!refusal)
		return 0;
	return dev_fail(err, tg_event_refusals[refusal].error, ADD_EVENT, NULL,
			tg_event_refusals[refusal].text);
}

int tg_dev_event_add(struct tg_device *dev, const struct tg_event_spec *spec, __u32 flags,
		     __u32 *number, struct tg_error *err)
{
	struct tg_event_add add = { .size = sizeof(add), .flags = flags, .spec = *spec };
	int rc = event_check(&add, err);

	if (rc)
		return rc;
	rc = dev_ioctl(dev, TG_IOC_EVENT_ADD, &add);
	if (rc < 0)
		return dev_fail(err, rc, ADD_EVENT, add.reason, dev_meaning(add_meanings, rc));
	*number = add.number;
	return 0;
}

int tg_dev_inject(struct tg_device *dev, const struct tg_inject_spec *spec, __u32 *core,
		  struct tg_error *err)
{
	static const struct meaning meanings[] = {
		{ -ESRCH, "there is no such process" },
		{ -ENXIO, "there is no such core" },
		{ -EPERM, "the machine may not survive this: add 'force' if you mean it" },
		{ -ENODEV, NOT_LOADED },
		{ -EBUSY, "too many injections wait on that core" },
		{ }
	};
	struct tg_inject inject = { .size = sizeof(inject), .spec = *spec, .core = *core };
	int rc = dev_ioctl(dev, TG_IOC_INJECT, &inject);

	if (rc < 0)
		return dev_fail(err, rc, "inject", inject.reason, dev_meaning(meanings, rc));
	*core = inject.core;
	return 0;
}

static struct tg_action_spec action_of(const struct tg_image *image)
{
	return (struct tg_action_spec){ .action = TG_ACTION_SCRIPT, .size = image->size,
					.image = (__u64)(unsigned long)image };
}

int tg_dev_event_script(struct tg_device *dev, const struct tg_event_spec *spec, __u32 flags,
			const struct tg_event_actions *actions, __u32 *number, struct tg_error *err)
{
	struct tg_event_script e = {
		.add = { .size = sizeof(e), .flags = flags, .spec = *spec },
		.nr_actions = actions->nr, .buffer = actions->buffer,
	};
	int rc;

	e.add.spec.action = TG_ACTION_SCRIPT;
	rc = event_check(&e.add, err);
	if (rc)
		return rc;
	if (actions->when)
		e.when = action_of(actions->when);
	for (unsigned int i = 0; i < actions->nr; i++) {
		if (actions->action[i])
			e.action[i] = action_of(actions->action[i]);
		else
			e.action[i].action = TG_ACTION_TRACE;
	}
	rc = dev_ioctl(dev, TG_IOC_EVENT_SCRIPT, &e);
	if (rc < 0)
		return dev_fail(err, rc, ADD_EVENT, e.add.reason,
				dev_meaning(add_meanings, rc));
	*number = e.add.number;
	return 0;
}

int tg_dev_eval(struct tg_device *dev, struct tg_eval *eval, struct tg_error *err)
{
	static const struct meaning meanings[] = {
		{ -ENODEV, NOT_LOADED },
		{ -ENOTTY, "the module is too old for scripts" },
		{ }
	};
	int rc;

	eval->size = sizeof(*eval);
	rc = dev_ioctl(dev, TG_IOC_EVAL, eval);
	if (rc < 0)
		return dev_fail(err, rc, "run the script", eval->reason, dev_meaning(meanings, rc));
	return 0;
}

int tg_dev_event_modify(struct tg_device *dev, __u32 number, enum tg_event_op op,
			struct tg_error *err)
{
	static const struct meaning meanings[] = {
		{ -ENOENT, "there is no event with this number: 'events' lists them" },
		{ -ENODEV, NOT_LOADED },
		{ -EPERM, "it belongs to another user" },
		{ }
	};
	static const char *const what[] = {
		[TG_OP_ENABLE] = "enable the event", [TG_OP_DISABLE] = "disable the event",
		[TG_OP_CLEAR] = "clear the event",
	};
	struct tg_event_modify modify = { .size = sizeof(modify), .number = number, .op = op };
	int rc = dev_ioctl(dev, TG_IOC_EVENT_MODIFY, &modify);

	if (rc < 0)
		return dev_fail(err, rc, what[op], modify.reason, dev_meaning(meanings, rc));
	return 0;
}

int tg_dev_event_next(struct tg_device *dev, __u32 number, struct tg_event_query *query,
		      struct tg_error *err)
{
	int rc;

	memset(query, 0, sizeof(*query));
	query->size = sizeof(*query);
	query->number = number;
	rc = dev_ioctl(dev, TG_IOC_EVENT_QUERY, query);
	if (rc == -ENOENT)
		return tg_error_set(err, rc, "no event");
	if (rc < 0)
		return dev_fail(err, rc, "list the events", NULL, NULL);
	query->spec.comm[TG_COMM_LEN - 1] = '\0';
	query->spec.command[TG_COMMAND_LEN - 1] = '\0';
	return 0;
}

int tg_dev_set(struct tg_device *dev, enum tg_setting setting, __u64 value,
	       struct tg_error *err)
{
	struct tg_set set = { .size = sizeof(set), .setting = setting, .value = value };
	int rc = dev_ioctl(dev, TG_IOC_SET, &set);

	if (rc < 0)
		return dev_fail(err, rc, "change the setting", set.reason, NULL);
	return 0;
}

int tg_dev_get(struct tg_device *dev, enum tg_setting setting, __u64 *value, struct tg_error *err)
{
	struct tg_set set = { .size = sizeof(set), .setting = setting, .flags = TG_SETF_GET };
	int rc = dev_ioctl(dev, TG_IOC_SET, &set);

	if (rc < 0)
		return dev_fail(err, rc, "read the setting", set.reason, NULL);
	*value = set.value;
	return 0;
}

int tg_dev_stats(struct tg_device *dev, __u32 cpu, struct tg_stats *stats, struct tg_error *err)
{
	int rc;

	memset(stats, 0, sizeof(*stats));
	stats->size = sizeof(*stats);
	stats->cpu = cpu;
	rc = dev_ioctl(dev, TG_IOC_STATS, stats);
	if (rc == -ENXIO)
		return tg_error_set(err, rc, "there is no core %u", cpu);
	if (rc < 0)
		return dev_fail(err, rc, "read the counters", NULL,
				rc == -ENODEV ? NOT_LOADED : NULL);
	return 0;
}
