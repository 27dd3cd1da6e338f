// SPDX-License-Identifier: GPL-2.0
/*
 * core/script/guest.h, what of it belongs to no processor: the values of the moment, text,
 * and what scripts do to events. Root mode.
 */
#include "action.h"
#include "machine.h"
#include "match.h"
#include "record.h"
#include "script/guest.h"

#define INFO(member)	TG_ADDR(TG_SEG_INFO, offsetof(struct tg_script_info, member))
#define EVENT_TAG	0x1000000u	/* HyperDbg's: tag = number + this */

/* ---- texts ---------------------------------------------------------------------- */

/* Decimal, with `width` digits; returns the end. */
static tg_root char *put_number(char *to, u64 value, u32 width)
{
	for (u32 i = width; i--; value /= 10)
		to[i] = '0' + value % 10;
	return to + width;
}

#define DAY	86400u

/* Seconds since 1970, UTC. */
static tg_root u64 now(const struct tg_config *config)
{
	u64 ms = config->tsc_khz ? tg_hw_tsc() / config->tsc_khz : 0;

	return (tg_read(config->clock_ns) / 1000000 + ms) / 1000;
}

/* The Gregorian date of a day since 1970 (Howard Hinnant's days_from_civil, reversed). */
static tg_root void put_date(struct tg_script_cpu *s, u64 seconds)
{
	u64 day = seconds / DAY + 719468, era = day / 146097, of_era = day % 146097;
	u64 year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	u64 of_year = of_era - (365 * year + year / 4 - year / 100),
	    march = (5 * of_year + 2) / 153;
	u64 month = march < 10 ? march + 3 : march - 9;
	char *to = s->info.date;

	to = put_number(to, era * 400 + year + (month <= 2), 4);
	*to++ = '-';
	to = put_number(to, month, 2);
	*to++ = '-';
	to = put_number(to, of_year - (153 * march + 2) / 5 + 1, 2);
	*to = 0;
}

static tg_root void put_time(struct tg_script_cpu *s, u64 seconds)
{
	char *to = s->info.time;

	to = put_number(to, seconds % DAY / 3600, 2);
	*to++ = ':';
	to = put_number(to, seconds / 60 % 60, 2);
	*to++ = ':';
	to = put_number(to, seconds % 60, 2);
	*to = 0;
}

static tg_root void put_pname(struct tg_script_cpu *s)
{
	const char *task = task_of(s->cpu);
	u64 half[2] = { task_comm(s->cpu, task, 0), task_comm(s->cpu, task, 1) };

	for (u32 i = 0; i < TG_COMM_LEN; i++)
		s->info.pname[i] = half[i / 8] >> i % 8 * 8;
	s->info.pname[TG_COMM_LEN] = 0;
}

#define NAME(id, vec, mnemonic, name, err, cls) [vec] = mnemonic,
static const char names[TG_FIRST_INTERRUPT][8] = { TG_VECTORS(NAME) };

/* "#PF"; the number of a vector without a name. */
static tg_root void put_name(struct tg_script_cpu *s, u8 vector)
{
	static const char digit[] = "0123456789abcdef";

	for (u32 i = 0; i < sizeof(s->info.name); i++)
		s->info.name[i] = vector < TG_FIRST_INTERRUPT ? names[vector][i] : 0;
	if (s->info.name[0])
		return;
	s->info.name[0] = digit[vector >> 4];
	s->info.name[1] = digit[vector & 15];
}

/* ---- values ---------------------------------------------------------------------- */

static tg_root u32 get_task(struct tg_script_cpu *s, enum tg_reg reg, u64 *value)
{
	const char *task = task_of(s->cpu);

	switch (reg) {
	case TG_REG_PID:
		*value = task_u32(task, s->cpu->config->task_tgid);
		return TG_ERR_NONE;
	case TG_REG_TID:
		*value = task_u32(task, s->cpu->config->task_pid);
		return TG_ERR_NONE;
	case TG_REG_PROC:
		*value = tg_read(*(const u64 *)(task + s->cpu->config->task_leader));
		return TG_ERR_NONE;
	case TG_REG_THREAD:
		*value = (u64)task;
		return TG_ERR_NONE;
	default:
		put_pname(s);
		*value = INFO(pname);
		return TG_ERR_NONE;
	}
}

