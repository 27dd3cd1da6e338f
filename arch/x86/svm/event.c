// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-V: exceptions and NMIs of the general way decoded for the core, and what it decides
 * brought to the guest's state. The short way decodes in exit.c. Root mode, GIF=0.
 */
#include "../../../core/dispatch.h"
#include "../fixup.h"
#include "../walk.h"
#include "backend.h"

#define MAX_INSN SVM_MAX_INSN
#define CS_ATTR_L (1u << 9)

static tg_always_inline bool is_prefix(u8 byte, bool in64)
{
	switch (byte) {
	case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65:
	case 0x66: case 0x67: case 0xf0: case 0xf2: case 0xf3:
		return true;
	}
	return in64 && (byte & 0xf0) == 0x40;		/* REX */
}

/*
 * The instruction at RIP: so many bytes of max could be read; *prefixes of them
 * are.
 */
tg_root u32 svm_fetch(struct tg_vcpu *v, u8 *byte, u32 max, u32 *prefixes)
{
	const struct vmcb *c = v->svm.vmcb;
	u32 i, n;

	svm_open_gif();
	n = tg_walk_read(v->platform, c->cr3, c->cr4, c->cs.base + c->rip, byte, max);
	svm_close_gif(v);
	for (i = 0; i < n && is_prefix(byte[i], c->cs.attr & CS_ATTR_L); i++)
		;
	*prefixes = i;
	return n;
}

/*
 * The length of the intercepted instruction: NEXT_RIP where the processor saves
 * it, else its prefixes, which are read, and the bytes behind them.
 */
static tg_root u32 insn_len(struct tg_vcpu *v, u32 without_prefixes)
{
	const struct vmcb *c = v->svm.vmcb;
	u8 byte[MAX_INSN];
	u32 prefixes;

	if ((v->svm.features & SVM_FEATURE_NRIPS) && c->nrip - c->rip - 1 < MAX_INSN)
		return c->nrip - c->rip;
	/* mostly there are none */
	svm_fetch(v, byte, 1, &prefixes);
	if (prefixes)
		svm_fetch(v, byte, MAX_INSN, &prefixes);
	return prefixes + without_prefixes <= MAX_INSN ? prefixes + without_prefixes : MAX_INSN;
}

/*
 * EXIT-BASE: with EFER.SVME set the SVM instructions are #GP for user mode, and
 * for the kernel where RAX is no address of a VMCB, before any intercept; without us
 * they are #UD. 0f 01 d8-df, VMMCALL left out.
 */
static tg_root bool is_svm_insn(struct tg_vcpu *v)
{
	u8 byte[MAX_INSN];
	u32 at, n;

	if (v->svm.vmcb->exitinfo1)
		return false;
	n = svm_fetch(v, byte, MAX_INSN, &at);
	if (at + 3 > n || byte[at] != 0x0f || byte[at + 1] != 0x01 || (byte[at + 2] & 0xf8) != 0xd8)
		return false;
	/* With SKINIT, it and STGI are there without SVME, too. */
	if (v->svm.has_skinit && (byte[at + 2] == 0xdc || byte[at + 2] == 0xde))
		return false;
	return byte[at + 2] != 0xd9;
}

#define DR6_CAUSES	(TG_DR6_B | TG_DR6_BD | TG_DR6_BS | TG_DR6_BT)

/*
 * EXITINTINFO has no type for INT1: it is an exception there, as a #DB is. The #DB of a trap
 * says its cause in DR6, which INT1 leaves alone, and RIP is at INT1 itself.
 */
static tg_root bool is_int1(struct tg_vcpu *v)
{
	u8 byte[MAX_INSN];
	u32 at, n;

	if (v->svm.vmcb->dr6 & DR6_CAUSES)
		return false;
	n = svm_fetch(v, byte, MAX_INSN, &at);
	return at < n && byte[at] == 0xf1;
}

/*
 * What was being delivered when the exit happened; .valid tells if anything. An
 * INT3 or INT1 that was injected says another type there than one of the guest's.
 */
