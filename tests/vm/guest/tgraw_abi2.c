// SPDX-License-Identifier: GPL-2.0
/*
 * tgraw abi, second part: what each call refuses by itself. Fields that may
 * not be said are EINVAL, things that do not exist ENOENT, ESRCH or ENXIO.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tgraw.h"
#include "tgraw_abi.h"

#define ADD_REASON	offsetof(struct tg_event_add, reason)
#define SET_REASON	offsetof(struct tg_set, reason)
#define MODIFY_REASON	offsetof(struct tg_event_modify, reason)
#define LOAD_REASON	offsetof(struct tg_load, reason)

void abi_unloaded(struct raw_dev *d)
{
	struct tg_load l = { .size = sizeof(l) };
	struct tg_event_add a;

	(void)d;
	raw_spec(&a, TG_EVENT_EXCEPTION, 6);
	abi_expect_reason("add_not_loaded", TG_IOC_EVENT_ADD, &a, ADD_REASON,
			  ENODEV);
	abi_expect_reason("unload_not_loaded", TG_IOC_UNLOAD, &l, LOAD_REASON,
			  ENODEV);
}

/* ---- rings ------------------------------------------------------------------ */

static void bad_setup(const char *name, uint64_t bytes)
{
	struct tg_ring_setup s = { .size = sizeof(s), .bytes = bytes };

	abi_expect(name, TG_IOC_RING_SETUP, &s, EINVAL);
}

static void bad_map(struct raw_dev *d, const char *name, uint64_t offset,
		    size_t len, int prot)
{
	void *p = mmap(NULL, len, prot, MAP_SHARED, d->fd, offset);
	int err = errno;

	if (p != MAP_FAILED) {
		munmap(p, len);
		abi_report(name, 0, "mapped", 0, 0);
		return;
	}
	abi_report(name, err == EINVAL || err == EPERM || err == EACCES ||
		   err == ENXIO, "errno %ld", err, 0);
}

static int all_zero(const void *p, size_t n)
{
	const char *b = p;

	while (n--)
		if (*b++)
			return 0;
	return 1;
}

static void ring_maps(struct raw_dev *d)
{
	const int ro = PROT_READ, rw = PROT_READ | PROT_WRITE;
	size_t len = 4096 + d->bytes;

	bad_map(d, "mmap_ring_writable", TG_MMAP_RING(0), len, rw);
	bad_map(d, "mmap_ring_write_only", TG_MMAP_RING(0), len, PROT_WRITE);
	bad_map(d, "mmap_ring_exec", TG_MMAP_RING(0), len, ro | PROT_EXEC);
	bad_map(d, "mmap_ring_short", TG_MMAP_RING(0), len - 4096, ro);
	bad_map(d, "mmap_ring_long", TG_MMAP_RING(0), len + 4096, ro);
	bad_map(d, "mmap_ring_head_only", TG_MMAP_RING(0), 4096, ro);
	bad_map(d, "mmap_ring_inside", TG_MMAP_RING(0) + 4096, len, ro);
	bad_map(d, "mmap_ring_no_cpu", TG_MMAP_RING(d->nr_cpus), len, ro);
	bad_map(d, "mmap_ring_far_cpu", TG_MMAP_RING(0x7ffffffeull), len, ro);
	bad_map(d, "mmap_consumer_long", TG_MMAP_CONSUMER(0), 8192, rw);
	bad_map(d, "mmap_consumer_exec", TG_MMAP_CONSUMER(0), 4096, rw | PROT_EXEC);
	bad_map(d, "mmap_consumer_inside", TG_MMAP_CONSUMER(0) + 4096, 4096, rw);
	bad_map(d, "mmap_consumer_no_cpu", TG_MMAP_CONSUMER(d->nr_cpus), 4096, rw);
	bad_map(d, "mmap_nowhere", 1ull << 30, 4096, ro);
}

