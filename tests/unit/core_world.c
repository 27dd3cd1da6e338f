// SPDX-License-Identifier: GPL-2.0
/* See core_world.h. Pages are allocated one by one, so that ASan guards each. */
#include "core_world.h"

struct tg_ring *ring_new(u64 capacity)
{
	u64 i, nr = (capacity + TG_RING_PER_PAGE - 1) / TG_RING_PER_PAGE;
	struct tg_ring *r = calloc(1, sizeof(*r) + nr * sizeof(r->page[0]));

	r->head = calloc(1, sizeof(*r->head));
	r->tail = calloc(1, sizeof(*r->tail));
	r->capacity = capacity;
	r->nr_pages = nr;
	for (i = 0; i < nr; i++) {
		u64 left = capacity - i * TG_RING_PER_PAGE;

		r->page[i] = calloc(left < TG_RING_PER_PAGE ? left : TG_RING_PER_PAGE,
				    sizeof(struct tg_record));
	}
	return r;
}

void ring_free(struct tg_ring *r)
{
	u32 i;

	for (i = 0; i < r->nr_pages; i++)
		free(r->page[i]);
	free(r->head);
	free(r->tail);
	free(r);
}

struct tg_evset *set_new(struct tg_event *const *events, u32 nr)
{
	struct tg_evset *set = calloc(1, sizeof(*set) + nr * sizeof(set->event[0]));
	u32 size = tg_evset_list_size(events, nr);

	set->list = calloc(size ? size : 1, sizeof(set->list[0]));
	tg_evset_fill(set, events, nr);
	assert_int_equal(set->nr_list, size);
	return set;
}

void set_free(struct tg_evset *set)
{
	if (!set)
		return;
	free(set->list);
	free(set);
}

void world_task(struct world *w, u32 tgid, u32 pid, const char *comm)
{
	memcpy(w->task + WORLD_PID_AT, &pid, sizeof(pid));
	memcpy(w->task + WORLD_TGID_AT, &tgid, sizeof(tgid));
	memset(w->task + WORLD_COMM_AT, 0, 16);
	memcpy(w->task + WORLD_COMM_AT, comm, strlen(comm));
}

void world_init(struct world *w)
{
	u32 i;

	machine_fake_reset();
	machine_fake.snap = (struct tg_snapshot){
		.rip = 0x401136, .rsp = 0x7ffc0000, .rflags = 0x246, .cr3 = 0x1234000, .cpl = 3,
	};
	memset(w, 0, sizeof(*w));
	w->config = (struct tg_config){
		.tsc_khz = WORLD_KHZ, .swallow_limit = 1000, .task_pid = WORLD_PID_AT,
		.task_tgid = WORLD_TGID_AT, .task_comm = WORLD_COMM_AT,
		.first_system_vector = 0xec, .spurious_vector = 0xff, .syscall_vector = 0x80,
	};
	world_task(w, 1168, 1169, "prog");
	w->current_task = w->task;
	w->cpu.id = 1;
	w->cpu.config = &w->config;
	w->cpu.current_task = &w->current_task;
	for (i = 0; i < WORLD_CPUS; i++)
		w->ring[i] = ring_new(WORLD_RECORDS);
	world_arm(w, NULL, 0);
}

void world_free(struct world *w)
{
	u32 i;

	set_free(w->set);
	for (i = 0; i < w->nr_events; i++) {
		free(w->event[i]->cpu);
		free(w->event[i]);
	}
	for (i = 0; i < WORLD_CPUS; i++)
		ring_free(w->ring[i]);
}

struct tg_event *world_event(struct world *w, u32 type, u32 vector, u32 flags)
{
	struct tg_event *ev = calloc(1, sizeof(*ev));

	assert_true(w->nr_events < WORLD_EVENTS);
	ev->number = 100 + w->nr_events;
	ev->type = type;
	ev->vector = vector;
	ev->flags = flags;
	ev->core = TG_ALL;
	ev->rings = w->ring;
	ev->cpu = aligned_alloc(64, WORLD_CPUS * sizeof(*ev->cpu));
	memset(ev->cpu, 0, WORLD_CPUS * sizeof(*ev->cpu));
	w->event[w->nr_events++] = ev;
	return ev;
}

void world_arm(struct world *w, struct tg_event *const *events, u32 nr)
{
	struct tg_evset *old = w->set;

	w->set = set_new(events, nr);
	w->cpu.wanted = w->set;
	tg_take_evset(&w->cpu);
	assert_ptr_equal(w->cpu.evset, w->set);
	set_free(old);
}

void world_arm_all(struct world *w)
{
	world_arm(w, w->event, w->nr_events);
}

u64 world_records(struct world *w)
{
	return w->ring[w->cpu.id]->head->producer;
}

const struct tg_record *world_record(struct world *w, u64 i)
{
	struct tg_ring *r = w->ring[w->cpu.id];

	assert_true(i < r->head->producer && i < r->capacity);
	return &r->page[i / TG_RING_PER_PAGE][i % TG_RING_PER_PAGE];
}

u32 random_next(u32 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

struct tg_trap trap_exception(u8 vector, u32 error, u64 address)
{
	struct tg_trap trap = { .ev = tg_exception(vector, error) };

	trap.ev.address = address;
	return trap;
}
