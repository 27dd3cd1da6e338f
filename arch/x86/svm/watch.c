// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-V has no preemption timer: who looks after a guest that gets no interrupt
 * any more because an event swallows them? See doc/swallowing.md, "A CPU without
 * interrupts". Root mode.
 *
 * While interrupts are intercepted every one that still comes is an exit, which
 * looks (tg_check_stall). What may have stopped coming is the local APIC's timer,
 * when its own vector was swallowed and it is not periodic: then it is started
 * once more, for a tick of ours. A CPU that is halted with IF=1 is kept in root mode,
 * which looks at the clock itself.
 */
#include "../../../core/dispatch.h"
#include "../../../core/machine.h"
#include "../apic.h"
#include "backend.h"

#define TICK_MS		100u

static tg_root void intercept_deadline(struct tg_vcpu *v, bool on)
{
	svm_intercept_msr(v->svm.msrpm, TGX_MSR_TSC_DEADLINE, false, on);
	svm_dirty(v, SVM_CLEAN_MSRPM);
}

/* The timer is the guest's again: our tick has come, or the guest sets it. */
tg_root void svm_watch_end(struct tg_vcpu *v)
{
	v->svm.watch_tsc = 0;
	intercept_deadline(v, false);
}

/*
 * The vector is the timer's: ours, unless the guest has set the timer since, or misses none:
 * what it missed may just have been raised once more, and merged with ours.
 */
tg_root bool svm_watch_tick(struct tg_vcpu *v, u8 vector)
{
	if (!v->svm.watch_tsc || !tg_apic_timer_is(vector) ||
	    !tg_vecset_has(&v->core.swallowed, vector) ||
	    !tg_apic_tick_is_ours(v->svm.watch_tsc))
		return false;
	svm_watch_end(v);
	tg_hw_apic_eoi();
	if (v->core.watch_stall)
		svm_watch_swallowed(v);
	return true;
}

/* After one was swallowed: if nothing will come from the timer, let it tick. */
tg_root void svm_watch_swallowed(struct tg_vcpu *v)
{
	/*
	 * If it is not the timer's that is missing, the timer looks after itself: one that has
	 * run out may not have raised its interrupt yet, which starting it would lose.
	 */
	if (!tg_vecset_has(&v->core.swallowed, tg_apic_timer_vector()) || !tg_apic_timer_idle())
		return;
	v->svm.watch_tsc = tg_apic_tick(TICK_MS * v->platform->core.tsc_khz);
	intercept_deadline(v, true);
}

tg_root void svm_watch_arm(struct tg_vcpu *v)
{
	svm_intercept(v, 0, SVM_I1(SVM_EXIT_HLT), v->core.watch_stall);
	svm_intercept(v, 1, SVM_I2(SVM_EXIT_MWAIT), v->core.watch_stall);
	svm_intercept(v, 0, SVM_I1(SVM_EXIT_IOIO), v->core.watch_stall && v->platform->iopm_pa);
	if (v->core.watch_stall) {
		svm_watch_swallowed(v);		/* before this, nobody cared */
	} else if (v->svm.watch_tsc) {
		tg_apic_tick_stop();
		svm_watch_end(v);
	}
}

/*
 * A read of one of the ports that put the processor to sleep (ACPI C2 and C3 of every Zen).
 * It may come back at once, as an interrupt may have been pending. Whatever else is done
 * with those ports goes natively, till the watch is armed again.
 */
tg_root void svm_on_idle_port(struct tg_vcpu *v)
{
	const struct vmcb *c = v->svm.vmcb;
	u64 *rax = &v->reg[REG_RAX], len = c->exitinfo2 - c->rip;

	if (!(c->exitinfo1 & SVM_IO_IN) || (c->exitinfo1 & SVM_IO_STRING) ||
	    len - 1 >= SVM_MAX_INSN) {
		svm_intercept(v, 0, SVM_I1(SVM_EXIT_IOIO), false);
		return;
	}
	if (c->exitinfo1 & SVM_IO_32)
		*rax = 0;
	else
		*rax &= c->exitinfo1 & SVM_IO_16 ? ~0xffffull : ~0xffull;
	svm_skip(v, len);
}

/*
 * With IF=0 no interrupt can end it, so there is none to look for: a real HLT. What else
 * ends it need not be an event: the hypervisor below does so for a CPU that waits for a
 * spinlock (Linux, kvm_wait: a kick of another CPU), and that guest must get on.
 */
static tg_root bool halt_masked(struct tg_vcpu *v)
{
	tg_svm_halt();
	return tg_read(v->nmi_root);
}

/*
 * INT-HLT, INJ-ACT: halted until the guest gets an interrupt or NMI; a swallowed
 * one does not wake it. Taken over here only while the watch is on.
 */
tg_root void svm_on_hlt(struct tg_vcpu *v)
{
	struct tg_cpu *core = &v->core;
	bool takes = v->svm.vmcb->rflags & TG_RFLAGS_IF, halted = true;
	int vector;

	svm_skip_insn(v, 1);
	while (halted && !core->next.valid && !core->nmi_pending && !v->mce_pending &&
	       core->watch_stall) {
		if (tg_read(core->wanted) != core->evset) {
			tg_take_evset(core);
			svm_arm(v);
			continue;
		}
		if (takes) {
			vector = tg_svm_acknowledge(v);
			if (vector >= 0 && !svm_watch_tick(v, vector)) {
				core->exits_interrupt++;
				tg_handle_interrupt(core, vector);
				if (!core->next.valid)
					svm_watch_swallowed(v);
			}
		} else {
			halted = halt_masked(v);
		}
		if (tg_read(v->nmi_root))
			svm_root_nmis(v);
		if (tg_check_stall(core))
			svm_arm(v);
		asm volatile("pause");
	}
}