void abi_rings(struct raw_dev *d)
{
	struct tg_ring_setup again = { .size = sizeof(again), .bytes = 8192 };
	int zero = 1, r;

	bad_map(d, "mmap_before_setup", TG_MMAP_RING(0), 8192, PROT_READ);
	bad_setup("ring_bytes_0", 0);
	bad_setup("ring_bytes_2k", 2048);
	bad_setup("ring_bytes_odd", 4097);
	bad_setup("ring_bytes_no_power", 12288);
	bad_setup("ring_bytes_128m", 128ull << 20);
	bad_setup("ring_bytes_2_63", 1ull << 63);
	bad_setup("ring_bytes_max", ~0ull);
	r = raw_rings(d, 8192);
	abi_report("ring_setup", !r, "errno %ld", -r, 0);
	if (r)
		exit(1);
	abi_expect("ring_setup_twice", TG_IOC_RING_SETUP, &again, EBUSY);
	for (unsigned int cpu = 0; cpu < d->nr_cpus; cpu++)
		zero &= all_zero(d->ring[cpu].data, d->bytes);
	abi_report("ring_zeroed", zero, "old memory in the ring", 0, 0);
	ring_maps(d);
	r = mprotect((void *)d->ring[0].head, 4096 + d->bytes,
		     PROT_READ | PROT_WRITE) ? errno : 0;
	abi_report("ring_mprotect_write", r == EACCES, "errno %ld, not %ld", r,
		   EACCES);
	r = mprotect((void *)d->ring[0].head, 4096 + d->bytes,
		     PROT_READ | PROT_EXEC) ? errno : 0;
	abi_report("ring_mprotect_exec", r == EACCES, "errno %ld, not %ld", r,
		   EACCES);
}

/* ---- EVENT_ADD --------------------------------------------------------------- */

struct bad_add {
	const char *name;
	unsigned int flags, type, vector, pid, core, stage, action;
	int err;
};

#define EXC	TG_EVENT_EXCEPTION
#define IRQ	TG_EVENT_INTERRUPT
#define PRE	TG_STAGE_PRE
#define TRC	TG_ACTION_TRACE
#define NOBODY	0x7ffffff0

static const struct bad_add bad_adds[] = {
	{ "add_type_0", 0, 0, 6, 0, TG_ALL, PRE, TRC, EINVAL },
	{ "add_type_3", 0, 3, 6, 0, TG_ALL, PRE, TRC, EINVAL },
	{ "add_type_max", 0, ~0u, 6, 0, TG_ALL, PRE, TRC, EINVAL },
	{ "add_exception_20", 0, EXC, 0x20, 0, TG_ALL, PRE, TRC, EINVAL },
	{ "add_exception_max", 0, EXC, ~1u, 0, TG_ALL, PRE, TRC, EINVAL },
	{ "add_interrupt_1f", 0, IRQ, 0x1f, 0, TG_ALL, PRE, TRC, EINVAL },
	{ "add_interrupt_100", 0, IRQ, 0x100, 0, TG_ALL, PRE, TRC, EINVAL },
	{ "add_interrupt_neg", 0, IRQ, 0x80000020, 0, TG_ALL, PRE, TRC, EINVAL },
	{ "add_stage_0", 0, EXC, 6, 0, TG_ALL, 0, TRC, EINVAL },
	{ "add_stage_post_sc", TG_EV_SWALLOW | TG_EV_FORCE, EXC, 6, 0, TG_ALL, 2, TRC, EINVAL },
	{ "add_stage_all_sc", TG_EV_SWALLOW | TG_EV_FORCE, EXC, 6, 0, TG_ALL, 3, TRC, EINVAL },
	{ "add_stage_4", 0, EXC, 6, 0, TG_ALL, 4, TRC, EINVAL },
	{ "add_action_0", 0, EXC, 6, 0, TG_ALL, PRE, 0, EINVAL },
	{ "add_action_2", 0, EXC, 6, 0, TG_ALL, PRE, 2, EINVAL },
	{ "add_flag_7", 1u << 7, EXC, 6, 0, TG_ALL, PRE, TRC, EINVAL },
	{ "add_flag_31", 1u << 31, EXC, 6, 0, TG_ALL, PRE, TRC, EINVAL },
	{ "add_follow_no_pid", TG_EV_FOLLOW, EXC, 6, 0, TG_ALL, PRE, TRC, EINVAL },
	{ "add_pid_nobody", TG_EV_PID, EXC, 6, NOBODY, TG_ALL, PRE, TRC, ESRCH },
	{ "add_pid_neg", TG_EV_PID, EXC, 6, ~0u, TG_ALL, PRE, TRC, ESRCH },
	{ "add_pid_int_min", TG_EV_PID, EXC, 6, 1u << 31, TG_ALL, PRE, TRC, ESRCH },
	{ "add_core_neg", 0, EXC, 6, 0, ~1u, PRE, TRC, ENXIO },
	{ "add_core_4096", 0, EXC, 6, 0, 4096, PRE, TRC, ENXIO },
	{ "add_swallow_timer", TG_EV_SWALLOW, IRQ, 0xec, 0, TG_ALL, PRE, TRC, EPERM },
	{ "add_swallow_ipi", TG_EV_SWALLOW, IRQ, 0xfd, 0, TG_ALL, PRE, TRC, EPERM },
	{ "add_swallow_irqs", TG_EV_SWALLOW, IRQ, TG_ALL, 0, TG_ALL, PRE, TRC, EPERM },
	{ "add_swallow_pf_all", TG_EV_SWALLOW, EXC, 14, 0, TG_ALL, PRE, TRC, EPERM },
	{ "add_swallow_all", TG_EV_SWALLOW, EXC, TG_ALL, 0, TG_ALL, PRE, TRC, EPERM },
};

