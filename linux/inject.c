// SPDX-License-Identifier: GPL-2.0
/*
 * Injections that the user asks for: what the kernel can say about them before the CPU
 * concerned is asked (core/request.h has the rules of the processor). Process context,
 * under tg_lock.
 */
#include <linux/kernel.h>
#include <linux/smp.h>
#include <asm/irq_vectors.h>
#include "tg.h"

static const struct {
	int error;
	const char *text;
} refusals[TG_INJECT_NR] = {
#define REFUSAL(name, code, sentence) [TG_INJECT_##name] = { -code, sentence },
	TG_INJECT_REFUSALS(REFUSAL)
};

static long refuse(struct tg_inject *a, long err, const char *text)
{
	strscpy(a->reason, text, TG_REASON_LEN);
	return err;
}

long tg_inject(struct tg_inject *a)
{
	const struct tg_inject_spec *s = &a->spec;
	enum tg_inject_error refusal = tg_inject_check(s);
	int err;

	if (a->flags || a->reserved)
		return refuse(a, -EINVAL, "unknown flags, or reserved members set");
	if (refusal)
		return refuse(a, refusals[refusal].error, refusals[refusal].text);
	if (s->type == TG_TYPE_EXTERNAL && s->vector == SPURIOUS_APIC_VECTOR)
		return refuse(a, -EINVAL,
			      "Linux takes this vector for a spurious interrupt and never ends it: the core would get no other any more");
	if (s->type == TG_TYPE_EXTERNAL && s->vector >= FIRST_SYSTEM_VECTOR &&
	    !(s->flags & TG_INJECT_F_FORCE))
		return refuse(a, -EPERM,
			      "this vector is the kernel's own (timer, inter-processor interrupts, reboot): say force if that is meant");
	if (!tg_vmm_loaded())
		return refuse(a, -ENODEV, "the hypervisor is not loaded: load vmm");
	if ((s->flags & TG_INJECT_F_PID) && !tg_pid_exists(s->pid))
		return refuse(a, -ESRCH, "there is no such process");
	if (a->core == TG_ALL)
		a->core = raw_smp_processor_id();
	err = tg_vmm_inject(a->core, s);
	if (err < 0)
		return refuse(a, err, "there is no such core, or it is not under the hypervisor");
	return err ? refuse(a, refusals[err].error, refusals[err].text) : 0;
}