/* What there is in an event only. */
static tg_root u32 get_event(struct tg_script_cpu *s, enum tg_reg reg, u64 *value)
{
	const struct tg_flight *ev = &s->trap->ev;

	switch (reg) {
	case TG_REG_BUFFER:
		*value = s->event->actions->buffer_size ? TG_ADDR(TG_SEG_BUFFER, 0) : 0;
		return TG_ERR_NONE;
	case TG_REG_EVENT_TAG:
		*value = (u64)s->event->number + EVENT_TAG;
		return TG_ERR_NONE;
	case TG_REG_EVENT_ID:
		*value = s->event->number;
		return TG_ERR_NONE;
	case TG_REG_EVENT_STAGE:
		*value = s->stage == TG_STAGE_POST;
		return TG_ERR_NONE;
	case TG_REG_ERROR:
		*value = ev->has_error ? ev->error : 0;
		return TG_ERR_NONE;
	case TG_REG_ADDRESS:
		*value = ev->address;
		return TG_ERR_NONE;
	case TG_REG_NAME:
		put_name(s, ev->vector);
		*value = INFO(name);
		return TG_ERR_NONE;
	default:			/* VECTOR, CONTEXT */
		*value = ev->vector;
		return TG_ERR_NONE;
	}
}

static tg_root u32 get_moment(struct tg_script_cpu *s, enum tg_reg reg, u64 *value)
{
	switch (reg) {
	case TG_REG_DATE:
		put_date(s, now(s->cpu->config));
		*value = INFO(date);
		return TG_ERR_NONE;
	case TG_REG_TIME:
		put_time(s, now(s->cpu->config));
		*value = INFO(time);
		return TG_ERR_NONE;
	case TG_REG_TSC:
		*value = tg_hw_tsc();
		return TG_ERR_NONE;
	case TG_REG_CORE:
		*value = s->cpu->id;
		return TG_ERR_NONE;
	case TG_REG_CPL:
		/* As it is now: a script may have changed the snapshot's other members. */
		*value = tg_snapshot(s->cpu)->cpl;
		return TG_ERR_NONE;
	default:			/* PEB, TEB: Linux has none */
		return TG_ERR_NO_REGISTER;
	}
}

tg_root u32 tg_guest_get(struct tg_run *run, enum tg_reg reg, u64 *value)
{
	struct tg_script_cpu *s = run->owner;

	if (reg < TG_REG_PID)
		return tg_guest_register_get(s->cpu, reg, value) ? TG_ERR_NO_REGISTER : TG_ERR_NONE;
	switch (reg) {
	case TG_REG_PID:
	case TG_REG_TID:
	case TG_REG_PROC:
	case TG_REG_THREAD:
	case TG_REG_PNAME:
		return get_task(s, reg, value);
	case TG_REG_CORE:
	case TG_REG_PEB:
	case TG_REG_TEB:
	case TG_REG_DATE:
	case TG_REG_TIME:
	case TG_REG_CPL:
	case TG_REG_TSC:
		return get_moment(s, reg, value);
	default:
		return s->event ? get_event(s, reg, value) : TG_ERR_NO_REGISTER;
	}
}

tg_root u32 tg_guest_set(struct tg_run *run, enum tg_reg reg, u64 value)
{
	struct tg_script_cpu *s = run->owner;

	if (!s->event)
		return TG_ERR_HERE;
	if (tg_guest_register_set(s->cpu, s->stage == TG_STAGE_PRE ? s->trap : NULL, reg, value))
		return tg_run_fail(run, TG_ERR_REGISTER, value);
	if (reg == TG_REG_RIP)
		s->moved = true;
	s->cpu->has_snapshot = false;
	s->cpu->has_rflags = false;
	return TG_ERR_NONE;
}

/* ---- text --------------------------------------------------------------------------- */

