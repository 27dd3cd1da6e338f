// SPDX-License-Identifier: GPL-2.0
/*
 * Injections that the user asks for: what the kernel can say about them before the CPU
 * concerned is asked (core/inject.h has the rules of the processor). Process context,
 * under tg_lock.
 */
#include <linux/kernel.h>
#include <linux/smp.h>
#include <asm/irq_vectors.h>
#include "tg.h"

static const struct {
	int error;
	const char *text;
} refusals[TG_INJECT_ERR_NR] = {
#define REFUSAL(name, code, sentence) [TG_INJECT_ERR_##name] = { -code, sentence },
	TG_INJECT_REFUSALS(REFUSAL)
};

long tg_inject(struct tg_inject *a)
{
	const struct tg_inject_spec *s = &a->spec;
	enum tg_inject_error refusal = tg_inject_check(s);
	int err;

	if (a->flags || a->reserved)
		return tg_refuse(a->reason, -EINVAL, "unknown flags, or reserved members set");
	if (refusal)
		return tg_refuse(a->reason, refusals[refusal].error, "%s",
				 refusals[refusal].text);
	if (s->type == TG_TYPE_INTERRUPT && s->vector == SPURIOUS_APIC_VECTOR)
		return tg_refuse(a->reason, -EINVAL,
				 "Linux takes this vector for a spurious interrupt and never ends "
				 "it: the core would not get another interrupt");
	if (s->type == TG_TYPE_INTERRUPT && s->vector >= FIRST_SYSTEM_VECTOR &&
	    !(s->flags & TG_INJECT_F_FORCE))
		return tg_refuse(a->reason, -EPERM,
				 "this vector is the kernel's own (timer, inter-processor "
				 "interrupts, reboot): add force if you mean it");
	if (s->type == TG_TYPE_INTERRUPT && s->vector == IA32_SYSCALL_VECTOR &&
	    !(s->flags & TG_INJECT_F_FORCE))
		return tg_refuse(a->reason, -EPERM,
				 "vector 0x80 is for system calls of 32-bit programs: an interrupt "
				 "there ends in a kernel panic. Use type int-n with length 2, or "
				 "add force if you mean it");
	if (!tg_vmm_loaded())
		return tg_refuse(a->reason, -ENODEV, TG_NOT_LOADED);
	if ((s->flags & TG_INJECT_F_PID) && !tg_pid_exists(s->pid))
		return tg_refuse(a->reason, -ESRCH, "there is no such process");
	if (a->core == TG_ALL)
		a->core = raw_smp_processor_id();
	err = tg_vmm_inject(a->core, s);
	if (err < 0)
		return tg_refuse(a->reason, err,
				 "there is no such core, or it is not under the hypervisor");
	return err ? tg_refuse(a->reason, refusals[err].error, "%s", refusals[err].text) : 0;
}
