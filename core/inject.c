// SPDX-License-Identifier: GPL-2.0
/* See inject.h. tg_inject_check() in any context, the rest in root mode. */
#include <trapgate/vectors.h>
#include "cpu.h"
#include "deliver.h"
#include "machine.h"

#define MAX_INSN	15u
#define MAX_ERROR	0xffffu

#define BIT(v)		(1u << (v))
#define KNOWN(id, vec, mnemonic, name, err, cls) | BIT(vec)
/* Rows of the table, less what depends on the vendor or on a feature of the processor. */
#define VENDOR_S	(BIT(TG_VEC_VE) | BIT(TG_VEC_CP) | BIT(TG_VEC_HV) | BIT(TG_VEC_VC) | \
			 BIT(TG_VEC_SX))
#define OF_386		BIT(TG_VEC_CSO)
static const u32 exceptions = (0 TG_VECTORS(KNOWN)) & ~(VENDOR_S | OF_386);

/*
 * What Linux does not survive. Without force only user code is hit; there Linux knows the
 * CPU for the cause of what programs cannot do, and stops with an Oops, interrupts off.
 */
static tg_root enum tg_inject_error check_fatal(const struct tg_inject_spec *s)
{
	if (s->flags & TG_INJECT_F_FORCE)
		return TG_INJECT_ERR_NONE;
	if (s->vector == TG_VEC_DF || s->vector == TG_VEC_MC)
		return TG_INJECT_ERR_FORCE;
	if (s->vector == TG_VEC_NM)
		return TG_INJECT_ERR_NM;
	if (s->vector == TG_VEC_PF && (s->error & (TG_PF_USER | TG_PF_RSVD)) != TG_PF_USER)
		return TG_INJECT_ERR_NOT_OF_USER;
	return TG_INJECT_ERR_NONE;
}

static tg_root enum tg_inject_error check_exception(const struct tg_inject_spec *s)
{
	if (s->vector >= TG_FIRST_INTERRUPT)
		return TG_INJECT_ERR_EXCEPTION_VECTOR;
	if (s->vector == TG_VEC_NMI)
		return TG_INJECT_ERR_NOT_AN_EXCEPTION;
	if (s->vector == TG_VEC_BP || s->vector == TG_VEC_OF)
		return TG_INJECT_ERR_BY_INSTRUCTION;
	if (s->vector == TG_VEC_BR)
		return TG_INJECT_ERR_NOT_IN_64_BIT;
	if (!(exceptions & BIT(s->vector)))
		return TG_INJECT_ERR_RESERVED;
	if (s->flags & TG_INJECT_F_ERROR) {
		if (!tg_has_error_code(s->vector))
			return TG_INJECT_ERR_NO_ERROR_CODE;
		if (s->error && tg_error_is_zero(s->vector))
			return TG_INJECT_ERR_ERROR_IS_ZERO;
		if (s->error > MAX_ERROR)
			return TG_INJECT_ERR_ERROR_BITS;
	}
	if (s->vector == TG_VEC_PF && !(s->flags & TG_INJECT_F_ADDRESS))
		return TG_INJECT_ERR_ADDRESS;
	return check_fatal(s);
}

static tg_root enum tg_inject_error check_vector(const struct tg_inject_spec *s)
{
	switch (s->type) {
	case TG_TYPE_EXCEPTION:
		return check_exception(s);
	case TG_TYPE_INTERRUPT:
		return s->vector < TG_FIRST_INTERRUPT ? TG_INJECT_ERR_INTERRUPT_VECTOR
						      : TG_INJECT_ERR_NONE;
	case TG_TYPE_NMI:
		return s->vector != TG_VEC_NMI ? TG_INJECT_ERR_NMI_VECTOR : TG_INJECT_ERR_NONE;
	case TG_TYPE_INT1:
		return s->vector != TG_VEC_DB ? TG_INJECT_ERR_INT1_VECTOR : TG_INJECT_ERR_NONE;
	case TG_TYPE_INT3_INTO:
		return s->vector == TG_VEC_BP || s->vector == TG_VEC_OF ?
		       TG_INJECT_ERR_NONE : TG_INJECT_ERR_INT3_INTO_VECTOR;
	case TG_TYPE_INT_N:
		return TG_INJECT_ERR_NONE;
	}
	return TG_INJECT_ERR_TYPE;
}