static void add_refused(void)
{
	struct tg_event_add a;

	for (size_t i = 0; i < sizeof(bad_adds) / sizeof(bad_adds[0]); i++) {
		const struct bad_add *b = &bad_adds[i];

		raw_spec(&a, b->type, b->vector);
		a.flags = b->flags;
		a.spec.pid = b->pid;
		a.spec.core = b->core;
		a.spec.stage = b->stage;
		a.spec.action = b->action;
		abi_expect_reason(b->name, TG_IOC_EVENT_ADD, &a, ADD_REASON, b->err);
	}
	raw_spec(&a, EXC, 6);
	a.reserved = 1;
	abi_expect("add_reserved", TG_IOC_EVENT_ADD, &a, EINVAL);
	raw_spec(&a, EXC, 6);
	memset(a.spec.command, 'x', sizeof(a.spec.command));
	abi_expect("add_command_open", TG_IOC_EVENT_ADD, &a, EINVAL);
	raw_spec(&a, EXC, 6);
	a.flags = TG_EV_COMM;
	memset(a.spec.comm, 'x', sizeof(a.spec.comm));
	abi_expect("add_comm_open", TG_IOC_EVENT_ADD, &a, EINVAL);
	raw_spec(&a, EXC, 6);
	a.flags = TG_EV_COMM;
	abi_expect("add_comm_empty", TG_IOC_EVENT_ADD, &a, EINVAL);
}

/* A process that ended but is not yet reaped has no faults left. */
static void add_to_dead(void)
{
	struct tg_event_add a;
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, &status, 0);
	raw_spec(&a, EXC, 6);
	a.flags = TG_EV_PID;
	a.spec.pid = pid;
	abi_expect_reason("add_pid_gone", TG_IOC_EVENT_ADD, &a, ADD_REASON, ESRCH);
}

/* The answer cannot be written: the event must not stay. */
static void add_readonly(char *ro_page)
{
	struct tg_event_add a;

	raw_spec(&a, EXC, 6);
	memcpy(ro_page, &a, sizeof(a));
	mprotect(ro_page, 4096, PROT_READ);
	abi_expect("add_readonly", TG_IOC_EVENT_ADD, ro_page, EFAULT);
	mprotect(ro_page, 4096, PROT_READ | PROT_WRITE);
}

