// SPDX-License-Identifier: GPL-2.0
/* tgraw: the device and its rings; checks every record against the contract. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tgraw.h"

static int failed(const char *what, const char *reason)
{
	int err = errno;

	fprintf(stderr, "tgraw: %s: %s%s%s\n", what, strerror(err),
		*reason ? ": " : "", reason);
	return -err;
}

int raw_info(struct raw_dev *d, struct tg_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	if (ioctl(d->fd, TG_IOC_INFO, info))
		return failed("info", "");
	return 0;
}

int raw_open(struct raw_dev *d)
{
	struct tg_info info;
	int err;

	memset(d, 0, sizeof(*d));
	d->fd = open(TG_DEVICE, O_RDWR | O_CLOEXEC);
	if (d->fd < 0)
		return failed(TG_DEVICE, "");
	err = raw_info(d, &info);
	if (err)
		return err;
	if (info.abi_version != TG_ABI_VERSION || info.nr_cpus > RAW_MAX_CPUS) {
		fprintf(stderr, "tgraw: abi %u, %u CPUs\n", info.abi_version,
			info.nr_cpus);
		return -EPROTO;
	}
	d->nr_cpus = info.nr_cpus;
	return 0;
}

int raw_load(struct raw_dev *d)
{
	struct tg_load load = { .size = sizeof(load) };

	if (ioctl(d->fd, TG_IOC_LOAD, &load) && errno != EALREADY)
		return failed("load", load.reason);
	return 0;
}

static int map_ring(struct raw_dev *d, unsigned int cpu)
{
	struct raw_ring *r = &d->ring[cpu];
	void *head = mmap(NULL, 4096 + d->bytes, PROT_READ, MAP_SHARED, d->fd,
			  TG_MMAP_RING(cpu));
	void *tail;

	if (head == MAP_FAILED)
		return failed("mmap ring", "");
	tail = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, d->fd,
		    TG_MMAP_CONSUMER(cpu));
	if (tail == MAP_FAILED)
		return failed("mmap consumer", "");
	r->head = head;
	r->tail = tail;
	r->data = (const void *)((const char *)head + 4096);
	if (r->head->record_size != sizeof(struct tg_record) ||
	    r->head->capacity != d->bytes / sizeof(struct tg_record)) {
		fprintf(stderr, "tgraw: ring %u: record size %u, capacity %llu\n",
			cpu, r->head->record_size, r->head->capacity);
		return -EPROTO;
	}
	return 0;
}

int raw_rings(struct raw_dev *d, uint64_t bytes)
{
	struct tg_ring_setup s = { .size = sizeof(s), .bytes = bytes };

	if (ioctl(d->fd, TG_IOC_RING_SETUP, &s))
		return failed("ring setup", "");
	if (s.bytes != bytes || s.nr_rings != d->nr_cpus ||
	    s.record_size != sizeof(struct tg_record)) {
		fprintf(stderr, "tgraw: ring setup: %llu bytes, %u rings, %u\n",
			s.bytes, s.nr_rings, s.record_size);
		return -EPROTO;
	}
	d->bytes = s.bytes;
	for (unsigned int cpu = 0; cpu < d->nr_cpus; cpu++) {
		int err = map_ring(d, cpu);

		if (err)
			return err;
	}
	return 0;
}

void raw_spec(struct tg_event_add *a, unsigned int type, unsigned int vector)
{
	memset(a, 0, sizeof(*a));
	a->size = sizeof(*a);
	a->spec.type = type;
	a->spec.vector = vector;
	a->spec.core = TG_ALL;
	a->spec.stage = TG_STAGE_PRE;
	a->spec.action = TG_ACTION_TRACE;
	snprintf(a->spec.command, sizeof(a->spec.command), "tgraw %s %x",
		 type == TG_EVENT_EXCEPTION ? "exception" : "interrupt", vector);
}

int raw_add(struct raw_dev *d, struct tg_event_add *a)
{
	if (ioctl(d->fd, TG_IOC_EVENT_ADD, a))
		return failed("event add", a->reason);
	return 0;
}

int raw_modify(struct raw_dev *d, unsigned int number, unsigned int op)
{
	struct tg_event_modify m = {
		.size = sizeof(m), .number = number, .op = op,
	};

	if (ioctl(d->fd, TG_IOC_EVENT_MODIFY, &m))
		return failed("event modify", m.reason);
	return 0;
}

void raw_close(struct raw_dev *d)
{
	for (unsigned int cpu = 0; cpu < d->nr_cpus; cpu++) {
		if (d->ring[cpu].tail)
			munmap(d->ring[cpu].tail, 4096);
		if (d->ring[cpu].head)
			munmap((void *)d->ring[cpu].head, 4096 + d->bytes);
	}
	close(d->fd);
}

static void print_record(FILE *f, const struct tg_record *r)
{
	fprintf(f, "{\"kind\": %u, \"event\": %u, \"seq\": %llu, \"tsc\": %llu, "
		"\"cpu\": %u, \"pid\": %u, \"tid\": %u, \"comm\": \"%.16s\", "
		"\"vector\": %u, \"type\": %u, \"cpl\": %u, ",
		r->kind, r->event, r->seq, r->tsc, r->cpu, r->pid, r->tid,
		r->comm, r->vector, r->type, r->cpl);
	if (r->flags & TG_RECF_ERROR)
		fprintf(f, "\"error\": \"0x%x\", ", r->error);
	if (r->flags & TG_RECF_ADDRESS)
		fprintf(f, "\"address\": \"0x%llx\", ", r->address);
	fprintf(f, "\"rip\": \"0x%llx\", \"rsp\": \"0x%llx\", \"rflags\": \"0x%llx\", "
		"\"cr3\": \"0x%llx\", \"verdict\": %u, \"flags\": %u, "
		"\"first\": %u, \"len\": %u, \"note\": %u}\n",
		r->rip, r->rsp, r->rflags, r->cr3, r->verdict, r->flags,
		r->first_vector, r->insn_len, r->note);
}

/*
 * The kernel runs in the upper half only. A program's RIP can be there, too, but
 * only where it jumped and faulted; no interrupt finds it there.
 */