static tg_root void print_eval(struct tg_script_eval *e, const char *text, u32 size)
{
	for (u32 i = 0; i < size; i++) {
		if (e->used < e->size)
			e->text[e->used++] = text[i];
		else
			e->lost++;
	}
}

/* A piece of text that has room, or NULL. */
static tg_root struct tg_text_record *text_piece(struct tg_script_cpu *s)
{
	struct tg_event *ev = s->event;
	struct tg_ring *ring = ev->rings[s->cpu->id];
	struct tg_text_record *t = s->piece;
	const char *task;

	if (t && t->length < TG_TEXT_LEN)
		return t;
	t = (struct tg_text_record *)tg_ring_reserve(ring);
	if (!t) {
		ev->cpu[s->cpu->id].lost++;
		return NULL;
	}
	task = task_of(s->cpu);
	t->kind = TG_REC_TEXT;
	t->size = sizeof(*t);
	t->event = ev->number;
	t->seq = ring->producer + ring->lost;
	t->tsc = tg_hw_tsc();
	t->pid = task_u32(task, s->cpu->config->task_tgid);
	t->tid = task_u32(task, s->cpu->config->task_pid);
	t->cpu = s->cpu->id;
	t->flags = TG_TEXTF_MORE;
	t->length = 0;
	for (u32 i = 0; i < TG_TEXT_LEN; i++)
		tg_write(t->text[i], 0);
	tg_ring_advance(ring);
	s->piece = t;
	return t;
}

tg_root void tg_host_print(struct tg_run *run, const char *text, u32 size)
{
	struct tg_script_cpu *s = run->owner;

	if (!s->event) {
		print_eval(s->eval, text, size);
		return;
	}
	while (size) {
		struct tg_text_record *t = text_piece(s);

		if (!t)
			return;
		for (; size && t->length < TG_TEXT_LEN; size--)
			t->text[t->length++] = *text++;
	}
}

/* ---- events --------------------------------------------------------------------------- */

static tg_root struct tg_event *find(struct tg_event *const *list, u32 nr, u64 number)
{
	for (u32 i = 0; i < nr; i++)
		if (list[i]->number == number)
			return list[i];
	return NULL;
}

/*
 * Off at once, and on again what a script turned off and is armed still. Else on, and
 * gone, when the control side has looked: it arms what must be armed, lets the counts
 * that the hypervisor turned it off for start over, and waits until nobody uses what it
 * frees, the running event included.
 */
