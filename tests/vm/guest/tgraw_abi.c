// SPDX-License-Identifier: GPL-2.0
/*
 * tgraw abi: every way of calling the device wrongly. Each is one line PASS or
 * FAIL, and after each the number of events is what it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tgraw.h"
#include "tgraw_abi.h"

static struct raw_dev dev;
static int failures;
static char *page;			/* one page, the next is not mapped */
static char *ro_page;

void abi_report(const char *name, int ok, const char *fmt, long a, long b)
{
	if (ok) {
		printf("PASS: abi_%s\n", name);
	} else {
		printf("FAIL: abi_%s: ", name);
		printf(fmt, a, b);
		putchar('\n');
		failures = 1;
	}
	fflush(stdout);
}

unsigned int abi_nr_events(void)
{
	struct tg_info i;

	return raw_info(&dev, &i) ? TG_ALL : i.nr_events;
}

/* One call that must fail with err and leave the events alone. */
void abi_expect(const char *name, unsigned long cmd, void *arg, int err)
{
	unsigned int before = abi_nr_events();
	int r = ioctl(dev.fd, cmd, arg) ? errno : 0;
	unsigned int after = abi_nr_events();

	if (r == err)
		abi_report(name, before == after, "events %ld, now %ld", before,
			   after);
	else
		abi_report(name, 0, "errno %ld, not %ld", r, err);
}

/* The same, where a sentence for the user is due. */
void abi_expect_reason(const char *name, unsigned long cmd, void *arg,
		       size_t reason_at, int err)
{
	char *reason = (char *)arg + reason_at;
	unsigned int before = abi_nr_events();
	int r = ioctl(dev.fd, cmd, arg) ? errno : 0;
	size_t len = strnlen(reason, TG_REASON_LEN);

	if (r != err)
		abi_report(name, 0, "errno %ld, not %ld", r, err);
	else if (err && (!len || len == TG_REASON_LEN))
		abi_report(name, 0, "a reason of %ld characters", len, 0);
	else
		abi_report(name, before == abi_nr_events(), "events changed",
			   0, 0);
}

/* ---- what holds for every ioctl ------------------------------------------- */

struct call {
	const char *name;
	unsigned long cmd;
	size_t size, flags_at;
};

static const struct call calls[] = {
	{ "info", TG_IOC_INFO, sizeof(struct tg_info), 4 },
	{ "load", TG_IOC_LOAD, sizeof(struct tg_load), 4 },
	{ "unload", TG_IOC_UNLOAD, sizeof(struct tg_load), 4 },
	{ "event_add", TG_IOC_EVENT_ADD, sizeof(struct tg_event_add), 4 },
	{ "event_modify", TG_IOC_EVENT_MODIFY, sizeof(struct tg_event_modify), 4 },
	{ "event_query", TG_IOC_EVENT_QUERY, sizeof(struct tg_event_query), 4 },
	{ "ring_setup", TG_IOC_RING_SETUP, sizeof(struct tg_ring_setup), 4 },
	{ "set", TG_IOC_SET, sizeof(struct tg_set), 4 },
	{ "stats", TG_IOC_STATS, sizeof(struct tg_stats), 4 },
	{ "inject", TG_IOC_INJECT, sizeof(struct tg_inject), 4 },
};

static void named(char *buf, const struct call *c, const char *what)
{
	snprintf(buf, 64, "%s_%s", c->name, what);
}

static void bad_size(const struct call *c, const char *what, uint32_t size)
{
	char name[64];

	named(name, c, what);
	memset(page, 0, 4096);
	memcpy(page, &size, 4);
	abi_expect(name, c->cmd, page, EINVAL);
}

static void bad_pointers(const struct call *c)
{
	uint32_t size = c->size;
	char name[64];

	named(name, c, "null");
	abi_expect(name, c->cmd, NULL, EFAULT);
	named(name, c, "kernel_pointer");
	abi_expect(name, c->cmd, (void *)0xffffffff81000000ul, EFAULT);
	named(name, c, "noncanonical");
	abi_expect(name, c->cmd, (void *)0x8000000000000000ul, EFAULT);
	named(name, c, "wraps");
	abi_expect(name, c->cmd, (void *)-8l, EFAULT);
	named(name, c, "truncated");
	memset(page, 0, 4096);
	memcpy(page + 4096 - c->size + 1, &size, 4);
	abi_expect(name, c->cmd, page + 4096 - c->size + 1, EFAULT);
	named(name, c, "only_size");
	memcpy(page + 4092, &size, 4);
	abi_expect(name, c->cmd, page + 4092, EFAULT);
}