tg_root enum tg_inject_error tg_inject_check(const struct tg_inject_spec *s)
{
	bool waits = s->type != TG_TYPE_INTERRUPT && s->type != TG_TYPE_NMI;
	enum tg_inject_error err;

	if ((s->flags & ~TG_INJECT_F_ALL) || s->reserved ||
	    (s->error && !(s->flags & TG_INJECT_F_ERROR)) ||
	    (s->address && !(s->flags & TG_INJECT_F_ADDRESS)) ||
	    (s->pid && !(s->flags & TG_INJECT_F_PID)))
		return TG_INJECT_ERR_FLAGS;
	if (s->vector >= TG_NR_VECTORS)
		return TG_INJECT_ERR_VECTOR;
	err = check_vector(s);
	if (err)
		return err;
	if ((s->flags & TG_INJECT_F_ERROR) && s->type != TG_TYPE_EXCEPTION)
		return TG_INJECT_ERR_NO_ERROR_CODE;
	if ((s->flags & TG_INJECT_F_ADDRESS) &&
	    (s->type != TG_TYPE_EXCEPTION || s->vector != TG_VEC_PF))
		return TG_INJECT_ERR_NO_ADDRESS;
	if (tg_has_length(s->type) && (s->length < 1 || s->length > MAX_INSN))
		return TG_INJECT_ERR_LENGTH;
	if (!tg_has_length(s->type) && s->length)
		return TG_INJECT_ERR_NO_LENGTH;
	if ((s->flags & TG_INJECT_F_PID) && !waits)
		return TG_INJECT_ERR_NOT_QUEUED;
	return TG_INJECT_ERR_NONE;
}

tg_root enum tg_inject_error tg_inject_request(struct tg_cpu *cpu,
					       const struct tg_inject_spec *spec)
{
	struct tg_requests *q = &cpu->requests;
	enum tg_inject_error err = tg_inject_check(spec);

	if (err)
		return err;
	if (spec->type == TG_TYPE_INTERRUPT) {
		tg_hw_apic_self_ipi(spec->vector);
		return TG_INJECT_ERR_NONE;
	}
	if (spec->type == TG_TYPE_NMI) {
		cpu->nmi_pending = true;
		return TG_INJECT_ERR_NONE;
	}
	if (q->count == TG_REQUESTS)
		return TG_INJECT_ERR_FULL;
	q->since[(q->head + q->count) % TG_REQUESTS] = tg_hw_tsc();
	q->spec[(q->head + q->count++) % TG_REQUESTS] = *spec;
	cpu->inject = true;
	return TG_INJECT_ERR_NONE;
}

/* They are in the order of their coming, and so are those that are late. */
static tg_root void drop_late(struct tg_cpu *cpu)
{
	struct tg_requests *q = &cpu->requests;
	u64 now = tg_hw_tsc(), limit = TG_REQUEST_MS * cpu->config->tsc_khz;

	while (limit && q->count && now - q->since[q->head % TG_REQUESTS] >= limit) {
		q->head++;
		q->count--;
	}
	cpu->inject = q->count;
}

tg_root bool tg_inject_take(struct tg_cpu *cpu, u8 cpl)
{
	struct tg_requests *q = &cpu->requests;
	const struct tg_inject_spec *s;
	const char *task;

	drop_late(cpu);
	s = &q->spec[q->head % TG_REQUESTS];
	if (!q->count || cpu->next.valid || cpu->exits == q->not_at)
		return false;
	if (cpl != 3 && !(s->flags & TG_INJECT_F_FORCE))
		return false;
	task = tg_read(*cpu->current_task);
	if ((s->flags & TG_INJECT_F_PID) &&
	    tg_read(*(const u32 *)(task + cpu->config->task_tgid)) != s->pid)
		return false;
	cpu->next = (struct tg_flight){
		.vector = s->vector, .type = s->type, .valid = true,
		.has_error = s->type == TG_TYPE_EXCEPTION && tg_has_error_code(s->vector),
		.insn_len = s->length, .error = s->error, .address = s->address,
	};
	q->head++;
	q->count--;
	cpu->inject = q->count;
	return true;
}

tg_root void tg_inject_drop(struct tg_cpu *cpu)
{
	cpu->requests.count = 0;
	cpu->inject = false;
}