static tg_root u32 change_event(struct tg_script_cpu *s, enum tg_event_op op, u64 number)
{
	const struct tg_evset *set = s->cpu->evset;
	struct tg_event *ev = find(set->all, set->nr_all, number);
	u32 on = TG_OFF_NONE, by_script = TG_OFF_SCRIPT;

	if (!ev)
		return tg_run_fail(&s->run, TG_ERR_EVENT, number);
	if (op == TG_OP_ENABLE && find(set->event, set->nr, number))
		TG_ATOMIC(s->cpu,
			  __atomic_compare_exchange_n(&ev->off, &by_script, TG_OFF_NONE, false,
						      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	if (op != TG_OP_ENABLE)
		TG_ATOMIC(s->cpu, __atomic_compare_exchange_n(&ev->off, &on, TG_OFF_SCRIPT, false,
							      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	tg_store_release(&ev->request, op);
	return TG_ERR_NONE;
}

/* As linux/inject.c has it for the command. */
static tg_root u32 check_interrupt(const struct tg_script_cpu *s, const struct tg_inject_spec *spec)
{
	const struct tg_config *config = s->cpu->config;

	if (spec->type != TG_TYPE_INTERRUPT)
		return TG_ERR_NONE;
	if (spec->vector == config->spurious_vector)
		return TG_ERR_INJECT;
	if ((spec->vector >= config->first_system_vector ||
	     spec->vector == config->syscall_vector) && !(s->event->flags & TG_EV_FORCE))
		return TG_ERR_SYSTEM;
	return TG_ERR_NONE;
}

/*
 * INT n has two bytes, INT1, INT3 and INTO one; a page fault has the address that CR2
 * holds now, so a script may set it before.
 */
tg_root u32 tg_action_inject(struct tg_script_cpu *s, bool has_error, const u64 *arg)
{
	struct tg_inject_spec spec = {
		.type = (u32)arg[0], .vector = (u32)arg[1],
		.flags = has_error ? TG_INJECT_F_ERROR : 0,
		.error = has_error ? (u32)arg[2] : 0,
	};
	bool waits = spec.type != TG_TYPE_INTERRUPT && spec.type != TG_TYPE_NMI;
	u64 cr2 = 0;
	u32 error;

	s->run.error_value = arg[0] << 8 | arg[1];
	if (!s->event)
		return TG_ERR_HERE;
	if (arg[0] > TG_TYPE_INT3_INTO || arg[1] >= TG_NR_VECTORS || (has_error && arg[2] >> 32))
		return TG_ERR_INJECT;
	error = check_interrupt(s, &spec);
	if (error)
		return error;
	if (waits) {		/* for the end of what is in flight: into this process */
		spec.flags |= TG_INJECT_F_PID;
		spec.pid = task_u32(task_of(s->cpu), s->cpu->config->task_tgid);
	}
	if (tg_has_length(spec.type))
		spec.length = spec.type == TG_TYPE_INT_N ? 2 : 1;
	if (spec.type == TG_TYPE_EXCEPTION && spec.vector == TG_VEC_PF) {
		spec.flags |= TG_INJECT_F_ADDRESS;
		tg_guest_register_get(s->cpu, TG_REG_CR2, &cr2);
		spec.address = cr2;
	}
	if (s->event->flags & TG_EV_FORCE)
		spec.flags |= TG_INJECT_F_FORCE;
	else if (waits && tg_snapshot(s->cpu)->cpl != 3)
		return TG_ERR_KERNEL;
	switch (tg_inject_request(s->cpu, &spec)) {
	case TG_INJECT_ERR_NONE:
		return TG_ERR_NONE;
	case TG_INJECT_ERR_FORCE:
	case TG_INJECT_ERR_NM:
	case TG_INJECT_ERR_NOT_OF_USER:
		return TG_ERR_FATAL;
	default:
		return TG_ERR_INJECT;
	}
}

/*
 * What was said so far and not read yet is dropped, by the reader: it alone knows what it
 * has read. The note is for the user.
 */
static tg_root u32 flush(struct tg_script_cpu *s)
{
	if (!s->event) {
		s->eval->used = 0;
		s->eval->lost = 0;
		return TG_ERR_NONE;
	}
	if (s->piece)
		s->piece->flags &= ~TG_TEXTF_MORE;
	s->piece = NULL;
	tg_ring_flush(s->event->rings[s->cpu->id], tg_hw_tsc());
	tg_record_note(s->cpu, s->event, s->trap->ev.vector, TG_NOTE_FLUSH, 0);
	return TG_ERR_NONE;
}

tg_root u32 tg_host_event(struct tg_run *run, enum tg_helper what, const u64 *arg)
{
	struct tg_script_cpu *s = run->owner;

	switch (what) {
	case TG_HELPER_FLUSH:
		return flush(s);
	case TG_HELPER_EVENT_ENABLE:
		return change_event(s, TG_OP_ENABLE, arg[0]);
	case TG_HELPER_EVENT_DISABLE:
		return change_event(s, TG_OP_DISABLE, arg[0]);
	case TG_HELPER_EVENT_CLEAR:
		return change_event(s, TG_OP_CLEAR, arg[0]);
	case TG_HELPER_EVENT_SC:
		/* The guest has it already. */
		if (!s->event || s->stage != TG_STAGE_PRE)
			return TG_ERR_HERE;
		s->wants_sc = arg[0];
		return TG_ERR_NONE;
	case TG_HELPER_EVENT_INJECT:
	case TG_HELPER_EVENT_INJECT_ERROR_CODE:
		return tg_action_inject(s, what == TG_HELPER_EVENT_INJECT_ERROR_CODE, arg);
	default:			/* PAUSE: no debugger to go to */
		return TG_ERR_HERE;
	}
}
