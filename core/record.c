// SPDX-License-Identifier: GPL-2.0
/*
 * Records: what root mode says of a trap, a note, an error, to the ring of the event's
 * owner. Root mode.
 */
#include "machine.h"
#include "match.h"
#include "record.h"

tg_root const struct tg_snapshot *tg_snapshot(struct tg_cpu *cpu)
{
	if (!cpu->has_snapshot) {
		tg_guest_snapshot(cpu, &cpu->snap);
		cpu->has_snapshot = true;
	}
	return &cpu->snap;
}

static tg_always_inline void record_trap(struct tg_record *rec, const struct tg_record_what *what)
{
	const struct tg_trap *trap = what->trap;
	u8 flags = what->flags;

	if (trap->ev.has_error)
		flags |= TG_RECF_ERROR;
	if (what->kind == TG_REC_TRAP &&
	    (trap->ev.vector == TG_VEC_PF || trap->ev.vector == TG_VEC_DB))
		flags |= TG_RECF_ADDRESS;
	rec->address = trap->ev.address;
	rec->error = trap->ev.error;
	rec->vector = trap->ev.vector;
	rec->type = trap->ev.type;
	rec->insn_len = trap->ev.insn_len;
	rec->first_vector = trap->first.valid ? trap->first.vector : 0;
	rec->first_type = trap->first.valid ? trap->first.type : 0;
	rec->flags = flags;
}

tg_root struct tg_record *tg_record(struct tg_cpu *cpu, struct tg_event *ev,
				    const struct tg_record_what *what)
{
	struct tg_ring *ring = ev->rings[cpu->id];
	struct tg_record *rec = tg_ring_reserve(ring);
	const struct tg_snapshot *s;
	const char *task;

	if (!rec) {
		ev->cpu[cpu->id].lost++;
		return NULL;
	}
	s = tg_snapshot(cpu);
	task = task_of(cpu);
	rec->kind = what->kind;
	rec->size = sizeof(*rec);
	rec->event = ev->number;
	rec->seq = ring->producer + ring->lost;
	rec->tsc = tg_hw_tsc();
	rec->rip = s->rip;
	rec->rsp = s->rsp;
	rec->rflags = s->rflags;
	rec->cr3 = s->cr3;
	rec->cpl = s->cpl;
	rec->pid = task_u32(task, cpu->config->task_tgid);
	rec->tid = task_u32(task, cpu->config->task_pid);
	((u64 *)rec->comm)[0] = task_comm(cpu, task, 0);
	((u64 *)rec->comm)[1] = task_comm(cpu, task, 1);
	rec->cpu = cpu->id;
	rec->stage = what->stage;
	rec->verdict = what->verdict;
	rec->note = what->note;
	record_trap(rec, what);
	rec->reserved[0] = 0;
	rec->reserved[1] = 0;
	rec->reserved[2] = 0;
	if (tg_unlikely(cpu->hold))
		tg_ring_advance(ring);
	else
		tg_ring_commit(ring);
	return rec;
}

tg_root void tg_record_note(struct tg_cpu *cpu, struct tg_event *ev, u8 vector,
			    enum tg_note note, u32 number)
{
	const struct tg_trap trap = { .ev = { .vector = vector, .error = number } };
	const struct tg_record_what what = { .trap = &trap, .kind = TG_REC_NOTE,
				     .verdict = TG_DELIVERED, .note = note,
				     .stage = TG_STAGE_PRE };

	tg_record(cpu, ev, &what);
}

tg_root void tg_event_off(struct tg_cpu *cpu, struct tg_event *ev, u8 vector,
			  enum tg_off_reason why, enum tg_note note, u32 number)
{
	u32 on = TG_OFF_NONE;

	if (TG_ATOMIC(cpu, __atomic_compare_exchange_n(&ev->off, &on, why, false,
						       __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)))
		tg_record_note(cpu, ev, vector, note, number);
}
