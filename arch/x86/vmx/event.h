/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VT-x: what exit.c, event.c and arm.c share of an event, inline, as the short ways
 * use it (doc/delivery.md, "Short ways"). Root mode.
 */
#ifndef TG_ARCH_VMX_EVENT_H
#define TG_ARCH_VMX_EVENT_H

#include "backend.h"

static tg_always_inline bool is_db_exception(const struct tg_flight *f)
{
	return f->vector == TG_VEC_DB && f->type == TG_TYPE_EXCEPTION;
}

static tg_always_inline bool is_pf_exception(const struct tg_flight *f)
{
	return f->vector == TG_VEC_PF && f->type == TG_TYPE_EXCEPTION;
}

/* RFLAGS of the guest at this exit, read once. */
static tg_always_inline u64 guest_rflags(struct tg_vcpu *v)
{
	struct tg_cpu *core = &v->core;

	if (!core->has_snapshot && !v->core.has_rflags) {
		core->snap.rflags = vmcs_read(VMCS_GUEST_RFLAGS);
		v->core.has_rflags = true;
	}
	return core->snap.rflags;
}

static tg_always_inline void set_cr2(struct tg_vcpu *v, u64 address)
{
	v->cr2 = address;
	x86_write_cr2(address);
}

static tg_always_inline void write_event(const struct tg_flight *f)
{
	if (f->has_error)
		vmcs_write(VMCS_ENTRY_ERROR, f->error & 0xffff);
	else if (tg_has_length(f->type))
		vmcs_write(VMCS_ENTRY_LENGTH, f->insn_len);
	vmcs_write(VMCS_ENTRY_INFO, f->word & TG_FLIGHT_EVENT);
}

#endif