static void numbers(struct raw_dev *d)
{
	struct tg_event_add a, b;

	raw_spec(&a, EXC, 6);
	a.flags = TG_EV_DISABLED;
	raw_spec(&b, EXC, 3);
	b.flags = TG_EV_DISABLED;
	if (raw_add(d, &a))
		exit(1);
	add_refused();
	if (raw_add(d, &b))
		exit(1);
	abi_report("add_numbers", b.number == a.number + 1, "%ld after %ld",
		   b.number, a.number);
}

/* ---- the others ---------------------------------------------------------------- */

static void modify_refused(void)
{
	static const struct {
		const char *name;
		unsigned int number, op;
		int err;
	} t[] = {
		{ "modify_no_event", 0x7fffffff, TG_OP_ENABLE, ENOENT },
		{ "modify_neg", ~1u, TG_OP_CLEAR, ENOENT },
		{ "modify_op_0", 0, 0, EINVAL },
		{ "modify_op_4", 0, 4, EINVAL },
		{ "modify_op_max", 0, ~0u, EINVAL },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct tg_event_modify m = {
			.size = sizeof(m), .number = t[i].number, .op = t[i].op,
		};

		abi_expect_reason(t[i].name, TG_IOC_EVENT_MODIFY, &m,
				  MODIFY_REASON, t[i].err);
	}
}

static void query_refused(void)
{
	struct tg_event_query q = { .size = sizeof(q), .number = 0x7fffffff };

	abi_expect("query_after_last", TG_IOC_EVENT_QUERY, &q, ENOENT);
	q = (struct tg_event_query) { .size = sizeof(q), .script_errors = 1 };
	abi_expect("query_reserved", TG_IOC_EVENT_QUERY, &q, EINVAL);
}

static void set_refused(struct raw_dev *d)
{
	static const struct {
		const char *name;
		unsigned int setting, reserved;
		uint64_t value;
	} t[] = {
		{ "set_setting_0", 0, 0, 1000 },
		{ "set_setting_2", 2, 0, 1000 },
		{ "set_reserved", TG_SET_SWALLOW_LIMIT, 1, 1000 },
		{ "set_limit_0", TG_SET_SWALLOW_LIMIT, 0, 0 },
		{ "set_limit_large", TG_SET_SWALLOW_LIMIT, 0, 1000001 },
		{ "set_limit_neg", TG_SET_SWALLOW_LIMIT, 0, ~0ull },
		{ "set_limit_2_32", TG_SET_SWALLOW_LIMIT, 0, (1ull << 32) + 5 },
	};
	struct tg_info i;

	for (size_t n = 0; n < sizeof(t) / sizeof(t[0]); n++) {
		struct tg_set s = {
			.size = sizeof(s), .setting = t[n].setting,
			.reserved = t[n].reserved, .value = t[n].value,
		};

		abi_expect_reason(t[n].name, TG_IOC_SET, &s, SET_REASON, EINVAL);
	}
	raw_info(d, &i);
	abi_report("set_nothing_changed", i.swallow_limit == 1000,
		   "limit %ld, not %ld", i.swallow_limit, 1000);
}

static void set_accepted(struct raw_dev *d)
{
	static const uint64_t values[] = { 1, 1000000, 1000 };
	struct tg_info i;

	for (int n = 0; n < 3; n++) {
		struct tg_set s = {
			.size = sizeof(s), .setting = TG_SET_SWALLOW_LIMIT,
			.value = values[n],
		};
		int r = ioctl(d->fd, TG_IOC_SET, &s) ? errno : 0;

		raw_info(d, &i);
		abi_report(n == 0 ? "set_limit_1" : n == 1 ? "set_limit_max" :
			   "set_limit_default", !r && i.swallow_limit == values[n],
			   "errno %ld, limit %ld", r, i.swallow_limit);
	}
}

