// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-V: exceptions, NMIs and interrupts decoded for the core, and what it
 * decides encoded for the entry. Root mode.
 */
#include "../../core/dispatch.h"
#include "fixup.h"
#include "svm.h"
#include "walk.h"

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
tg_root u32 svm_fetch(const struct tg_vcpu *v, u8 *byte, u32 max, u32 *prefixes)
{
	const struct vmcb *c = v->svm.vmcb;
	u32 i, n = tg_walk_read(v->platform, c->cr3, c->cr4, c->cs.base + c->rip, byte, max);

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
static tg_root bool is_svm_insn(const struct tg_vcpu *v)
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
	if (v->svm.soft.valid && f.vector == v->svm.soft.vector) {
		f = v->svm.soft;
		tg_post_again(&v->core, &f);
		return f;
	}
	if (f.has_error)
		f.error = info >> 32;
	switch ((enum svm_event_type)((info & SVM_EV_TYPE) >> 8)) {
	case SVM_EV_INTR:
		f.type = TG_TYPE_EXTERNAL;
		break;
	case SVM_EV_NMI:
		f.type = TG_TYPE_NMI;
		break;
	case SVM_EV_SOFT:
		f.type = TG_TYPE_SOFT_INT;
		f.insn_len = insn_len(v, 2);
		break;
	case SVM_EV_EXCEPTION:
		f.type = TG_TYPE_EXCEPTION;
		if (f.vector == TG_VEC_BP || f.vector == TG_VEC_OF) {
			f.type = TG_TYPE_SOFT_EXCEPTION;
			f.insn_len = insn_len(v, 1);
		}
	}
	tg_post_again(&v->core, &f);
	return f;
}

#define DR6_CAUSES	(TG_DR6_B | TG_DR6_BD | TG_DR6_BS | TG_DR6_BT)

static tg_always_inline bool is_db_exception(const struct tg_flight *f)
{
	return f->vector == TG_VEC_DB && f->type == TG_TYPE_EXCEPTION;
}

/*
 * What delivery of a #DB does besides the frame. DR6 is up to date at the exit
 * (INJ-DR6); GD, LBR and BTF are not cleared yet.
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

/* A #DB that the guest never gets leaves no trace in DR6 (INJ-SC). */
static tg_root void forget_db(struct tg_vcpu *v)
{
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
	c->rax = v->reg[REG_RAX];	/* for scripts: tg_os_script_begin() */
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
		trap.ev.type = TG_TYPE_SOFT_EXCEPTION;
		trap.ev.insn_len = insn_len(v, 1);
	}
	handle_trap(v, &trap);
}