/* Another size in the number is another ioctl. */
static void other_number(const struct call *c)
{
	unsigned long nr = _IOC_NR(c->cmd);
	char name[64];

	memset(page, 0, 4096);
	named(name, c, "cmd_size");
	abi_expect(name, _IOC(_IOC_READ | _IOC_WRITE, TG_IOC_MAGIC, nr,
			      c->size - 8), page, ENOTTY);
	named(name, c, "cmd_direction");
	abi_expect(name, _IOC(_IOC_READ, TG_IOC_MAGIC, nr, c->size), page,
		   ENOTTY);
	named(name, c, "cmd_magic");
	abi_expect(name, _IOC(_IOC_READ | _IOC_WRITE, TG_IOC_MAGIC + 1, nr,
			      c->size), page, ENOTTY);
}

static void every_call(void)
{
	char name[64];

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		const struct call *c = &calls[i];
		uint32_t size = c->size;

		bad_size(c, "size_zero", 0);
		bad_size(c, "size_small", size - 1);
		bad_size(c, "size_large", size + 1);
		bad_size(c, "size_huge", 0xffffffff);
		bad_size(c, "size_negative", 0x80000000);
		bad_pointers(c);
		other_number(c);
		for (int bit = 7; bit < 32; bit += 8) {
			uint32_t flags = 1u << bit;

			snprintf(name, sizeof(name), "%s_flag_%d", c->name, bit);
			memset(page, 0, 4096);
			memcpy(page, &size, 4);
			memcpy(page + c->flags_at, &flags, 4);
			abi_expect(name, c->cmd, page, EINVAL);
		}
	}
	abi_expect("nr_0", _IOWR(TG_IOC_MAGIC, 0, struct tg_info), page, ENOTTY);
	abi_expect("nr_10", _IOWR(TG_IOC_MAGIC, 10, struct tg_info), page, ENOTTY);
	abi_expect("nr_255", _IOWR(TG_IOC_MAGIC, 255, struct tg_info), page, ENOTTY);
}

/* ---- who may open it ------------------------------------------------------- */

static int open_as(void (*become)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		int fd;

		become();
		fd = open(TG_DEVICE, O_RDWR);
		_exit(fd < 0 ? errno : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static void become_user(void)
{
	if (setgid(1000) || setuid(1000))
		_exit(200);
}

static void become_ns_root(void)
{
	if (setgid(1000) || setuid(1000) || unshare(CLONE_NEWUSER))
		_exit(200);
}

static void who_may_open(void)
{
	struct stat st;
	int err;

	if (stat(TG_DEVICE, &st)) {
		abi_report("node", 0, "stat: errno %ld", errno, 0);
		return;
	}
	abi_report("node_mode", (st.st_mode & 0777) == 0600, "mode 0%lo",
		   st.st_mode & 0777, 0);
	err = open_as(become_user);
	abi_report("open_uid1000", err == EACCES, "errno %ld, not %ld", err,
		   EACCES);
	/* Whatever the node's mode: the right is CAP_SYS_ADMIN. */
	chmod(TG_DEVICE, 0666);
	err = open_as(become_user);
	abi_report("open_uid1000_mode_666", err == EPERM, "errno %ld, not %ld",
		   err, EPERM);
	err = open_as(become_ns_root);
	abi_report("open_user_namespace", err == EPERM, "errno %ld, not %ld",
		   err, EPERM);
	chmod(TG_DEVICE, st.st_mode & 0777);
}

/* Misaligned is allowed: user copies do not care. */
static void misaligned(void)
{
	struct tg_info i = { .size = sizeof(i) };
	int r;

	memset(page, 0, 4096);
	memcpy(page + 13, &i, sizeof(i));
	r = ioctl(dev.fd, TG_IOC_INFO, page + 13) ? errno : 0;
	memcpy(&i, page + 13, sizeof(i));
	abi_report("info_misaligned", !r && i.abi_version == TG_ABI_VERSION,
		   "errno %ld, version %ld", r, i.abi_version);
	i = (struct tg_info) { .size = sizeof(i) };
	memcpy(ro_page, &i, sizeof(i));
	mprotect(ro_page, 4096, PROT_READ);
	abi_expect("info_readonly", TG_IOC_INFO, ro_page, EFAULT);
	mprotect(ro_page, 4096, PROT_READ | PROT_WRITE);
}

int tgraw_abi(int argc, char **argv)
{
	(void)argv;
	(void)argc;
	if (raw_open(&dev))
		return 1;
	page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ro_page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED || ro_page == MAP_FAILED ||
	    munmap(page + 4096, 4096))
		return 1;
	who_may_open();
	every_call();
	misaligned();
	abi_unloaded(&dev);
	abi_rings(&dev);
	if (raw_load(&dev)) {
		printf("FAIL: abi_load: refused\n");
		return 1;
	}
	abi_loaded(&dev, ro_page);
	raw_close(&dev);
	abi_last_close();
	return failures;
}
