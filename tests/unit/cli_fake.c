// SPDX-License-Identifier: GPL-2.0
/* The fake kernel of the command's tests, and a way to run the command. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <trapgate/bytecode.h>
#include "cli_fake.h"
#include "session.h"

static int fake_open(void *ctx, const char *path)
{
	struct fake *f = ctx;

	assert_string_equal(path, TG_DEVICE);
	if (f->fail_open)
		return f->fail_open;
	f->opened++;
	return eventfd(0, EFD_CLOEXEC);
}

static void fake_drop_rings(struct fake *f)
{
	for (int cpu = 0; cpu < FAKE_CPUS; cpu++) {
		free(f->rings[cpu]);
		free(f->tails[cpu]);
		f->rings[cpu] = NULL;
		f->tails[cpu] = NULL;
	}
	f->ring_bytes = 0;
}

static int fake_close(void *ctx, int fd)
{
	struct fake *f = ctx;

	f->closed++;
	f->loaded = 0;
	memset(f->events, 0, sizeof(f->events));
	fake_drop_rings(f);
	return close(fd) ? -errno : 0;
}

static int fake_info(struct fake *f, struct tg_info *info)
{
	*info = (struct tg_info){
		.size = sizeof(*info), .abi_version = f->abi_version, .state = (__u32)f->loaded,
		.nr_cpus = FAKE_CPUS, .online_cpus = FAKE_CPUS,
		.virtualised_cpus = f->loaded ? FAKE_CPUS : 0, .nr_users = 1,
		.tsc_khz = FAKE_KHZ, .tsc = FAKE_TSC0, .realtime_ns = 1700000000000000000ull,
		.swallow_limit = f->swallow_limit, .root_bytes_per_cpu = 200000,
		.backend = "VT-x", .module_version = "0.1.0",
	};
	for (int i = 0; i < FAKE_EVENTS; i++)
		info->nr_events += (__u32)f->events[i].used;
	if (!f->loaded && f->reason)
		snprintf(info->reason, sizeof(info->reason), "%s", f->reason);
	return 0;
}

static int fake_setup(struct fake *f, struct tg_ring_setup *setup)
{
	if (f->ring_bytes)
		return -EBUSY;
	f->ring_bytes = setup->bytes;
	setup->nr_rings = FAKE_CPUS;
	setup->record_size = sizeof(struct tg_record);
	for (int cpu = 0; cpu < FAKE_CPUS; cpu++) {
		f->rings[cpu] = calloc(1, 4096 + setup->bytes);
		f->tails[cpu] = calloc(1, 4096);
		f->rings[cpu]->capacity = setup->bytes / sizeof(struct tg_record);
		f->rings[cpu]->record_size = sizeof(struct tg_record);
		f->seq[cpu] = 0;
	}
	return 0;
}

static int fake_add(struct fake *f, struct tg_event_add *add)
{
	struct fake_event *e = &f->events[f->nr_added % FAKE_EVENTS];

	f->last_spec = add->spec;
	f->last_flags = add->flags;
	if (add->size != sizeof(*add) || (add->flags & ~TG_EV_ALL_FLAGS) || add->reserved)
		return -EINVAL;
	if (!f->loaded)
		return -ENODEV;
	if ((add->flags & TG_EV_PID) && (!add->spec.pid || kill((pid_t)add->spec.pid, 0)))
		return -ESRCH;
	if (add->spec.core != TG_ALL && add->spec.core >= FAKE_CPUS) {
		snprintf(add->reason, sizeof(add->reason), "core %u does not exist",
			 add->spec.core);
		return -ENXIO;
	}
	if (!f->ring_bytes)
		return -EINVAL;
	*e = (struct fake_event){
		.used = 1, .flags = add->flags, .spec = add->spec, .mine = 1, .owner = 1234,
		.script_errors = f->script_errors,
	};
	add->number = f->nr_added++;
	for (int i = 0; i < f->nr_pending; i++)
		fake_push(f, &f->pending[i]);
	f->nr_pending = 0;
	return 0;
}

static __u32 image_size(const struct tg_action_spec *spec)
{
	const struct tg_image *image = (const void *)(unsigned long)spec->image;

	if (spec->action != TG_ACTION_SCRIPT)
		return 0;
	assert_int_equal(image->magic, TG_IMAGE_MAGIC);
	assert_int_equal(image->size, spec->size);
	return spec->size;
}

static int fake_add_script(struct fake *f, struct tg_event_script *e)
{
	int rc;

	f->last_script = *e;
	f->script_size[0] = image_size(&e->when);
	for (int i = 0; i < TG_ACTIONS_MAX; i++)
		f->script_size[i + 1] = image_size(&e->action[i]);
	e->add.size = sizeof(e->add);
	rc = fake_add(f, &e->add);
	e->add.size = sizeof(*e);
	return rc;
}

static int fake_eval(struct fake *f, struct tg_eval *e)
{
	if (!f->loaded)
		return -ENODEV;
	e->error = f->eval.error;
	e->error_value = f->eval.error_value;
	e->value = f->eval.value;
	e->line = f->eval.line;
	e->text_lost = f->eval.text_lost;
	e->text_size = f->eval_text ? (__u32)strlen(f->eval_text) : 0;
	memcpy((void *)(unsigned long)e->text, f->eval_text ? f->eval_text : "", e->text_size);
	return 0;
}

static int fake_set(struct fake *f, struct tg_set *set)
{
	__u64 *value = set->setting == TG_SET_SWALLOW_LIMIT ? &f->swallow_limit :
		       &f->setting[set->setting];

	assert_true(set->setting < 32);
	if (set->flags & TG_SETF_GET)
		set->value = *value;
	else
		*value = set->value;
	return 0;
}

static int fake_modify(struct fake *f, struct tg_event_modify *m)
{
	int found = 0;

	for (__u32 i = 0; i < FAKE_EVENTS; i++) {
		struct fake_event *e = &f->events[i];

		if (!e->used || (m->number != TG_ALL && m->number != i))
			continue;
		found = 1;
		e->off_reason = m->op == TG_OP_ENABLE ? TG_OFF_NONE : TG_OFF_USER;
		if (m->op == TG_OP_ENABLE)
			e->flags &= ~TG_EV_DISABLED;
		else if (m->op == TG_OP_DISABLE)
			e->flags |= TG_EV_DISABLED;
		else
			e->used = 0;
	}
	return found || m->number == TG_ALL ? 0 : -ENOENT;
}

static int fake_query(struct fake *f, struct tg_event_query *q)
{
	for (__u32 i = q->number; i < FAKE_EVENTS; i++) {
		struct fake_event *e = &f->events[i];

		if (!e->used)
			continue;
		q->number = i;
		q->flags = e->flags;
		q->spec = e->spec;
		q->owner_pid = e->owner;
		q->mine = e->mine;
		q->off_reason = e->off_reason;
		q->script_errors = e->script_errors;
		q->hits = e->hits;
		q->swallowed = e->swallowed;
		q->lost = e->lost;
		return 0;
	}
	return -ENOENT;
}

static int fake_stats(struct tg_stats *st)
{
	if (st->cpu >= FAKE_CPUS)
		return -ENXIO;
	st->virtualised = 1;
	st->exits = 100 + st->cpu;
	st->exits_exception = 60;
	st->flushes = 7;
	return 0;
}

static int fake_load(struct fake *f, unsigned int nr)
{
	if (nr == 2) {
		if (f->loaded)
			return -EALREADY;
		f->loaded = 1;
		f->loads++;
		return 0;
	}
	if (!f->loaded)
		return -ENODEV;
	f->loaded = 0;
	f->unloads++;
	memset(f->events, 0, sizeof(f->events));
	return 0;
}

static char *fake_reason(unsigned int nr, void *arg)
{
	switch (nr) {
	case 2:
	case 3:
		return ((struct tg_load *)arg)->reason;
	case 4:
		return ((struct tg_event_add *)arg)->reason;
	case 5:
		return ((struct tg_event_modify *)arg)->reason;
	case 8:
		return ((struct tg_set *)arg)->reason;
	case 10:
		return ((struct tg_inject *)arg)->reason;
	case 16:
		return ((struct tg_event_script *)arg)->add.reason;
	case 17:
		return ((struct tg_eval *)arg)->reason;
	default:
		return NULL;
	}
}

static int fake_ioctl(void *ctx, int fd, unsigned long request, void *arg)
{
	unsigned int nr = _IOC_NR(request);
	struct fake *f = ctx;

	(void)fd;
	assert_int_equal(_IOC_TYPE(request), TG_IOC_MAGIC);
	assert_int_equal(*(__u32 *)arg, _IOC_SIZE(request));
	if (f->fail[nr]) {
		int rc = f->fail[nr];

		if (rc == -EINTR)
			f->fail[nr] = 0;
		else if (f->reason && fake_reason(nr, arg))
			snprintf(fake_reason(nr, arg), TG_REASON_LEN, "%s", f->reason);
		return rc;
	}
	switch (nr) {
	case 1:
		return fake_info(f, arg);
	case 2:
	case 3:
		return fake_load(f, nr);
	case 4:
		return fake_add(f, arg);
	case 5:
		return fake_modify(f, arg);
	case 6:
		return fake_query(f, arg);
	case 7:
		return fake_setup(f, arg);
	case 10:
		f->injected = *(struct tg_inject *)arg;
		if (f->injected.core == TG_ALL)
			((struct tg_inject *)arg)->core = 0;
		return 0;
	case 8:
		return fake_set(f, arg);
	case 16:
		return fake_add_script(f, arg);
	case 17:
		return fake_eval(f, arg);
	default:
		return fake_stats(arg);
	}
}

static int fake_mmap(void *ctx, int fd, size_t length, bool writable, __u64 offset, void **out)
{
	struct fake *f = ctx;
	unsigned int cpu = (unsigned int)(offset >> 32);
	bool consumer = offset & (1ull << 31);

	(void)fd;
	f->mmaps++;
	if (f->fail_mmap && f->mmaps >= f->fail_mmap) {
		f->mmaps--;
		return -ENOMEM;
	}
	assert_true(cpu < FAKE_CPUS);
	assert_int_equal(writable, consumer);
	assert_int_equal(length, consumer ? 4096 : 4096 + f->ring_bytes);
	*out = consumer ? (void *)f->tails[cpu] : (void *)f->rings[cpu];
	return 0;
}

static int fake_munmap(void *ctx, void *start, size_t length)
{
	struct fake *f = ctx;

	(void)start;
	(void)length;
	f->munmaps++;
	return 0;
}

static __u64 fake_tsc(void *ctx)
{
	struct fake *f = ctx;

	return f->now ? f->now : ~0ull;
}

void fake_init(struct fake *f)
{
	memset(f, 0, sizeof(*f));
	f->sys = (struct tg_sys){
		.ctx = f, .open = fake_open, .close = fake_close, .ioctl = fake_ioctl,
		.mmap = fake_mmap, .munmap = fake_munmap, .tsc = fake_tsc,
	};
	f->abi_version = TG_ABI_VERSION;
	f->swallow_limit = 1000;
}

void fake_free(struct fake *f)
{
	fake_drop_rings(f);
}

struct tg_record fake_record(__u32 event, unsigned int cpu, __u64 ns)
{
	return (struct tg_record){
		.kind = TG_REC_TRAP, .size = sizeof(struct tg_record), .event = event,
		.tsc = FAKE_TSC0 + ns, .address = 0xdead000, .rip = 0x401136, .rsp = 0x7ffe00001000,
		.rflags = 0x10246, .cr3 = 0x1234000, .error = 6, .pid = 1168, .tid = 1169,
		.cpu = (__u16)cpu, .vector = 0x0e, .type = TG_TYPE_EXCEPTION, .cpl = 3,
		.stage = TG_STAGE_PRE, .verdict = TG_DELIVERED,
		.flags = TG_RECF_ERROR | TG_RECF_ADDRESS, .comm = "prog",
	};
}

void fake_push(struct fake *f, const struct tg_record *rec)
{
	struct tg_ring_head *head = f->rings[rec->cpu];
	struct tg_record *slots = (void *)((char *)head + 4096);
	__u64 seq = f->seq[rec->cpu]++;

	if (rec->event < FAKE_EVENTS)
		f->events[rec->event].hits++;
	if (head->producer - f->tails[rec->cpu]->consumer >= head->capacity) {
		head->lost++;
		f->events[rec->event].lost++;
		return;
	}
	slots[head->producer % head->capacity] = *rec;
	slots[head->producer % head->capacity].seq = seq;
	__atomic_store_n(&head->producer, head->producer + 1, __ATOMIC_RELEASE);
}

/* ---- running the command -------------------------------------------------------- */