/* INT1: no #DB intercept sees it. */
tg_root void svm_on_icebp(struct tg_vcpu *v)
{
	struct tg_trap trap = { .ev = tg_exception(TG_VEC_DB, 0) };

	v->core.exits_exception++;
	trap.ev.type = TG_TYPE_PRIV_SOFT;
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

/*
 * The window for what a shadow holds up: the VINTR intercept comes when the guest
 * has IF=1 and no shadow. Physical interrupts must not overtake it, so they are
 * masked meanwhile, whatever the guest's IF (V_INTR_MASKING, with the host's IF
 * 0); the guest's TPR is the VMCB's for that time. Processors do not exit under
 * a shadow, KVM below us does.
 */
tg_root void svm_open_window(struct tg_vcpu *v)
{
	struct vmcb *c = v->svm.vmcb;

	if (c->int_ctl & SVM_INT_V_IRQ)
		return;
	c->int_ctl = (c->int_ctl & ~SVM_INT_V_TPR) | (svm_read_tpr() & SVM_INT_V_TPR) |
		     SVM_INT_V_IRQ | SVM_INT_V_IGN_TPR | SVM_INT_V_INTR_MASKING;
	svm_intercept(v, 0, SVM_I1(SVM_EXIT_VINTR), true);
	svm_dirty(v, SVM_CLEAN_INT_CTL);
}

tg_root void svm_close_window(struct tg_vcpu *v)
{
	struct vmcb *c = v->svm.vmcb;

	if (!(c->int_ctl & SVM_INT_V_IRQ))
		return;
	svm_write_tpr(c->int_ctl & SVM_INT_V_TPR);
	c->int_ctl &= ~(SVM_INT_V_IRQ | SVM_INT_V_IGN_TPR | SVM_INT_V_INTR_MASKING);
	svm_intercept(v, 0, SVM_I1(SVM_EXIT_VINTR), false);
	svm_dirty(v, SVM_CLEAN_INT_CTL);
}

/*
 * With V_INTR_MASKING off the exit comes exactly when the guest could take an
 * interrupt, and the APIC has not handed it out yet: it does so now (INT-NOLOSS,
 * INT-PRIO), unless something else goes first. Then it exits again.
 */
static tg_root void take_interrupt(struct tg_vcpu *v)
{
	int vector;

	v->core.irq_waiting = false;
	if (v->core.next.valid)
		return;
	if (v->svm.vmcb->int_state & SVM_SHADOW) {
		svm_open_window(v);
		return;
	}
	vector = tg_svm_acknowledge(v);
	if (tg_read(v->nmi_root))
		svm_root_nmis(v);
	if (vector < 0 || svm_watch_tick(v, vector))
		return;
	tg_handle_interrupt(&v->core, vector);
	if (!v->core.next.valid)
		svm_watch_swallowed(v);
}

tg_root void svm_on_interrupt(struct tg_vcpu *v)
{
	v->core.exits_interrupt++;
	v->core.irq_waiting = true;
}

/*
 * #GP always: is_svm_insn(). All while a step looks for the end of an IRET
 * (svm_nmi.c), while RIP was moved for an injection, as a fault of its delivery is
 * the instruction's, and while a post stage is due (svm_post.c).
 */
tg_root void svm_set_exceptions(struct tg_vcpu *v)
{
	bool moved = v->svm.soft_next != v->svm.soft_rip && v->svm.soft_next;
	bool all = v->svm.nmi.step || moved || v->core.posting.valid;
	u32 bits = all ? ~0u : v->svm.exceptions | 1u << TG_VEC_GP;

	bits &= ~(1u << TG_VEC_NMI);		/* an intercept of its own */

	if (v->svm.vmcb->intercept_exceptions != bits) {
		v->svm.vmcb->intercept_exceptions = bits;
		svm_dirty(v, SVM_CLEAN_INTERCEPTS);
	}
	svm_intercept(v, 1, SVM_I2(SVM_EXIT_ICEBP), bits & (1u << TG_VEC_DB));
}

tg_root void svm_arm(struct tg_vcpu *v)
{
	struct tg_arm arm = tg_arm(&v->core);

	v->svm.exceptions = arm.exceptions;
	svm_set_exceptions(v);
	v->svm.interrupts = arm.interrupts || v->core.inject;
	if (!v->svm.interrupts)
		v->core.irq_waiting = false;	/* the guest gets it natively */
	svm_intercept(v, 0, SVM_I1(SVM_EXIT_INTR), v->svm.interrupts || v->core.posting.valid);
	svm_watch_arm(v);
}

/*
 * Types of EVENTINJ. An INT3 or INTO goes as software interrupt: the gate's DPL
 * is checked (INJ-DPL) as for the instruction; INT1 as exception: it is not.
 */
static tg_always_inline enum svm_event_type event_type(u8 type)
{
	switch (type) {
	case TG_TYPE_EXTERNAL:
		return SVM_EV_INTR;
	case TG_TYPE_NMI:
		return SVM_EV_NMI;
	case TG_TYPE_SOFT_INT:
	case TG_TYPE_SOFT_EXCEPTION:
		return SVM_EV_SOFT;
	}
	return SVM_EV_EXCEPTION;
}

/* The return address pushed is the next instruction's: NEXT_RIP, where the
 * processor has it and the type is software interrupt; else RIP has to move.
 */
static tg_root void point_behind(struct tg_vcpu *v, const struct tg_flight *f)
{
	struct vmcb *c = v->svm.vmcb;

	v->svm.soft = *f;
	v->svm.soft_rip = c->rip;
	if ((v->svm.features & SVM_FEATURE_NRIPS) && event_type(f->type) == SVM_EV_SOFT) {
		c->nrip = c->rip + f->insn_len;
		v->svm.soft_next = c->rip;
		return;
	}
	c->rip += f->insn_len;
	v->svm.soft_next = c->rip;
	svm_set_exceptions(v);
}

static tg_root void write_injection(struct tg_vcpu *v)
{
	const struct tg_flight *f = &v->core.next;
	struct vmcb *c = v->svm.vmcb;
	u64 info = SVM_EV_VALID | (u64)event_type(f->type) << 8 | f->vector;

	if (tg_unlikely(f->posts))
		svm_post_arm(v);
	if (f->has_error)
		info |= SVM_EV_ERROR | (u64)f->error << 32;
	if (tg_has_length(f->type))
		point_behind(v, f);
	c->eventinj = info;
	c->int_state &= ~SVM_SHADOW;
	tg_note_injection(&v->core);
	v->core.next.valid = false;
}

/*
 * The first thing after the exit that follows an injection of point_behind(): if it
 * came during the delivery, RIP is the instruction's again.
 */
tg_root void svm_after_exit(struct tg_vcpu *v)
{
	struct vmcb *c = v->svm.vmcb;

	if (v->svm.soft_next && (c->exitintinfo & SVM_EV_VALID) &&
	    (c->exitintinfo & SVM_EV_VECTOR) == v->svm.soft.vector && c->rip == v->svm.soft_next)
		c->rip = v->svm.soft_rip;
	else
		v->svm.soft.valid = false;
	v->svm.soft_next = 0;
	svm_set_exceptions(v);
}

static tg_root void machine_check(struct tg_vcpu *v)
{
	v->mce_pending = false;
	svm_raise(v, TG_VEC_MC, 0);
}

/* What must go the general way at the next exit, too. */
static tg_always_inline void note_unsettled(struct tg_vcpu *v)
{
	v->core.unsettled = v->svm.nmi.masked || v->svm.nmi.step || v->mce_pending ||
			    v->svm.soft.valid || (v->svm.vmcb->int_ctl & SVM_INT_V_IRQ) ||
			    v->svm.vmcb->tlb_control;
}

tg_root void svm_prepare_entry(struct tg_vcpu *v)
{
	struct tg_cpu *core = &v->core;

	if (tg_read(v->nmi_root))
		svm_root_nmis(v);
	if (v->mce_pending && !core->next.valid)
		machine_check(v);
	if (tg_unlikely(core->inject))
		svm_take_request(v);
	if (core->nmi_pending)
		svm_nmi_inject(v);
	if (core->irq_waiting) {
		take_interrupt(v);
		/* what came meanwhile */
		if (v->mce_pending && !core->next.valid)
			machine_check(v);
		if (core->nmi_pending)
			svm_nmi_inject(v);
	}
	if (core->nmi_pending || v->svm.nmi.masked)
		svm_nmi_plan(v);
	if (core->next.valid)
		write_injection(v);
	tg_post_settle(core);
	note_unsettled(v);
}

/* ---- exits ------------------------------------------------------------------ */

static tg_root void spec_before_entry(struct tg_vcpu *v)
{
	if (v->ibrs_saved) {
		x86_wrmsr(TGX_MSR_SPEC_CTRL, v->guest_spec_ctrl);
		v->ibrs_saved = false;
	}
	/* An entry that injects goes on in the kernel, which does that itself. */
	if (v->spec & SPEC_VERW)
		v->verw = v->svm.vmcb->cpl == 3 && !(v->svm.vmcb->eventinj & SVM_EV_VALID);
}

/* The first entry failed on the guest state: tg_svm_launch() returns 3. */
static tg_root int refused_launch(struct tg_vcpu *v)
{
	v->reg[REG_RAX] = 3;
	v->state = TG_VCPU_OUT;
	return SVM_LEAVE;
}

/* Any exit, in any state. */
static tg_root tg_noinline int general_exit(struct tg_vcpu *v, u32 code)
{
	struct vmcb *c = v->svm.vmcb;
	bool own_step = false, post = v->core.posting.valid;
	int action = SVM_RESUME;

	v->reg[REG_RAX] = c->rax;
	c->tlb_control = 0;		/* done; a script may ask for it again */
	if (tg_unlikely(post))
		svm_post_exit(v, code);
	if (tg_read(v->core.wanted) != v->core.evset) {
		tg_take_evset(&v->core);
		svm_arm(v);
	}
	if (!v->svm.launched) {
		if (code == SVM_EXIT_INVALID)
			return refused_launch(v);
		v->svm.launched = true;
	}
	if (v->svm.soft.valid)
		svm_after_exit(v);
	if (v->svm.nmi.masked || v->svm.nmi.step)
		own_step = svm_nmi_on_exit(v, code);
	if (code - SVM_EXIT_EXCEPTION < 32) {
		if (!own_step)
			svm_on_exception(v, code - SVM_EXIT_EXCEPTION);
	} else {
		/* Behind a post stage it says nothing of what the guest can take. */
		if (code == SVM_EXIT_INTR && !post)
			svm_on_interrupt(v);
		else if (code != SVM_EXIT_INTR)
			action = svm_handle_exit(v, code);
		svm_redeliver(v);
	}
	if (v->core.watch_stall && tg_check_stall(&v->core))
		svm_arm(v);
	if (action == SVM_RESUME)
		svm_prepare_entry(v);
	if (v->spec)
		spec_before_entry(v);
	c->rax = v->reg[REG_RAX];
	return action;
}

static tg_always_inline void write_event(struct vmcb *c, const struct tg_flight *ev)
{
	c->eventinj = (ev->word & TG_FLIGHT_EVENT) | (u64)ev->error << 32;
	c->int_state &= ~SVM_SHADOW;
}

/*
 * Exceptions with more to them than an error code: INT3 and INTO have a length,
 * #DB has DR6, #GP may be a #UD, #MC is asynchronous.
 */
#define SPECIAL	(1u << TG_VEC_DB | 1u << TG_VEC_BP | 1u << TG_VEC_OF | 1u << TG_VEC_GP | \
		 1u << TG_VEC_DF | 1u << TG_VEC_MC)