static void stats_refused(struct raw_dev *d)
{
	struct tg_stats s = { .size = sizeof(s), .cpu = 4096 };

	abi_expect("stats_no_cpu", TG_IOC_STATS, &s, ENXIO);
	s.cpu = d->nr_cpus;
	abi_expect("stats_next_cpu", TG_IOC_STATS, &s, ENXIO);
	s.cpu = ~0u;
	abi_expect("stats_all_cpus", TG_IOC_STATS, &s, ENXIO);
	s.cpu = 0;
	s.reserved[2] = 1;
	abi_expect("stats_reserved", TG_IOC_STATS, &s, EINVAL);
}

struct bad_inject {
	const char *name;
	struct tg_inject_spec spec;
	unsigned int flags, core, reserved;
	int err;
};

#define SPEC(t, v, ...) { .type = (t), .vector = (v), ##__VA_ARGS__ }

static const struct bad_inject bad_injects[] = {
	{ "inject_flags", SPEC(3, 6), 1, 0, 0, EINVAL },
	{ "inject_reserved", SPEC(3, 6), 0, 0, 1, EINVAL },
	{ "inject_spec_flags", SPEC(3, 6, .flags = 1u << 31), 0, 0, 0, EINVAL },
	{ "inject_spec_reserved", SPEC(3, 6, .reserved = 1ull << 63), 0, 0, 0, EINVAL },
	{ "inject_type_1", SPEC(1, 6), 0, 0, 0, EINVAL },
	{ "inject_type_max", SPEC(~0u, 6), 0, 0, 0, EINVAL },
	{ "inject_vector_max", SPEC(3, ~0u), 0, 0, 0, EINVAL },
	{ "inject_vector_nmi", SPEC(3, 2), 0, 0, 0, EINVAL },
	{ "inject_error_high", SPEC(3, 13, .flags = TG_INJECT_F_ERROR, .error = 1u << 31), 0, 0,
	  0, EINVAL },
	{ "inject_length_0", SPEC(4, 0x80), 0, 0, 0, EINVAL },
	{ "inject_df", SPEC(3, 8), 0, 0, 0, EPERM },
	{ "inject_mc", SPEC(3, 18), 0, 0, 0, EPERM },
	{ "inject_reboot", SPEC(0, 0xf8), 0, 0, 0, EPERM },
	{ "inject_nobody", SPEC(3, 6, .flags = TG_INJECT_F_PID, .pid = NOBODY), 0, 0, 0, ESRCH },
	{ "inject_core_4096", SPEC(3, 6), 0, 4096, 0, ENXIO },
	{ "inject_core_neg", SPEC(3, 6), 0, ~1u, 0, ENXIO },
};

static void inject_refused(void)
{
	for (size_t i = 0; i < sizeof(bad_injects) / sizeof(bad_injects[0]); i++) {
		const struct bad_inject *b = &bad_injects[i];
		struct tg_inject a = {
			.size = sizeof(a), .flags = b->flags, .spec = b->spec, .core = b->core,
			.reserved = b->reserved,
		};

		abi_expect_reason(b->name, TG_IOC_INJECT, &a, offsetof(struct tg_inject, reason),
				  b->err);
	}
}

/* What a listing says after each change. */
static void query_state(struct raw_dev *d)
{
	static const struct {
		const char *name;
		unsigned int op, off;
	} t[] = {
		{ "query_enabled", TG_OP_ENABLE, TG_OFF_NONE },
		{ "query_disabled", TG_OP_DISABLE, TG_OFF_USER },
		{ "query_enabled_again", TG_OP_ENABLE, TG_OFF_NONE },
	};
	struct tg_event_add a;

	raw_spec(&a, EXC, 6);
	a.flags = TG_EV_DISABLED;
	if (raw_add(d, &a))
		exit(1);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct tg_event_query q = { .size = sizeof(q), .number = a.number };

		raw_modify(d, a.number, t[i].op);
		if (ioctl(d->fd, TG_IOC_EVENT_QUERY, &q) || q.number != a.number)
			exit(1);
		abi_report(t[i].name, q.off_reason == t[i].off && q.mine &&
			   !(q.flags & TG_EV_DISABLED) == !t[i].off,
			   "off_reason %ld, flags %ld", q.off_reason, q.flags);
	}
	raw_modify(d, a.number, TG_OP_CLEAR);
}