static tg_root struct tg_flight first_event(struct tg_vcpu *v)
{
	u64 info = v->svm.vmcb->exitintinfo;
	struct tg_flight f = {
		.vector = info & SVM_EV_VECTOR,
		.valid = info & SVM_EV_VALID,
		.has_error = info & SVM_EV_ERROR,
	};

	if (!f.valid)
		return (struct tg_flight){ 0 };
	if (v->svm.injected.valid && f.vector == v->svm.injected.vector) {
		f = v->svm.injected;
		tg_post_again(&v->core, &f);
		return f;
	}
	if (f.has_error)
		f.error = info >> 32;
	switch ((enum svm_event_type)((info & SVM_EV_TYPE) >> 8)) {
	case SVM_EV_INTR:
		f.type = TG_TYPE_INTERRUPT;
		break;
	case SVM_EV_NMI:
		f.type = TG_TYPE_NMI;
		break;
	case SVM_EV_SOFT:
		f.type = TG_TYPE_INT_N;
		f.insn_len = insn_len(v, 2);
		break;
	case SVM_EV_EXCEPTION:
		f.type = TG_TYPE_EXCEPTION;
		if (f.vector == TG_VEC_BP || f.vector == TG_VEC_OF) {
			f.type = TG_TYPE_INT3_INTO;
			f.insn_len = insn_len(v, 1);
		} else if (f.vector == TG_VEC_DB && is_int1(v)) {
			f.type = TG_TYPE_INT1;
			f.insn_len = insn_len(v, 1);
		}
	}
	tg_post_again(&v->core, &f);
	return f;
}

static tg_always_inline bool is_db_exception(const struct tg_flight *f)
{
	return f->vector == TG_VEC_DB && f->type == TG_TYPE_EXCEPTION;
}

/*
 * What delivery of a #DB does besides the frame. DR6 is up to date at the exit
 * (INJ-DR6), on processors GD in DR7, too; LBR and BTF are not cleared yet.
 */
static tg_root void commit_db(struct tg_vcpu *v)
{
	struct vmcb *c = v->svm.vmcb;
	u64 debugctl;

	if (c->dr7 & TGX_DR7_GD) {
		c->dr7 &= ~TGX_DR7_GD;
		svm_dirty(v, SVM_CLEAN_DR);
	}
	if (!fixup_rdmsr(TGX_MSR_DEBUGCTL, &debugctl) &&
	    (debugctl & (TGX_DEBUGCTL_LBR | TGX_DEBUGCTL_BTF)))
		fixup_wrmsr(TGX_MSR_DEBUGCTL,
			    debugctl & ~(TGX_DEBUGCTL_LBR | TGX_DEBUGCTL_BTF));
}

/* MOV to or from a debug register: what GD is for. */
static tg_root bool is_mov_dr(struct tg_vcpu *v)
{
	u8 byte[MAX_INSN];
	u32 at, n = svm_fetch(v, byte, MAX_INSN, &at);

	return at + 2 <= n && byte[at] == 0x0f && (byte[at + 1] & 0xfd) == 0x21;
}

/*
 * A #DB that the guest never gets leaves no trace in DR6 (INJ-SC). Causes that stood there
 * before go, too: which, nothing tells. GD has been cleared (APM volume 2, "#DB (Debug)");
 * BD may be older, so that the instruction is asked whether it was GD's.
 */
static tg_root void forget_db(struct tg_vcpu *v)
{
	if ((v->svm.vmcb->dr6 & TG_DR6_BD) && is_mov_dr(v))
		v->svm.vmcb->dr7 |= TGX_DR7_GD;
	v->svm.vmcb->dr6 = (v->svm.vmcb->dr6 & ~DR6_CAUSES) | TG_DR6_INVERTED;
	svm_dirty(v, SVM_CLEAN_DR);
}

/* INJ-RF: EVENTINJ pushes RFLAGS as they are. */
static tg_root void set_rf(struct tg_vcpu *v)
{
	if (tg_pushes_rf(&v->core.next))
		v->svm.vmcb->rflags |= TG_RFLAGS_RF;
}

static tg_root void inject_outcome(struct tg_vcpu *v, const struct tg_flight *ev)
{
	/* Also when the pair becomes a #DF: the second fault has loaded CR2. */
	if (ev->vector == TG_VEC_PF && ev->type == TG_TYPE_EXCEPTION)
		svm_set_cr2(v, ev->address);
	set_rf(v);
	if (is_db_exception(ev) && is_db_exception(&v->core.next))
		commit_db(v);
}

static tg_root void handle_trap(struct tg_vcpu *v, struct tg_trap *trap)
{
	switch (tg_handle_exception(&v->core, trap)) {
	case TG_OUT_INJECT:
		inject_outcome(v, &trap->ev);
		break;
	case TG_OUT_SWALLOWED:
		if (tg_has_length(trap->ev.type) && tg_rip_stays(&v->core))
			svm_skip(v, trap->ev.insn_len);
		else if (is_db_exception(&trap->ev))
			forget_db(v);
		break;
	case TG_OUT_REDELIVER:
		if (is_db_exception(&trap->ev))
			forget_db(v);
		set_rf(v);
		break;
	case TG_OUT_TRIPLE:
		v->departure.triple = true;
		svm_fatal(v, "triple fault: an exception while #DF was being delivered");
	}
}