/* Something is to be looked at first, or the event, dispatched, is not all there is. */
static tg_root tg_noinline int contended_exit(struct tg_vcpu *v)
{
	if (v->core.attention) {
		v->core.next = v->svm.trap.ev;
		svm_prepare_entry(v);
	}
	return SVM_RESUME;
}

/*
 * The way of most events. An NMI cannot come in between: it waits behind GIF.
 * What is live across tg_dispatch() lies in trap, so that no register need be
 * saved for it.
 */
static tg_root tg_noinline int exception_exit(struct tg_vcpu *v, u32 vector)
{
	struct vmcb *c = v->svm.vmcb;
	struct tg_flight *ev = &v->svm.trap.ev;

	if (tg_unlikely((c->exitintinfo & SVM_EV_VALID) || (SPECIAL >> vector & 1)))
		return general_exit(v, SVM_EXIT_EXCEPTION + vector);
	ev->word = TG_FLIGHT_WORD(TG_TYPE_EXCEPTION, vector);
	ev->error = 0;
	ev->address = 0;
	v->svm.trap.first.word = 0;
	if (tg_has_error_code(vector)) {
		ev->has_error = true;
		ev->error = c->exitinfo1;
	}
	if (vector == TG_VEC_PF)
		ev->address = c->exitinfo2;
	v->core.exits_exception++;
	if (tg_unlikely(tg_dispatch(&v->core, &v->svm.trap, 0) != TG_DELIVERED)) {
		ev->valid = false;		/* swallowed: the same instruction again */
		return contended_exit(v);
	}
	c = v->svm.vmcb;
	if (ev->vector == TG_VEC_PF)
		svm_set_cr2(v, ev->address);
	c->rflags |= TG_RFLAGS_RF;		/* INJ-RF: faults, all of them */
	if (tg_unlikely(v->core.attention))
		return contended_exit(v);
	write_event(c, ev);
	tg_note_exception(&v->core, ev);
	return SVM_INJECTED;
}