static int redirect(int fd, FILE *file)
{
	int saved = dup(fd);

	dup2(fileno(file), fd);
	return saved;
}

static void restore(int fd, int saved)
{
	dup2(saved, fd);
	close(saved);
}

static void slurp(FILE *file, char *to, size_t size)
{
	size_t n;

	rewind(file);
	n = fread(to, 1, size - 1, file);
	to[n] = '\0';
	fclose(file);
}

static void run(struct fake *f, const char *input, struct fake_result *r, va_list ap)
{
	FILE *in = tmpfile(), *out = tmpfile(), *err = tmpfile();
	char *argv[64] = { (char *)"trapgate" };
	int argc = 1, fd0, fd1, fd2;

	while ((argv[argc] = va_arg(ap, char *)))
		argc++;
	fputs(input, in);
	fflush(in);
	lseek(fileno(in), 0, SEEK_SET);
	fflush(stdout);
	fd0 = redirect(0, in);
	fd1 = redirect(1, out);
	fd2 = redirect(2, err);
	r->status = trapgate_main(argc, argv, &f->sys);
	fflush(stdout);
	restore(0, fd0);
	restore(1, fd1);
	restore(2, fd2);
	fclose(in);
	slurp(out, r->out, sizeof(r->out));
	slurp(err, r->err, sizeof(r->err));
}

void fake_run(struct fake *f, struct fake_result *r, ...)
{
	va_list ap;

	va_start(ap, r);
	run(f, "", r, ap);
	va_end(ap);
}

void fake_run_input(struct fake *f, const char *input, struct fake_result *r, ...)
{
	va_list ap;

	va_start(ap, r);
	run(f, input, r, ap);
	va_end(ap);
}

void fake_contains(const char *text, const char *part, const char *file, int line)
{
	if (strstr(text, part))
		return;
	print_error("expected: %s\nin:       %s\n", part, text);
	_fail(file, line);
}