static int cpl_fits_rip(const struct tg_record *rec)
{
	int upper = rec->rip >> 47 != 0;

	if (rec->cpl == 0)
		return upper;
	return rec->cpl == 3 && !(upper && rec->type == TG_TYPE_INTERRUPT);
}

static const char *record_fault(const struct raw_ring *r, unsigned int cpu,
				const struct tg_record *rec)
{
	if (rec->size != sizeof(*rec))
		return "size";
	if (rec->kind != TG_REC_TRAP && rec->kind != TG_REC_NOTE)
		return "kind";
	if (rec->cpu != cpu)
		return "cpu";
	if (rec->seq < r->next_seq)
		return "sequence goes back";
	if (rec->tsc < r->last_tsc)
		return "time goes back";
	if (rec->reserved[0] || rec->reserved[1] || rec->reserved[2])
		return "reserved";
	if (rec->kind == TG_REC_TRAP && rec->stage != TG_STAGE_PRE)
		return "stage";
	if (rec->kind == TG_REC_TRAP && rec->verdict != TG_DELIVERED &&
	    rec->verdict != TG_SWALLOWED)
		return "verdict";
	if (rec->kind == TG_REC_TRAP && !cpl_fits_rip(rec))
		return "privilege level";
	if (strnlen(rec->comm, sizeof(rec->comm)) == sizeof(rec->comm))
		return "comm not terminated";
	return NULL;
}

static void take_record(struct raw_dev *d, unsigned int cpu,
			const struct tg_record *rec)
{
	struct raw_ring *r = &d->ring[cpu];
	const char *fault = record_fault(r, cpu, rec);

	if (fault && d->bad++ < 10) {
		fprintf(stderr, "tgraw: cpu %u: bad record: %s: ", cpu, fault);
		print_record(stderr, rec);
	}
	r->gaps += rec->seq - r->next_seq;
	r->next_seq = rec->seq + 1;
	r->last_tsc = rec->tsc;
	if (rec->kind == TG_REC_TRAP)
		r->vectors[rec->vector]++;
	if (d->out)
		print_record(d->out, rec);
}

/* Takes what there is and gives the space back; returns how many. */
uint64_t raw_drain(struct raw_dev *d)
{
	uint64_t n = 0;

	for (unsigned int cpu = 0; cpu < d->nr_cpus; cpu++) {
		struct raw_ring *r = &d->ring[cpu];
		uint64_t end = __atomic_load_n(&r->head->producer, __ATOMIC_ACQUIRE);
		uint64_t mask = r->head->capacity - 1;

		if (end - r->next > r->head->capacity) {
			fprintf(stderr, "tgraw: cpu %u: producer %lu, consumer %lu\n",
				cpu, end, r->next);
			d->bad++;
			continue;
		}
		for (; r->next != end; r->next++, n++)
			take_record(d, cpu, &r->data[r->next & mask]);
		__atomic_store_n(&r->tail->consumer, r->next, __ATOMIC_RELEASE);
	}
	return n;
}

uint64_t raw_lost(const struct raw_dev *d)
{
	uint64_t n = 0;

	for (unsigned int cpu = 0; cpu < d->nr_cpus; cpu++)
		n += d->ring[cpu].head->lost;
	return n;
}

static void print_events(struct raw_dev *d, FILE *f)
{
	struct tg_event_query q = { .size = sizeof(q) };

	while (!ioctl(d->fd, TG_IOC_EVENT_QUERY, &q)) {
		if (q.mine)
			fprintf(f, "event=%u type=%u vector=%x flags=%x off=%u "
				"hits=%llu swallowed=%llu lost=%llu\n",
				q.number, q.spec.type, q.spec.vector, q.flags,
				q.off_reason, q.hits, q.swallowed, q.lost);
		q = (struct tg_event_query) {
			.size = sizeof(q), .number = q.number + 1,
		};
	}
	if (errno != ENOENT)
		d->bad += !!failed("event query", "");
}

/* Prints events and counts; returns what broke the contract. */
uint64_t raw_summary(struct raw_dev *d, FILE *f)
{
	uint64_t lost = raw_lost(d);

	raw_drain(d);
	print_events(d, f);
	for (unsigned int cpu = 0; cpu < d->nr_cpus; cpu++) {
		const struct raw_ring *r = &d->ring[cpu];

		for (int v = 0; v < 256; v++)
			if (r->vectors[v])
				fprintf(f, "cpu=%u vector=%02x count=%lu\n", cpu,
					v, r->vectors[v]);
		if (r->gaps > r->head->lost) {
			fprintf(stderr, "tgraw: cpu %u: %lu records missing, %llu lost\n",
				cpu, r->gaps, r->head->lost);
			d->bad++;
		}
	}
	fprintf(f, "lost=%lu bad=%lu\n", lost, d->bad);
	if (d->out) {
		fprintf(d->out, "{\"lost\": %lu, \"bad\": %lu}\n", lost, d->bad);
		fflush(d->out);
	}
	fflush(f);
	return d->bad;
}

int raw_pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}