static tg_root tg_noinline int interrupt_exit(struct tg_vcpu *v)
{
	struct tg_flight *ev = &v->svm.trap.ev;
	int vector;

	if (tg_unlikely((v->svm.vmcb->exitintinfo & SVM_EV_VALID) ||
			(v->svm.vmcb->int_state & SVM_SHADOW)))
		return general_exit(v, SVM_EXIT_INTR);
	v->core.exits_interrupt++;
	vector = tg_svm_acknowledge(v);
	if (tg_unlikely(vector < 0 || tg_read(v->nmi_root)))
		goto unusual;
	ev->word = TG_FLIGHT_WORD(TG_TYPE_EXTERNAL, vector);
	ev->error = 0;
	ev->address = 0;
	v->svm.trap.first.word = 0;
	if (tg_unlikely(!tg_interrupt_passes(&v->core, &v->svm.trap)))
		ev->valid = false;
	if (tg_unlikely(!ev->valid || v->core.attention))
		return contended_exit(v);
	write_event(v->svm.vmcb, ev);
	tg_note_interrupt(&v->core, ev);
	return SVM_INJECTED;
unusual:
	/* An NMI came, before the interrupt or behind it, or nothing. */
	if (vector >= 0)
		tg_handle_interrupt(&v->core, vector);
	svm_prepare_entry(v);
	return SVM_RESUME;
}

tg_root int tg_svm_exit(struct tg_vcpu *v)
{
	u32 code = v->svm.vmcb->exitcode;

	v->core.exits++;
	v->core.has_snapshot = false;
	v->svm.vmcb->clean = SVM_CLEAN_ALL;
	if (tg_unlikely(tg_read(v->core.wanted) != v->core.evset || v->core.attention ||
			v->spec || !v->svm.launched))
		return general_exit(v, code);
	if (tg_likely(code - SVM_EXIT_EXCEPTION < 32))
		return exception_exit(v, code - SVM_EXIT_EXCEPTION);
	if (code == SVM_EXIT_INTR)
		return interrupt_exit(v);
	return general_exit(v, code);
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