/* Another file may not be robbed of its hypervisor. */
static void two_files(struct raw_dev *d)
{
	static struct raw_dev other;
	struct tg_load l = { .size = sizeof(l) };
	struct tg_info i;
	int r;

	abi_expect("load_twice", TG_IOC_LOAD, &l, EALREADY);
	if (raw_open(&other))
		exit(1);
	l = (struct tg_load) { .size = sizeof(l) };
	r = ioctl(other.fd, TG_IOC_UNLOAD, &l) ? errno : 0;
	abi_report("unload_busy", r == EBUSY && l.reason[0],
		   "errno %ld, not %ld", r, EBUSY);
	raw_close(&other);
	raw_info(d, &i);
	abi_report("close_not_last", i.state == TG_STATE_LOADED, "state %ld",
		   i.state, 0);
}

/* ---- a reader that lies ---------------------------------------------------------- */

static volatile int trapped;

static void skip_ud(int sig, siginfo_t *info, void *p)
{
	(void)sig;
	(void)info;
	((ucontext_t *)p)->uc_mcontext.gregs[REG_RIP] += 2;
	trapped++;
}

/* 100 #UD on this CPU while the consumer index says value. */
static void hostile(struct raw_dev *d, const char *name, uint64_t value)
{
	struct tg_event_query q = { .size = sizeof(q) };
	struct tg_event_add a;

	raw_spec(&a, EXC, 6);
	a.flags = TG_EV_PID;
	a.spec.pid = getpid();
	if (raw_add(d, &a))
		exit(1);
	__atomic_store_n(&d->ring[0].tail->consumer, value, __ATOMIC_RELEASE);
	trapped = 0;
	for (int i = 0; i < 100; i++)
		__asm__ volatile("ud2" ::: "memory");
	q.number = a.number;
	if (ioctl(d->fd, TG_IOC_EVENT_QUERY, &q) || q.number != a.number)
		exit(1);
	abi_report(name, trapped == 100 && q.hits == 100, "%ld signals, %ld hits",
		   trapped, q.hits);
	raw_modify(d, a.number, TG_OP_CLEAR);
}

static void hostile_reader(struct raw_dev *d)
{
	struct sigaction sa = {
		.sa_sigaction = skip_ud, .sa_flags = SA_SIGINFO,
	};
	const struct tg_ring_head *h = d->ring[0].head;

	sigaction(SIGILL, &sa, NULL);
	raw_pin(0);
	hostile(d, "consumer_huge", ~0ull);
	hostile(d, "consumer_ahead", h->producer + 1000000);
	hostile(d, "consumer_behind", h->producer - 1000000);
	hostile(d, "consumer_zero", 0);
	hostile(d, "consumer_half", 1ull << 63);
	__atomic_store_n(&d->ring[0].tail->consumer, h->producer, __ATOMIC_RELEASE);
	hostile(d, "consumer_right_again", h->producer);
	signal(SIGILL, SIG_DFL);
}

void abi_loaded(struct raw_dev *d, char *ro_page)
{
	numbers(d);
	add_to_dead();
	add_readonly(ro_page);
	modify_refused();
	query_refused();
	query_state(d);
	set_refused(d);
	set_accepted(d);
	stats_refused(d);
	inject_refused();
	two_files(d);
	hostile_reader(d);
	raw_modify(d, TG_ALL, TG_OP_CLEAR);
	abi_report("clear_all", abi_nr_events() == 0, "%ld events left",
		   abi_nr_events(), 0);
}

/* The last close unloads. */
void abi_last_close(void)
{
	static struct raw_dev d;
	struct tg_info i;

	if (raw_open(&d) || raw_info(&d, &i))
		exit(1);
	abi_report("last_close_unloads", i.state == TG_STATE_UNLOADED &&
		   !i.virtualised_cpus && !i.nr_events, "state %ld, %ld CPUs",
		   i.state, i.virtualised_cpus);
	raw_close(&d);
}