/* EXIT-SKIP: over an instruction that root mode stood in for. */
tg_root void svm_skip(struct tg_vcpu *v, u32 len)
{
	struct vmcb *c = v->svm.vmcb;
	struct tg_trap step = { .ev = tg_exception(TG_VEC_DB, 0) };
	u64 debugctl = 0;

	v->core.has_snapshot = false;
	c->rax = v->reg[REG_RAX];	/* for scripts: tg_guest_regs_begin() */
	c->rip += len;
	c->int_state &= ~SVM_SHADOW;
	c->rflags &= ~TG_RFLAGS_RF;
	if (!(c->rflags & TG_RFLAGS_TF))
		return;
	if (!fixup_rdmsr(TGX_MSR_DEBUGCTL, &debugctl) && (debugctl & TGX_DEBUGCTL_BTF))
		return;
	c->dr6 |= TG_DR6_BS;
	svm_dirty(v, SVM_CLEAN_DR);
	step.ev.address = TG_DR6_BS;
	handle_trap(v, &step);
}

/* An exit that is not an exception's, during delivery: the event goes again. */
tg_root void svm_redeliver(struct tg_vcpu *v)
{
	struct tg_flight first;

	if (v->core.next.valid || !(v->svm.vmcb->exitintinfo & SVM_EV_VALID))
		return;
	first = first_event(v);
	v->core.next = first;
	set_rf(v);
}

tg_root void svm_on_exception(struct tg_vcpu *v, u8 vector)
{
	const struct vmcb *c = v->svm.vmcb;
	struct tg_trap trap = { .ev = tg_exception(vector, c->exitinfo1) };

	/* not one that no event asked for */
	v->core.exits_exception += v->svm.exceptions >> vector & 1;
	if (vector == TG_VEC_GP && is_svm_insn(v))
		trap.ev = tg_exception(TG_VEC_UD, 0);
	if (!trap.ev.has_error)
		trap.ev.error = 0;
	trap.first = first_event(v);
	if (vector == TG_VEC_DB)
		trap.ev.address = (c->dr6 & DR6_CAUSES) | (~c->dr6 & TG_DR6_INVERTED);
	else if (vector == TG_VEC_PF)
		trap.ev.address = c->exitinfo2;
	else if (vector == TG_VEC_BP || vector == TG_VEC_OF) {
		/* INT3 and INTO, with RIP at them; INT n does not come here. */
		trap.ev.type = TG_TYPE_INT3_INTO;
		trap.ev.insn_len = insn_len(v, 1);
	}
	handle_trap(v, &trap);
}

/* INT1: no #DB intercept sees it. */
tg_root void svm_on_icebp(struct tg_vcpu *v)
{
	struct tg_trap trap = { .ev = tg_exception(TG_VEC_DB, 0) };

	v->core.exits_exception++;
	trap.ev.type = TG_TYPE_INT1;
	trap.ev.insn_len = insn_len(v, 1);
	trap.first = first_event(v);
	handle_trap(v, &trap);
}

/* A fault of an instruction that root mode stands in for: seen by events, too. */
tg_root void svm_raise(struct tg_vcpu *v, u8 vector, u32 error)
{
	struct tg_trap trap = { .ev = tg_exception(vector, error) };

	handle_trap(v, &trap);
}

/* An instruction that root mode does itself, of so many bytes without prefixes. */
tg_root void svm_skip_insn(struct tg_vcpu *v, u32 without_prefixes)
{
	svm_skip(v, insn_len(v, without_prefixes));
}

/* However many came: one can be in service and one pending. */
static tg_root bool take_root_nmis(struct tg_vcpu *v)
{
	return TG_ATOMIC(&v->core, __atomic_exchange_n(&v->nmi_root, 0, __ATOMIC_RELAXED)) &
	       ~NMI_ROOT_MC;
}

tg_root void svm_root_nmis(struct tg_vcpu *v)
{
	if (!take_root_nmis(v))
		return;
	v->core.root_nmis++;
	tg_handle_nmi(&v->core, NULL);
}

/* The NMI waits behind GIF; root mode's gate takes it. */
tg_root void svm_on_nmi(struct tg_vcpu *v)
{
	v->core.exits_nmi++;
	tg_svm_take_nmi();
	if (take_root_nmis(v))
		tg_handle_nmi(&v->core, NULL);
}

tg_root void svm_snapshot(const struct tg_vcpu *v, struct tg_snapshot *s)
{
	const struct vmcb *c = v->svm.vmcb;

	s->rip = c->rip;
	s->rsp = c->rsp;
	s->rflags = c->rflags;
	s->cr3 = c->cr3;
	s->cpl = c->cpl;
}
